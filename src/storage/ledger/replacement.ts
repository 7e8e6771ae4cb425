import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lock } from '../lock.js';

/** Where the old file is kept when a ledger starts anew. */
export function backupOf(target: string): string {
  return `${target}~`;
}

/**
 * Puts a new file with a first line in the place of an old one, which becomes its backup. Whenever
 * it is interrupted, no record is lost, and where files can have two names, there is the old file or
 * the new one under the first of them.
 *
 * @returns the new file, open to append and locked before others can see it.
 */
export async function replaceFile(target: string, mode: number, line: Buffer): Promise<FileHandle> {
  const temporary = join(dirname(target), `.gemini-image-${randomBytes(4).toString('hex')}.tmp`);
  const file = await open(temporary, 'ax+', mode);
  try {
    lock(file.fd);
    await file.chmod(mode);
    await file.appendFile(line);
    await file.sync();
    await exchange(temporary, target);
    return file;
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Keeps the old file under its second name, and gives the first one to the new file. */
async function exchange(temporary: string, target: string): Promise<void> {
  const backup = backupOf(target);
  await rm(backup, { force: true });
  try {
    await link(target, backup);
    await rename(temporary, target);
  } catch {
    // Not every file system gives a file two names, and Windows replaces no file that is open.
    await rm(backup, { force: true });
    await rename(target, backup);
    await rename(temporary, target);
  }
}
