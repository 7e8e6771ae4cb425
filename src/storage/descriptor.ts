import { fstatSync, type Stats, write } from 'node:fs';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const writeTo = promisify(write);

const BY_NUMBER = /^\/+(?:dev|proc\/(?:self|thread-self))\/fd\/(\d+)$/;

/**
 * Which open descriptor of this process a path means, if any: `/dev/fd/3`, or whatever leads to the
 * same file as stdout or stderr. Such a file is somebody's, and opening it anew would write from
 * another position than theirs.
 */
export async function descriptorOf(path: string): Promise<number | undefined> {
  const number = BY_NUMBER.exec(path)?.[1];
  if (number !== undefined) return Number(number);
  const file = await stat(path).catch(() => undefined);
  return file && [1, 2].find((descriptor) => isOpenAs(descriptor, file));
}

/** Whether a path is a regular file, or may become one: no pipe, no device, nobody's open file. */
export async function isPlainFile(path: string): Promise<boolean> {
  if ((await descriptorOf(path)) !== undefined) return false;
  const file = await stat(path).catch(() => undefined);
  return !file || file.isFile() || file.isDirectory();
}

function isOpenAs(descriptor: number, file: Stats): boolean {
  try {
    const open = fstatSync(descriptor);
    return open.dev === file.dev && open.ino === file.ino;
  } catch {
    return false;
  }
}

/** Writes all of a text where the descriptor's holders would write next. */
export async function writeToDescriptor(descriptor: number, text: string): Promise<void> {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    const { bytesWritten } = await writeTo(descriptor, rest, 0, rest.length, null);
    rest = rest.subarray(bytesWritten);
  }
}
