import type { ByteSource } from '../open/byte-source.js';
import type { Edit } from './edits.js';
import { bufferOf } from './file-bytes.js';
import { endsScanAt, type Segment } from './jpeg-segments.js';

/** What becomes of a segment other than what the table says: it stays, or something replaces it. */
export type Exceptions = ReadonlyMap<Segment, 'stays' | Uint8Array>;

const COM = 0xfe;
const FIRST_APP = 0xe0;
const LAST_APP = 0xef;

/** Application segments that pixels need, and what of them; all others go. */
const NEEDED = [
  // Tells YCbCr from RGB. What may follow is a thumbnail, of 0 × 0 pixels from now on.
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
export function editsOf(
  source: ByteSource,
  segments: readonly Segment[],
  exceptions: Exceptions,
): Edit[] {
  return segments.flatMap((segment) => {
    const { after, from, to, isAfterScan } = segment;
    // Before the first scan all decoders pass over garbage, the strict ones with a complaint.
    const garbage = isAfterScan || after === from ? [] : [{ from: after, to: from }];
    if (!isOptional(segment)) return garbage;
    const exception = exceptions.get(segment) ?? standard(source, segment);
    if (exception === 'stays') return garbage;
    // A marker that damage has put into a scan's data still ends what decoders read of it.
    if (isAfterScan && !endsScanAt(source, to)) return garbage;
    return [...garbage, exception ? { from, to, by: [exception] } : { from, to }];
  });
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
  return bufferOf(source, content, content + mark.length).toString('latin1') === mark;
}

function isOptional({ code }: Segment): boolean {
  return code === COM || (code >= FIRST_APP && code <= LAST_APP);
}

function standard(source: ByteSource, segment: Segment): 'stays' | Uint8Array | undefined {
  const needed = NEEDED.find(
    ({ code, mark }) => code === segment.code && startsWith(source, segment, mark),
  );
  if (!needed) return undefined;
  const { content, to } = segment;
  if (to - content <= needed.bytes) return 'stays';
  const bytes = Buffer.from(bufferOf(source, content, content + needed.bytes));
  for (const at of needed.zeros) bytes[at] = 0;
  return segmentOf(segment.code, bytes);
}
