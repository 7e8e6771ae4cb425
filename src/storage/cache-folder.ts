import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { errorCode, usageError } from '../domain/error.js';
import { codeOf, whyUnwritten } from '../domain/system-errors.js';

/** How much a cache holds, or how much of it was removed. */
export interface CacheTally {
  answers: number;
  /** Small pictures that `review` has made. */
  pictures: number;
  /** Room on the disk; its smallest unit is larger than most answers. */
  bytes: number;
}

export interface ClearOptions {
  /** Leaves what was kept less than this ago. */
  olderThanMs?: number | undefined;
  /** In milliseconds since 1970. */
  now?: number;
}

/** The folder that the cache has for itself, inside one that may hold other things. */
export function answersIn(folder: string): string {
  return join(folder, 'answers');
}

/** The path of the answer to a question; 256 folders keep each folder short. */
export function entryPath(folder: string, key: string): string {
  const name = createHash('sha256').update(key).digest('hex');
  return join(answersIn(folder), name.slice(0, 2), name.slice(2));
}

/** The path of a small picture of something, likewise. */
export function thumbnailPath(folder: string, key: string): string {
  const name = createHash('sha256').update(key).digest('hex');
  return join(thumbnailsIn(folder), name.slice(0, 2), name.slice(2));
}

function thumbnailsIn(folder: string): string {
  return join(folder, 'thumbnails');
}

/** The paths that these two give, below the folder of their kind. */
const ENTRY = /^[0-9a-f]{2}[/\\][0-9a-f]{62}$/;

/**
 * How many answers and small pictures a cache holds, damaged ones included, and how much room they take.
 *
 * @throws GeminiImageError of kind `usage` if it cannot be read.
 */
export async function cacheSize(folder: string): Promise<CacheTally> {
  const tally = { answers: 0, pictures: 0, bytes: 0 };
  await walkCache(folder, {
    async file(path, kind) {
      const { blocks } = await lstat(path);
      count(tally, path, kind, blocks);
    },
  });
  return tally;
}

/**
 * Empties a cache, or removes only old files from it. It looks at nothing but the age of files, so
 * that the remains of broken writes and the caches of earlier builds go too. Another run may use the
 * cache meanwhile: it asks again for the answers that are gone.
 *
 * @returns what was removed.
 * @throws GeminiImageError of kind `usage` if something cannot be removed.
 */
export async function clearCache(
  folder: string,
  { olderThanMs, now = Date.now() }: ClearOptions = {},
): Promise<CacheTally> {
  const tally = { answers: 0, pictures: 0, bytes: 0 };
  const isOld = (time: number) => olderThanMs === undefined || time <= now - olderThanMs;
  await walkCache(folder, {
    async file(path, kind) {
      const { mtimeMs, blocks } = await lstat(path);
      if (!isOld(mtimeMs)) return;
      await unlink(path);
      count(tally, path, kind, blocks);
    },
    // A folder that still holds files, or holds new ones, stays.
    folder: (path) => rmdir(path).catch(() => undefined),
  });
  return tally;
}

/** The unit of `blocks`, in bytes, on every disk. */
const BLOCK = 512;

function count(tally: CacheTally, path: string, { place, counted }: Kind, blocks: number): void {
  if (ENTRY.test(relative(place, path))) tally[counted] += 1;
  tally.bytes += blocks * BLOCK;
}

/** What a cache holds, in a folder of its own. */
interface Kind {
  place: string;
  counted: 'answers' | 'pictures';
}

interface Visitor {
  file(path: string, kind: Kind): Promise<void>;
  /** Told of a folder after everything inside it. */
  folder?(path: string): Promise<void>;
}

/** How many entries are visited at once, on each level. */
const AT_ONCE = 8;

async function walkCache(folder: string, visitor: Visitor): Promise<void> {
  await walk({ place: answersIn(folder), counted: 'answers' }, visitor);
  await walk({ place: thumbnailsIn(folder), counted: 'pictures' }, visitor);
}

async function walk(kind: Kind, visitor: Visitor): Promise<void> {
  const { place } = kind;
  const visit = async (path: string): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true });
    const visitEntry = async (entry: Dirent) => {
      const inside = join(path, entry.name);
      const visited = entry.isDirectory() ? visit(inside) : visitor.file(inside, kind);
      await visited.catch(unlessGone);
    };
    for (let at = 0; at < entries.length; at += AT_ONCE) {
      await Promise.all(entries.slice(at, at + AT_ONCE).map(visitEntry));
    }
    await visitor.folder?.(path);
  };
  try {
    await expectOwn(place);
    await visit(place);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    const code = codeOf(error);
    throw usageError(
      `the cache in ${place} cannot be used: ${OWN_WORDS[code] ?? whyUnwritten(error)}`,
      code === 'ELOOP'
        ? 'Remove the link; a cache is begun anew in its place.'
        : `It holds nothing but ${KEPT[kind.counted]}: its folder may be removed as a whole.`,
      error,
    );
  }
}

const KEPT = { answers: 'answers', pictures: 'small pictures' };

/** A link would lead to files that are not ours. */
async function expectOwn(place: string): Promise<void> {
  const stats = await lstat(place);
  if (!stats.isSymbolicLink()) return;
  throw Object.assign(new Error('a link is not followed'), { code: 'ELOOP' });
}

/** Codes of errors that have other words for a cache than for other files. */
const OWN_WORDS: Readonly<Record<string, string>> = {
  ENOTDIR: 'it is no folder',
  ELOOP: 'it is a link, which is not followed',
};

/** Ignores files that are gone, since another process may clear the same cache. */
function unlessGone(error: unknown): void {
  if (errorCode(error) !== 'ENOENT') throw error;
}
