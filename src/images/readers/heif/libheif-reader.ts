import { MAX_PIXELS } from '../../errors.js';
import { readHeifProperties } from '../../metadata/heif-properties.js';
import { sourceOf } from '../../open/byte-source.js';
import { readAll } from '../../open/open.js';
import { areOtherColours, inSrgb } from '../colour-numbers.js';
import { decode, rasterFile } from '../decode.js';
import type { Pixels, Reading } from '../pixels.js';
import { asStill } from './still.js';

/** Reads what is coded by HEVC by libheif, because sharp's binaries do not have its codec. */
export async function readByLibheif({ sharp, image }: Reading): Promise<Pixels> {
  const still = asStill(await readAll(image));
  const pixels = await decode('heif', still);
  const { rgba, width, height } = pixels;
  const original = { width, height };
  const { profile, numbers, peak } = readHeifProperties(sourceOf(still));
  if (profile) {
    const tiff = rasterFile(pixels, profile);
    return { read: () => sharp(tiff, { limitInputPixels: MAX_PIXELS }), original };
  }
  const raw = { ...original, channels: 4 } as const;
  const shown =
    numbers && areOtherColours(numbers)
      ? inSrgb({ data: rgba, channels: 4, most: 255 }, numbers, peak)
      : rgba;
  return { read: () => sharp(shown, { raw }), original };
}
