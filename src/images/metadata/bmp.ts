import type { Size } from '../../domain/picture.js';
import type { ByteSource } from '../open/byte-source.js';
import { bufferOf } from './edits.js';

const FILE_HEADER_BYTES = 14;
const CORE_BYTES = 12;

/** The size in the header of a bitmap, of the first one in a list; undefined if it has no pixels. */
export function readBmpSize(source: ByteSource): Size | undefined {
  const isList = bufferOf(source, 0, 2).toString('latin1') === 'BA';
  const at = isList ? 2 * FILE_HEADER_BYTES : FILE_HEADER_BYTES;
  const head = bufferOf(source, at, at + CORE_BYTES);
  if (head.length < CORE_BYTES) return undefined;
  // A negative height says that the first row is the top one.
  const [width, height] =
    head.readUInt32LE() === CORE_BYTES
      ? [head.readUInt16LE(4), head.readUInt16LE(6)]
      : [head.readInt32LE(4), Math.abs(head.readInt32LE(8))];
  return width > 0 && height > 0 ? { width, height } : undefined;
}
