import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isAt, lock } from './open-locked.js';

/**
 * Adds lines to a ledger that others may write too: takes its lock for this one time, and brings the
 * lines to the disk before it lets go.
 *
 * @returns whether they were added; false if somebody else has the lock.
 * @throws errors of the system; the file then ends as before.
 */
export async function appendShared(path: string, lines: () => Promise<string>): Promise<boolean> {
  const file = await open(path, constants.O_RDWR | constants.O_APPEND);
  try {
    if (lock(file.fd) === 'held' || !(await isAt(file, path))) return false;
    const text = await lines();
    if (text !== '') await append(file, path, text);
    return true;
  } finally {
    await file.close();
  }
}

async function append(file: FileHandle, path: string, text: string): Promise<void> {
  const { size } = await file.stat();
  // What a run that was killed has left of its last line is no part of ours.
  const isTorn = size > 0 && (await lastByte(file, size)) !== LINE_FEED;
  const bytes = Buffer.from(isTorn ? `\n${text}` : text);
  try {
    for (let written = 0; written < bytes.length; ) {
      written += (await file.write(bytes, written)).bytesWritten;
    }
    await file.datasync();
  } catch (error) {
    await cut(path, size).catch(() => undefined);
    throw error;
  }
}

const LINE_FEED = 0x0a;

async function lastByte(file: FileHandle, size: number): Promise<number | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 ? buffer[0] : undefined;
}

/** On Windows a file that is open to append cannot be cut. */
async function cut(path: string, size: number): Promise<void> {
  const file = await open(path, 'r+');
  await file.truncate(size).finally(() => file.close());
}
