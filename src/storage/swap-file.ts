import { randomBytes } from 'node:crypto';
import { constants, copyFile, link, lstat, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../domain/error.js';
import { ownUser } from './place.js';

/** Where a new file is written before it takes the place of another: in the same folder. */
export function temporaryFor(target: string): string {
  return join(dirname(target), `.gemini-image-${randomBytes(4).toString('hex')}.tmp`);
}

/** In bytes; no common file system takes longer names. */
const LONGEST_NAME = 255;

/** Whether the name at the end of a path is short enough. */
export function fitsName(path: string): boolean {
  return Buffer.byteLength(basename(path)) <= LONGEST_NAME;
}

/** A path with something added to its name, which loses its last letters where that is too long. */
export function withSuffix(path: string, suffix: string): string {
  let name = basename(path);
  while (name.length > 1 && Buffer.byteLength(name + suffix) > LONGEST_NAME) {
    // By whole letters, since half of one is another name.
    name = [...name].slice(0, -1).join('');
  }
  return join(dirname(path), name + suffix);
}

/** More files than that are not set aside; it is a file system that answers at random. */
const MOST_ASIDE = 100_000;

/** The names of what is set aside, the first one first: `x~`, `x.~1~`, `x.~2~` … */
function* asideNames(target: string): Generator<string> {
  yield withSuffix(target, '~');
  for (let number = 1; number < MOST_ASIDE; number += 1) {
    yield withSuffix(target, `.~${number}~`);
  }
}

/** The first of those names that is free, under which a file would be set aside now. */
export async function freeAsideName(target: string): Promise<string> {
  for (const name of asideNames(target)) {
    const isFree = await lstat(name).then(
      () => false,
      (error: unknown) => errorCode(error) === 'ENOENT',
    );
    if (isFree) return name;
  }
  throw noNameLeft();
}

/** The name of what was set aside last; the first name where nothing was. */
export async function lastAsideName(target: string): Promise<string> {
  const free = await freeAsideName(target);
  let last = free;
  for (const name of asideNames(target)) {
    if (name === free) return last;
    last = name;
  }
  return last;
}

/**
 * What becomes of the file whose place is taken: it is kept under the first free name, or takes the
 * name of an older one, or goes.
 */
export type Keeping = 'numbered' | { replacing: string } | 'none';

/**
 * Gives a file's place to a new one. The old one is there until the new one is, and whatever
 * interrupts this, one of the two is whole.
 *
 * @param keeping by default nothing that was set aside before is replaced.
 * @returns where the old file is now, if it is kept.
 * @throws errors of the system, where a file cannot be given another name; everything is as it was
 *   then.
 */
export async function exchange(
  temporary: string,
  target: string,
  keeping: Keeping = 'numbered',
): Promise<string | undefined> {
  const aside = await setAside(target, keeping);
  try {
    await rename(temporary, target);
  } catch (error) {
    if (aside?.isNew) await rm(aside.path, { force: true }).catch(() => undefined);
    throw error;
  }
  return aside?.path;
}

/** A file that is kept under a second name. */
interface Aside {
  path: string;
  /** Whether nothing had this name before, so that it can be taken back. */
  isNew: boolean;
}

/** Gives a file a second name, or a copy of that name; it keeps its own until that is taken. */
async function setAside(target: string, keeping: Keeping): Promise<Aside | undefined> {
  if (keeping === 'none') return undefined;
  if (keeping === 'numbered')
    return { path: await keepAs(target, asideNames(target)), isNew: true };
  const path = keeping.replacing;
  const isNew = await lstat(path).then(
    () => false,
    () => true,
  );
  const between = await keepAs(target, [temporaryFor(target)]);
  try {
    await rename(between, path);
  } finally {
    // The system leaves it where both are names of one file.
    await rm(between, { force: true });
  }
  return { path, isNew };
}

/** Keeps a file under the first of some names that nobody has, even since a moment ago. */
async function keepAs(target: string, names: Iterable<string>): Promise<string> {
  const [{ uid }, me] = await Promise.all([lstat(target), ownUser()]);
  // A second name of somebody else's file could not be taken back in a folder of all.
  const mayLink = me === undefined || uid === me;
  for (const name of names) {
    try {
      if (!mayLink) await copyAside(target, name);
      else {
        await link(target, name).catch((error: unknown) => {
          if (errorCode(error) === 'EEXIST') throw error;
          // Not every file system gives a file two names.
          return copyAside(target, name);
        });
      }
      return name;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      // An exchange that was interrupted has left it so.
      if (await isOneFile(target, name)) return name;
    }
  }
  throw noNameLeft();
}

async function isOneFile(...paths: [string, string]): Promise<boolean> {
  const [one, other] = await Promise.all(paths.map((path) => lstat(path).catch(() => undefined)));
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino;
}

/** Keeps a copy of a file under a name that nobody has; leaves no part of one. */
export async function copyAside(target: string, name: string): Promise<void> {
  try {
    await copyFile(target, name, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') await rm(name, { force: true }).catch(() => undefined);
    throw error;
  }
}

function noNameLeft(): Error {
  return Object.assign(new Error('no free name is left'), { code: 'EEXIST' });
}
