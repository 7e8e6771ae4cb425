import { randomBytes } from 'node:crypto';
import { link, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where a new file is written before it takes the place of another: in the same folder. */
export function temporaryFor(target: string): string {
  return join(dirname(target), `.gemini-image-${randomBytes(4).toString('hex')}.tmp`);
}

/** Where the old file is kept when a new one takes its place. */
export function backupOf(target: string): string {
  return `${target}~`;
}

/** Keeps the old file under its second name, and gives the first one to the new file. */
export async function exchange(temporary: string, target: string): Promise<void> {
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
