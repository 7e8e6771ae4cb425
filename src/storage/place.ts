import type { Stats } from 'node:fs';
import { lstat, readlink, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, isAbsolute, join, parse, resolve, sep } from 'node:path';
import { errorCode } from '../domain/error.js';

/** Where a path leads, whether or not a file is there. */
export interface Place {
  /** The path without links. */
  target: string;
  existing: Stats | undefined;
}

/** Linux follows as many. */
const MOST_LINKS = 40;

/** Names of open files; their links may lead to no path. */
const OF_PROCESSES = /^\/proc(?:\/|$)/;

const SEPARATORS = sep === '\\' ? /[\\/]+/ : /\/+/;

/**
 * Follows all links of a path itself, since each may be a trap: another user's link, in a folder that
 * everybody can write to, leads to a file that the user did not name.
 *
 * @throws errors of the system (ENOENT for a folder that is missing), and LinkOfStranger.
 */
export async function placeOf(path: string): Promise<Place> {
  let left = MOST_LINKS;
  let at = isAbsolute(path) ? parse(path).root : resolve('.');
  let existing: Stats | undefined;
  const rest = partsOf(path);
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === '..') {
      at = dirname(at);
      existing = undefined;
      continue;
    }
    const next = join(at, part);
    if (OF_PROCESSES.test(next)) {
      const target = join(next, ...rest);
      return { target, existing: await stat(target).catch(() => undefined) };
    }
    existing = await lstat(next).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT' && rest.length === 0) return undefined;
      throw error;
    });
    if (!existing?.isSymbolicLink()) {
      at = next;
      continue;
    }
    if (left === 0) throw Object.assign(new Error('too many links'), { code: 'ELOOP' });
    left -= 1;
    if (await isOfStranger(existing, at)) throw new LinkOfStranger(next);
    const link = await readlink(next);
    rest.unshift(...partsOf(link));
    if (isAbsolute(link)) at = parse(link).root;
  }
  return { target: at, existing: existing ?? (await stat(at).catch(() => undefined)) };
}

/** Another user has put a link into a folder that everybody can write to. */
export class LinkOfStranger extends Error {
  constructor(readonly link: string) {
    super(`${link} is a link of another user`);
  }
}

function partsOf(path: string): string[] {
  const { root } = parse(path);
  return path
    .slice(root.length)
    .split(SEPARATORS)
    .filter((part) => part !== '' && part !== '.');
}

const WRITABLE_BY_ALL = 0o002;
const ROOT = 0;

/** Whether a link may be another user's, who has no right to the file that it leads to. */
async function isOfStranger({ uid }: Stats, folder: string): Promise<boolean> {
  const me = await ownUser();
  // Windows has no user numbers.
  if (me === undefined || uid === me || uid === ROOT) return false;
  const { mode } = await stat(folder);
  return (mode & WRITABLE_BY_ALL) !== 0;
}

/** The number of the user whose files this process makes. */
export async function ownUser(): Promise<number | undefined> {
  try {
    const { uid } = userInfo();
    return uid < 0 ? undefined : uid;
  } catch {
    // `userInfo` fails in a container whose user number has no name.
    return stat('/proc/self').then(
      ({ uid }) => uid,
      () => undefined,
    );
  }
}
