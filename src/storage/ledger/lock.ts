import { createRequire } from 'node:module';
import { platform } from 'node:os';
import { errorCode } from '../../domain/error-code.js';

interface NativeLocks {
  /** False where another descriptor holds it. */
  tryLock(descriptor: number, offset: number, length: number): boolean;
}

const require = createRequire(import.meta.url);

/**
 * Which bytes are locked. Windows keeps others from reading what is locked, so there it is a byte
 * that no file reaches; macOS locks whole files only, which zeros mean.
 */
const RANGE = platform() === 'win32' ? { offset: 2 ** 62, length: 1 } : { offset: 0, length: 0 };

/** How systems say that somebody else has the lock; EBUSY is Windows. */
const HELD = ['EAGAIN', 'EACCES', 'EBUSY'];

/**
 * Locks an open file against other processes that lock it so, until its descriptor is closed or the
 * process ends, however it does.
 *
 * @returns `held` where somebody else has the lock, or why there are no locks here.
 */
export function lock(descriptor: number): 'locked' | 'held' | { unavailable: string } {
  let native: NativeLocks;
  try {
    native = require('fs-native-extensions');
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
