import {
  access,
  constants,
  type FileHandle,
  link,
  mkdir,
  open,
  rename,
  rm,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../domain/error-code.js';
import { temporaryFor } from './exchange.js';
import { writeFailure } from './write-failure.js';

export interface SidecarOptions {
  /** Whether a file that is there already is replaced. */
  overwrite: boolean;
  /** Whether the folders above it are made where they are missing. */
  makesFolders?: boolean;
}

const OTHER_FOLDER = 'Make room or name another folder with --sidecar-dir; then start again.';

/**
 * Writes a small file that appears whole or not at all, also after a crash. A link of its name is
 * replaced, not followed.
 *
 * @returns false where the file is there already and is not to be replaced.
 * @throws GeminiImageError of kind `usage`.
 */
export async function writeSidecar(
  path: string,
  text: string,
  { overwrite, makesFolders = false }: SidecarOptions,
): Promise<boolean> {
  const folder = dirname(path);
  try {
    if (makesFolders) await makeFolder(folder);
    const temporary = temporaryFor(path);
    try {
      await writeNew(temporary, text);
      if (overwrite) await rename(temporary, path);
      else await appear(temporary, path, text);
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST' && !overwrite) return false;
    throw writeFailure(path, error, OTHER_FOLDER);
  }
}

/** Gives a file its name, unless somebody else has it, even since a moment ago. */
async function appear(temporary: string, path: string, text: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw error;
    // Not every file system knows links. Here a crash could leave a part of the text.
    await writeNew(path, text);
  }
}

/** Leaves nothing where it fails. */
async function writeNew(path: string, text: string): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'wx');
    await file.writeFile(text);
    // Without it a power cut could leave the name and no text, which would count as done.
    await file.datasync();
    await file.close();
  } catch (error) {
    await file?.close().catch(() => undefined);
    if (file) await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

/**
 * Makes a folder and those above it, where they are missing, and sees that it can be written to.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function prepareFolder(path: string): Promise<void> {
  try {
    await makeFolder(path);
    await access(path, constants.W_OK);
  } catch (error) {
    throw writeFailure(path, error, OTHER_FOLDER);
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    // A file in its place is no folder, and not the sidecar either.
    if (errorCode(error) !== 'EEXIST') throw error;
    throw Object.assign(new Error('a file is there'), { code: 'ENOTDIR', cause: error });
  }
}
