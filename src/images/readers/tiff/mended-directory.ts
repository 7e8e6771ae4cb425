import { sourceOf } from '../../open/byte-source.js';
import { readTiffImage } from './tiff-image.js';

/**
 * Tags that say how the pixels are stored and seen. Others, such as those that a program has made up
 * for itself, may be broken in a way on which a decoder stumbles.
 */
const KEPT: ReadonlySet<number> = new Set([
  ...[254, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 292, 293, 317, 320],
  ...[322, 323, 324, 325, 332, 334, 336, 338, 339, 347, 529, 530, 531, 532, 34_675],
]);

const PHOTOMETRIC_TAG = 262;
const SHORT = 3;

/**
 * The same file with one directory, which has only the tags that decoders need, the missing photometric
 * interpretation among them. Undefined for what is no TIFF.
 *
 * @param number of the directory that is wanted, from 0.
 */
export function withMendedDirectory(bytes: Uint8Array, number?: number): Uint8Array | undefined {
  const image = readTiffImage(sourceOf(bytes), number);
  if (!image) return undefined;
  const { directory } = image;
  const { littleEndian, countBytes, entryBytes, placeBytes } = directory.layout;
  const kept = directory.entries.filter(({ tag }) => KEPT.has(tag));
  const entries = kept.map(({ tag, stored }) => ({ tag, stored: Buffer.from(stored) }));
  if (!image.hasPhotometric) {
    const stored = Buffer.alloc(entryBytes);
    put(stored, 0, 2, PHOTOMETRIC_TAG, littleEndian);
    put(stored, 2, 2, SHORT, littleEndian);
    put(stored, 4, placeBytes, 1, littleEndian);
    put(stored, 4 + placeBytes, 2, image.photometric, littleEndian);
    entries.push({ tag: PHOTOMETRIC_TAG, stored });
  }
  entries.sort((one, other) => one.tag - other.tag);
  // A directory begins at an even place.
  const at = bytes.length + (bytes.length % 2);
  const mended = Buffer.alloc(at + countBytes + entries.length * entryBytes + placeBytes);
  mended.set(bytes);
  put(mended, at, countBytes, entries.length, littleEndian);
  for (const [index, { stored }] of entries.entries()) {
    mended.set(stored, at + countBytes + index * entryBytes);
  }
  put(mended, placeBytes === 8 ? 8 : 4, placeBytes, at, littleEndian);
  return mended;
}

function put(to: Buffer, at: number, width: 2 | 4 | 8, value: number, littleEndian: boolean): void {
  if (width === 8) {
    const wide = BigInt(value);
    if (littleEndian) to.writeBigUInt64LE(wide, at);
    else to.writeBigUInt64BE(wide, at);
  } else if (littleEndian) to.writeUIntLE(value, at, width);
  else to.writeUIntBE(value, at, width);
}
