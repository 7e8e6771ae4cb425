import { type Dirent, opendirSync } from 'node:fs';
import { stopIfAborted } from './errors.js';
import { SortedWindow } from './sorted-window.js';
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
 * The entries of a folder in natural order, a windowful at a time. A folder with more entries than the
 * window is read once for each windowful, so that memory stays flat. It is open only while it is read.
 * Reading is synchronous, because the thread pool would take longer for most folders.
 *
 * @throws the system's error if the folder cannot be read.
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

/** The first entries after a name, as many as the window holds. */
async function nextEntries(
  path: string,
  after: string | undefined,
  { keep, window, signal }: ReadingOptions,
): Promise<{ entries: Entry[]; isLast: boolean }> {
  const first = new SortedWindow<NumberedEntry>(window, compareNumbered);
  const numbers = new FirstNumbers();
  const directory = opendirSync(path, { bufferSize: BATCH });
  try {
    let read = 0;
    for (let dirent = directory.readSync(); dirent; dirent = directory.readSync()) {
      const { name } = dirent;
      if (isBetween(name, after, first.bound?.name)) {
        numbers.read(name);
        const { stem, number } = numbers;
        const entry = { name, type: typeOf(dirent), stem, number };
        if (keep(entry)) first.add(entry);
      }
      read += 1;
      if (read % BATCH === 0) {
        await turnIfDue();
        for (const _ of first.tidy()) await turnIfDue();
        stopIfAborted(signal);
      }
    }
  } finally {
    directory.closeSync();
  }
  const sorting = first.sort();
  for (let step = sorting.next(); ; step = sorting.next()) {
    if (step.done) return { entries: step.value, isLast: first.bound === undefined };
    await turnIfDue();
  }
}

/** An entry with the first number in its name, which in most folders decides about the order. */
interface NumberedEntry extends Entry {
  /** What is before that number. */
  readonly stem: string;
  /** -1 if there is none, or one with very many digits. */
  readonly number: number;
}

function compareNumbered(a: NumberedEntry, b: NumberedEntry): number {
  const isByNumber = a.number !== b.number && a.number >= 0 && b.number >= 0 && a.stem === b.stem;
  return isByNumber ? a.number - b.number : compareNames(a.name, b.name);
}

/** More digits are not surely exact. */
const MOST_DIGITS = 15;

/** Finds the first number in each of many names, most of which begin alike. */
class FirstNumbers {
  stem = '';
  number = -1;

  read(name: string): void {
    if (!name.startsWith(this.stem) || !isDigit(name.charCodeAt(this.stem.length))) {
      let start = 0;
      while (start < name.length && !isDigit(name.charCodeAt(start))) start += 1;
      this.stem = name.slice(0, start);
    }
    const start = this.stem.length;
    let end = start;
    let number = 0;
    for (let unit = name.charCodeAt(end); isDigit(unit); unit = name.charCodeAt(end)) {
      number = number * 10 + unit - ZERO;
      end += 1;
    }
    this.number = end > start && end - start <= MOST_DIGITS ? number : -1;
  }
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

/**
 * Compares names as people count: img2 before img10. Independent of locale; digits are numbers of
 * any length, everything else goes by UTF-16 code unit. A total order: only equal names give 0.
 */
export function compareNames(a: string, b: string): number {
  let i = commonStart(a, b);
  let j = i;
  while (i < a.length && j < b.length) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(j);
    if (isDigit(x) && isDigit(y)) {
      const endA = endOfDigits(a, i);
      const endB = endOfDigits(b, j);
      const difference = compareNumbers(a, i, endA, b, j, endB);
      if (difference !== 0) return difference;
      i = endA;
      j = endB;
    } else if (x !== y) {
      return x - y;
    } else {
      i += 1;
      j += 1;
    }
  }
  const rest = a.length - i - (b.length - j);
  if (rest !== 0) return rest;
  // 01 and 1 are told apart only if nothing else does.
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The length of the common beginning of two names, without a number in which they differ. */
function commonStart(a: string, b: string): number {
  let end = 0;
  while (end < a.length && a.charCodeAt(end) === b.charCodeAt(end)) end += 1;
  while (end > 0 && isDigit(a.charCodeAt(end - 1))) end -= 1;
  return end;
}

/** Compares two runs of digits by their value. */
function compareNumbers(
  a: string,
  startA: number,
  endA: number,
  b: string,
  startB: number,
  endB: number,
): number {
  let i = startA;
  let j = startB;
  while (i < endA && a.charCodeAt(i) === ZERO) i += 1;
  while (j < endB && b.charCodeAt(j) === ZERO) j += 1;
  const length = endA - i - (endB - j);
  if (length !== 0) return length;
  for (; i < endA; i += 1, j += 1) {
    const difference = a.charCodeAt(i) - b.charCodeAt(j);
    if (difference !== 0) return difference;
  }
  return 0;
}

function endOfDigits(text: string, start: number): number {
  let end = start;
  while (isDigit(text.charCodeAt(end))) end += 1;
  return end;
}

const ZERO = 0x30;

function isDigit(unit: number): boolean {
  return unit >= ZERO && unit <= 0x39;
}
