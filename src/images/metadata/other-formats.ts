/** Whether pictures that are sent in another format say more than their pixels. */
import type { ByteSource } from '../byte-source.js';
import { type Numbers, numbersOf } from './exif.js';
import { bufferOf } from './file-bytes.js';

type OtherFormat = 'gif' | 'tiff';

const finders = {
  gif: gifHoldsMetadata,
  tiff: tiffHoldsMetadata,
} satisfies Record<OtherFormat, (source: ByteSource) => boolean>;

/** As far as the file can be understood; nothing is thrown for any bytes. */
export function holdsMetadata(source: ByteSource, format: OtherFormat): boolean {
  return finders[format](source);
}

/** Blocks of GIF89a, by their first byte. */
const EXTENSION = 0x21;
const IMAGE = 0x2c;
/** Kinds of extensions. */
const COMMENT = 0xfe;
const APPLICATION = 0xff;
const XMP = '\x0bXMP DataXMP';

/** A gigabyte of full blocks; small ones of such a number take less than a second. */
const MAX_BLOCKS = 4_000_000;

function gifHoldsMetadata(source: ByteSource): boolean {
  const byteAt = (at: number) => source.slice(at, at + 1)[0] ?? 0;
  let blocks = 0;
  /** Each says its length; one without any is the last. Returns where they end. */
  const afterBlocks = (from: number) => {
    let at = from;
    for (; at < source.length && blocks < MAX_BLOCKS; at += byteAt(at) + 1) {
      blocks += 1;
      if (byteAt(at) === 0) return at + 1;
    }
    return source.length;
  };
  let at = 13 + tableBytes(byteAt(10));
  while (at < source.length) {
    const [type, kind] = [byteAt(at), byteAt(at + 1)];
    if (type === EXTENSION) {
      if (kind === COMMENT) return true;
      if (kind === APPLICATION && isXmp(source, at + 2)) return true;
      at = afterBlocks(at + 2);
    } else if (type === IMAGE) {
      // Place and size, a table of colours, the width of codes, and the pixels.
      at = afterBlocks(at + 10 + tableBytes(byteAt(at + 9)) + 1);
    } else return false;
  }
  return false;
}

/** Of the table of colours that the flags tell of. */
function tableBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

function isXmp(source: ByteSource, at: number): boolean {
  return bufferOf(source, at, at + XMP.length).toString('latin1') === XMP;
}

const TAGS_OF_METADATA = {
  imageDescription: 270,
  make: 271,
  model: 272,
  software: 305,
  dateTime: 306,
  artist: 315,
  hostComputer: 316,
  xmp: 700,
  copyright: 33_432,
  iptc: 33_723,
  photoshop: 34_377,
  exif: 34_665,
  gps: 34_853,
} as const;

const metadataTags: ReadonlySet<number> = new Set(Object.values(TAGS_OF_METADATA));

/** More entries than any directory has; BigTIFF could count further. */
const MAX_ENTRIES = 65_535;

/** A directory of TIFF: where it is, and how it counts. */
interface Layout {
  readonly at: number;
  readonly countBytes: number;
  readonly entryBytes: number;
}

function tiffHoldsMetadata(source: ByteSource): boolean {
  const head = bufferOf(source, 0, 16);
  const order = head.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return false;
  const littleEndian = order === 'II';
  const layout = layoutOf(numbersOf(head, littleEndian), littleEndian);
  if (!layout) return false;
  const { at, countBytes, entryBytes } = layout;
  const start = at + countBytes;
  const count = numbersOf(bufferOf(source, at, start), littleEndian);
  const said = countBytes === 2 ? count.short(0) : wide(count, 0, littleEndian);
  const entries = Math.min(said, MAX_ENTRIES);
  const directory = bufferOf(source, start, start + entries * entryBytes);
  const numbers = numbersOf(directory, littleEndian);
  for (let entry = 0; entry < directory.length; entry += entryBytes) {
    if (metadataTags.has(numbers.short(entry))) return true;
  }
  return false;
}

/** Of the first directory, of TIFF (version 42) or BigTIFF (43). */
function layoutOf(head: Numbers, littleEndian: boolean): Layout | undefined {
  const version = head.short(2);
  if (version === 42) return { at: head.long(4), countBytes: 2, entryBytes: 12 };
  if (version !== 43) return undefined;
  return { at: wide(head, 8, littleEndian), countBytes: 8, entryBytes: 20 };
}

/** A number of eight bytes. */
function wide({ long }: Numbers, at: number, littleEndian: boolean): number {
  const [low, high] = littleEndian ? [long(at), long(at + 4)] : [long(at + 4), long(at)];
  return low + high * 2 ** 32;
}
