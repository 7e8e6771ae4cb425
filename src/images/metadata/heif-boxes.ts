// Boxes of an ISO base media file (ISO/IEC 14496-12), and the items of a HEIF.
import type { ByteSource } from '../open/byte-source.js';
import { bufferOf } from './edits.js';

export interface Box {
  readonly type: string;
  readonly from: number;
  /** The beginning of its content, after size and type. */
  readonly content: number;
  /** Its end, at most the end of the box around it. */
  readonly to: number;
  /** Whether it would go beyond that. */
  readonly isCutOff: boolean;
}

/** Version and flags, with which some boxes begin. */
export const FULL_BOX_BYTES = 4;

/** How wide item numbers are in a list: wider in its later versions. */
export function idBytes(fullBox: Buffer): 2 | 4 {
  return fullBox.readUInt8() === 0 ? 2 : 4;
}

/**
 * The item that a box such as `pitm` names.
 *
 * @throws RangeError if its content is too short.
 */
export function itemNumberIn(fullBox: Buffer): number {
  return fullBox.readUIntBE(FULL_BOX_BYTES, idBytes(fullBox));
}

/** More boxes side by side than any picture has. */
const MAX_BOXES = 10_000;

/**
 * The boxes of a range.
 *
 * @returns undefined if a box has an impossible size or there are far too many.
 */
export function readBoxes(source: ByteSource, from: number, to: number): Box[] | undefined {
  const { boxes, areAll } = readBoxesSoFar(source, from, to);
  return areAll ? boxes : undefined;
}

/** The boxes of a range, up to the first one with an impossible size. */
export function readBoxesSoFar(
  source: ByteSource,
  from: number,
  to: number,
): { boxes: Box[]; areAll: boolean } {
  const boxes: Box[] = [];
  for (let at = from; at + 8 <= to; ) {
    const box = boxes.length < MAX_BOXES ? readBox(source, at, to) : undefined;
    if (!box) return { boxes, areAll: false };
    boxes.push(box);
    at = box.to;
  }
  return { boxes, areAll: true };
}

function readBox(source: ByteSource, from: number, to: number): Box | undefined {
  const head = bufferOf(source, from, Math.min(from + 16, to));
  if (head.length < 8) return undefined;
  const short = head.readUInt32BE();
  if (short === 1 && head.length < 16) return undefined;
  const headBytes = short === 1 ? 16 : 8;
  // 0 means up to the end.
  const size = short === 1 ? Number(head.readBigUInt64BE(8)) : short || to - from;
  if (size < headBytes) return undefined;
  const type = head.toString('latin1', 4, 8);
  return {
    type,
    from,
    content: from + headBytes,
    to: Math.min(from + size, to),
    isCutOff: from + size > to,
  };
}

/** The only box of a type, if there is exactly one. */
export function single(boxes: readonly Box[], type: string): Box | undefined {
  const [first, second] = boxes.filter((box) => box.type === type);
  return second ? undefined : first;
}

/** The boxes in the only `meta` box of a file, which lists its items and their properties. */
export function readMeta(source: ByteSource, boxes: readonly Box[]): Box[] | undefined {
  const meta = single(boxes, 'meta');
  return meta && readBoxes(source, meta.content + FULL_BOX_BYTES, meta.to);
}

/** A range of an item's bytes in the file (ISO/IEC 14496-12, 8.11). */
export interface Extent {
  readonly item: number;
  readonly from: number;
  readonly to: number;
}

/** The kind of an item that holds metadata. */
export type MetadataKind = 'exif' | 'text';

export interface Items {
  readonly metadata: ReadonlyMap<number, MetadataKind>;
  /** The ranges of all items; undefined if they are not certain. */
  readonly extents: readonly Extent[] | undefined;
  /** The box inside `meta` that holds bytes of items. */
  readonly data: Box | undefined;
}

const MAX_LIST_BYTES = 8_388_608;
const MAX_EXTENTS = 100_000;

/** Undefined if the list of items cannot be read. */
export function readItems(source: ByteSource, children: readonly Box[]): Items | undefined {
  const list = single(children, 'iinf');
  const metadata = list && readMetadataItems(source, list);
  if (!metadata) return undefined;
  const locations = single(children, 'iloc');
  const data = single(children, 'idat');
  return { metadata, extents: locations && readExtents(source, locations, data), data };
}

