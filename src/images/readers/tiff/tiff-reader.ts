// Reads TIFFs that sharp refuses, or reads wrongly without saying so.
import { GeminiImageError } from '../../../domain/error.js';
import { MAX_PIXELS, tooManyPixels, undecodable } from '../../errors.js';
import type { ByteSource } from '../../open/byte-source.js';
import { sourceOf } from '../../open/byte-source.js';
import { look, readAll } from '../../open/open.js';
import { rasterFile } from '../decode.js';
import type { Pixels, Reading } from '../pixels.js';
import { joinReasons } from '../reasons.js';
import { readBySharp } from '../sharp-reader.js';
import { withMendedDirectory } from './mended-directory.js';
import { decodeOldJpeg } from './old-jpeg.js';
import { painterOf } from './tiff-colours.js';
import {
  COMPRESSION,
  coloursIn,
  PHOTOMETRIC,
  readTiffImage,
  type TiffImage,
} from './tiff-image.js';
import { rowsOf } from './tiff-samples.js';
import { scaleOf } from './tiff-scale.js';

/**
 * Reads what sharp would read wrongly: no reader may follow.
 *
 * @throws GeminiImageError of kind `input`.
 */
export async function readUnusualTiff(reading: Reading): Promise<Pixels | undefined> {
  const { image: file, options } = reading;
  // Usual ones, which may be large, stay on the disk.
  const isRead = look(file, (source) => {
    const image = readTiffImage(source, options.directory);
    return image !== undefined && isUnusual(image);
  });
  if (!isRead) return undefined;
  try {
    return await readAnyTiff(reading);
  } catch (error) {
    if (error instanceof GeminiImageError || !(error instanceof Error)) throw error;
    throw undecodable(joinReasons([error.message]), error);
  }
}

/** Reads by sharp what is left when all tags that it stumbles on are taken out. */
export async function readMendedTiff(reading: Reading): Promise<Pixels | undefined> {
  const { image, options } = reading;
  const { directory, ...rest } = options;
  const bytes = withMendedDirectory(await readAll(image), directory);
  if (!bytes) return undefined;
  return readBySharp({ ...reading, image: { ...image, held: bytes }, options: rest });
}

/** Reads whatever can be read by its samples. */
export async function readAnyTiff(reading: Reading): Promise<Pixels | undefined> {
  const source = sourceOf(await readAll(reading.image));
  const image = readTiffImage(source, reading.options.directory);
  return image && pixelsOf(reading, image, source);
}

const USUAL_BITS: readonly number[] = [8, 16];
/** Of grey and of palettes. */
const USUAL_SMALL_BITS: readonly number[] = [1, 2, 4];

/** Whether sharp would refuse it, or show something else than is there. */
function isUnusual(image: TiffImage): boolean {
  const { photometric, compression, format, bits, samples, extras, tiled, planar } = image;
  if (compression === COMPRESSION.oldJpeg) return true;
  const isJpeg = compression === COMPRESSION.jpeg;
  const usual = coloursIn(photometric) === 1 && samples === 1 ? USUAL_SMALL_BITS : [];
  return (
    format !== 'uint' ||
    bits.some((own) => own !== bits[0] || ![...USUAL_BITS, ...usual].includes(own)) ||
    (photometric === PHOTOMETRIC.ycbcr && !isJpeg) ||
    photometric === PHOTOMETRIC.lab ||
    photometric === PHOTOMETRIC.iccLab ||
    extras.length > 1 ||
    (tiled && planar)
  );
}

async function pixelsOf(
  { sharp, options }: Reading,
  image: TiffImage,
  source: ByteSource,
): Promise<Pixels> {
  const { width, height, photometric, orientation } = image;
  const original = { width, height };
  if (width * height > MAX_PIXELS) throw tooManyPixels(original);
  if (image.compression === COMPRESSION.oldJpeg) {
    const raster = await decodeOldJpeg(sharp, image, source);
    const { data, ...raw } = raster;
    return { read: () => sharp(data, { raw }), original, orientation };
  }
  const damaged = options.damaged === true;
  const pixels = paintedPixels(withTrueSign(image, source, damaged), source, damaged);
  const rgba = new Uint8Array(pixels.buffer);
  const inks = photometric === PHOTOMETRIC.cmyk;
  const profile = profileOf(image);
  if (!profile && !inks) {
    return {
      read: () => sharp(rgba, { raw: { ...original, channels: 4 } }),
      original,
      orientation,
    };
  }
  const file = rasterFile({ ...original, rgba }, profile, inks);
  return { read: () => sharp(file, { limitInputPixels: MAX_PIXELS }), original, orientation };
}

/**
 * Some programs say that their bytes have a sign, although they write ordinary ones. Read in the wrong
 * way, tones that are near each other lie far apart.
 */
function withTrueSign(image: TiffImage, source: ByteSource, damaged: boolean): TiffImage {
  const { format, bits, samples } = image;
  if (format !== 'int' || bits.some((own) => own !== 8)) return image;
  let [signed, unsigned] = [0, 0];
  for (const row of rowsOf(image, source, damaged)) {
    for (let at = samples; at < row.length; at += 1) {
      const [one, other] = [row[at] ?? 0, row[at - samples] ?? 0];
      signed += Math.abs(one - other);
      unsigned += Math.abs((one & 255) - (other & 255));
    }
  }
  return unsigned < signed ? { ...image, format: 'uint' } : image;
}

function paintedPixels(
  image: TiffImage,
  source: ByteSource,
  damaged: boolean,
): Uint8ClampedArray<ArrayBuffer> {
  const { width, height, format, photometric } = image;
  const scale = scaleOf(image, source, damaged);
  const isLinear =
    format === 'float' && photometric === PHOTOMETRIC.rgb && profileOf(image) === undefined;
  const paint = painterOf(image, scale, isLinear);
  const pixels = new Uint8ClampedArray(width * height * 4);
  let to = 0;
  for (const row of rowsOf(image, source, damaged)) {
    paint(row, pixels, to);
    to += width * 4;
  }
  return pixels;
}

const PROFILE = 34_675;
/** Of each coding, as profiles name their colour spaces (ICC.1, 7.2.6). */
const SPACES: Readonly<Record<number, string>> = {
  [PHOTOMETRIC.rgb]: 'RGB ',
  [PHOTOMETRIC.palette]: 'RGB ',
  [PHOTOMETRIC.ycbcr]: 'RGB ',
  [PHOTOMETRIC.cmyk]: 'CMYK',
};

/** The colour profile, if it is one for colours of this coding. */
function profileOf({ directory, photometric }: TiffImage): Uint8Array | undefined {
  const profile = directory.bytes(PROFILE);
  return profile.toString('latin1', 16, 20) === SPACES[photometric] ? profile : undefined;
}
