import type { ByteSource } from '../open/byte-source.js';
import { bufferOf, type Edit } from './edits.js';
import { factsOf, type Restarts, type Segment, type Walk } from './jpeg-facts.js';

export type { Segment, Walk } from './jpeg-facts.js';

export const SOI = 0xd8;
export const EOI = 0xd9;
export const SOS = 0xda;
const TEM = 0x01;
const FIRST_RST = 0xd0;
const LAST_RST = 0xd7;
const RST_COUNT = 8;
const FIRST_WITH_LENGTH = 0xc0;

const MAX_SEGMENTS = 50_000;
const BLOCK_BYTES = 65_536;

/**
 * Walks the markers of the picture at `start` as libjpeg does: garbage before a marker is skipped, a
 * length below 2 counts as 2, and a scan's data ends at the first marker that is no restart.
 */
export function walkJpeg(source: ByteSource, start: number): Walk {
  if (start > 0) return walkFrom(source, start);
  const facts = factsOf(source);
  facts.walk ??= walkFrom(source, start);
  return facts.walk;
}

function walkFrom(source: ByteSource, start: number): Walk {
  const segments: Segment[] = [];
  let isAfterScan = false;
  let restarts: Restarts | undefined;
  const walked = (end?: number, isTooLong = false) => ({ segments, end, isTooLong });
  for (let at = start + 2; ; ) {
    const segment = nextSegment(source, at, isAfterScan, restarts);
    if (!segment) return walked();
    // An image that ends before its first scan has no pixels that could be cut from the rest.
    if (segment.code === EOI) return walked(isAfterScan ? segment.to : undefined);
    if (segments.length === MAX_SEGMENTS) return walked(undefined, true);
    const { code, after, from, content, to } = segment;
    restarts = code === SOS ? { count: 0, areInOrder: true } : undefined;
    segments.push({ code, after, from, content, to, isAfterScan, restarts });
    isAfterScan ||= code === SOS;
    at = to;
  }
}

/**
 * The next marker segment after `after`, or the EOI, which is only a marker; undefined if the file
 * ends before the segment does, and at a marker that is not allowed there.
 *
 * @param restarts the restart markers that are passed over in a scan's data are added to it.
 */
export function nextSegment(
  source: ByteSource,
  after: number,
  isInScan: boolean,
  restarts?: Restarts,
): Omit<Segment, 'isAfterScan' | 'restarts'> | undefined {
  const marker = findMarker(source, after, isInScan, restarts);
  if (!marker || marker.code < FIRST_WITH_LENGTH || marker.code === SOI) return undefined;
  const { code, from, to: content } = marker;
  if (code === EOI) return { code, after, from, content, to: content };
  const length = lengthAt(source, content);
  if (length === undefined) return undefined;
  const to = content + Math.max(2, length);
  return to > source.length ? undefined : { code, after, from, content: content + 2, to };
}

/** The two bytes at an offset as a number; undefined if the file ends before. */
function lengthAt(source: ByteSource, at: number): number | undefined {
  const bytes = source.of ?? source.slice(at, at + 2);
  const start = source.of ? at : 0;
  const [first, second] = [bytes[start], bytes[start + 1]];
  return first === undefined || second === undefined ? undefined : (first << 8) | second;
}

/** Whether a scan's data would still end at `at` if the segment before it were removed. */
export function endsScanAt(source: ByteSource, at: number): boolean {
  const bytes = source.slice(at, at + 2);
  if (bytes[0] !== 0xff) return false;
  const marker = findMarker(source, at, false);
  return (
    marker !== undefined &&
    marker.from === at &&
    marker.code >= FIRST_WITH_LENGTH &&
    !isRestart(marker.code)
  );
}

