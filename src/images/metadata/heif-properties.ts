// What a HEIF says about its primary picture (ISO/IEC 23008-12, 6.5): its size and its colours.
import type { Size } from '../../domain/picture.js';
import type { ByteSource } from '../open/byte-source.js';
import { bufferOf } from './edits.js';
import {
  type Box,
  FULL_BOX_BYTES,
  idBytes,
  itemNumberIn,
  readBoxes,
  readBoxesSoFar,
  readMeta,
  single,
} from './heif-boxes.js';

export interface HeifProperties {
  /** In pixels, as displayed: cropped and turned. */
  readonly size: Size | undefined;
  /** An ICC profile, which goes before the numbers. */
  readonly profile: Uint8Array | undefined;
  readonly numbers: ColourNumbers | undefined;
  /** The brightest light in it, in candela a square metre. */
  readonly peak: number | undefined;
}

/** What colours mean, by the numbers of ISO/IEC 23091-2. */
export interface ColourNumbers {
  readonly primaries: number;
  readonly transfer: number;
}

const NOTHING: HeifProperties = {
  ...{ size: undefined, profile: undefined, numbers: undefined, peak: undefined },
};

/** More than any properties or references take; an ICC profile is among them. */
const MAX_BYTES = 8_388_608;

/** Damaged properties are undefined. It never throws, whatever the bytes are. */
export function readHeifProperties(source: ByteSource): HeifProperties {
  const meta = readMeta(source, readBoxesSoFar(source, 0, source.length).boxes) ?? [];
  const item = orNothing(() => primaryItem(source, meta));
  const properties = item === undefined ? undefined : propertiesOf(source, meta, item);
  if (item === undefined || properties === undefined) return NOTHING;
  const hasColours = properties.some(({ type }) => type === 'colr');
  const coloured = hasColours ? properties : propertiesOfFirstTile(source, meta, item);
  return {
    size: orNothing(() => displayedSize(source, properties)),
    profile: orNothing(() => profileOf(source, coloured ?? [])),
    numbers: orNothing(() => numbersOf(source, coloured ?? [])),
    peak: orNothing(() => peakOf(source, properties)),
  };
}

/** Undefined if a box is shorter than its content. */
function orNothing<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** @throws RangeError */
function primaryItem(source: ByteSource, meta: readonly Box[]): number | undefined {
  const box = single(meta, 'pitm');
  if (!box) return undefined;
  return itemNumberIn(contentOf(source, box));
}

function contentOf(source: ByteSource, { content, to }: Box, most = MAX_BYTES): Buffer {
  return bufferOf(source, content, Math.min(to, content + most));
}

/** The properties of an item, in the order in which they apply; undefined if any is missing. */
function propertiesOf(source: ByteSource, meta: readonly Box[], item: number): Box[] | undefined {
  const holder = single(meta, 'iprp');
  if (!holder || holder.to - holder.from > MAX_BYTES) return undefined;
  const children = readBoxes(source, holder.content, holder.to) ?? [];
  const container = single(children, 'ipco');
  const all = container && readBoxes(source, container.content, container.to);
  const lists = children.filter(({ type }) => type === 'ipma');
  const numbers = orNothing(() => associatedWith(source, lists, item));
  if (!all || !numbers) return undefined;
  const found = numbers.flatMap((number) => all[number - 1] ?? []);
  return found.length === numbers.length ? found : undefined;
}

/**
 * The numbers of an item's properties, from 1; 0 stands for none.
 *
 * @throws RangeError
 */
function associatedWith(
  source: ByteSource,
  lists: readonly Box[],
  item: number,
): number[] | undefined {
  for (const list of lists) {
    const bytes = contentOf(source, list);
    const [id, isWide] = [idBytes(bytes), (bytes.readUInt8(3) & 1) === 1];
    const width = isWide ? 2 : 1;
    let at = FULL_BOX_BYTES + 4;
    for (let left = bytes.readUInt32BE(FULL_BOX_BYTES); left > 0; left -= 1) {
      const start = at + id + 1;
      const count = bytes.readUInt8(start - 1);
      if (bytes.readUIntBE(at, id) === item) {
        // The first bit says whether the property is essential.
        const numberAt = (index: number) =>
          bytes.readUIntBE(start + index * width, width) & (isWide ? 0x7fff : 0x7f);
        return Array.from({ length: count }, (_, index) => numberAt(index)).filter(Boolean);
      }
      at = start + count * width;
    }
  }
  return undefined;
}

