import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { AtOnce } from '../../domain/at-once.js';
import type { Content } from '../../domain/content.js';
import { GeminiImageError, inputError, interrupted } from '../../domain/error.js';
import { lend } from '../../domain/lent-memory.js';
import { onAbort } from '../../network/abort.js';
import { whenFree } from '../../network/descriptors.js';
import { cannotRead } from '../errors.js';

/**
 * Opens a file for reading. Opening a named pipe waits until somebody opens it for writing, which may
 * be never; a signal ends the wait.
 *
 * @throws GeminiImageError of kind `interrupted`; whatever `open` threw.
 */
export async function openToRead(
  path: string,
  signal: AbortSignal | undefined,
): Promise<FileHandle> {
  if (signal?.aborted) throw interrupted(signal);
  const opening = whenFree(() => open(path), signal);
  if (!signal) return opening;
  let stopListening = () => {};
  const calledOff = new Promise<never>((_, reject) => {
    stopListening = onAbort(signal, () => {
      reject(interrupted(signal));
      opening.then((file) => file.close()).catch(() => {});
      letGo(path);
    });
  });
  return Promise.race([opening, calledOff]).finally(stopListening);
}

/** Opens a pipe's other end for a moment, because a waiting thread would keep the process alive. */
function letGo(path: string): void {
  open(path, constants.O_WRONLY | constants.O_NONBLOCK)
    .then((end) => end.close())
    .catch(() => {
      // It is no pipe, or no thread waits any more.
    });
}

/**
 * A file's bytes, read when they are needed. The file is opened for each reading, so that nothing has
 * to be closed. A file that has changed in between is refused.
 */
export async function fileContent(path: string): Promise<Content> {
  const { size, mtimeMs } = await withFile(path, (file) => file.stat());
  return {
    size,
    read: (from, to) =>
      withFile(path, async (file) => {
        const now = await file.stat();
        const bytes = await readExactly(file, from, to);
        if (now.size !== size || now.mtimeMs !== mtimeMs || bytes === undefined) {
          throw changedWhileRead();
        }
        return bytes;
      }),
  };
}

async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await whenFree(() => open(path)).catch((error: unknown) => {
    throw cannotRead(error);
  });
  try {
    return await work(file);
  } catch (error) {
    throw error instanceof GeminiImageError ? error : cannotRead(error);
  } finally {
    await file.close();
  }
}

export function changedWhileRead(): GeminiImageError {
  return inputError('it changed while it was read', 'Try again when nothing writes to it.');
}

/** The bytes of a file, in memory that is lent; undefined if it has another size or date by now, or cannot be read. */
export async function unchangedBytes(
  path: string,
  wanted: { size: number; mtimeMs: number },
): Promise<Uint8Array | undefined> {
  const isSame = (now: { size: number; mtimeMs: number }) =>
    now.size === wanted.size && now.mtimeMs === wanted.mtimeMs;
  const file = await open(path).catch(() => undefined);
  if (!file) return undefined;
  try {
    if (!isSame(await file.stat())) return undefined;
    const bytes = lend(wanted.size);
    const isFull = await fill(bytes, file);
    return isFull && isSame(await file.stat()) ? bytes : undefined;
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/** Undefined if the file ends too early. */
export async function readExactly(
  file: FileHandle,
  from: number,
  to: number,
): Promise<Uint8Array | undefined> {
  // Not zeroed: it is returned only if it is filled to its end.
  const bytes = Buffer.allocUnsafeSlow(to - from);
  return (await fill(bytes, file, from)) ? bytes : undefined;
}

/** Reads from an offset on until the memory is full; false if the file ends before. */
export async function fill(bytes: Uint8Array, file: FileHandle, from = 0): Promise<boolean> {
  for (let filled = 0; filled < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from + filled);
    if (bytesRead === 0) return false;
    filled += bytesRead;
  }
  return true;
}

/** A file that is read while everything else waits may have this many bytes. */
const SMALL_BYTES = 1_048_576;

/** Windows has no such flag. */
const { O_RDONLY, O_NONBLOCK = 0 } = constants;

const readings = new AtOnce();

/**
 * Reads a small file at once, into memory that is lent.
 *
 * @param isListed whether it was a regular file just now.
 * @returns undefined if it has to be read in the other way: it is large, no plain file, on a slow
 *   disk, or cannot be read.
 */
export function readSmall(
  path: string,
  isListed = false,
): { bytes: Uint8Array; changed: Date } | undefined {
  try {
    return readings.try(() => readPlain(path, isListed));
  } catch {
    // The other way says what is wrong, or waits for a free descriptor.
    return undefined;
  }
}

function readPlain(
  path: string,
  isListed: boolean,
): { bytes: Uint8Array; changed: Date } | undefined {
  // Whoever writes to a named pipe would notice that it is opened.
  if (!isListed && !statSync(path).isFile()) return undefined;
  const descriptor = openSync(path, O_RDONLY | O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    const { size } = stats;
    if (!stats.isFile() || size > SMALL_BYTES) return undefined;
    const bytes = lend(size);
    for (let filled = 0; filled < size; ) {
      const got = readSync(descriptor, bytes, filled, size - filled, filled);
      if (got === 0) return undefined;
      filled += got;
    }
    return { bytes, changed: stats.mtime };
  } finally {
    closeSync(descriptor);
  }
}

/** The facts by which a file counts as unchanged, without reading it. */
export interface FileState {
  /** In bytes. */
  readonly size: number;
  /** When it was last changed, in whole milliseconds since 1970, as records have it. */
  readonly mtimeMs: number;
}

/** Undefined if there is no file. It is synchronous, which takes a second for 100,000 files. */
export function fileState(path: string): FileState | undefined {
  return stateFrom(statSync, path);
}

/** The same, without following a link. */
export function ownFileState(path: string): FileState | undefined {
  return stateFrom(lstatSync, path);
}

function stateFrom(look: typeof statSync | typeof lstatSync, path: string): FileState | undefined {
  try {
    const stats = look(path, { throwIfNoEntry: false });
    return stats?.isFile() ? { size: stats.size, mtimeMs: stats.mtime.getTime() } : undefined;
  } catch {
    return undefined;
  }
}

/** SHA-256 of a file's bytes, in hexadecimal; undefined if it cannot be read. */
export async function fileDigest(path: string, signal?: AbortSignal): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash, { signal });
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}
