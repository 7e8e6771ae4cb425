// Pixels of PNG, JPEG and WebP, by photon: WebAssembly, loaded with the first picture.
import { createRequire } from 'node:module';
import { ownFile } from '../../own-files.js';

/** Pixels taken evenly from a picture, row by row from the top left corner, as stored. */
export interface Samples {
  readonly columns: number;
  readonly rows: number;
  /** 4 bytes a pixel, not premultiplied. */
  readonly rgba: Uint8Array;
}

/** At most this many samples along each side. */
export const SAMPLES_A_SIDE = 256;

type Photon = typeof import('@silvia-odwyer/photon-node');

let photon: Photon | undefined;

/** Decodes PNG, JPEG or WebP; throws whatever the decoder throws for a broken one. */
export function samplePixels(bytes: Buffer): Samples {
  photon ??= loadFresh<Photon>('@silvia-odwyer/photon-node');
  const { PhotonImage, SamplingFilter, resize } = photon;
  try {
    const image = PhotonImage.new_from_byteslice(bytes);
    const columns = Math.min(image.get_width(), SAMPLES_A_SIDE);
    const rows = Math.min(image.get_height(), SAMPLES_A_SIDE);
    // Nearest neighbour picks pixels and does not mix them, so there are no new colours.
    const small = resize(image, columns, rows, SamplingFilter.Nearest);
    image.free();
    const rgba = small.get_raw_pixels();
    small.free();
    return { columns, rows, rgba };
  } catch (error) {
    // A picture that fails stays in the module's memory for good, so begin with a new module.
    photon = undefined;
    throw error;
  }
}

/**
 * A new copy of a CommonJS package, because its WebAssembly cannot be trusted after a failure. Each
 * call has its own `require`, so that the last copy can be garbage-collected.
 */
export function loadFresh<T>(name: string): T {
  const require = createRequire(ownFile('package.json'));
  delete require.cache[require.resolve(name)];
  return require(name);
}
