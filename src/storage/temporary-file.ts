import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, rm } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { lock } from './ledger/open-locked.js';
import { ownUser } from './place.js';
import { temporaryFor } from './swap-file.js';

/** The names that `temporaryFor` gives, and those of files that other programs make beside them. */
const NAME = /^\.gemini-image-[0-9a-f]{8}\.(?:tmp|new)$/;
const ENDING = { ours: '.tmp', made: '.new' } as const;

/** Windows has neither of the last two flags. */
const { O_RDWR, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** A second try is needed only if another run begins at the same moment. */
const MOST_TRIES = 5;

/**
 * Writes a temporary file beside a path, brings it to the disk, and hands it to `use`. It is locked
 * meanwhile, so that other runs can tell it from a file that a killed run has left. Afterwards it is
 * removed, unless `use` has renamed it.
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
    // Without this, a power cut could leave an empty file, which would count as done.
    await file.datasync();
    // Windows does not rename a file that is open.
    if (platform() === 'win32') await file.close();
    return await use(temporary);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
    await file.close().catch(() => undefined);
  }
}

/**
 * The same for a file that another program makes: it gets a path at which nothing is yet. A locked file
 * beside it tells other runs that it is being made.
 */
export async function withFileToMake<Result>(
  path: string,
  use: (made: string) => Promise<Result>,
): Promise<Result> {
  const { temporary, file } = await makeLocked(path);
  const made = madeBeside(temporary);
  try {
    return await use(made);
  } finally {
    await rm(made, { force: true }).catch(() => undefined);
    if (platform() === 'win32') await file.close();
    await rm(temporary, { force: true }).catch(() => undefined);
    await file.close().catch(() => undefined);
  }
}

function madeBeside(temporary: string): string {
  return temporary.slice(0, -ENDING.ours.length) + ENDING.made;
}

/** Brings a file to the disk that another program has written. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, O_RDWR);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function makeLocked(path: string): Promise<{ temporary: string; file: FileHandle }> {
  for (let tries = 1; ; tries += 1) {
    const temporary = temporaryFor(path);
    const file = await open(temporary, 'wx');
    // If it is held, a run that removes left-over files has found it before it was locked.
    if (lock(file.fd) !== 'held' || tries === MOST_TRIES) return { temporary, file };
    await file.close();
  }
}

/**
 * Removes the files that killed runs have left in a folder: files with our names, of this user, that
 * nobody has locked. If files cannot be locked here, they are left.
 *
 * @returns how many there were.
 */
export async function removeLeftOvers(folder: string): Promise<number> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  let removed = 0;
  for (const name of names) {
    if (!NAME.test(name)) continue;
    // What was made goes with the file beside it, by which its run is known to be over.
    const isMade = name.endsWith(ENDING.made);
    const ours = name.slice(0, -ENDING.made.length) + ENDING.ours;
    if (isMade && names.includes(ours)) continue;
    if (await removeDead(join(folder, name), isMade)) removed += 1;
  }
  return removed;
}

async function removeDead(path: string, isMade: boolean): Promise<boolean> {
  const file = await open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (!file) return false;
  try {
    const [ours, there, me] = await Promise.all([file.stat(), lstat(path), ownUser()]);
    const isOwn = ours.isFile() && ours.ino === there.ino && (me === undefined || ours.uid === me);
    if (!isOwn || lock(file.fd) !== 'locked') return false;
    if (!isMade) await rm(madeBeside(path), { force: true });
    await rm(path);
    return true;
  } catch {
    return false;
  } finally {
    await file.close();
  }
}
