import { Worker } from 'node:worker_threads';
import { interrupted } from '../domain/error.js';
import { onAbort } from '../network/on-abort.js';
import { oneLine } from '../network/one-line.js';
import type { DecodeResult, DecoderName, DecodeTask, Pixels } from './decode-worker.js';
import { MAX_PIXELS, refused, tooManyPixels, undecodable } from './refusal.js';

/**
 * Decodes a picture of a format that sharp's binaries cannot read.
 *
 * @throws GeminiImageError of kind `input`, or `interrupted`.
 */
export async function decode(
  decoder: DecoderName,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<Pixels> {
  if (signal?.aborted) throw interrupted(signal);
  const result = await inThread({ decoder, bytes, maxPixels: MAX_PIXELS }, signal);
  if ('failure' in result) throw undecodable(oneLine(result.failure));
  if ('tooLarge' in result) throw tooManyPixels(result);
  return result;
}

function inThread(workerData: DecodeTask, signal: AbortSignal | undefined): Promise<DecodeResult> {
  const worker = new Worker(new URL('./decode-worker.js', import.meta.url), {
    workerData,
    // Nothing that a decoder prints may get among the output.
    stdout: true,
    stderr: true,
  });
  let stopListening = () => {};
  return new Promise<DecodeResult>((resolve, reject) => {
    stopListening = signal ? onAbort(signal, () => reject(interrupted(signal))) : stopListening;
    worker.once('message', resolve);
    worker.once('error', (error) => reject(undecodable(error.message)));
    worker.once('exit', () => reject(refused('its decoder ended without a result')));
  }).finally(() => {
    stopListening();
    return worker.terminate();
  });
}
