import type { SharpFactory } from '../decoders/load-sharp.js';
import { MAX_PIXELS } from '../errors.js';
import { readHeifProperties } from '../metadata/heif-properties.js';
import { look, type OpenImage, readAll } from '../open/open.js';
import { decode, rasterFile } from './decode.js';
import type { Pixels, Reading } from './pixels.js';

/** Reads a HEIC or HEIF by libheif, because sharp's binaries do not have its codec. */
export async function readByLibheif({ sharp, image }: Reading): Promise<Pixels> {
  const pixels = await decode('heif', await readAll(image));
  const { rgba, width, height } = pixels;
  const original = { width, height };
  const profile = await profileOf(sharp, image);
  if (profile) {
    const tiff = rasterFile(pixels, profile);
    return { read: () => sharp(tiff, { limitInputPixels: MAX_PIXELS }), original };
  }
  return { read: () => sharp(rgba, { raw: { ...original, channels: 4 } }), original };
}

/** The colour profile of a HEIC; if it only names one, sharp's copy of that. */
async function profileOf(sharp: SharpFactory, image: OpenImage): Promise<Uint8Array | undefined> {
  const { profile } = look(image, readHeifProperties);
  if (profile !== 'p3') return profile;
  const create = { width: 1, height: 1, channels: 3, background: '#000' } as const;
  const tagged = await sharp({ create }).withIccProfile('p3').png().toBuffer();
  return (await sharp(tagged).metadata()).icc;
}
