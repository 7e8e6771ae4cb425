import { giveBack } from './lent-memory.js';

/** Bytes that can be read in pieces: from memory, or from a file that is not held there. */
export interface Content {
  /** In bytes. */
  readonly size: number;
  /** All of them, if they are in memory. */
  readonly bytes?: Uint8Array;
  /**
   * The bytes from one offset up to another, never fewer than asked for.
   *
   * @throws GeminiImageError of kind `input` if they can no longer be read.
   */
  read(from: number, to: number): Promise<Uint8Array>;
  /** Gives back the memory that was lent for it. Nobody may read it afterwards. */
  release?(): void;
}

/** Bytes in memory as content; nothing is copied. */
export function contentOf(bytes: Uint8Array): Content {
  return { size: bytes.length, bytes, read: async (from, to) => bytes.subarray(from, to) };
}

/** The same for bytes in memory that was lent. */
export function lentContent(bytes: Uint8Array): Content {
  return { release: () => giveBack(bytes), ...contentOf(bytes) };
}

/** The bytes of a content from beginning to end, in pieces of `length`; the last may be shorter. */
export async function* piecesOf(
  { size, read }: Content,
  length: number,
): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < size; at += length) yield await read(at, Math.min(size, at + length));
}