interface Marker {
  readonly code: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The next marker that is not a stuffed 0xFF, a restart, or TEM. In a scan's data, markers that the
 * decoder takes for damage are skipped too.
 */
function findMarker(
  source: ByteSource,
  start: number,
  isInScan: boolean,
  restarts?: Restarts,
): Marker | undefined {
  // What is in memory is searched where it is, without a view of each part.
  if (source.of) {
    const found = findInBlock(bufferOf(source, 0, source.length), start, isInScan, restarts);
    return typeof found === 'object' ? found : undefined;
  }
  let at = start;
  while (at < source.length) {
    const block = bufferOf(source, at, Math.min(at + BLOCK_BYTES, source.length));
    if (block.length === 0) return undefined;
    const found = findInBlock(block, 0, isInScan, restarts);
    if (typeof found === 'object') {
      const { code, from, to } = found;
      return { code, from: at + from, to: at + to };
    }
    // Fill up to the block's end: the last byte of it may belong to a marker.
    at += found === undefined ? block.length : Math.max(found, 1);
    if (at + 1 >= source.length) return undefined;
  }
  return undefined;
}

/** A marker, or the offset of one that is cut off by the end of the block. */
function findInBlock(
  block: Buffer,
  start: number,
  isInScan: boolean,
  restarts: Restarts | undefined,
): Marker | number | undefined {
  for (let at = start; ; ) {
    const from = block[at] === 0xff ? at : block.indexOf(0xff, at);
    if (from < 0) return undefined;
    at = from + 1;
    while (block[at] === 0xff) at += 1;
    const code = block[at];
    if (code === undefined) return from === 0 ? block.length - 1 : from;
    at += 1;
    if (restarts && isRestart(code)) {
      restarts.areInOrder &&= code === FIRST_RST + (restarts.count % RST_COUNT);
      restarts.count += 1;
    }
    const isPassedOver = isInScan
      ? code < FIRST_WITH_LENGTH || isRestart(code)
      : code === 0 || code === TEM || isRestart(code);
    if (!isPassedOver) return { code, from, to: at };
  }
}

function isRestart(code: number): boolean {
  return code >= FIRST_RST && code <= LAST_RST;
}

const COM = 0xfe;
const FIRST_APP = 0xe0;
const LAST_APP = 0xef;

/** Application segments that pixels need, and which part of them; all others are removed. */
const NEEDED = [
  // Tells YCbCr from RGB. A thumbnail may follow, whose size is set to 0 × 0.
  { code: 0xe0, mark: 'JFIF\0', bytes: 14, zeros: [12, 13] },
  { code: 0xe2, mark: 'ICC_PROFILE\0', bytes: 65_533, zeros: [] },
  // Holds the colour transform.
  { code: 0xee, mark: 'Adobe', bytes: 12, zeros: [] },
] as const satisfies readonly {
  code: number;
  mark: string;
  bytes: number;
  zeros: readonly number[];
}[];

/** Leaves out the application segments and comments that no decoder needs for its pixels. */
export function editsOf(source: ByteSource, segments: readonly Segment[]): Edit[] {
  const edits: Edit[] = [];
  for (const segment of segments) {
    const { after, from, to, isAfterScan } = segment;
    // Before the first scan all decoders skip garbage, strict ones with a warning.
    if (!isAfterScan && after !== from) edits.push({ from: after, to: from });
    if (!isOptional(segment)) continue;
    const kept = needed(source, segment);
    // Damage may have put this marker into a scan's data, where decoders then end the scan.
    if (kept === 'whole' || (isAfterScan && !endsScanAt(source, to))) continue;
    edits.push(kept ? { from, to, by: [kept] } : { from, to });
  }
  return edits;
}

/** A marker segment with its length, for content of at most 65,533 bytes. */
export function segmentOf(code: number, content: Uint8Array): Uint8Array {
  const length = content.length + 2;
  return Buffer.concat([Uint8Array.of(0xff, code, length >> 8, length & 0xff), content]);
}

/** Whether a segment's content begins with a mark in ASCII. */
export function startsWith(source: ByteSource, segment: Segment, mark: string): boolean {
  const { content, to } = segment;
  if (to - content < mark.length) return false;
  const bytes = source.of ?? source.slice(content, content + mark.length);
  const start = source.of ? content : 0;
  for (let at = 0; at < mark.length; at += 1) {
    if (bytes[start + at] !== mark.charCodeAt(at)) return false;
  }
  return true;
}

function isOptional({ code }: Segment): boolean {
  return code === COM || (code >= FIRST_APP && code <= LAST_APP);
}

/** The part of a segment that stays: the whole, a shorter one in its place, or nothing. */
function needed(source: ByteSource, segment: Segment): 'whole' | Uint8Array | undefined {
  const entry = NEEDED.find(
    ({ code, mark }) => code === segment.code && startsWith(source, segment, mark),
  );
  if (!entry) return undefined;
  const { content, to } = segment;
  if (to - content <= entry.bytes) return 'whole';
  const bytes = Buffer.from(bufferOf(source, content, content + entry.bytes));
  for (const at of entry.zeros) bytes[at] = 0;
  return segmentOf(segment.code, bytes);
}
