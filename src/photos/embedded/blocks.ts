// Where each format of pictures keeps its XMP, IPTC and EXIF.
import { brotliDecompressSync, inflateSync } from 'node:zlib';
import type { PictureFormat } from '../../domain/picture.js';
import { bufferOf } from '../../images/metadata/edits.js';
import { EXIF_MARK } from '../../images/metadata/exif.js';
import { EXTENSION_BLOCK, gifBlocks } from '../../images/metadata/gif-blocks.js';
import {
  FULL_BOX_BYTES,
  readBoxesSoFar,
  readItems,
  readMeta,
} from '../../images/metadata/heif-boxes.js';
import { EOI, nextSegment, SOS } from '../../images/metadata/jpeg-segments.js';
import { readDirectories } from '../../images/metadata/tiff.js';
import type { ByteSource } from '../../images/open/byte-source.js';
import { MOST_XMP_BYTES } from '../xmp/xml.js';
import { readResources } from './iptc.js';

/** The blocks of metadata in a picture. */
export interface Blocks {
  /** XMP packets; a second one holds what the first had no room for. */
  readonly xmp: readonly Buffer[];
  readonly iptc?: Buffer | undefined;
  /** A TIFF block. */
  readonly exif?: Buffer | ByteSource | undefined;
  /** Texts of a PNG, by their keywords. */
  readonly texts?: Readonly<Record<string, string>>;
}

type Reader = (source: ByteSource) => Blocks;

const NOTHING: Blocks = { xmp: [] };

/** The formats that hold metadata in a way that is read here. */
const READERS: Partial<Readonly<Record<PictureFormat, Reader>>> = {
  jpeg: readJpeg,
  png: readPng,
  webp: readWebp,
  heic: readHeif,
  heif: readHeif,
  avif: readHeif,
  tiff: readTiff,
  raw: readTiff,
  gif: readGif,
  psd: readPsd,
  jpegxl: readBoxed,
  jpeg2000: readBoxed,
};

/** The blocks of a picture, as far as the file can be read. It never throws for its bytes. */
export function readBlocks(source: ByteSource, format: PictureFormat): Blocks {
  try {
    return READERS[format]?.(source) ?? NOTHING;
  } catch (error) {
    // A list that ends too early, or a packed text that cannot be unpacked.
    if (error instanceof RangeError || isUnpackable(error)) return NOTHING;
    throw error;
  }
}

function isUnpackable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(?:Z_|ERR_)/.test(String(error.code));
}

const APP1 = 0xe1;
const APP13 = 0xed;
const MARKS = {
  exif: EXIF_MARK.toString('latin1'),
  xmp: 'http://ns.adobe.com/xap/1.0/\0',
  more: 'http://ns.adobe.com/xmp/extension/\0',
  photoshop: 'Photoshop 3.0\0',
} as const;
/** Before each part of a packet that takes several segments: its digest, its size, and the place. */
const MORE_HEAD_BYTES = 40;
const MAX_SEGMENTS = 50_000;

function readJpeg(source: ByteSource): Blocks {
  let exif: Buffer | undefined;
  let xmp: Buffer | undefined;
  const resources: Buffer[] = [];
  const more: Buffer[] = [];
  let at = 2;
  for (let count = 0; count < MAX_SEGMENTS; count += 1) {
    const segment = nextSegment(source, at, false);
    if (!segment || segment.code === SOS || segment.code === EOI) break;
    const { code, content, to } = segment;
    at = to;
    if (code !== APP1 && code !== APP13) continue;
    const bytes = Buffer.from(bufferOf(source, content, to));
    const after = (mark: string) =>
      bytes.toString('latin1', 0, mark.length) === mark ? bytes.subarray(mark.length) : undefined;
    if (code === APP13) resources.push(after(MARKS.photoshop) ?? Buffer.alloc(0));
    else {
      exif ??= after(MARKS.exif);
      xmp ??= after(MARKS.xmp);
      const part = after(MARKS.more);
      if (part) more.push(part);
    }
  }
  const { iptc } = readResources(Buffer.concat(resources));
  return { xmp: [xmp, joined(more)].filter((block) => block !== undefined), iptc, exif };
}

