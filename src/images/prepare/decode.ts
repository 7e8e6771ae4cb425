import { Worker } from 'node:worker_threads';
import { oneLine } from '../../network/text.js';
import { MAX_PIXELS, refused, tooManyPixels, undecodable } from '../errors.js';
import type { DecodeResult, DecoderName, DecodeTask, Pixels } from './decode-worker.js';

/**
 * Decodes a picture of a format that sharp's binaries cannot read.
 *
 * @throws GeminiImageError of kind `input`.
 */
export async function decode(decoder: DecoderName, bytes: Uint8Array): Promise<Pixels> {
  const result = await inThread({ decoder, bytes, maxPixels: MAX_PIXELS });
  if ('failure' in result) throw undecodable(oneLine(result.failure));
  if ('tooLarge' in result) throw tooManyPixels(result);
  return result;
}

function inThread(workerData: DecodeTask): Promise<DecodeResult> {
  const worker = new Worker(new URL('./decode-worker.js', import.meta.url), {
    workerData,
    // Nothing that a decoder prints may get among the output.
    stdout: true,
    stderr: true,
  });
  return new Promise<DecodeResult>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (error) => reject(undecodable(error.message)));
    worker.once('exit', () => reject(refused('its decoder ended without a result')));
  }).finally(() => worker.terminate());
}
