import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { errorCode, GeminiImageError, usageError } from '../domain/error.js';
import { isObject } from '../domain/json.js';
import { version } from '../domain/version.js';
import { writeFailure } from './errors.js';
import { expectOwnLinks } from './output-target.js';
import { freeAsideName, withSuffix } from './swap-file.js';

/** By it an exported folder is known as such, and whether anything has changed in it since. */
const MARK = '.gemini-image-export.json';

/** A folder that appears whole or not at all. */
export interface WholeFolder {
  /** Where its files are written meanwhile. */
  path: string;
  /** Puts it in its place. */
  commit(): Promise<void>;
  /** Removes what was written; a folder that was there before is unchanged. */
  discard(): Promise<void>;
}

export interface WholeFolderOptions {
  /** Whether an export that has changed may be replaced, too; it is kept as `x~` then. */
  overwrite: boolean;
  /** The flag that names the folder. */
  flag: string;
}

/**
 * Begins a folder of an export. One that is there is replaced if it is empty, or an earlier export in which nothing
 * has changed.
 *
 * @throws GeminiImageError of kind `usage`, also from `commit`.
 */
export async function openWholeFolder(
  path: string,
  options: WholeFolderOptions,
): Promise<WholeFolder> {
  const hint = otherFolder(options.flag);
  if (path === '') throw usageError('the name of the folder is empty', hint);
  const target = resolve(path);
  await expectOwnLinks(target, path, hint);
  await expectReplaceable(target, path, options);
  const unfinished = await newFolder(target, path, hint);
  return {
    path: unfinished,
    async commit() {
      try {
        const mark = { by: `gemini-image ${version}`, files: await digestOf(unfinished) };
        await writeFile(join(unfinished, MARK), `${JSON.stringify(mark)}\n`);
        const state = await expectReplaceable(target, path, options);
        if (state === 'absent') return await rename(unfinished, target);
        const isKept = state === 'changed';
        const aside = isKept
          ? await freeAsideName(target)
          : withSuffix(target, `.${randomBytes(4).toString('hex')}.old`);
        await rename(target, aside);
        await rename(unfinished, target).catch(async (error: unknown) => {
          await rename(aside, target);
          throw error;
        });
        if (!isKept) await rm(aside, { recursive: true, force: true });
      } catch (error) {
        throw errorCode(error) === undefined ? error : writeFailure(path, error, hint);
      }
    },
    discard: () => rm(unfinished, { recursive: true, force: true }),
  };
}

/** What is at the place of a folder: nothing, what may be removed, or an export that has changed. */
type State = 'absent' | 'own' | 'changed';

async function expectReplaceable(
  target: string,
  path: string,
  { overwrite, flag }: WholeFolderOptions,
): Promise<State> {
  const hint = otherFolder(flag);
  const names = await readdir(target).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    if (errorCode(error) === 'ENOTDIR' && existsSync(target)) {
      throw usageError(`${path} is a file, and no folder`, hint);
    }
    throw writeFailure(path, error, hint);
  });
  if (names === undefined) return 'absent';
  if (names.length === 0) return 'own';
  const known = await markIn(target);
  if (known === undefined) {
    throw usageError(`${path} is there already, and is no export of gemini-image`, hint);
  }
  if (known === (await digestOf(target))) return 'own';
  if (overwrite) return 'changed';
  throw usageError(
    `${path} has been changed since it was exported`,
    `Name another folder with ${flag}, or give --overwrite: it is kept as ${path.replace(/\/+$/, '')}~ then.`,
  );
}

async function markIn(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, MARK), 'utf8').catch(() => '{}');
  try {
    const mark: unknown = JSON.parse(text);
    return isObject(mark) && typeof mark.files === 'string' ? mark.files : undefined;
  } catch {
    return undefined;
  }
}

/** A digest of the names, sizes and times of all files, in whatever order they are found. */
async function digestOf(folder: string): Promise<string> {
  const sum = Buffer.alloc(DIGEST);
  for await (const file of filesIn(folder)) {
    const name = relative(folder, file);
    if (name === MARK || MADE_BY_OTHERS.test(name)) continue;
    const { size, mtimeMs } = await stat(file);
    const one = createHash('sha256').update(`${name}\0${size}\0${mtimeMs}`).digest();
    for (let index = 0; index < DIGEST; index += 1)
      sum[index] = (sum[index] ?? 0) ^ (one[index] ?? 0);
  }
  return sum.toString('hex');
}

/** What trainers and file managers leave in a folder that they look at, and make again. */
const MADE_BY_OTHERS = /(?:^|[\\/])(?:[^\\/]*\.cache|\.DS_Store|Thumbs\.db|desktop\.ini)$/;

/** In bytes. */
const DIGEST = 16;

async function* filesIn(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else yield path;
  }
}

/** Makes `x.unfinished`, or `x.unfinished.2` … if an export that was killed has left one. */
async function newFolder(target: string, path: string, hint: string): Promise<string> {
  try {
    await mkdir(dirname(target), { recursive: true });
    for (let number = 1; ; number += 1) {
      const name = withSuffix(target, number === 1 ? '.unfinished' : `.unfinished.${number}`);
      const made = await mkdir(name).then(
        () => true,
        (error: unknown) => {
          if (errorCode(error) === 'EEXIST') return false;
          throw error;
        },
      );
      if (made) return name;
    }
  } catch (error) {
    throw writeFailure(path, error, hint);
  }
}

function otherFolder(flag: string): string {
  return `Name another folder with ${flag}.`;
}

/** For files in such a folder: throws a failure of the system in words. */
export function inFolder(path: string, flag: string): (error: unknown) => never {
  const hint = otherFolder(flag);
  return (error) => {
    if (error instanceof GeminiImageError) throw error.with({ hint });
    throw errorCode(error) === undefined ? error : writeFailure(path, error, hint);
  };
}