/** The properties of the first picture that an item is made of, such as a tile of a grid. */
function propertiesOfFirstTile(
  source: ByteSource,
  meta: readonly Box[],
  item: number,
): Box[] | undefined {
  const tile = orNothing(() => firstTile(source, meta, item));
  return tile === undefined ? undefined : propertiesOf(source, meta, tile);
}

/** @throws RangeError */
function firstTile(source: ByteSource, meta: readonly Box[], item: number): number | undefined {
  const list = single(meta, 'iref');
  if (!list) return undefined;
  const id = idBytes(contentOf(source, list, FULL_BOX_BYTES));
  const references = readBoxes(source, list.content + FULL_BOX_BYTES, list.to) ?? [];
  for (const reference of references) {
    if (reference.type !== 'dimg') continue;
    // The item that refers, the number of its targets, and the first target.
    const bytes = contentOf(source, reference, id + 2 + id);
    if (bytes.readUIntBE(0, id) !== item) continue;
    return bytes.readUInt16BE(id) > 0 ? bytes.readUIntBE(id + 2, id) : undefined;
  }
  return undefined;
}

/** @throws RangeError */
function displayedSize(source: ByteSource, properties: readonly Box[]): Size | undefined {
  const stored = single(properties, 'ispe');
  if (!stored) return undefined;
  const bytes = contentOf(source, stored);
  let size: Size = { width: bytes.readUInt32BE(4), height: bytes.readUInt32BE(8) };
  for (const property of properties) {
    if (property.type === 'clap') size = croppedSize(contentOf(source, property), size);
    if (property.type === 'irot') size = turnedSize(contentOf(source, property), size);
  }
  return size.width > 0 && size.height > 0 ? size : undefined;
}

/**
 * The size after cropping: width and height as fractions, then the offsets.
 *
 * @throws RangeError if the list ends too early or the cropped size is larger than the whole.
 */
function croppedSize(clap: Buffer, { width, height }: Size): Size {
  const sideAt = (at: number, whole: number) => {
    const side = Math.round(clap.readUInt32BE(at) / clap.readUInt32BE(at + 4));
    // NaN if the denominator is 0.
    if (!(side <= whole)) throw new RangeError('cropped to more than there is');
    return side;
  };
  return { width: sideAt(0, width), height: sideAt(8, height) };
}

/** The size after a turn by quarters. */
function turnedSize(irot: Buffer, { width, height }: Size): Size {
  return irot.readUInt8() % 2 === 0 ? { width, height } : { width: height, height: width };
}

/** @throws RangeError */
function profileOf(source: ByteSource, properties: readonly Box[]): Uint8Array | undefined {
  const colours = coloursIn(source, properties);
  const icc = colours.find(({ type }) => type === 'prof' || type === 'rICC')?.rest;
  return icc && isProfile(icc) ? icc : undefined;
}

/** @throws RangeError */
function numbersOf(source: ByteSource, properties: readonly Box[]): ColourNumbers | undefined {
  const numbers = coloursIn(source, properties).find(({ type }) => type === 'nclx')?.rest;
  return numbers && { primaries: numbers.readUInt16BE(), transfer: numbers.readUInt16BE(2) };
}

function coloursIn(source: ByteSource, properties: readonly Box[]) {
  return properties
    .filter(({ type }) => type === 'colr')
    .map((box) => contentOf(source, box))
    .map((bytes) => ({ type: bytes.toString('latin1', 0, 4), rest: bytes.subarray(4) }));
}

/** @throws RangeError */
function peakOf(source: ByteSource, properties: readonly Box[]): number | undefined {
  const light = properties.find(({ type }) => type === 'clli');
  return light && (contentOf(source, light).readUInt16BE() || undefined);
}

/** Whether it has the mark of ICC.1, 7.2.9. */
function isProfile(icc: Buffer): boolean {
  return icc.toString('latin1', 36, 40) === 'acsp' && icc.readUInt32BE() <= icc.length;
}