function readMetadataItems(source: ByteSource, list: Box): Map<number, MetadataKind> | undefined {
  const [version] = source.slice(list.content, list.content + 1);
  const start = list.content + FULL_BOX_BYTES + (version === 0 ? 2 : 4);
  const entries = readBoxes(source, start, list.to);
  if (!entries) return undefined;
  const items = new Map<number, MetadataKind>();
  for (const entry of entries) {
    if (entry.type !== 'infe') continue;
    const bytes = bufferOf(source, entry.content, Math.min(entry.to, entry.content + 4096));
    const [entryVersion] = bytes;
    const wide = entryVersion === 3 ? 2 : 0;
    if ((entryVersion !== 2 && entryVersion !== 3) || bytes.length < 12 + wide) continue;
    const id = wide ? bytes.readUInt32BE(4) : bytes.readUInt16BE(4);
    const kind = kindOf(bytes.toString('latin1', 8 + wide, 12 + wide), bytes.subarray(12 + wide));
    if (kind) items.set(id, kind);
  }
  return items;
}

/** `names`: the item's name and content type, each with a zero byte at its end. */
function kindOf(type: string, names: Buffer): MetadataKind | undefined {
  if (type === 'Exif') return 'exif';
  if (type !== 'mime') return undefined;
  const [, contentType = ''] = names.toString('latin1').split('\0');
  return /^(?:application\/(?:rdf\+)?xml|text\/)/i.test(contentType) ? 'text' : undefined;
}

/** The ranges of all items; undefined if any of them cannot be read. */
function readExtents(
  source: ByteSource,
  locations: Box,
  idat: Box | undefined,
): Extent[] | undefined {
  if (locations.to - locations.content > MAX_LIST_BYTES) return undefined;
  try {
    return parseExtents(bufferOf(source, locations.content, locations.to), source.length, idat);
  } catch {
    // A read beyond the end of the list, which is shorter than it says.
    return undefined;
  }
}

/** @throws RangeError if the list ends too early. */
function parseExtents(
  list: Buffer,
  fileBytes: number,
  idat: Box | undefined,
): Extent[] | undefined {
  const extents: Extent[] = [];
  let at = FULL_BOX_BYTES;
  const read = (bytes: number) => {
    at += bytes;
    return bytes === 0 ? 0 : readNumber(list, at - bytes, bytes);
  };
  const version = list.readUInt8();
  if (version > 2) return undefined;
  const sizes = read(2);
  const [offsetBytes, lengthBytes] = [sizes >> 12, (sizes >> 8) & 15];
  const [baseBytes, indexBytes] = [(sizes >> 4) & 15, version > 0 ? sizes & 15 : 0];
  if (![offsetBytes, lengthBytes, baseBytes, indexBytes].every(isFieldSize)) return undefined;
  const idBytes = version === 2 ? 4 : 2;
  const items = read(idBytes);
  for (let index = 0; index < items; index += 1) {
    const item = read(idBytes);
    const method = version > 0 ? read(2) & 15 : 0;
    const isElsewhere = read(2) !== 0;
    const base = read(baseBytes);
    const origin = method === 0 ? { from: 0, to: fileBytes } : method === 1 ? idat : undefined;
    if (!origin || isElsewhere) return undefined;
    const start = 'content' in origin ? origin.content : 0;
    for (let count = read(2); count > 0; count -= 1) {
      read(indexBytes);
      const from = start + base + read(offsetBytes);
      // 0 means up to the end.
      const to = from + read(lengthBytes);
      extents.push({ item, from, to: to === from ? origin.to : to });
      if (extents.length > MAX_EXTENTS) return undefined;
    }
  }
  return extents;
}

function isFieldSize(bytes: number): boolean {
  return bytes === 0 || bytes === 4 || bytes === 8;
}

/** @throws RangeError */
function readNumber(list: Buffer, at: number, bytes: number): number {
  return bytes === 8 ? Number(list.readBigUInt64BE(at)) : list.readUIntBE(at, bytes);
}
