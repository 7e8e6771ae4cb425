// The main colours of a picture, by everyday names.

export interface ColourShare {
  name: string;
  /** The share of the visible pixels, 0–1. */
  share: number;
}

export type ColourSummary =
  /** A document, whose pages are not drawn; or a picture whose decoder is not installed. */
  | { kind: 'unseen'; isCoded?: true }
  /** Every pixel is transparent. */
  | { kind: 'transparent' }
  /** One colour without visible variation. */
  | { kind: 'flat'; name: string }
  /** One to three colours, the largest share first. */
  | { kind: 'mixed'; colours: readonly ColourShare[] };

/** Lightness 0–1 and two opponent axes of about ±0.4 (Björn Ottosson, OKLab, 2020). */
type Oklab = readonly [lightness: number, greenRed: number, blueYellow: number];

const NAMED_COLOURS: readonly { readonly name: string; readonly lab: Oklab }[] = [
  named('black', 0x000000),
  named('charcoal', 0x36393d),
  named('dark grey', 0x5a5a5a),
  named('grey', 0x8c8c8c),
  named('light grey', 0xc8c8c8),
  named('white', 0xffffff),
  named('cream', 0xfbf2d8),
  named('beige', 0xe3d3b0),
  named('tan', 0xc4a070),
  named('brown', 0x80502a),
  named('dark brown', 0x482c1a),
  named('dark red', 0x8c1518),
  named('red', 0xe0201c),
  named('coral', 0xf47a62),
  named('orange', 0xf68a1e),
  named('peach', 0xf6bc92),
  named('gold', 0xe2b020),
  named('yellow', 0xfce83a),
  named('olive', 0x7c7c24),
  named('lime green', 0x9ade30),
  named('bright green', 0x12e41c),
  named('green', 0x2e9a3c),
  named('dark green', 0x1c4e28),
  named('mint', 0xdcf0e0),
  named('pale green', 0xaadfae),
  named('teal', 0x14807e),
  named('turquoise', 0x3ed0c4),
  named('cyan', 0x10eef4),
  named('pale blue', 0xc6dff0),
  named('sky blue', 0x86c8ee),
  named('steel blue', 0x4882b2),
  named('slate blue', 0x5c6c88),
  named('blue', 0x1c48e4),
  named('indigo', 0x3c4080),
  named('navy', 0x1c2c5c),
  named('purple', 0x70309c),
  named('plum', 0x644468),
  named('mauve', 0x9c728e),
  named('lavender', 0xc6b2ea),
  named('magenta', 0xe42cd4),
  named('pink', 0xf8aec0),
  named('maroon', 0x561026),
];

/** A colour with less than this share is no main colour. */
const LEAST_SHARE = 0.06;
const MOST_COLOURS = 3;
/** Alpha of 255 below which a pixel counts as transparent. */
const LEAST_ALPHA = 16;
/** A distance (as below) that the eye hardly sees, and the least share of pixels within it. */
const FLAT_DISTANCE = 0.025;
const FLAT_SHARE = 0.995;
/** The histogram has 2^BITS steps a channel. */
const BITS = 4;

interface Bin {
  weight: number;
  red: number;
  green: number;
  blue: number;
}

/** `rgba`: 4 bytes a pixel, not premultiplied. The same pixels always give the same summary. */
export function summariseColours(rgba: Uint8Array): ColourSummary {
  const bins = histogram(rgba);
  const total = bins.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return { kind: 'transparent' };
  const shades = bins.map((bin) => ({ lab: meanOf(bin), share: bin.weight / total }));
  const mean = meanOf(bins.reduce(merge));
  const near = shades.filter(({ lab }) => distance(lab, mean) <= FLAT_DISTANCE);
  if (near.reduce((sum, { share }) => sum + share, 0) >= FLAT_SHARE) {
    return { kind: 'flat', name: nameOfColour(mean) };
  }
  const shares = new Map<string, number>();
  for (const { lab, share } of shades) {
    const name = nameOfColour(lab);
    shares.set(name, (shares.get(name) ?? 0) + share);
  }
  const ordered = [...shares]
    .map(([name, share]) => ({ name, share }))
    .sort((a, b) => b.share - a.share || (a.name < b.name ? -1 : 1));
  const main = ordered.filter(({ share }, rank) => rank === 0 || share >= LEAST_SHARE);
  return { kind: 'mixed', colours: main.slice(0, MOST_COLOURS) };
}

function histogram(rgba: Uint8Array): Bin[] {
  const bins = new Map<number, Bin>();
  for (let at = 0; at + 4 <= rgba.length; at += 4) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = rgba.subarray(at, at + 4);
    if (alpha < LEAST_ALPHA) continue;
    const step = 8 - BITS;
    const key = ((red >> step) << (2 * BITS)) | ((green >> step) << BITS) | (blue >> step);
    const bin = bins.get(key);
    const pixel = { weight: alpha, red: red * alpha, green: green * alpha, blue: blue * alpha };
    bins.set(key, bin === undefined ? pixel : merge(bin, pixel));
  }
  return [...bins.values()];
}

function merge(a: Bin, b: Bin): Bin {
  return {
    weight: a.weight + b.weight,
    red: a.red + b.red,
    green: a.green + b.green,
    blue: a.blue + b.blue,
  };
}

function meanOf({ weight, red, green, blue }: Bin): Oklab {
  return toOklab(red / weight, green / weight, blue / weight);
}

/** The everyday name that is nearest. */
export function nameOfColour(lab: Oklab): string {
  let nearest = { name: '', distance: Number.POSITIVE_INFINITY };
  for (const colour of NAMED_COLOURS) {
    const away = distance(colour.lab, lab);
    if (away < nearest.distance) nearest = { name: colour.name, distance: away };
  }
  return nearest.name;
}

function named(name: string, rgb: number) {
  return { name, lab: toOklab(rgb >> 16, (rgb >> 8) & 0xff, rgb & 0xff) };
}

/** Hue counts double: people call a pale blue blue, not light grey. */
function distance(a: Oklab, b: Oklab): number {
  return Math.hypot(a[0] - b[0], 2 * (a[1] - b[1]), 2 * (a[2] - b[2]));
}

/** sRGB, 0–255 a channel. */
export function toOklab(red: number, green: number, blue: number): Oklab {
  const [r, g, b] = [linear(red), linear(green), linear(blue)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function linear(channel: number): number {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}
