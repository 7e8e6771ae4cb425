import { access, constants, link, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../domain/error.js';
import { unwritable, writeFailure } from './errors.js';
import { expectOwnLinks } from './output-target.js';
import { exchange, fitsName, type Keeping } from './swap-file.js';
import { withTemporary } from './temporary-file.js';

export interface SidecarOptions {
  /**
   * What happens to a file that is already there: it stays and nothing is written, or it is replaced.
   * An empty file is always replaced.
   */
  existing: 'stays' | Keeping;
  /** Whether the folders above it are made if they are missing. */
  makesFolders?: boolean;
  /** What to do if it cannot be written. */
  hint?: string;
}

/** The outcome of writing a file. */
export type Written = { isWritten: false } | { isWritten: true; aside: string | undefined };

const OTHER_FOLDER = 'Make room or name another folder with --sidecar-dir; then start again.';

/**
 * Writes a small file about a picture, a sidecar or an overlay. It appears whole or not at all, even
 * after a crash. A link with its name is replaced, not followed.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function writeSidecar(
  path: string,
  content: string | Uint8Array,
  { existing, makesFolders = false, hint = OTHER_FOLDER }: SidecarOptions,
): Promise<Written> {
  try {
    if (makesFolders) await makeFolder(dirname(path));
    return await withTemporary(path, content, async (temporary) => {
      const there = await lstat(path).catch(() => undefined);
      if (there?.isFile() && there.size === 0) await rename(temporary, path);
      else if (existing === 'stays') await appear(temporary, path, content);
      else {
        const keeping = there ? existing : 'none';
        return { isWritten: true, aside: await exchange(temporary, path, keeping) };
      }
      return { isWritten: true, aside: undefined };
    });
  } catch (error) {
    if (errorCode(error) === 'EEXIST' && existing === 'stays') return { isWritten: false };
    throw writeFailure(path, error, hint);
  }
}

/** Gives a file its name, unless another file has it by then. */
async function appear(
  temporary: string,
  path: string,
  content: string | Uint8Array,
): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw error;
    // The file system has no hard links. Written in this way, a crash could leave a part of the text.
    await writeNew(path, content);
  }
}

/** Writes a new file; if that fails, nothing is left. */
async function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    await file.datasync();
    await file.close();
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

/**
 * Checks that a file about a picture could be written, as far as that can be known beforehand.
 *
 * @param makesFolders whether the folders above it are made if they are missing.
 * @throws GeminiImageError of kind `usage`.
 */
export async function expectWritable(
  path: string,
  { makesFolders, hint }: { makesFolders: boolean; hint: string },
): Promise<void> {
  try {
    const there = await lstat(path).catch((error: unknown) => {
      // If the folder is still to be made, the system has not checked the length of the name.
      if (errorCode(error) === 'ENOENT' && fitsName(path)) return undefined;
      throw fitsName(path) ? error : Object.assign(new Error(), { code: 'ENAMETOOLONG' });
    });
    if (there?.isDirectory()) throw unwritable(path, 'it is a folder', undefined, hint);
    await expectOwnLinks(dirname(path), path, hint);
    await expectFolder(dirname(path), makesFolders);
  } catch (error) {
    throw errorCode(error) === undefined ? error : writeFailure(path, error, hint);
  }
}

async function expectFolder(folder: string, mayBeMissing: boolean): Promise<void> {
  try {
    // With the dot, this fails if there is a file at the folder's path.
    await access(`${folder}/.`, constants.W_OK);
  } catch (error) {
    const above = dirname(folder);
    if (!mayBeMissing || errorCode(error) !== 'ENOENT' || above === folder) throw error;
    await expectFolder(above, true);
  }
}

/**
 * Makes a folder and those above it, if they are missing, and checks that it can be written to.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function prepareFolder(path: string, hint = OTHER_FOLDER): Promise<void> {
  await expectOwnLinks(path, path, hint);
  try {
    await makeFolder(path);
    await access(path, constants.W_OK);
  } catch (error) {
    throw writeFailure(path, error, hint);
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    // There is a file at the folder's path.
    if (errorCode(error) !== 'EEXIST') throw error;
    throw Object.assign(new Error('a file is there'), { code: 'ENOTDIR', cause: error });
  }
}
