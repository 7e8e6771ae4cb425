import { readAll } from '../open/open.js';
import { decode } from './decode.js';
import type { Pixels, Reading } from './pixels.js';

/** Reads a BMP by photon. */
export async function readBmp({ sharp, image }: Reading): Promise<Pixels> {
  const { rgba, width, height } = await decode('bmp', await readAll(image));
  const raw = { width, height, channels: 4 } as const;
  return { read: () => sharp(rgba, { raw }), original: { width, height } };
}
