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
 * Compares an open file with what is at its place.
 *
 * @param end where its last line ends, in bytes.
 * @param options.bySizeAlone where the file system gives no numbers by which to know a file again.
 * @returns undefined where it is in its place; `grown` where somebody else has written to it too.
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
    // Whatever else keeps it from being seen does not say that it is not there.
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

/** Which of a run's lines are in which files. */
export interface Whereabouts {
  /** How many are in each file; a line counts for the first one that has it. */
  counts: number[];
  /** Whether a line is in none of them. */
  isMissing(text: string): boolean;
  missing: number;
}

/** Looks for lines in files, of which some may not be there. */
export async function whereabouts(own: OwnLines, paths: readonly string[]): Promise<Whereabouts> {
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

/** An editor may have given every line another end, and the first one a byte order mark. */
function digestOf(line: string): string {
  return createHash('sha256').update(line.trim()).digest('base64url').slice(0, 22);
}

async function linesAt(path: string, onLine: (text: string) => void): Promise<void> {
  // What stands there now may be a pipe, which must not be waited for.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    () => undefined,
  );
  try {
    if (!(await file?.stat())?.isFile()) return;
    if (file) await eachLine(file, ({ text }) => onLine(text));
  } catch {
    // What cannot be read holds nothing that anybody could find there.
  } finally {
    await file?.close();
  }
}

/** More of them are no names that are taken, but a file system that answers at random. */
const MOST_RESTS = 10_000;

/**
 * Makes a file for what is left to write, beside the one that is not in its place any more; where
 * that folder is gone as well, in the working folder or the system's for temporary files.
 *
 * @throws an error of the system where no file can be made.
 */
export async function openRest(
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
  for (let number = 1; number < MOST_RESTS; number += 1) {
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

/** Where an open file is now, on Linux; undefined where that is not known, or it has no name. */
export async function placeOf(file: FileHandle): Promise<string | undefined> {
  const place = await readlink(`/proc/self/fd/${file.fd}`).catch(() => undefined);
  if (place === undefined) return undefined;
  const [there, ours] = await Promise.all([
    identityOf(place).catch(() => undefined),
    file.stat({ bigint: true }),
  ]);
  return there?.dev === ours.dev && there.ino === ours.ino ? place : undefined;
}
