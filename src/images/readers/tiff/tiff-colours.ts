// Samples of a TIFF as colours of a byte each.

import { coloursIn, EXTRA, PHOTOMETRIC, type TiffImage } from './tiff-image.js';
import type { Row } from './tiff-samples.js';
import type { Scale } from './tiff-scale.js';

/** Writes the pixels of a row, four bytes each: red, green, blue and alpha, or the four inks. */
export type Paint = (row: Row, pixels: Uint8ClampedArray, to: number) => void;

/**
 * @param scale of colour samples, where these are neither indices nor of a coding of their own.
 * @param isLinear whether samples are amounts of light, as floating-point numbers without a profile.
 * @throws Error if the colours are coded in a way that is not known here.
 */
export function painterOf(image: TiffImage, scale: Scale, isLinear: boolean): Paint {
  const { photometric, samples, width } = image;
  const colour = colourOf(image, scale, isLinear);
  if (photometric === PHOTOMETRIC.cmyk) {
    return (row, pixels, to) => {
      for (let x = 0; x < width; x += 1) colour(row, x * samples, pixels, to + x * 4);
    };
  }
  const alphaAt = alphaIn(image);
  const isPremultiplied = image.extras[alphaAt - coloursIn(photometric)] === EXTRA.premultiplied;
  const opaque = opaqueIn(image);
  return (row, pixels, to) => {
    for (let x = 0; x < width; x += 1) {
      const [at, out] = [x * samples, to + x * 4];
      colour(row, at, pixels, out);
      if (alphaAt < 0) {
        pixels[out + 3] = 255;
        continue;
      }
      const alpha = (row[at + alphaAt] ?? 0) / opaque;
      pixels[out + 3] = alpha * 255;
      if (!isPremultiplied || !(alpha > 0)) continue;
      for (let index = 0; index < 3; index += 1) {
        pixels[out + index] = (pixels[out + index] ?? 0) / Math.min(alpha, 1);
      }
    }
  };
}

/** Which sample is alpha; -1 if none is. */
function alphaIn({ extras, photometric }: TiffImage): number {
  const index = extras.findIndex((extra) => extra === EXTRA.alpha || extra === EXTRA.premultiplied);
  return index < 0 ? -1 : coloursIn(photometric) + index;
}

/** The sample of what is not transparent at all. */
function opaqueIn({ bits, format }: TiffImage): number {
  const depth = Math.max(...bits);
  return format === 'float' ? 1 : 2 ** (format === 'int' ? depth - 1 : depth) - 1;
}

type Colour = (row: Row, at: number, pixels: Uint8ClampedArray, out: number) => void;

function colourOf(image: TiffImage, { from, to }: Scale, isLinear: boolean): Colour {
  const factor = 1 / (to - from || 1);
  const tone = isLinear
    ? (value: number) => encoded((value - from) * factor) * 255
    : (value: number) => (value - from) * factor * 255;
  switch (image.photometric) {
    case PHOTOMETRIC.whiteIsZero:
    case PHOTOMETRIC.blackIsZero: {
      const isInverted = image.photometric === PHOTOMETRIC.whiteIsZero;
      return (row, at, pixels, out) => {
        const grey = tone(row[at] ?? 0);
        pixels.fill(isInverted ? 255 - grey : grey, out, out + 3);
      };
    }
    case PHOTOMETRIC.rgb:
      return (row, at, pixels, out) => {
        for (let index = 0; index < 3; index += 1) pixels[out + index] = tone(row[at + index] ?? 0);
      };
    case PHOTOMETRIC.cmyk:
      return (row, at, pixels, out) => {
        for (let index = 0; index < 4; index += 1) pixels[out + index] = tone(row[at + index] ?? 0);
      };
    case PHOTOMETRIC.palette:
      return paletteColour(image);
    case PHOTOMETRIC.ycbcr:
      return ycbcrColour(image);
    case PHOTOMETRIC.lab:
    case PHOTOMETRIC.iccLab:
      return labColour(image);
    default:
      throw new Error(`its colours are coded in a way with the number ${image.photometric}`);
  }
}

