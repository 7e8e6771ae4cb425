import { closeSync, openSync, readSync } from 'node:fs';
import type { JpegFacts } from '../metadata/jpeg-facts.js';

/** Random access to a file's bytes, for parsers of headers; only the requested bytes are read. */
export interface ByteSource {
  /** In bytes. */
  readonly length: number;
  /** The bytes that it shows, if they are in memory. */
  readonly of?: Uint8Array;
  /** The bytes from one offset up to another, fewer if the file ends. Do not change them. */
  slice(from: number, to: number): Uint8Array;
  /**
   * What readers of JPEGs know of it already. It is here and not in a `WeakMap` of theirs, in which V8
   * keeps the values of short-lived keys until the next full collection.
   */
  jpeg?: JpegFacts;
}

const BLOCK_BYTES = 65_536;

/** Bytes in memory; slices are views. */
export function sourceOf(bytes: Uint8Array): ByteSource {
  return {
    length: bytes.length,
    of: bytes,
    slice: (from, to) => bytes.subarray(Math.max(0, from), to),
  };
}

/** Lets a function read a file that is not held in memory. */
export function lookInto<T>(path: string, length: number, look: (source: ByteSource) => T): T {
  const descriptor = openSync(path, 'r');
  try {
    return look(blockwise(descriptor, length));
  } finally {
    closeSync(descriptor);
  }
}

/** Keeps the block that was read last: a parser takes many small steps forward. */
function blockwise(descriptor: number, length: number): ByteSource {
  let start = 0;
  let block = new Uint8Array(0);
  const readAt = (from: number, bytes: number) => {
    const buffer = new Uint8Array(Math.max(0, Math.min(bytes, length - from)));
    let filled = 0;
    while (filled < buffer.length) {
      const got = readSync(descriptor, buffer, filled, buffer.length - filled, from + filled);
      if (got === 0) break;
      filled += got;
    }
    return buffer.subarray(0, filled);
  };
  return {
    length,
    slice(from, to) {
      const [first, last] = [Math.max(0, from), Math.min(to, length)];
      if (first >= last) return new Uint8Array(0);
      if (last - first > BLOCK_BYTES) return readAt(first, last - first);
      if (first < start || last > start + block.length) {
        start = first;
        block = readAt(first, BLOCK_BYTES);
      }
      return block.subarray(first - start, last - start);
    },
  };
}
