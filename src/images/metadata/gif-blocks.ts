import type { ByteSource } from '../open/byte-source.js';

/** A block of a GIF, by its first byte and, of an extension, its second. */
export interface GifBlock {
  readonly type: number;
  readonly kind: number;
  readonly at: number;
}

export const EXTENSION_BLOCK = 0x21;
export const IMAGE_BLOCK = 0x2c;

/** A gigabyte of full blocks; small ones of such a number take less than a second. */
const MAX_BLOCKS = 4_000_000;

/** The blocks of GIF89a in their order, up to the first that is none. */
export function* gifBlocks(source: ByteSource): Generator<GifBlock, void, void> {
  const byteAt = (at: number) => source.slice(at, at + 1)[0] ?? 0;
  let parts = 0;
  /** Each part says its length; one without any is the last. Returns where they end. */
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
    // Of an image: place and size, a table of colours, the width of codes, and the pixels.
    at = afterParts(type === IMAGE_BLOCK ? at + 10 + tableBytes(byteAt(at + 9)) + 1 : at + 2);
  }
}

/** Of the table of colours that the flags tell of. */
function tableBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}