/** The packet that was split over several segments, if all its parts are there. */
function joined(parts: readonly Buffer[]): Buffer | undefined {
  const [first] = parts;
  if (!first || first.length < MORE_HEAD_BYTES) return undefined;
  const digest = first.toString('latin1', 0, 32);
  const size = first.readUInt32BE(32);
  if (size > MOST_XMP_BYTES) return undefined;
  const whole = Buffer.alloc(size);
  let filled = 0;
  for (const part of parts) {
    if (part.length < MORE_HEAD_BYTES || part.toString('latin1', 0, 32) !== digest) continue;
    filled += part.copy(whole, part.readUInt32BE(36), MORE_HEAD_BYTES);
  }
  return filled === size ? whole : undefined;
}

const PNG_XMP = 'XML:com.adobe.xmp';
const MOST_TEXT_BYTES = 1_048_576;

function readPng(source: ByteSource): Blocks {
  let exif: Buffer | undefined;
  const xmp: Buffer[] = [];
  const texts: Record<string, string> = {};
  for (let at = 8, count = 0; at + 12 <= source.length && count < MAX_SEGMENTS; count += 1) {
    const head = bufferOf(source, at, at + 8);
    const [size, type] = [head.readUInt32BE(), head.toString('latin1', 4)];
    const content = () => Buffer.from(bufferOf(source, at + 8, at + 8 + size));
    if (at + 12 + size > source.length) break;
    if (type === 'eXIf') exif ??= content();
    if (size <= MOST_XMP_BYTES && (type === 'iTXt' || type === 'tEXt' || type === 'zTXt')) {
      const text = textChunk(type, content());
      if (text?.keyword === PNG_XMP) xmp.push(text.bytes);
      else if (text && text.bytes.length <= MOST_TEXT_BYTES) {
        texts[text.keyword] ??= text.bytes.toString(type === 'iTXt' ? 'utf8' : 'latin1');
      }
    }
    at += 12 + size;
    if (type === 'IEND') break;
  }
  return { xmp, exif, texts };
}

/** The keyword and the text of a chunk: `iTXt` has flags and two more strings before the text. */
function textChunk(type: string, bytes: Buffer): { keyword: string; bytes: Buffer } | undefined {
  const end = bytes.indexOf(0);
  if (end < 1 || end > 79) return undefined;
  const keyword = bytes.toString('latin1', 0, end);
  if (type === 'tEXt') return { keyword, bytes: bytes.subarray(end + 1) };
  if (type === 'zTXt') return { keyword, bytes: unpacked(bytes.subarray(end + 2)) };
  const isPacked = bytes[end + 1] === 1;
  const translated = bytes.indexOf(0, bytes.indexOf(0, end + 3) + 1);
  if (translated < 0) return undefined;
  const text = bytes.subarray(translated + 1);
  return { keyword, bytes: isPacked ? unpacked(text) : text };
}

function unpacked(bytes: Buffer): Buffer {
  return inflateSync(bytes, { maxOutputLength: MOST_XMP_BYTES });
}

function readWebp(source: ByteSource): Blocks {
  let exif: Buffer | undefined;
  const xmp: Buffer[] = [];
  for (let at = 12, count = 0; at + 8 <= source.length && count < MAX_SEGMENTS; count += 1) {
    const head = bufferOf(source, at, at + 8);
    const [type, size] = [head.toString('latin1', 0, 4), head.readUInt32LE(4)];
    const content = () => Buffer.from(bufferOf(source, at + 8, at + 8 + size));
    if (type === 'EXIF') exif ??= withoutMark(content());
    if (type === 'XMP ' && size <= MOST_XMP_BYTES) xmp.push(content());
    at += 8 + size + (size % 2);
  }
  return { xmp, exif };
}

function withoutMark(block: Buffer): Buffer {
  const hasMark = block.subarray(0, EXIF_MARK.length).equals(EXIF_MARK);
  return hasMark ? block.subarray(EXIF_MARK.length) : block;
}

function readHeif(source: ByteSource): Blocks {
  const { boxes } = readBoxesSoFar(source, 0, source.length);
  const children = readMeta(source, boxes);
  const items = children && readItems(source, children);
  const extents = items?.extents ?? [];
  const xmp: Buffer[] = [];
  let exif: Buffer | undefined;
  for (const [item, kind] of items?.metadata ?? []) {
    const parts = extents.filter((extent) => extent.item === item);
    const size = parts.reduce((sum, { from, to }) => sum + to - from, 0);
    if (size > MOST_XMP_BYTES) continue;
    const bytes = Buffer.concat(parts.map(({ from, to }) => bufferOf(source, from, to)));
    if (kind === 'text') xmp.push(bytes);
    else exif ??= exifItem(bytes);
  }
  return { xmp, exif };
}

