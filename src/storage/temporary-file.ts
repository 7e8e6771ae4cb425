import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, rm } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { lock } from './ledger/open-locked.js';
import { ownUser } from './place.js';
import { temporaryFor } from './swap-file.js';

/** As `temporaryFor` names them. */
const NAME = /^\.gemini-image-[0-9a-f]{8}\.tmp$/;

/** Windows knows neither of the two. */
const { O_RDWR, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** Each one needs another run that begins in the very moment. */
const MOST_TRIES = 5;

/**
 * Writes a file under a name of its own beside a path, brings it to the disk, and hands it on. It is
 * locked meanwhile, so that other runs can tell it from what a dead one has left, and gone afterwards
 * unless it was given another name.
 *
 * @throws errors of the system, and what `use` throws.
 */
export async function withTemporary<Result>(
  path: string,
  content: string | Uint8Array,
  use: (temporary: string) => Promise<Result>,
): Promise<Result> {
  const { temporary, file } = await makeLocked(path);
  try {
    await file.writeFile(content);
    // Without it a power cut could leave the name and no text, which would count as done.
    await file.datasync();
    // Windows gives no other name to a file that is open.
    if (platform() === 'win32') await file.close();
    return await use(temporary);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
    await file.close().catch(() => undefined);
  }
}

async function makeLocked(path: string): Promise<{ temporary: string; file: FileHandle }> {
  for (let tries = 1; ; tries += 1) {
    const temporary = temporaryFor(path);
    const file = await open(temporary, 'wx');
    // A run that removes what dead ones have left has found it before it was locked.
    if (lock(file.fd) !== 'held' || tries === MOST_TRIES) return { temporary, file };
    await file.close();
  }
}

/**
 * Removes what runs that were killed have left in a folder: files of our own names and of this user
 * that nobody has locked. Where files cannot be locked, nothing is known of them, and they stay.
 *
 * @returns how many there were.
 */
export async function removeLeftOvers(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  let removed = 0;
  for (const name of names) {
    if (NAME.test(name) && (await removeDead(join(folder, name)))) removed += 1;
  }
  return removed;
}

async function removeDead(path: string): Promise<boolean> {
  const file = await open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (!file) return false;
  try {
    const [ours, there, me] = await Promise.all([file.stat(), lstat(path), ownUser()]);
    const isOwn = ours.isFile() && ours.ino === there.ino && (me === undefined || ours.uid === me);
    if (!isOwn || lock(file.fd) !== 'locked') return false;
    await rm(path);
    return true;
  } catch {
    return false;
  } finally {
    await file.close();
  }
}
