import type { ByteSource } from '../open/byte-source.js';
import { bufferOf, editedRange, type Metadata, TOO_MANY_PARTS } from './edits.js';
import { EXIF_MARK, type Orientation, readOrientation } from './exif.js';
import type { Restarts } from './jpeg-facts.js';
import { readFrame } from './jpeg-frame.js';
import {
  editsOf,
  type Segment,
  SOI,
  SOS,
  startsWith,
  type Walk,
  walkJpeg,
} from './jpeg-segments.js';

const APP1 = 0xe1;
const EXIF_TEXT = EXIF_MARK.toString('latin1');

/**
 * Scans, tables and colour profile stay. Whatever follows the picture is removed, such as the gain map
 * of an Ultra HDR photo, and so is the directory that points to it.
 */
export function readJpeg(source: ByteSource): Metadata {
  const [first, second] = source.slice(0, 2);
  if (first !== 0xff || second !== SOI) return { orientation: 1 };
  const walk = walkJpeg(source, 0);
  const orientation = jpegOrientation(source, walk.segments);
  if (walk.isTooLong) return { orientation, stays: TOO_MANY_PARTS };
  const damage = damageOf(source, walk);
  const edits = editsOf(source, walk.segments);
  const end = walk.end ?? source.length;
  if (end < source.length) edits.push({ from: end, to: source.length });
  if (edits.length === 0) return { orientation, ...damage };
  return { orientation, stripped: editedRange(0, source.length, edits), ...damage };
}

/** Baseline and extended frames; those with higher codes are progressive, or have other codes. */
const LAST_SEQUENTIAL = 0xc1;
const MAX_COMPONENTS = 4;

/** This many zero bytes at the end come from a failed copy, not from a scan. */
const MANY_ZEROS = 64;

/** A picture without an end mark may be whole; one with too little data is not. */
function damageOf(source: ByteSource, { segments, end }: Walk): Pick<Metadata, 'end' | 'hole'> {
  const scan = segments.find(({ code }) => code === SOS);
  if (!scan) return { end: 'cut off' };
  if (end !== undefined) {
    if (end - scan.to < leastScanBytes(source)) return { end: 'cut off' };
    return holeIn(source, segments, end);
  }
  const tail = source.slice(source.length - MANY_ZEROS, source.length);
  const isCutOff = tail.every((byte) => byte === 0) || lacksPasses(source, segments);
  return { end: isCutOff ? 'cut off' : 'missing' };
}

/** This many zero bytes in a row are a hole. */
const HOLE_BYTES = 128;
const SEARCHED_AT_ONCE = 65_536;

/** Finds zeros that a copy from a bad card has in place of a scan's data. */
function holeIn(
  source: ByteSource,
  segments: readonly Segment[],
  end: number,
): Pick<Metadata, 'hole'> {
  let areMarksWrong = false;
  for (const [index, { code, to, restarts }] of segments.entries()) {
    if (code !== SOS) continue;
    const next = segments[index + 1]?.from ?? end;
    areMarksWrong ||= restarts !== undefined && !areExpected(restarts, source, segments, index);
    for (let at = to; at < next; at += SEARCHED_AT_ONCE) {
      if (!hasHole(source.slice(at, Math.min(at + SEARCHED_AT_ONCE, next)))) continue;
      return { hole: mayCodeZeros(source, segments.slice(0, index + 1)) ? 'possible' : 'sure' };
    }
  }
  return areMarksWrong || hasStrangers(segments) ? { hole: 'marks' } : {};
}

/** Looks at one byte in 128: one of each hole is among them. */
function hasHole(bytes: Uint8Array): boolean {
  for (let at = HOLE_BYTES - 1; at < bytes.length; at += HOLE_BYTES) {
    if (bytes[at] !== 0) continue;
    let [from, to] = [at, at + 1];
    while (bytes[from - 1] === 0) from -= 1;
    while (bytes[to] === 0 && to - from < HOLE_BYTES) to += 1;
    if (to - from >= HOLE_BYTES) return true;
  }
  return false;
}

const DRI = 0xdd;

/** Whether a scan has restarts in their order, or none: they are for scans with an interval. */
function areExpected(
  { count, areInOrder }: Restarts,
  source: ByteSource,
  segments: readonly Segment[],
  scan: number,
): boolean {
  return count === 0 || (areInOrder && hasInterval(source, segments.slice(0, scan)));
}

/** Whether restarts are expected in the next scan: the last interval that is set is not 0. */
function hasInterval(source: ByteSource, segments: readonly Segment[]): boolean {
  const last = segments.findLast(({ code }) => code === DRI);
  return last !== undefined && bufferOf(source, last.content, last.content + 2).readUInt16BE() > 0;
}

