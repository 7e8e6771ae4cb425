import { readHeifProperties } from '../../metadata/heif-properties.js';
import { sourceOf } from '../../open/byte-source.js';
import { readAll } from '../../open/open.js';
import { areOtherColours, inSrgb } from '../colour-numbers.js';
import type { Pixels, Reading } from '../pixels.js';
import { readBySharp } from '../sharp-reader.js';
import { asStill } from './still.js';

const MOST = 65_535;

/** Reads what is coded by AV1 by sharp, which neither knows sequences nor colours by numbers. */
export async function readAvif(reading: Reading): Promise<Pixels> {
  const { sharp, image, options } = reading;
  const still = asStill(await readAll(image));
  const pixels = await readBySharp({
    ...reading,
    format: 'avif',
    image: { ...image, held: still },
  });
  const { profile, numbers, peak } = readHeifProperties(sourceOf(still));
  if (profile || !numbers || !areOtherColours(numbers)) return pixels;
  // Shrunk first, because the whole picture takes eight bytes a pixel.
  const { maxEdge } = options;
  const picture = pixels.read();
  if (maxEdge > 0) {
    picture.resize({ width: maxEdge, height: maxEdge, fit: 'inside', withoutEnlargement: true });
  }
  const { data, info } = await picture
    .toColourspace('rgb16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const samples = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const { width, height, channels } = info;
  const shown = inSrgb({ data: samples, channels, most: MOST }, numbers, peak);
  const raw = { width, height, channels };
  return { ...pixels, read: () => sharp(shown, { raw }) };
}
