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
  /** What to do where it cannot be written. */
  hint?: string;
}

const OTHER_FOLDER = 'Make room or name another folder with --sidecar-dir; then start again.';

/**
 * Writes a small file about a picture, a sidecar or an overlay, that appears whole or not at all, also after a crash. A link of its name is
 * replaced, not followed.
 *
 * @returns false where the file is there already and is not to be replaced.
 * @throws GeminiImageError of kind `usage`.
 */
export async function writeSidecar(
  path: string,
  content: string | Uint8Array,
  { overwrite, makesFolders = false, hint = OTHER_FOLDER }: SidecarOptions,
): Promise<boolean> {
  const folder = dirname(path);
  try {
    if (makesFolders) await makeFolder(folder);
    const temporary = temporaryFor(path);
    try {
      await writeNew(temporary, content);
      if (overwrite) await rename(temporary, path);
      else await appear(temporary, path, content);
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST' && !overwrite) return false;
    throw writeFailure(path, error, hint);
  }
}

/** Gives a file its name, unless somebody else has it, even since a moment ago. */
async function appear(
  temporary: string,
  path: string,
  content: string | Uint8Array,
): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw error;
    // Not every file system knows links. Here a crash could leave a part of the text.
    await writeNew(path, content);
  }
}

/** Leaves nothing where it fails. */
async function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'wx');
    await file.writeFile(content);
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
export async function prepareFolder(path: string, hint = OTHER_FOLDER): Promise<void> {
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
    // A file in its place is no folder, and not the sidecar either.
    if (errorCode(error) !== 'EEXIST') throw error;
    throw Object.assign(new Error('a file is there'), { code: 'ENOTDIR', cause: error });
  }
}
