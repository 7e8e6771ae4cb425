import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readlink, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { errorCode } from '../../domain/error.js';
import type { Displacement } from '../../domain/events.js';
import { withSuffix } from '../swap-file.js';
import { eachLine } from './lines.js';
import { lock } from './open-locked.js';
import type { OwnLines } from './own-lines.js';

/**
 * Compares an open file with the file at its path.
 *
 * @param end where its last line ends, in bytes.
 * @param options.bySizeAlone whether the file system gives no numbers by which to recognise a file.
 * @returns undefined if it is at its path; `grown` if another program has written to it too.
 */
export async function displacementOf(
  file: FileHandle,
  target: string,
  end: number,
  { bySizeAlone }: { bySizeAlone: boolean },
): Promise<Displacement | 'grown' | undefined> {
  let there: Awaited<ReturnType<typeof identityOf>>;
  try {
    there = await identityOf(target);
  } catch (error) {
    // Other errors do not mean that the file is gone.
    return ['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '') ? 'gone' : undefined;
  }
  const ours = await file.stat({ bigint: true });
  if (!bySizeAlone && (ours.dev !== there.dev || ours.ino !== there.ino)) return 'replaced';
  if (there.size < end) return 'cut';
  return there.size > end ? 'grown' : undefined;
}

function identityOf(path: string) {
  return stat(path, { bigint: true });
}

/** In which files the lines of a run are. */
export interface FoundLines {
  /** How many are in each file; a line counts for the first one that has it. */
  counts: number[];
  /** Whether a line is in none of them. */
  isMissing(text: string): boolean;
  missing: number;
}

/** Looks for lines in files, some of which may be missing. */
export async function findLines(own: OwnLines, paths: readonly string[]): Promise<FoundLines> {
  const missing = new Set<string>();
  await own.each((text) => void missing.add(digestOf(text)));
  const counts: number[] = [];
  for (const path of paths) {
    const before = missing.size;
    await linesAt(path, (text) => void missing.delete(digestOf(text)));
    counts.push(before - missing.size);
  }
  return { counts, isMissing: (text) => missing.has(digestOf(text)), missing: missing.size };
}

/** Without line end and byte order mark, because an editor may have changed these. */
function digestOf(line: string): string {
  return createHash('sha256').update(line.trim()).digest('base64url').slice(0, 22);
}

async function linesAt(path: string, onLine: (text: string) => void): Promise<void> {
  // There may be a pipe at that path by now, which must not be waited for.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    () => undefined,
  );
  try {
    if (!(await file?.stat())?.isFile()) return;
    if (file) await eachLine(file, ({ text }) => onLine(text));
  } catch {
    // A file that cannot be read counts as one without lines.
  } finally {
    await file?.close();
  }
}

/** If so many names are taken, the file system gives wrong answers. */
const MOST_CONTINUATIONS = 10_000;

/**
 * Makes the file that continues one that is not at its path any more. It is made beside that path; if
 * the folder is gone as well, in the working folder or in the system's temporary folder.
 *
 * @throws an error of the system if no file can be made.
 */
export async function openContinuation(
  target: string,
  mode: number,
): Promise<{ file: FileHandle; target: string }> {
  const name = basename(target);
  let failure: unknown;
  for (const folder of [dirname(target), '.', tmpdir()]) {
    try {
      return await openFree(join(folder, name), mode);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

async function openFree(path: string, mode: number) {
  const ending = extname(path);
  const stem = path.slice(0, path.length - ending.length);
  for (let number = 1; number < MOST_CONTINUATIONS; number += 1) {
    const target = withSuffix(stem, `.rest${number === 1 ? '' : `.${number}`}${ending}`);
    try {
      const file = await open(target, 'ax+', mode & 0o777);
      lock(file.fd);
      return { file, target };
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
  throw Object.assign(new Error('no free name is left'), { code: 'EEXIST' });
}

/** The path of an open file, on Linux; undefined if it is not known or the file has no name. */
export async function placeOf(file: FileHandle): Promise<string | undefined> {
  const place = await readlink(`/proc/self/fd/${file.fd}`).catch(() => undefined);
  if (place === undefined) return undefined;
  const [there, ours] = await Promise.all([
    identityOf(place).catch(() => undefined),
    file.stat({ bigint: true }),
  ]);
  return there?.dev === ours.dev && there.ino === ours.ino ? place : undefined;
}
