// Pixels of pictures, one picture at a time, so that several cannot fill the memory together.
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ownProgram } from '../../own-files.js';
import type { HeifPicture } from './libheif.js';
import type { Samples } from './photon.js';
import type { PixelResult, PixelTask } from './pixels-thread.js';

/**
 * Width × height; a larger picture is refused before its pixels could fill the memory. Photon refuses
 * PNG, JPEG and WebP earlier, at about 178 megapixels without alpha, by its limit of 512 MiB.
 */
export const MOST_PIXELS = 268_000_000;

/** In milliseconds; a picture that takes longer counts as broken. */
const LONGEST = 20_000;

/** In bytes; WebAssembly keeps its memory, so a thread that has decoded more is not used again. */
const MOST_KEPT = 100_000_000;

let resting: Worker | undefined;
let before: Promise<unknown> = Promise.resolve();

/** The pixels of a PNG, JPEG or WebP; rejects for a broken one. Its header says `pixels`. */
export async function samplesOf(bytes: Buffer, pixels: number): Promise<Samples> {
  const result = await inTurn({ kind: 'plain', bytes, mostPixels: MOST_PIXELS }, pixels);
  if ('samples' in result) return result.samples;
  throw new Error('a broken picture');
}

/** The pixels of a HEIC or HEIF; undefined without libheif, which is large. Rejects for a broken one. */
export async function heifOf(bytes: Buffer): Promise<HeifPicture | undefined> {
  const result = await inTurn({ kind: 'heif', bytes, mostPixels: MOST_PIXELS }, 0);
  if ('missing' in result) return undefined;
  if ('heif' in result) return result.heif;
  throw new Error('a broken picture');
}

function inTurn(task: PixelTask, pixels: number): Promise<PixelResult> {
  const work = before.then(() => inThread(task, pixels));
  before = work.catch(() => {});
  return work;
}

async function inThread(task: PixelTask, pixels: number): Promise<PixelResult> {
  const worker = resting ?? createWorker();
  resting = undefined;
  worker.ref();
  const ended = new AbortController();
  try {
    const { signal } = ended;
    const message = once(worker, 'message', { signal });
    const exit = once(worker, 'exit', { signal }).then(() => undefined);
    const late = setTimeout(LONGEST, undefined, { signal });
    worker.postMessage(task);
    const said = await Promise.race([message, exit, late]);
    if (said === undefined) throw new Error('a picture that takes too long, or ends its decoder');
    const result: PixelResult = said[0];
    const heif = 'heif' in result ? result.heif.width * result.heif.height : 0;
    if (!('broken' in result) && Math.max(pixels, heif) * 4 <= MOST_KEPT) {
      worker.unref();
      resting = worker;
    }
    return result;
  } finally {
    ended.abort();
    if (resting !== worker) void worker.terminate();
  }
}

function createWorker(): Worker {
  // What a decoder prints must not get into the output. Nothing that others load into every thread prints there, since
  // that would keep the process alive.
  const quiet = { env: {}, execArgv: ['--no-warnings'] };
  return new Worker(ownProgram('pixels-thread'), { stdout: true, stderr: true, ...quiet });
}