/** Whether metadata lies among the scans, where damage puts it and hardly any program. */
function hasStrangers(segments: readonly Segment[]): boolean {
  return segments.some(({ code, isAfterScan }) => isAfterScan && code >= 0xe0);
}

const DHT = 0xc4;
/** The head of a table: its class and number, and how many codes of each length it has. */
const DHT_HEAD_BYTES = 17;
const OF_COEFFICIENTS = 0x10;

/**
 * Whether the last scan may hold many zero bytes in a row, as for a large area of one colour. It may
 * not if the code of zeros means "a coefficient" rather than "no more in this block".
 */
function mayCodeZeros(source: ByteSource, segments: readonly Segment[]): boolean {
  const frame = readFrame(source);
  const scan = segments.at(-1);
  if (!scan || !frame || frame.code > LAST_SEQUENTIAL) return true;
  /** By table, the meaning of its code of zeros. */
  const meanings = new Map<number, number>();
  for (const { code, content, to } of segments) {
    if (code !== DHT) continue;
    const bytes = source.slice(content, to);
    for (let at = 0; at + DHT_HEAD_BYTES < bytes.length; ) {
      const lengths = bytes.subarray(at + 1, at + DHT_HEAD_BYTES);
      meanings.set(bytes[at] ?? 0, bytes[at + DHT_HEAD_BYTES] ?? 0);
      at += DHT_HEAD_BYTES + lengths.reduce((sum, count) => sum + count, 0);
    }
  }
  const [components = 0, ...bytes] = source.slice(scan.content, scan.to);
  for (let part = 0; part < Math.min(components, MAX_COMPONENTS); part += 1) {
    const table = OF_COEFFICIENTS | ((bytes[part * 2 + 1] ?? 0) & 15);
    if (meanings.get(table)) return false;
  }
  return true;
}

/** Codes of frames that are stored coarse first, then finer in one pass after another. */
const PROGRESSIVE: readonly number[] = [0xc2, 0xc6, 0xca, 0xce];
const COEFFICIENTS = 64;

/**
 * Whether a progressive picture ends before its last pass. If it ends between two passes, it decodes
 * without an error, but is blurred.
 */
function lacksPasses(source: ByteSource, segments: readonly Segment[]): boolean {
  const frame = readFrame(source);
  if (!frame || !PROGRESSIVE.includes(frame.code)) return false;
  /** Of each component, how many bits each coefficient still lacks. */
  const lacking = new Map<number, number[]>();
  const [count = 0, ...parts] = source.slice(
    frame.content + 5,
    frame.content + 6 + MAX_COMPONENTS * 3,
  );
  for (let part = 0; part < Math.min(count, MAX_COMPONENTS); part += 1) {
    lacking.set(parts[part * 3] ?? 0, Array(COEFFICIENTS).fill(Number.POSITIVE_INFINITY));
  }
  for (const { code, content, to } of segments) {
    if (code !== SOS) continue;
    const [inScan = 0, ...bytes] = source.slice(content, to);
    const [first = 0, last = 0, bits = 0] = bytes.slice(inScan * 2);
    for (let part = 0; part < inScan; part += 1) {
      lacking.get(bytes[part * 2] ?? 0)?.fill(bits & 15, first, last + 1);
    }
  }
  return [...lacking.values()].some((bits) => bits.some((left) => left > 0));
}

/**
 * The least bytes of a scan: in a picture coded by Huffman in one pass, each block of 8 × 8 samples
 * takes at least two bits, one for its mean and one for the end of the block.
 */
function leastScanBytes(source: ByteSource): number {
  const frame = readFrame(source);
  if (!frame || frame.code > LAST_SEQUENTIAL) return 1;
  const { content, width, height } = frame;
  const [count = 0, ...bytes] = source.slice(content + 5, content + 6 + MAX_COMPONENTS * 3);
  const samplings = bytes
    .filter((_, at) => at % 3 === 1)
    .slice(0, count)
    .map((sampling) => [sampling >> 4, sampling & 15] as const);
  const most = [0, 1].map((side) => Math.max(1, ...samplings.map((factors) => factors[side] ?? 1)));
  const [mostAcross = 1, mostDown = 1] = most;
  const blocks = samplings.reduce(
    (sum, [across, down]) =>
      sum +
      Math.ceil((width * across) / mostAcross / 8) * Math.ceil((height * down) / mostDown / 8),
    0,
  );
  return Math.max(1, Math.floor((blocks * 2) / 8));
}

/** The orientation in the first EXIF segment, which libvips uses too. */
export function jpegOrientation(source: ByteSource, segments: readonly Segment[]): Orientation {
  const exif = segments.find(
    (segment) =>
      segment.code === APP1 && !segment.isAfterScan && startsWith(source, segment, EXIF_TEXT),
  );
  if (!exif) return 1;
  return readOrientation(bufferOf(source, exif.content + EXIF_MARK.length, exif.to));
}
