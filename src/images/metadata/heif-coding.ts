// How the pictures of a HEIF are coded, and whether they follow one another in time.
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

export interface HeifCoding {
  /**
   * The type of the item or of the track's samples that hold the primary picture, such as `hvc1`;
   * undefined if it cannot be told.
   */
  readonly codec: string | undefined;
  /** Whether its main picture stands in a list of items, rather than in a track alone. */
  readonly hasItem: boolean;
  /** Pictures that follow one another in time; 1 if it is no sequence. */
  readonly frames: number;
  /** Whether it is a sequence. */
  readonly isSequence: boolean;
  /** Whether it is of the short form, whose header is one box of bits. */
  readonly isShort: boolean;
}

/** Items that are made of others. */
const MADE_OF_OTHERS: readonly string[] = ['grid', 'iden', 'iovl', 'tmap'];

/** The names of the codecs, for people. */
const NAMES: Readonly<Record<string, string>> = {
  ...{ hvc1: 'HEVC', hev1: 'HEVC', av01: 'AV1', avc1: 'H.264', avc3: 'H.264', lhv1: 'L-HEVC' },
  ...{ lhe1: 'L-HEVC', vvc1: 'VVC', evc1: 'EVC', j2k1: 'JPEG 2000', jpeg: 'JPEG', mjpg: 'JPEG' },
  unci: 'samples that are not compressed',
};

/** The one that Gemini's HEIC and HEIF are coded by. */
export const HEVC: readonly string[] = ['hvc1', 'hev1'];

const SEQUENCE_BRANDS: readonly string[] = ['msf1', 'hevc', 'hevx', 'hevm', 'hevs', 'avis'];

const MAX_BYTES = 8_388_608;

/** As people name a codec. */
export function nameOfCodec(codec: string): string {
  return NAMES[codec] ?? `a codec that is called ${codec.replace(/[^\x21-\x7e]/g, '?')}`;
}

/** It never throws, whatever the bytes are. */
export function readHeifCoding(source: ByteSource): HeifCoding {
  const { boxes } = readBoxesSoFar(source, 0, source.length);
  const brand = bufferOf(source, 8, 12).toString('latin1');
  const isSequence = SEQUENCE_BRANDS.includes(brand) && boxes.some(({ type }) => type === 'moov');
  const isShort = boxes.some(({ type }) => type === 'mini');
  try {
    const track = isSequence ? firstTrack(source) : undefined;
    const ofItem = codecOfItem(source, boxes);
    const codec = ofItem ?? track?.codec;
    const hasItem = ofItem !== undefined;
    return { codec, hasItem, isSequence, isShort, frames: Math.max(1, track?.count ?? 1) };
  } catch (error) {
    // A list is shorter than it says.
    if (!(error instanceof RangeError)) throw error;
    return { codec: undefined, hasItem: false, isSequence, isShort, frames: 1 };
  }
}

/** @throws RangeError */
function codecOfItem(source: ByteSource, boxes: readonly Box[]): string | undefined {
  const meta = readMeta(source, boxes) ?? [];
  const [primary, list] = [single(meta, 'pitm'), single(meta, 'iinf')];
  if (!primary || !list) return undefined;
  const types = typesOf(source, list);
  let item: number | undefined = itemNumberIn(bufferOf(source, primary.content, primary.to));
  // A tile may be cropped from another one; nothing real goes deeper.
  for (let depth = 0; depth < 4 && item !== undefined; depth += 1) {
    const type = types.get(item);
    if (type === undefined || !MADE_OF_OTHERS.includes(type)) return type;
    item = firstPart(source, single(meta, 'iref'), item);
  }
  return undefined;
}

/** @throws RangeError */
function typesOf(source: ByteSource, list: Box): Map<number, string> {
  const [version] = source.slice(list.content, list.content + 1);
  const entries = readBoxes(source, list.content + FULL_BOX_BYTES + (version ? 4 : 2), list.to);
  const types = new Map<number, string>();
  for (const { type, content, to } of entries ?? []) {
    if (type !== 'infe') continue;
    const bytes = bufferOf(source, content, Math.min(to, content + 32));
    const wide = bytes.readUInt8() === 3 ? 2 : 0;
    if (bytes.readUInt8() < 2) continue;
    const id = wide ? bytes.readUInt32BE(4) : bytes.readUInt16BE(4);
    types.set(id, bytes.toString('latin1', 8 + wide, 12 + wide));
  }
  return types;
}

