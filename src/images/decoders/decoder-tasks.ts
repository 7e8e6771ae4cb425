// The tasks of a decoder process. Everything here runs in that process.
import type { FoundBox } from '../../domain/box.js';
import { lentContent } from '../../domain/content.js';
import type { PictureFormat } from '../../domain/picture.js';
import { fileContent, unchangedBytes } from '../open/file.js';
import { held, type OpenImage } from '../open/open.js';
import type { Encoded } from '../overlay/encoders.js';
import type { DrawOptions } from '../overlay/overlay.js';
import type { Prepared, PrepareOptions } from '../prepare/prepare.js';
import { loadSharp } from './load-sharp.js';

/**
 * A picture as it is handed over: its bytes, the absolute path of a file that is too large, or a file
 * to be read again, which takes less time than to hand its bytes over.
 */
export type HandedOver = Uint8Array | string | SameFile;

interface SameFile {
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
}

/** The input and the result of each task; plain data, because both travel between processes. */
export interface DecoderTasks {
  prepare: {
    needs: { picture: HandedOver; format: PictureFormat; options: PrepareOptions };
    /** Undefined if the file has changed since its bytes were read. */
    gives: Prepared | undefined;
  };
  overlay: {
    needs: { picture: Uint8Array | string; boxes: readonly FoundBox[]; options: DrawOptions };
    gives: Encoded;
  };
  /** Whether a picture shows what is behind it. */
  transparency: { needs: { picture: Uint8Array | string; format: PictureFormat }; gives: boolean };
  /** Whether a file is an overlay of ours. */
  overlayMark: { needs: { picture: Uint8Array | string }; gives: boolean };
  /** Only starts the process and loads sharp. */
  start: { needs: { need: string }; gives: true };
}

export type DecoderTask = keyof DecoderTasks;

/** A job for a decoder process. */
export type DecoderJob = {
  [Task in DecoderTask]: { readonly task: Task } & DecoderTasks[Task]['needs'];
}[DecoderTask];

/** @throws GeminiImageError as the work does. */
export async function workOn(job: DecoderJob): Promise<DecoderTasks[DecoderTask]['gives']> {
  switch (job.task) {
    case 'prepare': {
      const { prepare } = await import('../prepare/prepare.js');
      const image = await openedAgain(job.picture);
      const prepared = image && (await prepare(image, job.format, job.options));
      // Not after an error: a decoder may still be looking at the bytes.
      image?.content.release?.();
      return prepared;
    }
    case 'overlay': {
      const { drawOverlay } = await import('../overlay/overlay.js');
      return drawOverlay(await opened(job.picture), job.boxes, job.options);
    }
    case 'transparency': {
      const { isTransparent } = await import('../prepare/prepare.js');
      return isTransparent(await opened(job.picture), job.format);
    }
    case 'overlayMark': {
      const { hasOverlayMark } = await import('../overlay/overlay-mark.js');
      return hasOverlayMark(await opened(job.picture));
    }
    case 'start':
      loadSharp(job.need);
      return true;
  }
}

/** Undefined if the file has changed. */
async function openedAgain(picture: HandedOver): Promise<OpenImage | undefined> {
  if (typeof picture === 'string' || picture instanceof Uint8Array) return opened(picture);
  const bytes = await unchangedBytes(picture.path, picture);
  return bytes && { ...held(bytes), content: lentContent(bytes) };
}

async function opened(picture: Uint8Array | string): Promise<OpenImage> {
  return typeof picture === 'string'
    ? { content: await fileContent(picture), held: picture }
    : held(picture);
}
