import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { GeminiImageError } from '../../domain/error.js';
import { errorCode } from '../../domain/error-code.js';
import { lock } from './lock.js';

export interface LockedFile {
  file: FileHandle;
  /** Whether it was not there before. */
  created: boolean;
  /** Whether the file system gives no numbers by which to know the file again. */
  bySizeAlone: boolean;
}

/** More replacements than that while a file is opened are no race but a file system's odd numbers. */
const MAX_TRIES = 10;

/**
 * Opens a file to read and append, and locks it. What is in it stays.
 *
 * @param path what the user called it.
 * @throws GeminiImageError of kind `usage` where another run writes it; errors of the system as they
 *   are.
 */
export async function openLocked(
  target: string,
  path: string,
  onNoLock: (why: string) => void = () => {},
): Promise<LockedFile> {
  for (let tries = 1; ; tries += 1) {
    const opened = await openOrCreate(target);
    const { file } = opened;
    try {
      const state = lock(file.fd);
      if (state === 'held') throw busy(path);
      // Between opening and locking, the run that had the lock may have replaced or removed it.
      const isThere = await isAt(file, target);
      if (tries === MAX_TRIES || isThere) {
        if (typeof state === 'object') onNoLock(state.unavailable);
        return { ...opened, bySizeAlone: !isThere };
      }
    } catch (error) {
      await file.close();
      throw error;
    }
    await file.close();
  }
}

async function openOrCreate(target: string): Promise<Omit<LockedFile, 'bySizeAlone'>> {
  for (let tries = 1; ; tries += 1) {
    try {
      const file = await open(target, constants.O_RDWR | constants.O_APPEND);
      return { file, created: false };
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
    try {
      return { file: await open(target, 'ax+'), created: true };
    } catch (error) {
      // Another run was quicker, so there is a file to open now.
      if (errorCode(error) !== 'EEXIST' || tries === MAX_TRIES) throw error;
    }
  }
}

async function isAt(file: FileHandle, target: string): Promise<boolean> {
  const [ours, there] = await Promise.all([file.stat(), stat(target).catch(() => undefined)]);
  return there !== undefined && ours.dev === there.dev && ours.ino === there.ino;
}

function busy(path: string): GeminiImageError {
  return new GeminiImageError({
    kind: 'usage',
    message: `${path} is being written by another run`,
    hint: 'Wait until that is finished, or name another file with -o.',
  });
}
