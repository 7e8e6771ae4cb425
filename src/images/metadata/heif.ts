import type { ByteSource } from '../open/byte-source.js';
import { bufferOf, type Edit, editedRange, type Metadata, type Piece } from './edits.js';
import {
  type Box,
  type Extent,
  FULL_BOX_BYTES,
  type Items,
  type MetadataKind,
  readBoxesSoFar,
  readItems,
  readMeta,
} from './heif-boxes.js';

/** An offset of 0 to a TIFF block without any entry. */
const EMPTY_EXIF = Buffer.from('\0\0\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0', 'latin1');
const FREE = Buffer.from('free', 'latin1');

const FILLER_BYTES = 65_536;
const ZEROS = Buffer.alloc(FILLER_BYTES);
const BLANKS = Buffer.alloc(FILLER_BYTES, ' ');

/** The offset of the type in a box. */
const TYPE_AT = 4;

/** This many bytes of an item tell whether it is what its list says. */
const LOOK_BYTES = 64;

/** A box or an item that holds nothing but metadata. */
type Target = { readonly kind: 'box'; readonly box: Box } | ItemTarget;
interface ItemTarget {
  readonly kind: MetadataKind;
  readonly extents: readonly Extent[];
}

/**
 * Metadata is overwritten in place, so that no offset changes: EXIF by an empty block, XMP by blanks,
 * boxes by free space. Bytes that something else in the file may use stay.
 */
export function readHeif(source: ByteSource): Metadata {
  const { boxes, areAll } = readBoxesSoFar(source, 0, source.length);
  const items = itemsOf(source, boxes);
  const targets: Target[] = metadataBoxes(source).map((box) => ({ kind: 'box', box }));
  if (!items) return { orientation: 1, stays: 'its list of contents is damaged' };
  const damage = damageOf(boxes, items, source.length);
  if (!items.extents) {
    const hasMetadata = targets.length > 0 || items.metadata.size > 0;
    const stays = hasMetadata && { stays: 'its list of places is unusual' };
    return { orientation: 1, ...stays, ...damage };
  }
  targets.push(...itemTargets(source, items.metadata, items.extents));
  const unsafe = disputed(claimsOf(source, boxes, items, targets));
  const safe = targets.filter((target) => !unsafe.has(target) && looksRight(source, target));
  const edits = safe.flatMap(overwrite).sort((a, b) => a.from - b.from);
  return {
    orientation: 1,
    ...(edits.length > 0 && { stripped: editedRange(0, source.length, edits) }),
    // The bytes after the last valid box may be anything; decoders ignore them.
    ...(!areAll && { stays: 'the file goes on after its last box' }),
    ...(safe.length < targets.length && { stays: 'it lies where pixels may be' }),
    ...damage,
  };
}

/** Whether the file ends before the data of its pictures; metadata may be missing. */
function damageOf(
  boxes: readonly Box[],
  { metadata, extents = [] }: Items,
  fileBytes: number,
): Pick<Metadata, 'end' | 'wholeBytes'> {
  const pictures = extents.filter(({ item }) => !metadata.has(item));
  const wholeBytes = pictures.reduce((most, { to }) => Math.max(most, to), fileBytes);
  if (pictures.length > 0) return wholeBytes > fileBytes ? { end: 'cut off', wholeBytes } : {};
  return boxes.some(({ isCutOff }) => isCutOff) ? { end: 'cut off' } : {};
}

/** The items of the file's only `meta` box; a file without one has tracks only. */
function itemsOf(source: ByteSource, boxes: readonly Box[]): Items | undefined {
  if (boxes.every(({ type }) => type !== 'meta'))
    return { metadata: new Map(), extents: [], data: undefined };
  const children = readMeta(source, boxes);
  return children && readItems(source, children);
}

function itemTargets(
  source: ByteSource,
  metadata: ReadonlyMap<number, MetadataKind>,
  extents: readonly Extent[],
): ItemTarget[] {
  const places = new Map<number, Extent[]>();
  for (const extent of extents) {
    if (!metadata.has(extent.item)) continue;
    const own = places.get(extent.item);
    if (own) own.push(extent);
    else places.set(extent.item, [extent]);
  }
  return [...places]
    .map(([item, own]) => ({ kind: metadata.get(item) ?? 'exif', extents: own }))
    .filter((target) => lookAt(source, target).some((byte) => byte !== 0));
}

function claimsOf(
  source: ByteSource,
  boxes: readonly Box[],
  { metadata, extents = [], data }: Items,
  targets: readonly Target[],
): Claim<Target>[] {
  const own = targets.flatMap((target): Claim<Target>[] =>
    target.kind === 'box'
      ? [{ from: target.box.from + TYPE_AT, to: target.box.to, owner: target }]
      : target.extents.map(({ from, to }) => ({ from, to, owner: target })),
  );
  const others = extents.filter(({ item }) => !metadata.has(item));
  const media = boxes.filter(({ type }) => type === 'mdat');
  const insides = [...media, ...(data ? [data] : [])].map(({ content, to }) => ({
    from: content,
    to,
  }));
  const erased = own.filter(({ owner }) => owner?.kind === 'box');
  return [...own, ...others, ...structureAround([...insides, ...erased], source.length)];
}

