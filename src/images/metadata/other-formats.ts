// Whether pictures that are converted before they are sent have metadata.
import type { ByteSource } from '../open/byte-source.js';
import { bufferOf } from './edits.js';
import { type Numbers, numbersOf } from './exif.js';
import { EXTENSION_BLOCK, gifBlocks } from './gif-blocks.js';

type OtherFormat = 'gif' | 'tiff';

const finders = {
  gif: gifHoldsMetadata,
  tiff: tiffHoldsMetadata,
} satisfies Record<OtherFormat, (source: ByteSource) => boolean>;

/** As far as the file can be read. It never throws, whatever the bytes are. */
export function holdsMetadata(source: ByteSource, format: OtherFormat): boolean {
  return finders[format](source);
}

/** Kinds of extensions. */
const COMMENT = 0xfe;
const APPLICATION = 0xff;
const XMP = '\x0bXMP DataXMP';

function gifHoldsMetadata(source: ByteSource): boolean {
  for (const { type, kind, at } of gifBlocks(source)) {
    if (type !== EXTENSION_BLOCK) continue;
    if (kind === COMMENT || (kind === APPLICATION && isXmp(source, at + 2))) return true;
  }
  return false;
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

/** A directory of TIFF: its offset, and the widths of its numbers. */
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

/** The layout of the first directory, of TIFF (version 42) or BigTIFF (43). */
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
