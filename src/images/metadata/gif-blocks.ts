import type { ByteSource } from '../open/byte-source.js';

/** A block of a GIF, with its first byte and, for an extension, its second. */
export interface GifBlock {
  readonly type: number;
  readonly kind: number;
  readonly at: number;
}

export const EXTENSION_BLOCK = 0x21;
export const IMAGE_BLOCK = 0x2c;

/** Enough for a gigabyte of full blocks; this many small blocks take less than a second. */
const MAX_BLOCKS = 4_000_000;

/** The blocks of GIF89a in their order, up to the first invalid one. */
export function* gifBlocks(source: ByteSource): Generator<GifBlock, void, void> {
  const byteAt = (at: number) => source.slice(at, at + 1)[0] ?? 0;
  let parts = 0;
  /** Each part begins with its length; 0 ends the list. Returns the offset after the list. */
  const afterParts = (from: number) => {
    let at = from;
    for (; at < source.length && parts < MAX_BLOCKS; at += byteAt(at) + 1) {
      parts += 1;
      if (byteAt(at) === 0) return at + 1;
    }
    return source.length;
  };
  let at = 13 + tableBytes(byteAt(10));
  while (at < source.length) {
    const [type, kind] = [byteAt(at), byteAt(at + 1)];
    if (type !== EXTENSION_BLOCK && type !== IMAGE_BLOCK) return;
    yield { type, kind, at };
    // An image has its position and size, a table of colours, the width of codes, and the pixels.
    at = afterParts(type === IMAGE_BLOCK ? at + 10 + tableBytes(byteAt(at + 9)) + 1 : at + 2);
  }
}

/** The length of the table of colours, by the flags. */
function tableBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}