const COLOUR_MAP = 320;

/** All reds, then all greens, then all blues, of 16 bits; some programs write 8. */
function paletteColour({ directory }: TiffImage): Colour {
  const map = directory.numbers(COLOUR_MAP);
  const entries = map.length / 3;
  const divisor = map.some((value) => value > 255) ? 257 : 1;
  return (row, at, pixels, out) => {
    for (let index = 0; index < 3; index += 1) {
      pixels[out + index] = (map[(row[at] ?? 0) + index * entries] ?? 0) / divisor;
    }
  };
}

const COEFFICIENTS = 529;
const REFERENCES = 532;

/** TIFF 6.0, section 21. */
function ycbcrColour({ directory }: TiffImage): Colour {
  const fractions = (tag: number, otherwise: readonly number[]) => {
    const said = directory.fractions(tag);
    return otherwise.map((usual, index) => (Number.isFinite(said[index]) ? said[index] : usual));
  };
  const [red = 0, green = 1, blue = 0] = fractions(COEFFICIENTS, [0.299, 0.587, 0.114]);
  const references = fractions(REFERENCES, [0, 255, 128, 255, 128, 255]);
  const [y0 = 0, y1 = 255, b0 = 128, b1 = 255, r0 = 128, r1 = 255] = references;
  return (row, at, pixels, out) => {
    const y = (((row[at] ?? 0) - y0) * 255) / (y1 - y0);
    const cb = (((row[at + 1] ?? 0) - b0) * 127) / (b1 - b0);
    const cr = (((row[at + 2] ?? 0) - r0) * 127) / (r1 - r0);
    const r = y + cr * (2 - 2 * red);
    const b = y + cb * (2 - 2 * blue);
    pixels[out] = r;
    pixels[out + 1] = (y - blue * b - red * r) / green;
    pixels[out + 2] = b;
  };
}

/** White of the colour space, D50. */
const WHITE = [0.9642, 1, 0.8249] as const;

/** From XYZ at D50 to the light of sRGB's primaries, adapted to D65 by Bradford's matrix. */
const TO_SRGB = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
] as const;

/** CIE L*a*b*: `lab` has its colours with a sign, `iccLab` has them around the middle. */
function labColour({ photometric, bits, format }: TiffImage): Colour {
  const isWide = Math.max(...bits) > 8;
  const isIcc = photometric === PHOTOMETRIC.iccLab;
  const lightness = format === 'float' ? 1 : 100 / (isWide ? (isIcc ? 65_280 : 65_535) : 255);
  const half = isWide ? 32_768 : 128;
  const unit = isWide ? 256 : 1;
  const opponent = (value: number) => {
    if (format === 'float') return value;
    if (isIcc) return (value - half) / unit;
    return (value >= half ? value - 2 * half : value) / unit;
  };
  return (row, at, pixels, out) => {
    const l = ((row[at] ?? 0) * lightness + 16) / 116;
    const xyz = [l + opponent(row[at + 1] ?? 0) / 500, l, l - opponent(row[at + 2] ?? 0) / 200].map(
      (value, index) =>
        (WHITE[index] ?? 1) * (value > 6 / 29 ? value ** 3 : (value - 4 / 29) * 3 * (6 / 29) ** 2),
    );
    for (const [index, [x, y, z]] of TO_SRGB.entries()) {
      const light = x * (xyz[0] ?? 0) + y * (xyz[1] ?? 0) + z * (xyz[2] ?? 0);
      pixels[out + index] = encoded(light) * 255;
    }
  };
}

/** The tone of sRGB for an amount of light of 0 to 1. */
function encoded(light: number): number {
  if (!(light > 0)) return 0;
  return light <= 0.003_130_8 ? light * 12.92 : 1.055 * Math.min(light, 1) ** (1 / 2.4) - 0.055;
}
