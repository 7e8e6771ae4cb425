// Directories of TIFF, BigTIFF, and of the camera raws that are built like them.
import type { ByteSource } from '../open/byte-source.js';
import { bufferOf } from './edits.js';
import { numbersOf } from './exif.js';

/** One image of a file, as its tags describe it. */
export interface Directory {
  /** Whether it is one of the file's pages, rather than a sub-image of one. */
  readonly isPage: boolean;
  /** The whole numbers of a tag; empty if it is absent or of another type. */
  numbers(tag: number): readonly number[];
  /** The characters of a tag. */
  text(tag: number): string;
  /** The bytes of a tag's value, whatever its type; empty if it is absent or damaged. */
  bytes(tag: number): Buffer;
  /** The fractions of a tag, as numbers. */
  fractions(tag: number): readonly number[];
  /** The entries as they are stored. */
  readonly entries: readonly Entry[];
  readonly layout: Layout;
}

/** One entry of a directory: its tag, and all of its bytes. */
export interface Entry {
  readonly tag: number;
  readonly stored: Uint8Array;
}

/** The tag that lists a directory's sub-images. */
const SUB_DIRECTORIES = 330;

/** More pages than any document has; a damaged list may lead back to its beginning. */
const MAX_PAGES = 65_536;
const MAX_SUB_DIRECTORIES = 64;
const MAX_ENTRIES = 4096;
/** More values than any list has that is read here. */
const MAX_VALUES = 65_536;

/** Bytes of a whole number, by the entry's type. */
const WIDTHS: Readonly<Record<number, number>> = {
  ...{ 1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4, 13: 4, 16: 8, 17: 8, 18: 8 },
};

/** Bytes of a fraction of two whole numbers without a sign. */
const FRACTIONS: Readonly<Record<number, number>> = { 5: 8 };

/** More than any metadata block takes. */
const MAX_BYTES = 16_777_216;

/** Byte order and widths of numbers in a file. */
export interface Layout {
  readonly littleEndian: boolean;
  readonly first: number;
  /** Bytes of the number of entries, of an entry, and of an offset. */
  readonly countBytes: 2 | 8;
  readonly entryBytes: 12 | 20;
  readonly placeBytes: 4 | 8;
}

/**
 * The directories in their order, each followed by its sub-images; none if it is no TIFF. A damaged
 * directory ends the list.
 */
export function* readDirectories(source: ByteSource): Generator<Directory, void, void> {
  const layout = layoutOf(source);
  if (!layout) return;
  const seen = new Set<number>();
  for (let at = layout.first; at > 0 && !seen.has(at) && seen.size < MAX_PAGES; ) {
    seen.add(at);
    const page = readDirectory(source, at, layout, true);
    if (!page) return;
    yield page.directory;
    for (const sub of page.directory.numbers(SUB_DIRECTORIES).slice(0, MAX_SUB_DIRECTORIES)) {
      const read = readDirectory(source, sub, layout, false);
      if (read) yield read.directory;
    }
    at = page.next;
  }
}

/** The directory at an offset that a tag of another one names, such as that of EXIF. */
export function readDirectoryAt(source: ByteSource, at: number): Directory | undefined {
  const layout = layoutOf(source);
  return layout && readDirectory(source, at, layout, false)?.directory;
}

function layoutOf(source: ByteSource): Layout | undefined {
  const head = bufferOf(source, 0, 16);
  const order = head.toString('latin1', 0, 2);
  if ((order !== 'II' && order !== 'MM') || head.length < 8) return undefined;
  const littleEndian = order === 'II';
  const { short, long } = numbersOf(head, littleEndian);
  if (short(2) === 43) {
    const first = placeAt(head, 8, 8, littleEndian);
    return { littleEndian, first, countBytes: 8, entryBytes: 20, placeBytes: 8 };
  }
  return { littleEndian, first: long(4), countBytes: 2, entryBytes: 12, placeBytes: 4 };
}

function readDirectory(
  source: ByteSource,
  at: number,
  layout: Layout,
  isPage: boolean,
): { directory: Directory; next: number } | undefined {
  const { littleEndian, countBytes, entryBytes, placeBytes } = layout;
  const counted = bufferOf(source, at, at + countBytes);
  if (counted.length < countBytes) return undefined;
  const count = placeAt(counted, 0, countBytes, littleEndian);
  if (count === 0 || count > MAX_ENTRIES) return undefined;
  const start = at + countBytes;
  const block = bufferOf(source, start, start + count * entryBytes + placeBytes);
  if (block.length < count * entryBytes) return undefined;
  const { short } = numbersOf(block, littleEndian);
  const valuesOf = (
    tag: number,
    widths = WIDTHS,
    most = MAX_VALUES,
  ): { bytes: Buffer; width: number } | undefined => {
    for (let entry = 0; entry < count * entryBytes; entry += entryBytes) {
      if (short(entry) !== tag) continue;
      const width = widths[short(entry + 2)];
      const values = placeAt(block, entry + 4, placeBytes, littleEndian);
      if (width === undefined || values > most) return undefined;
      const valueAt = entry + 4 + placeBytes;
      const size = width * values;
      if (size <= placeBytes) return { bytes: block.subarray(valueAt, valueAt + size), width };
      const from = placeAt(block, valueAt, placeBytes, littleEndian);
      return { bytes: bufferOf(source, from, from + size), width };
    }
    return undefined;
  };
  const directory: Directory = {
    isPage,
    numbers(tag) {
      const values = valuesOf(tag);
      if (!values) return [];
      const { bytes, width } = values;
      const numbers: number[] = [];
      for (let from = 0; from + width <= bytes.length; from += width) {
        numbers.push(placeAt(bytes, from, width, littleEndian));
      }
      return numbers;
    },
    text: (tag) => (valuesOf(tag)?.bytes.toString('latin1') ?? '').split('\0', 1).join(''),
    bytes: (tag) => valuesOf(tag, WIDTHS, MAX_BYTES)?.bytes ?? Buffer.alloc(0),
    fractions(tag) {
      const bytes = valuesOf(tag, FRACTIONS)?.bytes ?? Buffer.alloc(0);
      const fractions: number[] = [];
      for (let from = 0; from + 8 <= bytes.length; from += 8) {
        const [over, under] = [from, from + 4].map((at) => placeAt(bytes, at, 4, littleEndian));
        fractions.push((over ?? 0) / (under ?? 0));
      }
      return fractions;
    },
    get entries() {
      return Array.from({ length: count }, (_, index) => {
        const stored = block.subarray(index * entryBytes, (index + 1) * entryBytes);
        return { tag: short(index * entryBytes), stored };
      });
    },
    layout,
  };
  const next = placeAt(block, count * entryBytes, placeBytes, littleEndian);
  return { directory, next };
}

/** A number without a sign; 0 beyond the end of the bytes. */
function placeAt(bytes: Buffer, at: number, width: number, littleEndian: boolean): number {
  const { byte, short, long } = numbersOf(bytes, littleEndian);
  if (width === 1) return byte(at);
  if (width === 2) return short(at);
  if (width === 4) return long(at);
  const [low, high] = littleEndian ? [long(at), long(at + 4)] : [long(at + 4), long(at)];
  return low + high * 2 ** 32;
}
