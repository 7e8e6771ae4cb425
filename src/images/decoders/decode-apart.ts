// Work on pixels, done by a decoder process.
import { resolve } from 'node:path';
import type { FoundBox } from '../../domain/box.js';
import type { PictureFormat, Size } from '../../domain/picture.js';
import { MAX_PIXELS, tooManyPixels } from '../errors.js';
import { mayHaveGainMap } from '../metadata/gain-map.js';
import { readFrame } from '../metadata/jpeg-frame.js';
import { look, type OpenImage } from '../open/open.js';
import type { Encoded } from '../overlay/encoders.js';
import type { DrawOptions } from '../overlay/overlay.js';
import type { Prepared, PrepareOptions } from '../prepare/prepare.js';
import { pixelsOf, sizeInMemory } from '../readers/shrink.js';
import { isHeavy, memoryFor } from './decoder-memory.js';
import { type DecodeLimits, decoderPool, defaultBudget } from './decoder-pool.js';

export interface ApartOptions {
  /** Its size in stored pixels, if its header has it. */
  size?: Size | undefined;
  limits?: DecodeLimits | undefined;
  /** Whether it could be sent without being decoded. */
  canGoAsItIs?: boolean;
  signal?: AbortSignal | undefined;
}

const DRAWING_MS = 10_000;
const OTHER_MS = 30_000;

/**
 * Makes a picture fit to be sent.
 *
 * @throws GeminiImageError of kind `input` if it cannot be decoded, or not within the limits; of
 *   kind `interrupted`.
 */
export async function prepareApart(
  image: OpenImage,
  format: PictureFormat,
  options: PrepareOptions,
  apart: ApartOptions,
): Promise<Prepared> {
  const allowance = allowanceFor(image, format, apart, options.maxEdge);
  const hasNoGainMap = isWithoutGainMap(image, format);
  const job = { task: 'prepare', format, options: { ...options, hasNoGainMap } } as const;
  const file = toBeReadAgain(image);
  const made = file && (await decoderPool.run({ ...job, picture: file }, allowance));
  if (made) return made;
  const whole = await decoderPool.run({ ...job, picture: handedOver(image) }, allowance);
  if (!whole) throw new Error('bytes that were handed over count as a file that has changed');
  return whole;
}

/** Found out here, where it is known what is data: to search the whole of a photo takes a millisecond. */
function isWithoutGainMap(image: OpenImage, format: PictureFormat): boolean {
  return format === 'jpeg' && typeof image.held !== 'string' && !look(image, mayHaveGainMap);
}

/** The file whose bytes a picture has, if that is worth being read again. */
function toBeReadAgain({ file, held }: OpenImage) {
  if (!file || file.bytes !== held) return undefined;
  return { path: resolve(file.path), size: file.bytes.length, mtimeMs: file.mtimeMs };
}

/**
 * Draws boxes on a picture.
 *
 * @throws GeminiImageError as `prepareApart` does.
 */
export async function drawApart(
  image: OpenImage,
  format: PictureFormat,
  boxes: readonly FoundBox[],
  options: DrawOptions,
  apart: ApartOptions,
): Promise<Encoded> {
  const job = { task: 'overlay', picture: handedOver(image), boxes, options } as const;
  return decoderPool.run(job, allowanceFor(image, format, apart));
}

/**
 * Whether a picture shows what is behind it.
 *
 * @throws GeminiImageError as `prepareApart` does.
 */
export async function isTransparentApart(
  image: OpenImage,
  format: PictureFormat,
  apart: ApartOptions,
): Promise<boolean> {
  const job = { task: 'transparency', picture: handedOver(image), format } as const;
  return decoderPool.run(job, allowanceFor(image, format, { ...apart, canGoAsItIs: true }));
}

/** Whether a file is an overlay of ours; false for a file that is no picture. */
export function isOverlayApart(path: string): Promise<boolean> {
  const job = { task: 'overlayMark', picture: resolve(path) } as const;
  return decoderPool.run(job, SMALL);
}

/**
 * Checks that pictures can be decoded here.
 *
 * @param need what for, as for `loadSharp`.
 * @throws GeminiImageError of kind `input` if sharp is not installed or cannot run here.
 */
export async function startDecoding(need: string): Promise<void> {
  await decoderPool.run({ task: 'start', need }, SMALL);
}

const SMALL = { timeoutMs: OTHER_MS, memory: 0, budget: defaultBudget(), signal: undefined };

function allowanceFor(
  image: OpenImage,
  format: PictureFormat,
  { size, limits, canGoAsItIs = false, signal }: ApartOptions,
  maxEdge = 0,
) {
  const held = size && sizeInMemory(size, format, maxEdge);
  if (size && held && format !== 'svg' && pixelsOf(held) > MAX_PIXELS) throw tooManyPixels(size);
  const budget = limits?.memoryBytes ?? defaultBudget();
  return {
    timeoutMs: limits?.timeoutMs ?? (format === 'svg' ? DRAWING_MS : OTHER_MS),
    memory: memoryFor(
      { format, bytes: image.content.size, size: inLayers(image, format) ? size : held },
      budget,
    ),
    budget,
    heavyPixels: size && isHeavy(format) ? size.width * size.height : 0,
    canGoAsItIs,
    signal,
  };
}

/** Whether all of a JPEG's pixels are held until its end, as each scan adds to all of them. */
function inLayers(image: OpenImage, format: PictureFormat): boolean {
  if (format !== 'jpeg') return false;
  const frame = look(image, (source) => readFrame(source));
  return frame === undefined || !IN_ONE_PASS.includes(frame.code);
}

/** Codes of frames whose pixels come one after another: baseline, and extended. */
const IN_ONE_PASS: readonly number[] = [0xc0, 0xc1, 0xc9];

function handedOver({ held }: OpenImage): Uint8Array | string {
  return typeof held === 'string' ? resolve(held) : held;
}
