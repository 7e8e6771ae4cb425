import { access, type FileHandle, open, rename, rm } from 'node:fs/promises';
import { exchange, temporaryFor } from '../swap-file.js';
import { lock } from './lock.js';

/**
 * Puts a new file with a first line in the place of an old one, which becomes its backup. Whenever
 * it is interrupted, no record is lost, and where files can have two names, there is the old file or
 * the new one under the first of them.
 *
 * @returns the new file, open to append and locked before others can see it, and where the old one is.
 */
export async function replaceFile(
  target: string,
  mode: number,
  line: Buffer,
): Promise<{ file: FileHandle; aside: string | undefined }> {
  const temporary = temporaryFor(target);
  const file = await open(temporary, 'ax+', mode);
  try {
    lock(file.fd);
    await file.chmod(mode);
    await file.appendFile(line);
    await file.sync();
    return { file, aside: await takePlace(temporary, target) };
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
}

async function takePlace(temporary: string, target: string): Promise<string | undefined> {
  try {
    return await exchange(temporary, target);
  } catch (error) {
    const isThere = await access(target).then(
      () => true,
      () => false,
    );
    if (isThere) throw error;
    // Somebody has moved the old one meanwhile.
    await rename(temporary, target);
    return undefined;
  }
}
