/** Boxes of an ISO base media file (ISO/IEC 14496-12). */
import type { ByteSource } from '../byte-source.js';
import { bufferOf } from './file-bytes.js';

export interface Box {
  readonly type: string;
  readonly from: number;
  /** Where its content begins, after size and type. */
  readonly content: number;
  /** Where it ends; the end of what holds it where it would pass that. */
  readonly to: number;
}

/** More boxes side by side than any picture has. */
const MAX_BOXES = 10_000;

/**
 * The boxes of a range, as far as they can be told apart.
 *
 * @returns undefined where one has an impossible size, or there are far too many
 */
export function readBoxes(source: ByteSource, from: number, to: number): Box[] | undefined {
  const boxes: Box[] = [];
  for (let at = from; at + 8 <= to; ) {
    const head = bufferOf(source, at, Math.min(at + 16, to));
    if (head.length < 8 || boxes.length === MAX_BOXES) return undefined;
    const short = head.readUInt32BE();
    if (short === 1 && head.length < 16) return undefined;
    const headBytes = short === 1 ? 16 : 8;
    // 0 means: up to the end.
    const size = short === 1 ? Number(head.readBigUInt64BE(8)) : short || to - at;
    if (size < headBytes) return undefined;
    const end = Math.min(at + size, to);
    boxes.push({ type: head.toString('latin1', 4, 8), from: at, content: at + headBytes, to: end });
    at = end;
  }
  return boxes;
}

/** The only box of a type, if there is exactly one. */
export function single(boxes: readonly Box[], type: string): Box | undefined {
  const [first, second] = boxes.filter((box) => box.type === type);
  return second ? undefined : first;
}