/** @throws RangeError */
function firstPart(source: ByteSource, list: Box | undefined, item: number): number | undefined {
  if (!list || list.to - list.content > MAX_BYTES) return undefined;
  const id = idBytes(bufferOf(source, list.content, list.content + FULL_BOX_BYTES));
  for (const { type, content, to } of readBoxes(source, list.content + FULL_BOX_BYTES, list.to) ??
    []) {
    if (type !== 'dimg') continue;
    const bytes = bufferOf(source, content, Math.min(to, content + 16));
    if (bytes.readUIntBE(0, id) === item && bytes.readUInt16BE(id) > 0) {
      return bytes.readUIntBE(id + 2, id);
    }
  }
  return undefined;
}

/** The first picture of a track (ISO/IEC 14496-12, 8.3 to 8.7). */
export interface TrackPicture {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** What the decoder needs, and the colours: boxes with their headers. */
  readonly properties: readonly Uint8Array[];
  /** Its bytes in the file. */
  readonly from: number;
  readonly to: number;
  /** All pictures of the track. */
  readonly count: number;
}

/** Bytes of a visual sample entry before the boxes in it. */
const SAMPLE_ENTRY_BYTES = 78;

const PROPERTIES: readonly string[] = [
  'hvcC',
  'av1C',
  'avcC',
  'colr',
  'pasp',
  'clap',
  'clli',
  'mdcv',
];

/**
 * The first picture of the first track that shows pictures.
 *
 * @throws RangeError
 */
export function firstTrack(source: ByteSource): TrackPicture | undefined {
  const { boxes } = readBoxesSoFar(source, 0, source.length);
  const movie = single(boxes, 'moov');
  for (const track of (movie && readBoxes(source, movie.content, movie.to)) ?? []) {
    if (track.type !== 'trak') continue;
    const media = inside(source, track, 'mdia');
    const handler = media && inside(source, media, 'hdlr');
    const kind =
      handler && bufferOf(source, handler.content + 8, handler.content + 12).toString('latin1');
    if (!media || (kind !== 'pict' && kind !== 'vide')) continue;
    const picture = firstSample(source, media);
    if (picture) return picture;
  }
  return undefined;
}

function inside(source: ByteSource, { content, to }: Box, type: string): Box | undefined {
  return single(readBoxes(source, content, to) ?? [], type);
}

/** @throws RangeError */
function firstSample(source: ByteSource, media: Box): TrackPicture | undefined {
  const information = inside(source, media, 'minf');
  const table = information && inside(source, information, 'stbl');
  const boxes = table && readBoxes(source, table.content, table.to);
  if (!boxes) return undefined;
  const [entries, sizes] = [single(boxes, 'stsd'), single(boxes, 'stsz')];
  const places = single(boxes, 'stco') ?? single(boxes, 'co64');
  const [entry] = (entries && readBoxes(source, entries.content + 8, entries.to)) ?? [];
  if (!entry || !sizes || !places) return undefined;
  const sizeTable = bufferOf(source, sizes.content, Math.min(sizes.to, sizes.content + 16));
  const size = sizeTable.readUInt32BE(4) || sizeTable.readUInt32BE(12);
  const place = bufferOf(source, places.content, Math.min(places.to, places.content + 16));
  const from = places.type === 'co64' ? Number(place.readBigUInt64BE(8)) : place.readUInt32BE(8);
  const head = bufferOf(source, entry.content, entry.content + SAMPLE_ENTRY_BYTES);
  const own = readBoxes(source, entry.content + SAMPLE_ENTRY_BYTES, entry.to) ?? [];
  return {
    codec: entry.type,
    width: head.readUInt16BE(24),
    height: head.readUInt16BE(26),
    properties: own
      .filter(({ type, from: start, to }) => PROPERTIES.includes(type) && to - start < MAX_BYTES)
      .map(({ from: start, to }) => source.slice(start, to)),
    from,
    to: from + size,
    count: sizeTable.readUInt32BE(8),
  };
}
