import { constants } from 'node:fs';
import { access, type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { platform } from 'node:os';
import { errorCode, type GeminiImageError, usageError } from '../../domain/error.js';
import type { Tell } from '../../domain/events.js';
import { nativeFiles } from '../native-files.js';
import { exchange, temporaryFor } from '../swap-file.js';

export interface LockedFile {
  file: FileHandle;
  /** Whether it was not there before. */
  created: boolean;
  /** Whether the file system gives no numbers by which to know the file again. */
  bySizeAlone: boolean;
}

/** If a file seems replaced so often while it is opened, the file system gives wrong numbers. */
const MAX_TRIES = 10;

/**
 * Opens a file to read and append, and locks it. Its content stays.
 *
 * @param path what the user called it.
 * @throws GeminiImageError of kind `usage` if another run writes it; errors of the system as they
 *   are.
 */
export async function openLocked(
  target: string,
  path: string,
  tell: Tell<'unlocked'> = () => {},
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
        if (typeof state === 'object') tell({ type: 'unlocked', path, why: state.unavailable });
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

/** Whether an open file is still the one at its path. */
export async function isAt(file: FileHandle, target: string): Promise<boolean> {
  const [ours, there] = await Promise.all([file.stat(), stat(target).catch(() => undefined)]);
  return there !== undefined && ours.dev === there.dev && ours.ino === there.ino;
}

function busy(path: string): GeminiImageError {
  return usageError(
    `${path} is being written by another run`,
    'Wait until that is finished, or name another file with -o.',
  );
}

interface NativeLocks {
  /** False if another descriptor holds it. */
  tryLock(descriptor: number, offset: number, length: number): boolean;
}

/**
 * Which bytes are locked. Windows keeps others from reading locked bytes, so there it is a byte that
 * no file reaches. macOS locks whole files only, which is what zeros mean.
 */
const RANGE = platform() === 'win32' ? { offset: 2 ** 62, length: 1 } : { offset: 0, length: 0 };

/** How systems say that somebody else has the lock; EBUSY is Windows. */
const HELD = ['EAGAIN', 'EACCES', 'EBUSY'];

/**
 * Locks an open file against other processes that lock it in this way, until its descriptor is closed
 * or the process ends, even by a crash.
 *
 * @returns `held` if somebody else has the lock, or why there are no locks here.
 */
export function lock(descriptor: number): 'locked' | 'held' | { unavailable: string } {
  let native: NativeLocks;
  try {
    native = nativeFiles();
  } catch {
    return { unavailable: 'the library for file locks does not run on this system' };
  }
  try {
    return native.tryLock(descriptor, RANGE.offset, RANGE.length) ? 'locked' : 'held';
  } catch (error) {
    const code = errorCode(error) ?? 'unknown error';
    if (HELD.includes(code)) return 'held';
    return { unavailable: `the file system does not lock files (${code})` };
  }
}

/**
 * Puts a new file with a first line in the place of an old one, which becomes its backup. If this is
 * interrupted, no record is lost. On file systems with hard links, the path always has a file: the
 * old one or the new one.
 *
 * @returns the new file, open to append and locked before others can see it, and the old one's path.
 */
export async function replaceFile(
  target: string,
  mode: number,
  line: Buffer,
): Promise<{ file: FileHandle; aside: string | undefined }> {
  const temporary = temporaryFor(target);
  const file = await open(temporary, 'ax+', mode);
  try {
    lock(file.fd);
    await file.chmod(mode);
    await file.appendFile(line);
    await file.sync();
    return { file, aside: await takePlace(temporary, target) };
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
}

async function takePlace(temporary: string, target: string): Promise<string | undefined> {
  try {
    return await exchange(temporary, target);
  } catch (error) {
    const isThere = await access(target).then(
      () => true,
      () => false,
    );
    if (isThere) throw error;
    // The old file was moved away meanwhile.
    await rename(temporary, target);
    return undefined;
  }
}
