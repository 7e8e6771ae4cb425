import type { Stats } from 'node:fs';
import { readlink, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errorCode } from '../domain/error-code.js';
import { unwritable } from './write-failure.js';

/** Where an output goes. */
export interface OutputTarget {
  /** The path without links, so that a link stays one when its file is replaced. */
  target: string;
  /** What is there already, which may be no regular file. */
  existing: Stats | undefined;
}

/**
 * Finds the place that the user named.
 *
 * @param untouchable files that must not be written over, as the user named them.
 * @param hint what to do where no file can be there.
 * @throws GeminiImageError of kind `usage` where no file can be there.
 */
export async function outputTarget(
  path: string,
  untouchable: readonly string[],
  hint?: string,
): Promise<OutputTarget> {
  if (path === '') throw unwritable('""', 'the name is empty', undefined, hint);
  const existing = await stat(path).catch(() => undefined);
  if (existing?.isDirectory() || path.endsWith('/')) {
    throw unwritable(path, 'it is a folder', undefined, hint);
  }
  if (existing && !existing.isFile()) return { target: path, existing };
  const target = await followLinks(path);
  for (const other of existing ? untouchable : []) {
    if ((await realpath(other).catch(() => other)) === target) {
      throw unwritable(path, 'it is being read', undefined, hint);
    }
  }
  return { target, existing };
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
