import type { ByteSource } from '../open/byte-source.js';
import { bufferOf } from './edits.js';
import { FULL_BOX_BYTES, readBoxes, readBoxesSoFar, readMeta, single } from './heif-boxes.js';

/** Types of items that are not pictures. */
const NO_PICTURES: readonly string[] = ['Exif', 'mime', 'uri ', 'tmap'];

/** The references that make an item a part of another picture: the side that is the part. */
const BY_REFERENCE: Readonly<Record<string, 'source' | 'targets'>> = {
  thmb: 'source',
  auxl: 'source',
  cdsc: 'source',
  // From the composed picture to its parts.
  dimg: 'targets',
};

const HIDDEN = 1;
const MAX_BYTES = 8_388_608;

/**
 * The number of pictures that a HEIF shows (ISO/IEC 23008-12), without tiles, thumbnails, depth maps
 * and hidden pictures. 1 if it cannot be read.
 */
export function countHeifPictures(source: ByteSource): number {
  try {
    return countItems(source);
  } catch (error) {
    // A list is shorter than it says.
    if (error instanceof RangeError) return 1;
    throw error;
  }
}

/** @throws RangeError */
function countItems(source: ByteSource): number {
  const meta = readMeta(source, readBoxesSoFar(source, 0, source.length).boxes) ?? [];
  const list = single(meta, 'iinf');
  if (!list) return 1;
  const [version] = source.slice(list.content, list.content + 1);
  const entries = readBoxes(source, list.content + FULL_BOX_BYTES + (version ? 4 : 2), list.to);
  const pictures = new Set<number>();
  for (const { type, content, to } of entries ?? []) {
    if (type !== 'infe') continue;
    const bytes = bufferOf(source, content, Math.min(to, content + 32));
    const wide = bytes.readUInt8() === 3 ? 2 : 0;
    if (bytes.readUInt8() < 2 || (bytes.readUInt8(3) & HIDDEN) !== 0) continue;
    const kind = bytes.toString('latin1', 8 + wide, 12 + wide);
    const id = wide ? bytes.readUInt32BE(4) : bytes.readUInt16BE(4);
    if (!NO_PICTURES.includes(kind)) pictures.add(id);
  }
  for (const id of dependentItems(source, single(meta, 'iref'))) pictures.delete(id);
  return Math.max(1, pictures.size);
}

/** @throws RangeError */
function dependentItems(source: ByteSource, list: ReturnType<typeof single>): number[] {
  if (!list || list.to - list.content > MAX_BYTES) return [];
  const [version] = source.slice(list.content, list.content + 1);
  const idBytes = version ? 4 : 2;
  const references = readBoxes(source, list.content + FULL_BOX_BYTES, list.to) ?? [];
  return references.flatMap(({ type, content, to }) => {
    const role = BY_REFERENCE[type];
    if (!role) return [];
    const bytes = bufferOf(source, content, to);
    if (role === 'source') return [bytes.readUIntBE(0, idBytes)];
    const count = bytes.readUInt16BE(idBytes);
    return Array.from({ length: count }, (_, index) =>
      bytes.readUIntBE(idBytes + 2 + index * idBytes, idBytes),
    );
  });
}
