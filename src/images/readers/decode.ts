import { Worker } from 'node:worker_threads';
import { inputError } from '../../domain/error.js';
import { ownProgram } from '../../own-files.js';
import { MAX_PIXELS, tooManyPixels } from '../errors.js';
import type { DecodeResult, DecoderName, DecodeTask, Pixels } from './decode-worker.js';

/**
 * Decodes a picture of a format that sharp's binaries cannot read.
 *
 * @throws Error with the decoder's reason; GeminiImageError of kind `input` if it is too large.
 */
export async function decode(decoder: DecoderName, bytes: Uint8Array): Promise<Pixels> {
  const result = await inThread({ decoder, bytes, maxPixels: MAX_PIXELS });
  if ('missing' in result) throw new NotInstalled(result.missing);
  if ('failure' in result) throw new Error(result.failure);
  if ('tooLarge' in result) throw tooManyPixels(result);
  return result;
}

/** A decoder that users install themselves, because it is large and for a few. */
export class NotInstalled extends Error {
  readonly package: string;

  constructor(name: string) {
    super(`its decoder, ${name}, is not installed`);
    this.package = name;
  }
}

function inThread(workerData: DecodeTask): Promise<DecodeResult> {
  const worker = new Worker(ownProgram('decode-worker'), {
    workerData,
    // What a decoder prints must not get into the output.
    stdout: true,
    stderr: true,
  });
  return new Promise<DecodeResult>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(inputError('its decoder ended without a result')));
  }).finally(() => worker.terminate());
}

const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;
const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;
const RGB = 2;
const CMYK = 5;

/**
 * Pixels with their colour profile as an uncompressed TIFF, because sharp takes no profile with bare
 * pixels (TIFF 6.0; tag 34675 of the ICC specification).
 *
 * @param inks whether the four bytes of a pixel are cyan, magenta, yellow and black.
 */
export function rasterFile(
  { width, height, rgba }: Pixels,
  profile: Uint8Array | undefined,
  inks = false,
): Buffer {
  const entries = 10 + (profile ? 1 : 0) + (inks ? 0 : 1);
  const directoryBytes = 2 + entries * ENTRY_BYTES + 4;
  const depthsAt = HEADER_BYTES + directoryBytes;
  const profileAt = depthsAt + 8;
  const profileBytes = profile?.length ?? 0;
  const pixelsAt = profileAt + profileBytes + (profileBytes % 2);
  const head = Buffer.alloc(pixelsAt);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(HEADER_BYTES, 4);
  head.writeUInt16LE(entries, HEADER_BYTES);
  let at = HEADER_BYTES + 2;
  const entry = (tag: number, type: number, count: number, value: number) => {
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(count, at + 4);
    head.writeUInt32LE(value, at + 8);
    at += ENTRY_BYTES;
  };
  entry(256, LONG, 1, width);
  entry(257, LONG, 1, height);
  entry(258, SHORT, 4, depthsAt);
  entry(259, SHORT, 1, 1);
  entry(262, SHORT, 1, inks ? CMYK : RGB);
  entry(273, LONG, 1, pixelsAt);
  entry(277, SHORT, 1, 4);
  entry(278, LONG, 1, height);
  entry(279, LONG, 1, rgba.length);
  entry(284, SHORT, 1, 1);
  // The fourth sample is alpha, not premultiplied.
  if (!inks) entry(338, SHORT, 1, 2);
  if (profile) entry(34_675, UNDEFINED, profile.length, profileAt);
  for (const sample of [0, 1, 2, 3]) head.writeUInt16LE(8, depthsAt + sample * 2);
  if (profile) head.set(profile, profileAt);
  return Buffer.concat([head, rgba]);
}
