import type { ByteSource } from '../open/byte-source.js';
import { type Edit, editedRange, type Piece } from './edits.js';
import { bufferOf } from './file-bytes.js';
import { type Box, FULL_BOX_BYTES, readBoxesSoFar, readMeta } from './heif-boxes.js';
import { type Claim, disputed, structureAround } from './heif-claims.js';
import { metadataBoxes } from './heif-holders.js';
import { type Extent, type Items, type MetadataKind, readItems } from './heif-items.js';
import type { Metadata } from './result.js';

/** An offset of 0 to a TIFF block without any entry. */
const EMPTY_EXIF = Buffer.from('\0\0\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0', 'latin1');
const FREE = Buffer.from('free', 'latin1');

const FILLER_BYTES = 65_536;
const ZEROS = Buffer.alloc(FILLER_BYTES);
const BLANKS = Buffer.alloc(FILLER_BYTES, ' ');

/** Where in a box its type stands. */
const TYPE_AT = 4;

/** How much of an item tells whether it is what its list says. */
const LOOK_BYTES = 64;

/** Something that holds nothing but metadata. */
type Target = { readonly kind: 'box'; readonly box: Box } | ItemTarget;
interface ItemTarget {
  readonly kind: MetadataKind;
  readonly extents: readonly Extent[];
}

/**
 * Metadata is overwritten in place, so that no offset changes: EXIF by an empty block, XMP by
 * blanks, boxes by free space. What anything else in the file may read stays.
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
    // What follows the last box that is in order may be anything; decoders do not mind it.
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

/** Of the file's one `meta` box; a file without one has tracks only. */
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
  // Properties are counted, and some decoders give up at one that they do not know.
  if (type === 'udes') {
    const start = Math.min(content + FULL_BOX_BYTES, to);
    return [{ from: start, to, by: fill(ZEROS, to - start) }];
  }
  return [
    { from: from + TYPE_AT, to: from + TYPE_AT + 4, by: [FREE] },
    { from: content, to, by: fill(ZEROS, to - content) },
  ];
}

/** One filler many times: what a file says of its own lengths costs no memory. */
function fill(filler: Buffer, bytes: number): Piece[] {
  const pieces: Piece[] = [];
  for (let left = bytes; left > 0; left -= FILLER_BYTES) pieces.push(filler.subarray(0, left));
  return pieces;
}
