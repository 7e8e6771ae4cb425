import type { ByteSource } from '../open/byte-source.js';
import { bufferOf } from './edits.js';
import { FULL_BOX_BYTES, readBoxes, readBoxesSoFar, readMeta, single } from './heif-boxes.js';

/** Types of items that are no picture. */
const NO_PICTURES: readonly string[] = ['Exif', 'mime', 'uri ', 'tmap'];

/** What an item is to another one if it is no picture of its own. */
const BY_REFERENCE: Readonly<Record<string, 'source' | 'targets'>> = {
  thmb: 'source',
  auxl: 'source',
  cdsc: 'source',
  // From what is put together to its parts.
  dimg: 'targets',
};

const HIDDEN = 1;
const MAX_BYTES = 8_388_608;

/**
 * The pictures that a HEIF shows side by side (ISO/IEC 23008-12): no tiles, thumbnails, depth maps or
 * hidden ones. 1 if that cannot be told.
 */
export function countHeifPictures(source: ByteSource): number {
  try {
    return countItems(source);
  } catch (error) {
    // A list ends before what it should hold.
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
