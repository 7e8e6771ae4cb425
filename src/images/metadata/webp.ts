import type { ByteSource } from '../open/byte-source.js';
import {
  bufferOf,
  type Edit,
  editedRange,
  MAX_EDITS,
  type Metadata,
  TOO_MANY_PARTS,
} from './edits.js';
import { EXIF_LOOK_BYTES, EXIF_MARK, type Orientation, readOrientation } from './exif.js';

const RIFF_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
/** The size in the header does not count the first 8 bytes. */
const UNCOUNTED_BYTES = 8;

/** Chunks of pixels, frames and colours; all others are removed. */
const NEEDED = new Set(['VP8X', 'VP8 ', 'VP8L', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);
const FIRST = new Set(['VP8X', 'VP8 ', 'VP8L']);

const VP8X_BYTES = 10;
const EXIF_FLAG = 0x08;
const XMP_FLAG = 0x04;

interface Chunk {
  readonly type: string;
  readonly content: number;
  /** Without the byte that pads it to an even length. */
  readonly contentEnd: number;
  readonly to: number;
}

export function readWebp(source: ByteSource): Metadata {
  const header = bufferOf(source, 0, RIFF_HEADER_BYTES);
  if (header.length < RIFF_HEADER_BYTES) return { orientation: 1 };
  const end = UNCOUNTED_BYTES + header.readUInt32LE(4);
  // The last byte may be only padding.
  const cutOff = source.length < end - 1 && ({ end: 'cut off', wholeBytes: end } as const);
  const edits: Edit[] = [];
  let orientation: Orientation | undefined;
  let flags = 0;
  let dropped = 0;
  let at = RIFF_HEADER_BYTES;
  while (at < end) {
    const chunk = readChunk(source, at, end);
    const isFirst = at === RIFF_HEADER_BYTES;
    if (!chunk || (isFirst && !FIRST.has(chunk.type))) break;
    if (isFirst) flags = flagsOf(source, chunk);
    if (chunk.type === 'EXIF' && (flags & EXIF_FLAG) !== 0) {
      orientation ??= orientationOf(source, chunk);
    }
    if (!NEEDED.has(chunk.type)) {
      edits.push({ from: at, to: Math.min(chunk.to, source.length) });
      dropped += Math.min(chunk.to, end) - at;
    } else if (chunk.contentEnd > source.length) {
      break;
    }
    if (edits.length > MAX_EDITS) return { orientation: orientation ?? 1, stays: TOO_MANY_PARTS };
    at = chunk.to;
  }
  // After a chunk that does not fit, nothing is certain, not even where the file ends.
  const isWhole = at >= end;
  if (isWhole && at < source.length) edits.push({ from: at, to: source.length });
  if ((flags & (EXIF_FLAG | XMP_FLAG)) !== 0) edits.unshift(clearFlags(flags));
  if (edits.length === 0) return { orientation: orientation ?? 1, ...cutOff };
  if (dropped > 0) edits.unshift(newSize(end - UNCOUNTED_BYTES - dropped));
  return {
    orientation: orientation ?? 1,
    stripped: editedRange(0, source.length, edits),
    ...cutOff,
  };
}

/** Undefined if its header is cut off, or it goes beyond the end of the RIFF. */
function readChunk(source: ByteSource, from: number, end: number): Chunk | undefined {
  const content = from + CHUNK_HEADER_BYTES;
  if (content > Math.min(end, source.length)) return undefined;
  const head = bufferOf(source, from, content);
  const size = head.readUInt32LE(4);
  const contentEnd = content + size;
  if (contentEnd > end) return undefined;
  const to = contentEnd + (size % 2);
  return { type: head.toString('latin1', 0, 4), content, contentEnd, to };
}

/** The flags of the extended format; 0 in the simple one. */
function flagsOf(source: ByteSource, { type, content, contentEnd }: Chunk): number {
  if (type !== 'VP8X' || contentEnd - content < VP8X_BYTES) return 0;
  return source.slice(content, content + 1)[0] ?? 0;
}

/** Reads EXIF with or without the mark that JPEG has: libwebp's tools write both. */
function orientationOf(source: ByteSource, { content, contentEnd }: Chunk): Orientation {
  const block = bufferOf(source, content, Math.min(contentEnd, content + EXIF_LOOK_BYTES));
  const hasMark = block.subarray(0, EXIF_MARK.length).equals(EXIF_MARK);
  return readOrientation(hasMark ? block.subarray(EXIF_MARK.length) : block);
}

function clearFlags(flags: number): Edit {
  const from = RIFF_HEADER_BYTES + CHUNK_HEADER_BYTES;
  return { from, to: from + 1, by: [Uint8Array.of(flags & ~(EXIF_FLAG | XMP_FLAG))] };
}

function newSize(size: number): Edit {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(size);
  return { from: 4, to: 8, by: [bytes] };
}
