// Decodes pictures in a thread of its own, which can be ended and then gives its memory back.
import { parentPort } from 'node:worker_threads';
import { type HeifPicture, readHeif } from './libheif.js';
import { type Samples, samplePixels } from './photon.js';

export interface PixelTask {
  readonly kind: 'plain' | 'heif';
  readonly bytes: Uint8Array;
  /** A larger picture is not decoded. */
  readonly mostPixels: number;
}

export type PixelResult =
  | { readonly samples: Samples }
  | { readonly heif: HeifPicture }
  /** libheif is not installed. */
  | { readonly missing: true }
  | { readonly broken: true };

async function decode({ kind, bytes, mostPixels }: PixelTask): Promise<PixelResult> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    if (kind === 'plain') return { samples: samplePixels(whole) };
    const admit = (width: number, height: number) => {
      if (width < 1 || height < 1 || width * height > mostPixels) throw new Error('too large');
    };
    return { heif: await readHeif(whole, admit) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') {
      return { missing: true };
    }
    // The decoder's reason is not passed on; Google does not pass it on either.
    return { broken: true };
  }
}

parentPort?.on('message', (task: PixelTask) => {
  decode(task).then((result) => parentPort?.postMessage(result));
});