/** Whether the bytes are what the list of items says; a damaged list may point to pixels. */
function looksRight(source: ByteSource, target: Target): boolean {
  if (target.kind === 'box') return true;
  const text = lookAt(source, target).toString('latin1');
  return target.kind === 'exif' ? /II\*\0|MM\0\*/.test(text) : !/[\0-\x08\x0e-\x1f]/.test(text);
}

/** The first bytes of an item. */
function lookAt(source: ByteSource, { extents }: ItemTarget): Buffer {
  const parts: Buffer[] = [];
  let left = LOOK_BYTES;
  for (const { from, to } of extents) {
    if (left <= 0) break;
    const part = bufferOf(source, from, Math.min(to, from + left));
    parts.push(part);
    left -= Math.min(to - from, left);
  }
  return Buffer.concat(parts);
}

function overwrite(target: Target): Edit[] {
  if (target.kind === 'box') return overwriteBox(target.box);
  const [filler, start] = target.kind === 'exif' ? [ZEROS, EMPTY_EXIF] : [BLANKS, Buffer.alloc(0)];
  const bytes = target.extents.reduce((sum, { from, to }) => sum + to - from, 0);
  let left = bytes < start.length ? Buffer.alloc(0) : start;
  return target.extents.map(({ from, to }) => {
    const first = left.subarray(0, to - from);
    left = left.subarray(first.length);
    return { from, to, by: [first, ...fill(filler, to - from - first.length)] };
  });
}

function overwriteBox({ type, from, content, to }: Box): Edit[] {
  // Properties are referred to by number, and some decoders fail at one that they do not know.
  if (type === 'udes') {
    const start = Math.min(content + FULL_BOX_BYTES, to);
    return [{ from: start, to, by: fill(ZEROS, to - start) }];
  }
  return [
    { from: from + TYPE_AT, to: from + TYPE_AT + 4, by: [FREE] },
    { from: content, to, by: fill(ZEROS, to - content) },
  ];
}

/** Repeats one filler, so that a length claimed by the file costs no memory. */
function fill(filler: Buffer, bytes: number): Piece[] {
  const pieces: Piece[] = [];
  for (let left = bytes; left > 0; left -= FILLER_BYTES) pieces.push(filler.subarray(0, left));
  return pieces;
}

/** A range of bytes that a part of the file uses. If parts share bytes, nothing is overwritten. */
interface Claim<Owner> {
  readonly from: number;
  readonly to: number;
  readonly owner?: Owner;
}

/** The ranges between data: headers, lists, and everything beyond the end of the file. */
function structureAround(data: readonly Claim<unknown>[], fileBytes: number): Claim<never>[] {
  const inOrder = data.toSorted((a, b) => a.from - b.from);
  const starts = [0, ...inOrder.map(({ to }) => to)];
  const ends = [...inOrder.map(({ from }) => from), fileBytes];
  const between = starts.map((from, index) => ({ from, to: ends[index] ?? from }));
  return [...between, { from: fileBytes, to: Number.POSITIVE_INFINITY }];
}

/** The owners of bytes that another part claims too. */
function disputed<Owner>(claims: readonly Claim<Owner>[]): Set<Owner> {
  const found = new Set<Owner>();
  const inOrder = claims.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from);
  let group: Claim<Owner>[] = [];
  let reach = 0;
  const close = () => {
    if (group.length < 2) return;
    for (const { owner } of group) if (owner !== undefined) found.add(owner);
  };
  for (const claim of inOrder) {
    if (claim.from >= reach) {
      close();
      group = [];
    }
    group.push(claim);
    reach = Math.max(reach, claim.to);
  }
  close();
  return found;
}

/** A box that holds others, by its type; the file itself counts as one. */
interface Holder {
  /** Bytes before the first box inside. */
  readonly skip: number;
  /** Types of boxes inside that hold nothing but metadata. */
  readonly erased: readonly string[];
  readonly holders: readonly string[];
}

/** Boxes of a track or a movie that hold nothing but metadata. */
const OF_MOVIE = ['udta', 'uuid', 'meta'];

const holders: Readonly<Record<string, Holder>> = {
  file: { skip: 0, erased: ['uuid'], holders: ['meta', 'moov'] },
  meta: { skip: 4, erased: ['uuid', 'xml ', 'bxml'], holders: ['iprp'] },
  iprp: { skip: 0, erased: [], holders: ['ipco'] },
  // `udes` is the user's description: language, name, description, tags.
  ipco: { skip: 0, erased: ['udes'], holders: [] },
  moov: { skip: 0, erased: OF_MOVIE, holders: ['trak'] },
  trak: { skip: 0, erased: OF_MOVIE, holders: [] },
};

const FILE = { type: 'file', from: 0, content: 0, isCutOff: false } as const;

/** Every box of metadata in the file, in order, without boxes inside another one. */
function metadataBoxes(source: ByteSource): Box[] {
  return within(source, 'file', { ...FILE, to: source.length });
}

function within(source: ByteSource, name: string, box: Box): Box[] {
  const holder = holders[name];
  if (!holder) return [];
  const { boxes } = readBoxesSoFar(source, box.content + holder.skip, box.to);
  return boxes.flatMap((child) => {
    if (holder.erased.includes(child.type)) return [child];
    return holder.holders.includes(child.type) ? within(source, child.type, child) : [];
  });
}
