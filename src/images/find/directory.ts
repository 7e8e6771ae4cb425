import { type Dirent, opendirSync } from 'node:fs';
import { stopIfAborted } from './errors.js';
import { compareNames } from './natural-order.js';
import { turnIfDue } from './yield-turn.js';

export interface Entry {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'link' | 'other';
}

export interface ReadingOptions {
  keep(entry: Entry): boolean;
  /** How many entries are sorted and held at once. */
  readonly window: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The entries of a folder in natural order, a windowful at a time. One that holds more than the
 * window is read once for each windowful, so that memory stays flat; it is open only while it is
 * read. That is synchronous, as the way through the thread pool takes longer than most folders do.
 *
 * @throws the system's error where the folder cannot be read.
 */
export async function* entriesInOrder(
  path: string,
  options: ReadingOptions,
): AsyncGenerator<Entry[], void, void> {
  let after: string | undefined;
  for (;;) {
    await turnIfDue();
    stopIfAborted(options.signal);
    const { entries, isLast } = await nextEntries(path, after, options);
    yield entries;
    if (isLast) return;
    after = entries.at(-1)?.name;
  }
}

/** How many entries the system is asked for at once. */
const BATCH = 128;

/** The first entries behind a name, as many as the window holds. */
async function nextEntries(
  path: string,
  after: string | undefined,
  { keep, window, signal }: ReadingOptions,
): Promise<{ entries: Entry[]; isLast: boolean }> {
  const entries: Entry[] = [];
  /** The last name that can still be among the first ones; set where others were left behind. */
  let bound: string | undefined;
  const cut = () => {
    entries.sort((a, b) => compareNames(a.name, b.name));
    if (entries.length <= window) return;
    entries.length = window;
    bound = entries.at(-1)?.name;
  };
  const directory = opendirSync(path, { bufferSize: BATCH });
  try {
    let read = 0;
    for (let dirent = directory.readSync(); dirent; dirent = directory.readSync()) {
      const { name } = dirent;
      if (isBetween(name, after, bound)) {
        const entry = { name, type: typeOf(dirent) };
        if (keep(entry)) entries.push(entry);
        if (entries.length >= 2 * window) cut();
      }
      read += 1;
      if (read % BATCH === 0) {
        await turnIfDue();
        stopIfAborted(signal);
      }
    }
  } finally {
    directory.closeSync();
  }
  cut();
  return { entries, isLast: bound === undefined };
}

function isBetween(name: string, after: string | undefined, bound: string | undefined): boolean {
  if (after !== undefined && compareNames(name, after) <= 0) return false;
  return bound === undefined || compareNames(name, bound) <= 0;
}

function typeOf(dirent: Dirent): Entry['type'] {
  if (dirent.isFile()) return 'file';
  if (dirent.isDirectory()) return 'folder';
  return dirent.isSymbolicLink() ? 'link' : 'other';
}
