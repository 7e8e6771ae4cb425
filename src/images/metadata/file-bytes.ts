import type { ByteSource } from '../open/byte-source.js';

/** The bytes of a range as a Buffer, fewer where the file ends. */
export function bufferOf(source: ByteSource, from: number, to: number): Buffer {
  const bytes = source.slice(from, to);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A view of a file that ends earlier. */
export function upTo(source: ByteSource, length: number): ByteSource {
  return { length, slice: (from, to) => source.slice(from, Math.min(to, length)) };
}