/** The block of an item or a box of EXIF, which begins with the offset of the TIFF header. */
function exifItem(bytes: Buffer): Buffer | undefined {
  return bytes.length < 8 ? undefined : bytes.subarray(FULL_BOX_BYTES + bytes.readUInt32BE());
}

const TAGS = { xmp: 700, iptc: 33_723, photoshop: 34_377 } as const;

/** TIFF, DNG, and the raw files of cameras that are built like them. */
function readTiff(source: ByteSource): Blocks {
  const [first] = readDirectories(source);
  if (!first) return NOTHING;
  const xmp = first.bytes(TAGS.xmp);
  const iptc = first.bytes(TAGS.iptc);
  const resources = readResources(first.bytes(TAGS.photoshop));
  return {
    xmp: xmp.length > 0 ? [xmp] : [],
    iptc: iptc.length > 0 ? iptc : resources.iptc,
    exif: source,
  };
}

const APPLICATION = 0xff;
const GIF_XMP = '\x0bXMP DataXMP';
const XMP_END = '<?xpacket end=';

function readGif(source: ByteSource): Blocks {
  for (const { type, kind, at } of gifBlocks(source)) {
    if (type !== EXTENSION_BLOCK || kind !== APPLICATION) continue;
    const start = at + 2 + GIF_XMP.length;
    if (bufferOf(source, at + 2, start).toString('latin1') !== GIF_XMP) continue;
    // The packet is not cut into sub-blocks; a trailer behind it leads readers to its end.
    const bytes = Buffer.from(bufferOf(source, start, start + MOST_XMP_BYTES));
    const mark = bytes.indexOf(XMP_END);
    const end = mark < 0 ? -1 : bytes.indexOf('?>', mark);
    return { xmp: end < 0 ? [] : [bytes.subarray(0, end + 2)] };
  }
  return NOTHING;
}

const PSD_HEADER_BYTES = 26;

/** Behind the header lie a table of colours and the resources, each with its size before it. */
function readPsd(source: ByteSource): Blocks {
  const sizeAt = (at: number) => bufferOf(source, at, at + 4).readUInt32BE();
  const at = PSD_HEADER_BYTES + 4 + sizeAt(PSD_HEADER_BYTES);
  const size = Math.min(sizeAt(at), 2 * MOST_XMP_BYTES);
  const { xmp, iptc, exif } = readResources(Buffer.from(bufferOf(source, at + 4, at + 4 + size)));
  return { xmp: xmp ? [xmp] : [], iptc, exif };
}

const UUIDS = {
  xmp: 'be7acfcb97a942e89c71999491e3afac',
  exif: Buffer.from('JpgTiffExif->JP2', 'latin1').toString('hex'),
} as const;

/** JPEG XL and JPEG 2000, which are made of boxes; those of the first may be packed. */
function readBoxed(source: ByteSource): Blocks {
  const xmp: Buffer[] = [];
  let exif: Buffer | undefined;
  for (const { type, content, to } of readBoxesSoFar(source, 0, source.length).boxes) {
    if (!['xml ', 'Exif', 'brob', 'uuid'].includes(type) || to - content > MOST_XMP_BYTES) continue;
    const bytes = Buffer.from(bufferOf(source, content, to));
    const packed = type === 'brob' ? bytes.toString('latin1', 0, 4) : undefined;
    const kind = packed ?? type;
    const inner = packed
      ? brotliDecompressSync(bytes.subarray(4), { maxOutputLength: MOST_XMP_BYTES })
      : bytes;
    if (kind === 'xml ') xmp.push(inner);
    else if (kind === 'Exif') exif ??= exifItem(inner);
    else if (bytes.toString('hex', 0, 16) === UUIDS.xmp) xmp.push(bytes.subarray(16));
    else if (bytes.toString('hex', 0, 16) === UUIDS.exif) exif ??= bytes.subarray(16);
  }
  return { xmp, exif };
}
