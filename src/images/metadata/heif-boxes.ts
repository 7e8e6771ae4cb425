/** Boxes of an ISO base media file (ISO/IEC 14496-12). */
import type { ByteSource } from '../open/byte-source.js';
import { bufferOf } from './file-bytes.js';

export interface Box {
  readonly type: string;
  readonly from: number;
  /** Where its content begins, after size and type. */
  readonly content: number;
  /** Where it ends; the end of what holds it where it would pass that. */
  readonly to: number;
  /** Whether it would pass that. */
  readonly isCutOff: boolean;
}

/** Version and flags, with which some boxes begin. */
export const FULL_BOX_BYTES = 4;

/** More boxes side by side than any picture has. */
const MAX_BOXES = 10_000;

/**
 * The boxes of a range.
 *
 * @returns undefined where one has an impossible size, or there are far too many
 */
export function readBoxes(source: ByteSource, from: number, to: number): Box[] | undefined {
  const { boxes, areAll } = readBoxesSoFar(source, from, to);
  return areAll ? boxes : undefined;
}

/** The boxes of a range, up to the first that cannot be told from what follows. */
export function readBoxesSoFar(
  source: ByteSource,
  from: number,
  to: number,
): { boxes: Box[]; areAll: boolean } {
  const boxes: Box[] = [];
  for (let at = from; at + 8 <= to; ) {
    const box = boxes.length < MAX_BOXES ? readBox(source, at, to) : undefined;
    if (!box) return { boxes, areAll: false };
    boxes.push(box);
    at = box.to;
  }
  return { boxes, areAll: true };
}

function readBox(source: ByteSource, from: number, to: number): Box | undefined {
  const head = bufferOf(source, from, Math.min(from + 16, to));
  if (head.length < 8) return undefined;
  const short = head.readUInt32BE();
  if (short === 1 && head.length < 16) return undefined;
  const headBytes = short === 1 ? 16 : 8;
  // 0 means: up to the end.
  const size = short === 1 ? Number(head.readBigUInt64BE(8)) : short || to - from;
  if (size < headBytes) return undefined;
  const type = head.toString('latin1', 4, 8);
  return {
    type,
    from,
    content: from + headBytes,
    to: Math.min(from + size, to),
    isCutOff: from + size > to,
  };
}

/** The only box of a type, if there is exactly one. */
export function single(boxes: readonly Box[], type: string): Box | undefined {
  const [first, second] = boxes.filter((box) => box.type === type);
  return second ? undefined : first;
}

/** What is inside the one `meta` box of a file, which lists its items and their properties. */
export function readMeta(source: ByteSource, boxes: readonly Box[]): Box[] | undefined {
  const meta = single(boxes, 'meta');
  return meta && readBoxes(source, meta.content + FULL_BOX_BYTES, meta.to);
}
