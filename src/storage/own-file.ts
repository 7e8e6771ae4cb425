import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { errorCode } from '../domain/error.js';
import { lock } from './ledger/open-locked.js';
import { ownUser } from './place.js';

/** Windows has neither of the last two flags. */
const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** A file that this process alone writes. */
export interface OwnFile {
  path: string;
  file: FileHandle;
}

/**
 * Makes a file, or takes an empty one that an earlier run has left behind, and locks it against other
 * runs. It opens no link, no pipe and no other user's file.
 *
 * @param names possible paths, the best one first. A file with content belongs to somebody and is
 *   skipped.
 * @param mode of a new file.
 * @param onNoLock is told why the file cannot be locked.
 * @returns `held` if another run writes one of these files.
 * @throws errors of the system.
 */
export async function takeOwnFile(
  names: Iterable<string>,
  mode: number,
  onNoLock: (why: string) => void = () => {},
): Promise<OwnFile | 'held'> {
  for (const path of names) {
    const made = await make(path, mode);
    const file = made ?? (await openLeftOver(path));
    if (!file) continue;
    try {
      const state = lock(file.fd);
      if (state === 'held') {
        await file.close();
        return 'held';
      }
      const isLocked = state === 'locked';
      if (!isLocked && made) onNoLock(state.unavailable);
      // Without a lock, a file that was left behind looks like one that another run has just begun.
      if ((isLocked || made) && (await isFree(file, path))) return { path, file };
    } catch (error) {
      await file.close();
      throw error;
    }
    await file.close();
  }
  throw Object.assign(new Error('no free name is left'), { code: 'EEXIST' });
}

async function make(path: string, mode: number): Promise<FileHandle | undefined> {
  return open(path, O_RDWR | O_CREAT | O_EXCL, mode).catch((error: unknown) => {
    if (errorCode(error) === 'EEXIST') return undefined;
    throw error;
  });
}

async function openLeftOver(path: string): Promise<FileHandle | undefined> {
  const file = await open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (!file) return undefined;
  const { uid, nlink, ...stats } = await file.stat().catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  const me = await ownUser();
  if (isRegular(stats.mode) && nlink === 1 && (me === undefined || uid === me)) return file;
  await file.close();
  return undefined;
}

/** Whether it is empty and still has its name; the run that held the lock may have renamed it. */
async function isFree(file: FileHandle, path: string): Promise<boolean> {
  const [ours, there] = await Promise.all([file.stat(), lstat(path).catch(() => undefined)]);
  return ours.size === 0 && ours.dev === there?.dev && ours.ino === there.ino;
}

function isRegular(mode: number): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFREG;
}
