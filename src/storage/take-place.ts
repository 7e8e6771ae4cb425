import { constants } from 'node:fs';
import { copyFile, type FileHandle, lstat, open, rm } from 'node:fs/promises';
import { copyAside, exchange, freeAsideName, type Keeping } from './swap-file.js';

/**
 * Moves a file to its place, whether or not another file is there. If the system does not let the
 * other file be replaced (it is mounted into a container by itself, or is another user's in a shared
 * folder), it gets the new content instead.
 *
 * @returns where the old file is now, if it is kept.
 * @throws errors of the system; the new file then still has its first name, and the old file is
 *   unchanged or kept.
 */
export async function takePlace(
  file: string,
  target: string,
  keeping: Keeping,
): Promise<string | undefined> {
  const old = await lstat(target).catch(() => undefined);
  try {
    return await exchange(file, target, old ? keeping : 'none');
  } catch (error) {
    if (old && (!old.isFile() || old.nlink > 1)) throw error;
    const aside = await copyInto(file, target, old !== undefined, keeping).catch(() => {
      // The error of the rename says more than the error of the copy.
      throw error;
    });
    await rm(file, { force: true });
    return aside;
  }
}

async function copyInto(
  file: string,
  target: string,
  isThere: boolean,
  keeping: Keeping,
): Promise<string | undefined> {
  if (!isThere) {
    await copyFile(file, target, constants.COPYFILE_EXCL);
    return undefined;
  }
  const old = await freeAsideName(target);
  await copyAside(target, old);
  try {
    await overwrite(target, file);
  } catch (error) {
    // The target may hold a part of the new content: put the old content back.
    await overwrite(target, old);
    await rm(old, { force: true });
    throw error;
  }
  if (keeping !== 'none') return old;
  await rm(old, { force: true });
  return undefined;
}

const CHUNK = 1 << 20;

/** Gives a file the content of another one. */
async function overwrite(target: string, source: string): Promise<void> {
  const from = await open(source);
  let to: FileHandle | undefined;
  try {
    to = await open(target, 'r+');
    const chunk = Buffer.alloc(CHUNK);
    let at = 0;
    for (;;) {
      const { bytesRead } = await from.read(chunk, 0, CHUNK, at);
      if (bytesRead === 0) break;
      for (let written = 0; written < bytesRead; ) {
        const { bytesWritten } = await to.write(chunk, written, bytesRead - written, at + written);
        written += bytesWritten;
      }
      at += bytesRead;
    }
    await to.truncate(at);
    await to.sync();
  } finally {
    await from.close();
    await to?.close();
  }
}
