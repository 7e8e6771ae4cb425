import zlib from 'node:zlib';
import type { ByteSource } from '../open/byte-source.js';
import {
  bufferOf,
  type Edit,
  editedRange,
  MAX_EDITS,
  type Metadata,
  TOO_MANY_PARTS,
} from './edits.js';
import { EXIF_LOOK_BYTES, type Orientation, readOrientation } from './exif.js';

const SIGNATURE_BYTES = 8;
/** Length, type and checksum around a chunk's content. */
const FRAME_BYTES = 12;

/** Optional chunks that pixels, their colours or their frames need; all others are removed. */
const NEEDED = new Set([
  ...['tRNS', 'gAMA', 'cHRM', 'sRGB', 'iCCP', 'cICP', 'mDCV', 'mDCv', 'cLLI', 'cLLi'],
  ...['sBIT', 'bKGD', 'pHYs', 'hIST', 'sPLT', 'oFFs', 'acTL', 'fcTL', 'fdAT'],
]);

/** Critical chunks and those needed to show them stay. Bytes after the end are removed. */
export function readPng(source: ByteSource): Metadata {
  let orientation: Orientation | undefined;
  let edits: Edit[] = [];
  /** How many edits come before the first pixels; undefined until these are reached. */
  let editsBeforePixels: number | undefined;
  let pixelsEnded = false;
  /** `cut off` until the end is found. */
  let end: Metadata['end'] = 'cut off';
  let isSuspect = false;
  for (let at = SIGNATURE_BYTES; at + FRAME_BYTES <= source.length; ) {
    const head = bufferOf(source, at, at + 8);
    const type = head.toString('latin1', 4);
    if (!/^[A-Za-z]{4}$/.test(type)) break;
    const to = at + FRAME_BYTES + head.readUInt32BE();
    const isCutOff = to > source.length;
    if (type === 'IDAT') {
      if (pixelsEnded) {
        // Decoders stop at a chunk between pixels; if it were removed, they would read on.
        edits = edits.slice(0, editsBeforePixels);
        end = 'missing';
        break;
      }
      editsBeforePixels ??= edits.length;
    } else {
      pixelsEnded = editsBeforePixels !== undefined;
    }
    if (type === 'eXIf' && !pixelsEnded && !isCutOff) {
      orientation ??= readOrientation(
        bufferOf(source, at + 8, Math.min(to - 4, at + 8 + EXIF_LOOK_BYTES)),
      );
    }
    if (isDropped(type) && (!isCutOff || pixelsEnded)) {
      edits.push({ from: at, to: Math.min(to, source.length) });
    }
    if (edits.length > MAX_EDITS) return { orientation: orientation ?? 1, stays: TOO_MANY_PARTS };
    if (isCutOff) break;
    // Wrong checksums of other chunks change nothing that can be seen.
    if (/^[A-Z]/.test(type)) isSuspect ||= !holdsChecksum(source, at, to);
    at = to;
    if (type === 'IEND') {
      if (editsBeforePixels !== undefined) end = undefined;
      if (pixelsEnded && at < source.length) edits.push({ from: at, to: source.length });
      break;
    }
  }
  const stripped = edits.length > 0 && { stripped: editedRange(0, source.length, edits) };
  const damage = { ...(end && { end }), ...(!end && isSuspect && { hole: 'possible' as const }) };
  return { orientation: orientation ?? 1, ...stripped, ...damage };
}

const CHECKED_AT_ONCE = 65_536;

/** Whether the checksum of a chunk is right. */
function holdsChecksum(source: ByteSource, from: number, to: number): boolean {
  const end = to - 4;
  let checksum = 0;
  for (let at = from + 4; at < end; at += CHECKED_AT_ONCE) {
    checksum = crc32(source.slice(at, Math.min(at + CHECKED_AT_ONCE, end)), checksum);
  }
  return bufferOf(source, end, to).readUInt32BE() === checksum;
}

/** A small first letter means that a decoder may pass the chunk over. */
function isDropped(type: string): boolean {
  return /^[a-z]/.test(type) && !NEEDED.has(type);
}

const { crc32 = crc32InSteps } = zlib as Partial<Pick<typeof zlib, 'crc32'>>;

/** CRC-32, which Node.js does not have before 20.15. */
function crc32InSteps(bytes: Uint8Array, before: number): number {
  let checksum = ~before;
  for (const byte of bytes) {
    checksum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      checksum = (checksum >>> 1) ^ (checksum & 1 ? 0xedb88320 : 0);
    }
  }
  return ~checksum >>> 0;
}
