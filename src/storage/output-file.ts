import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { GeminiImageError } from '../domain/error.js';
import { errorCode } from '../domain/error-code.js';
import { writeToDescriptor } from './descriptor.js';

/** A file that appears whole or not at all. */
export interface OutputFile {
  /** Whether a file is there already, which `commit` replaces. */
  replaces: boolean;
  write(text: string): Promise<void>;
  /** Puts the file in its place, once its bytes are on the disk. */
  commit(): Promise<void>;
  /** Leaves what was there before as it was. */
  discard(): Promise<void>;
}

/**
 * Opens a file for writing, at once, so that a place that cannot be written to is found out before
 * anything is paid for. A link is followed; what is no regular file (a named pipe, a device) is
 * written to as it is.
 *
 * @param untouchable files that must not be written over, as the user named them.
 * @throws GeminiImageError of kind `usage`, also from `write` and `commit` (a full disk).
 */
export async function openOutputFile(
  path: string,
  untouchable: readonly string[],
): Promise<OutputFile> {
  const explain = explainer(path);
  if (path === '') throw unwritable('""', 'the name is empty');
  const existing = await stat(path).catch(() => undefined);
  if (existing?.isDirectory() || path.endsWith('/')) throw unwritable(path, 'it is a folder');
  if (existing && !existing.isFile()) {
    return streamTo(await open(path, 'w').catch(explain), explain);
  }
  const target = await followLinks(path);
  for (const other of existing ? untouchable : []) {
    if ((await realpath(other).catch(() => other)) === target) {
      throw unwritable(path, 'it is being read');
    }
  }
  const temporary = join(dirname(target), `.gemini-image-${randomBytes(4).toString('hex')}.tmp`);
  const file = await open(temporary, 'wx', existing?.mode ?? 0o666).catch(explain);
  const remove = async () => {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
  };
  return {
    replaces: existing !== undefined,
    write: (text) => file.appendFile(text).catch(explain),
    async commit() {
      try {
        if (existing) await file.chmod(existing.mode);
        await file.sync();
        await file.close();
        await rename(temporary, target);
      } catch (error) {
        await remove();
        explain(error);
      }
    },
    discard: remove,
  };
}

/**
 * Writes to a file that this process holds open (see `descriptorOf`), which stays open.
 *
 * @param path what the user called it.
 */
export function useDescriptor(path: string, descriptor: number): OutputFile {
  return {
    replaces: false,
    write: (text) => writeToDescriptor(descriptor, text).catch(explainer(path)),
    commit: async () => {},
    discard: async () => {},
  };
}

/** Where a path leads through its links, also where nothing is there yet. */
async function followLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const link = errorCode(error) === 'ENOENT' && (await readlink(path).catch(() => undefined));
    return link ? followLinks(resolve(dirname(path), link)) : path;
  }
}

function streamTo(file: FileHandle, explain: (error: unknown) => never): OutputFile {
  return {
    replaces: false,
    write: (text) => file.appendFile(text).catch(explain),
    commit: () => file.close().catch(explain),
    discard: () => file.close().catch(() => undefined),
  };
}

const failures: Readonly<Record<string, string>> = {
  ENOENT: 'the folder does not exist',
  ENOTDIR: 'a part of the path is no folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large',
  EIO: 'the disk failed',
};

function explainer(path: string): (error: unknown) => never {
  return (error) => {
    const code = errorCode(error) ?? 'unknown error';
    throw unwritable(path, failures[code] ?? code, error);
  };
}

function unwritable(path: string, why: string, cause?: unknown): GeminiImageError {
  return new GeminiImageError({
    kind: 'usage',
    message: `${path} cannot be written: ${why}`,
    hint: 'Name another file with --output, or leave it out to print to stdout.',
    cause,
  });
}
