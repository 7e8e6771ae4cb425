// Recognises pictures by their bytes: format, size and orientation from the header, and whether the
// file is complete. Nothing is decoded here.

/** HEIC and HEIF are the same container; the file's own first brand tells them apart. */
export type PictureFormat = PlainFormat | 'HEIC' | 'HEIF' | 'PDF';
/** The formats whose headers are read here in full. */
export type PlainFormat = 'PNG' | 'JPEG' | 'WebP';

export interface PictureHeader {
  /** Stored pixels. */
  width: number;
  height: number;
  orientation: Orientation;
}

const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** Brands of pictures in HEVC; the last three only say that it is a HEIF. */
const HEIF_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1', 'heif'];
const AVIF_BRANDS = ['avif', 'avis'];

export function recogniseFormat(bytes: Buffer): PictureFormat | undefined {
  if (bytes.subarray(0, 8).equals(PNG_SIGNATURE)) return 'PNG';
  if (ascii(bytes, 0) === '%PDF') return 'PDF';
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'JPEG';
  if (ascii(bytes, 0) === 'RIFF' && ascii(bytes, 8) === 'WEBP') return 'WebP';
  if (ascii(bytes, 4) === 'ftyp' && isHeif(bytes))
    return /^he[iv][cxms]/.test(ascii(bytes, 8)) ? 'HEIC' : 'HEIF';
  return undefined;
}

/** Undefined for a header that is broken or a file that stops early, as far as can be seen. */
export function readHeader(bytes: Buffer, format: PlainFormat): PictureHeader | undefined {
  try {
    return READERS[format](bytes);
  } catch {
    // Buffer's reads throw beyond the end: the file is cut off.
    return undefined;
  }
}

const READERS = {
  PNG: readPng,
  JPEG: readJpeg,
  WebP: readWebp,
} as const satisfies Record<PlainFormat, (bytes: Buffer) => PictureHeader | undefined>;

/**
 * The size of a HEIC or HEIF as it is displayed: that of its largest picture, whose tiles and thumbnails
 * are smaller (ISO 23008-12, properties `ispe` and `irot`).
 */
export function readHeifSize(bytes: Buffer): { width: number; height: number } | undefined {
  let largest: { width: number; height: number } | undefined;
  for (let at = bytes.indexOf('ispe'); at >= 0; at = bytes.indexOf('ispe', at + 4)) {
    if (at + 16 > bytes.length) break;
    const [width, height] = [bytes.readUInt32BE(at + 8), bytes.readUInt32BE(at + 12)];
    if (!largest || width * height > largest.width * largest.height) largest = { width, height };
  }
  const turned = bytes.indexOf('irot');
  if (!largest || turned < 0 || turned + 4 >= bytes.length) return largest;
  const isOnItsSide = bytes.readUInt8(turned + 4) % 2 === 1;
  return isOnItsSide ? { width: largest.height, height: largest.width } : largest;
}

function isHeif(bytes: Buffer): boolean {
  const end = Math.min(bytes.readUInt32BE(0), bytes.length);
  const brands: string[] = [];
  for (let at = 8; at + 4 <= end; at += 4) if (at !== 12) brands.push(ascii(bytes, at));
  const isAvif = brands.some((brand) => AVIF_BRANDS.includes(brand));
  const known = isAvif ? HEIF_BRANDS.slice(0, -3) : HEIF_BRANDS;
  return brands.some((brand) => known.includes(brand));
}

/** Chunks of length, type, data, CRC, from IHDR to IEND (PNG, third edition, section 5.3). */
function readPng(bytes: Buffer): PictureHeader | undefined {
  if (ascii(bytes, 12) !== 'IHDR') return undefined;
  const size = { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  let orientation: Orientation = 1;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = ascii(bytes, at + 4);
    if (type === 'IEND') return { ...size, orientation };
    if (type === 'eXIf') orientation = readOrientation(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return undefined;
}

/** Segments up to the first scan (ITU T.81, annex B); the decoder finds a cut-off scan. */
function readJpeg(bytes: Buffer): PictureHeader | undefined {
  let size: { width: number; height: number } | undefined;
  let orientation: Orientation | undefined;
  for (let at = 2; ; ) {
    if (bytes.readUInt8(at) !== 0xff) return undefined;
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xda) return size && { ...size, orientation: orientation ?? 1 };
    const segment = at + 4;
    const length = bytes.readUInt16BE(at + 2);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      size = { height: bytes.readUInt16BE(segment + 1), width: bytes.readUInt16BE(segment + 3) };
    }
    if (marker === 0xe1 && ascii(bytes, segment) === 'Exif') {
      orientation ??= readOrientation(bytes.subarray(segment, at + 2 + length));
    }
    at += 2 + length;
  }
}

/** RIFF chunks (RFC 9649). The length counts, because a cut-off lossy picture decodes to grey. */
function readWebp(bytes: Buffer): PictureHeader | undefined {
  const end = bytes.readUInt32LE(4) + 8;
  if (end > bytes.length) return undefined;
  let size: { width: number; height: number } | undefined;
  let orientation: Orientation = 1;
  for (let at = 12; at + 8 <= end; ) {
    const type = ascii(bytes, at);
    const length = bytes.readUInt32LE(at + 4);
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (data.length < length) return undefined;
    if (type === 'VP8X' || type === 'VP8 ' || type === 'VP8L') size ??= WEBP_SIZES[type](data);
    if (type === 'EXIF') orientation = readOrientation(data);
    at += 8 + length + (length % 2);
  }
  return size && { ...size, orientation };
}

const WEBP_SIZES = {
  VP8X: (data: Buffer) => ({
    width: data.readUIntLE(4, 3) + 1,
    height: data.readUIntLE(7, 3) + 1,
  }),
  'VP8 ': (data: Buffer) => ({
    width: data.readUInt16LE(6) & 0x3fff,
    height: data.readUInt16LE(8) & 0x3fff,
  }),
  VP8L: (data: Buffer) => {
    const bits = data.readUInt32LE(1);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  },
};

function ascii(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + 4);
}

/** EXIF's orientation. 1 = as stored; 5–8 = turned by a quarter, so that the sides swap. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const ENTRY_BYTES = 12;
const EXIF_MARK = Buffer.from('Exif\0\0', 'latin1');

/** `block` is a TIFF block, with or without `Exif\0\0` before it. A broken one means 1. */
function readOrientation(block: Buffer): Orientation {
  const tiff = block.subarray(0, 6).equals(EXIF_MARK) ? block.subarray(6) : block;
  const order = tiff.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return 1;
  try {
    return findOrientation(tiff, order === 'II');
  } catch {
    // A read beyond the end: the picture is fine, only its EXIF block is cut off.
    return 1;
  }
}

export function swapsSides(orientation: Orientation): boolean {
  return orientation >= 5;
}

function findOrientation(tiff: Buffer, littleEndian: boolean): Orientation {
  const short = (at: number) => (littleEndian ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number) => (littleEndian ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const directory = long(4);
  const entries = short(directory);
  for (let index = 0; index < entries; index += 1) {
    const entry = directory + 2 + index * ENTRY_BYTES;
    if (short(entry) === ORIENTATION_TAG) return asOrientation(short(entry + 8));
  }
  return 1;
}

function asOrientation(value: number): Orientation {
  switch (value) {
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
      return value;
    default:
      return 1;
  }
}
