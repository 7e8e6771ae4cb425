import { bufferOf } from '../metadata/edits.js';
import {
  type Box,
  type Extent,
  FULL_BOX_BYTES,
  idBytes,
  itemNumberIn,
  readBoxes,
  readBoxesSoFar,
  readItems,
  readMeta,
  single,
} from '../metadata/heif-boxes.js';
import type { ByteSource } from '../open/byte-source.js';
import { fact, type SeenPart } from './seen-part.js';

/** A photo that is cut into tiles has about 50. */
const MAX_ITEMS = 20_000;
/** More than any list or properties take. */
const MAX_BYTES = 8_388_608;

/** Properties that do not change how a picture looks: names, dates, descriptions. */
const NOT_SEEN = new Set(['udes', 'altt', 'crtt', 'mdft', 'free', 'skip']);

/** The names of transparency in MPEG's HEVC and AVC and in ISO/IEC 23008-12. */
const ALPHA =
  /urn:mpeg:(?:hevc:2015:auxid:1\0|avc:2015:auxid:1\0|mpegB:cicp:systems:auxiliary:alpha)/;

interface Reference {
  readonly type: string;
  readonly from: number;
  readonly to: readonly number[];
}

/**
 * The primary picture, the pictures that it is made of, and its transparency: the properties and the
 * bytes of each. Numbers of items and positions in the file are left out, because they change when
 * metadata is added.
 */
export function seenInHeif(source: ByteSource): SeenPart[] | undefined {
  try {
    return partsOf(source);
  } catch (error) {
    // A list is shorter than it says.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The same for a file that holds no film: the frames of one are no items. */
export function seenInStill(source: ByteSource): SeenPart[] | undefined {
  const { boxes } = readBoxesSoFar(source, 0, source.length);
  return boxes.some(({ type }) => type === 'moov') ? undefined : seenInHeif(source);
}

/** @throws RangeError */
function partsOf(source: ByteSource): SeenPart[] | undefined {
  const meta = readMeta(source, readBoxesSoFar(source, 0, source.length).boxes) ?? [];
  const extents = readItems(source, meta)?.extents;
  const primary = primaryOf(source, meta);
  const properties = propertiesOf(source, meta);
  const references = referencesOf(source, meta);
  if (!extents || primary === undefined || !properties || !references) return undefined;
  const isAlpha = (item: number) =>
    (properties.get(item) ?? []).some(
      ({ type, content, to }) =>
        type === 'auxC' &&
        ALPHA.test(bufferOf(source, content, Math.min(to, content + 256)).toString('latin1')),
    );
  const items = madeOf(primary, references, isAlpha);
  const data = groupedBy(extents, ({ item }) => item);
  if (items.length > MAX_ITEMS || !items.some((item) => data.has(item))) return undefined;
  const places = new Map(items.map((item, place) => [item, place]));
  const parts: SeenPart[] = [];
  for (const [place, item] of items.entries()) {
    parts.push(fact('item', place));
    for (const { type, content, to } of properties.get(item) ?? []) {
      if (!NOT_SEEN.has(type)) parts.push({ name: type, pieces: [{ from: content, to }] });
    }
    for (const { type, from, to } of references) {
      if (from !== item || (type !== 'dimg' && type !== 'auxl')) continue;
      parts.push(fact(type, to.map((other) => places.get(other) ?? '-').join(' ')));
    }
    const own: readonly Extent[] = data.get(item) ?? [];
    if (own.some(({ to }) => to > source.length)) return undefined;
    parts.push({ name: 'data', pieces: own });
  }
  return parts;
}

/** @throws RangeError */
function primaryOf(source: ByteSource, meta: readonly Box[]): number | undefined {
  const box = single(meta, 'pitm');
  if (!box) return undefined;
  return itemNumberIn(contentOf(source, box));
}

/** @throws RangeError if the box is larger than it may be. */
function contentOf(source: ByteSource, { content, to }: Box): Buffer {
  if (to - content > MAX_BYTES) throw new RangeError('too large');
  return bufferOf(source, content, to);
}

/**
 * The properties of each item, in the order in which they apply.
 *
 * @throws RangeError
 */
function propertiesOf(
  source: ByteSource,
  meta: readonly Box[],
): Map<number, readonly Box[]> | undefined {
  const holder = single(meta, 'iprp');
  const children = holder && readBoxes(source, holder.content, holder.to);
  const container = children && single(children, 'ipco');
  const all = container && readBoxes(source, container.content, container.to);
  if (!children || !all) return undefined;
  const found = new Map<number, readonly Box[]>();
  for (const list of children.filter(({ type }) => type === 'ipma')) {
    const bytes = contentOf(source, list);
    const [id, width] = [idBytes(bytes), bytes.readUInt8(3) & 1 ? 2 : 1] as const;
    let at = FULL_BOX_BYTES + 4;
    for (let left = bytes.readUInt32BE(FULL_BOX_BYTES); left > 0; left -= 1) {
      const item = bytes.readUIntBE(at, id);
      const count = bytes.readUInt8(at + id);
      at += id + 1;
      const own: Box[] = [];
      for (let index = 0; index < count; index += 1, at += width) {
        // The first bit says whether the property is essential; 0 stands for none.
        const number = bytes.readUIntBE(at, width) & (width === 2 ? 0x7fff : 0x7f);
        const property = all[number - 1];
        if (property) own.push(property);
        else if (number > 0) return undefined;
      }
      if (!found.has(item)) found.set(item, own);
    }
  }
  return found;
}

/** @throws RangeError */
function referencesOf(source: ByteSource, meta: readonly Box[]): Reference[] | undefined {
  const list = single(meta, 'iref');
  if (!list) return [];
  const id = idBytes(bufferOf(source, list.content, list.content + FULL_BOX_BYTES));
  return readBoxes(source, list.content + FULL_BOX_BYTES, list.to)?.map((box) => {
    const bytes = contentOf(source, box);
    const count = bytes.readUInt16BE(id);
    const to = Array.from({ length: count }, (_, index) =>
      bytes.readUIntBE(id + 2 + index * id, id),
    );
    return { type: box.type, from: bytes.readUIntBE(0, id), to };
  });
}

/** A picture, the pictures that it is made of, and the transparency of each of them. */
function madeOf(
  primary: number,
  references: readonly Reference[],
  isAlpha: (item: number) => boolean,
): number[] {
  const items = new Set([primary]);
  const made = groupedBy(
    references.filter(({ type }) => type === 'dimg'),
    ({ from }) => from,
  );
  const addParts = () => {
    // The set grows during the loop.
    for (const item of items) {
      for (const { to } of made.get(item) ?? []) for (const part of to) items.add(part);
      if (items.size > MAX_ITEMS) return;
    }
  };
  addParts();
  for (const { type, from, to } of references) {
    if (type === 'auxl' && to.some((item) => items.has(item)) && isAlpha(from)) items.add(from);
  }
  addParts();
  return [...items];
}

function groupedBy<T>(values: readonly T[], keyOf: (value: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group) group.push(value);
    else groups.set(keyOf(value), [value]);
  }
  return groups;
}
