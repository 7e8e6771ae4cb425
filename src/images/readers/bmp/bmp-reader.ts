import { MAX_PIXELS, tooManyPixels } from '../../errors.js';
import { readAll } from '../../open/open.js';
import { rasterFile } from '../decode.js';
import type { Pixels, Reading } from '../pixels.js';
import { readFileHeader } from './bmp-header.js';
import { pixelsOf } from './bmp-pixels.js';

/** @throws Error with words for what is wrong with it; GeminiImageError of kind `input`. */
export async function readBmp({ sharp, image, options }: Reading): Promise<Pixels> {
  const file = await readAll(image);
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const header = readFileHeader(bytes);
  const { width, height, packing, pixelsAt, profile } = header;
  const original = { width, height };
  if (width * height > MAX_PIXELS) throw tooManyPixels(original);
  if (packing === 'jpeg' || packing === 'png') {
    const inner = bytes.subarray(pixelsAt);
    return { read: () => sharp(inner, { limitInputPixels: MAX_PIXELS }), original };
  }
  const { rgba, missingRows } = pixelsOf(bytes, header);
  if (missingRows > 0 && !options.damaged) {
    throw new Error(`it is cut off: ${missingRows} of its ${height} rows are missing`);
  }
  if (profile) {
    const raster = rasterFile({ width, height, rgba }, profile);
    return { read: () => sharp(raster), original };
  }
  return { read: () => sharp(rgba, { raw: { width, height, channels: 4 } }), original };
}
