import { randomBytes } from 'node:crypto';
import { constants, copyFile, link, lstat, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../domain/error.js';
import { ownUser } from './place.js';

/** The path of a new file before it takes the place of another; it is in the same folder. */
export function temporaryFor(target: string): string {
  return join(dirname(target), `.gemini-image-${randomBytes(4).toString('hex')}.tmp`);
}

/** In bytes; no common file system takes longer names. */
const LONGEST_NAME = 255;

/** Whether the name at the end of a path is short enough. */
export function fitsName(path: string): boolean {
  return Buffer.byteLength(basename(path)) <= LONGEST_NAME;
}

/** A path with a suffix on its name, which is shortened if the result is too long. */
export function withSuffix(path: string, suffix: string): string {
  let name = basename(path);
  while (name.length > 1 && Buffer.byteLength(name + suffix) > LONGEST_NAME) {
    // By whole characters, since half a character would give another name.
    name = [...name].slice(0, -1).join('');
  }
  return join(dirname(path), name + suffix);
}

/** If so many names are taken, the file system gives wrong answers. */
const MOST_ASIDE = 100_000;

/** The names for files that are set aside, in order: `x~`, `x.~1~`, `x.~2~` … */
function* asideNames(target: string): Generator<string> {
  yield withSuffix(target, '~');
  for (let number = 1; number < MOST_ASIDE; number += 1) {
    yield withSuffix(target, `.~${number}~`);
  }
}

/** The first of those names that is free: a file would be set aside under it now. */
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

/** The name of the file that was set aside last; the first name if there is none. */
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
 * What happens to the old file: it is kept under the first free name, or it replaces an older file
 * that was kept, or it is removed.
 */
export type Keeping = 'numbered' | { replacing: string } | 'none';

/**
 * Replaces a file by a new one. The old file stays until the new one is in its place, and if this is
 * interrupted, one of the two is whole.
 *
 * @param keeping by default no file that was set aside before is replaced.
 * @returns where the old file is now, if it is kept.
 * @throws errors of the system if a file cannot be renamed; nothing has changed then.
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
  /** Whether the second name is new, so that it can be removed again. */
  isNew: boolean;
}

/** Gives a file a second name, or copies it to that name; the first name stays for now. */
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
    // If both are names of one file, the system does not rename and leaves this one.
    await rm(between, { force: true });
  }
  return { path, isNew };
}

/** Keeps a file under the first of some names that is free, checked at the moment of writing. */
async function keepAs(target: string, names: Iterable<string>): Promise<string> {
  const [{ uid }, me] = await Promise.all([lstat(target), ownUser()]);
  // In a shared folder, a second name of another user's file could not be removed again.
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
      // An interrupted replacement has left the second name.
      if (await isOneFile(target, name)) return name;
    }
  }
  throw noNameLeft();
}

async function isOneFile(...paths: [string, string]): Promise<boolean> {
  const [one, other] = await Promise.all(paths.map((path) => lstat(path).catch(() => undefined)));
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino;
}

/** Copies a file to a free name; if that fails, no part of the copy is left. */
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
