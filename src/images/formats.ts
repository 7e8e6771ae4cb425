import { constants, gunzipSync } from 'node:zlib';
import type { PictureFormat } from '../domain/picture.js';

/** A kind of file that can be recognised by its bytes. */
export interface Kind {
  /** With its article, as sentences need it. */
  name: string;
  /** Whether the first bytes are of this kind. */
  matches(head: Uint8Array): boolean;
}

/** A kind that is a picture. */
export interface Format extends Kind {
  mimeType: string;
  /** Whether Gemini takes it as it is. */
  native?: true;
  /** Whether a file may hold several pictures. */
  several?: true;
  /** Usual endings of its files' names, without the dot. */
  extensions: readonly string[];
}

/** Which camera's raw file a file is. */
export interface RawKind {
  /** With its article, as sentences need it. */
  readonly name: string;
  readonly mimeType: string;
}

/** Endings of cameras' raw files. */
export const RAW_EXTENSIONS = [
  ...['dng', 'nef', 'nrw', 'cr2', 'cr3', 'arw', 'srf', 'sr2', 'raf', 'orf', 'rw2'],
  ...['pef', 'kdc', 'dcr', 'srw', 'erf', '3fr', 'rwl', 'iiq'],
] as const;

/** Raw kinds that are recognised by their first bytes. */
const signatures: readonly { at: number; mark: string; kind: RawKind }[] = [
  { at: 8, mark: 'CR\x02', kind: rawOf('Canon', 'CR2') },
  { at: 4, mark: 'ftypcrx ', kind: rawOf('Canon', 'CR3') },
  { at: 0, mark: 'FUJIFILMCCD-RAW ', kind: rawOf('Fuji', 'RAF') },
  { at: 0, mark: 'IIRO', kind: rawOf('Olympus', 'ORF') },
  { at: 0, mark: 'IIRS', kind: rawOf('Olympus', 'ORF') },
  { at: 0, mark: 'MMOR', kind: rawOf('Olympus', 'ORF') },
  { at: 0, mark: 'IIU\0', kind: rawOf('Panasonic', 'RW2') },
];

const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs'];
const AVIF_BRANDS = ['avif', 'avis'];
const HEIF_BRANDS = ['mif1', 'mif2', 'mif3', 'msf1'];

/** Every picture format that can be recognised by its bytes; the first that matches counts. */
export const pictureFormats = {
  png: {
    name: 'a PNG',
    mimeType: 'image/png',
    native: true,
    several: true,
    extensions: ['png', 'apng'],
    matches: (head) => startsWith(head, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  },
  jpeg: {
    name: 'a JPEG',
    mimeType: 'image/jpeg',
    native: true,
    extensions: ['jpg', 'jpeg', 'jpe', 'jfif'],
    matches: (head) => startsWith(head, [0xff, 0xd8, 0xff]),
  },
  webp: {
    name: 'a WebP',
    mimeType: 'image/webp',
    native: true,
    several: true,
    extensions: ['webp'],
    matches: (head) => ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'WEBP',
  },
  avif: {
    name: 'an AVIF',
    mimeType: 'image/avif',
    several: true,
    extensions: ['avif', 'avifs'],
    matches: (head) =>
      brands(head).some((brand) => AVIF_BRANDS.includes(brand)) &&
      !HEIC_BRANDS.includes(brands(head)[0] ?? ''),
  },
  heic: {
    name: 'a HEIC',
    mimeType: 'image/heic',
    native: true,
    several: true,
    extensions: ['heic', 'heif', 'hif', 'heics'],
    matches: (head) => HEIC_BRANDS.includes(brands(head)[0] ?? ''),
  },
  heif: {
    name: 'a HEIF',
    mimeType: 'image/heif',
    native: true,
    several: true,
    extensions: ['heif', 'heic', 'hif', 'heifs'],
    matches: (head) => HEIF_BRANDS.includes(brands(head)[0] ?? ''),
  },
  gif: {
    name: 'a GIF',
    mimeType: 'image/gif',
    several: true,
    extensions: ['gif'],
    matches: (head) => /^GIF8[79]a/.test(ascii(head, 0, 6)),
  },
  bmp: {
    name: 'a BMP',
    mimeType: 'image/bmp',
    extensions: ['bmp', 'dib'],
    // The size of the second header tells a bitmap from a text that begins with BM. A list of bitmaps
    // of OS/2 has a header of its own before the first one.
    matches: (head) =>
      isBitmap(head) || (ascii(head, 0, 2) === 'BA' && isBitmap(head.subarray(14))),
  },
  // Before TIFF, because many raws begin like TIFF; others are recognised by their directories.
  raw: {
    name: 'a camera raw',
    mimeType: 'image/x-dcraw',
    extensions: RAW_EXTENSIONS,
    matches: (head) => rawBySignature(head) !== undefined,
  },
  tiff: {
    name: 'a TIFF',
    mimeType: 'image/tiff',
    several: true,
    extensions: ['tif', 'tiff'],
    matches: (head) => /^(?:II[*+]\0|MM\0[*+])/.test(ascii(head, 0, 4)),
  },
  jpeg2000: {
    name: 'a JPEG 2000',
    mimeType: 'image/jp2',
    extensions: ['jp2', 'j2k', 'j2c', 'jpf', 'jpx', 'jpm'],
    matches: (head) => ascii(head, 4, 8) === 'jP  ' || startsWith(head, [0xff, 0x4f, 0xff, 0x51]),
  },
  jpegxl: {
    name: 'a JPEG XL',
    mimeType: 'image/jxl',
    extensions: ['jxl'],
    matches: (head) => ascii(head, 4, 8) === 'JXL ' || startsWith(head, [0xff, 0x0a]),
  },
  psd: {
    name: 'a Photoshop document',
    mimeType: 'image/vnd.adobe.photoshop',
    extensions: ['psd', 'psb'],
    matches: (head) => ascii(head, 0, 4) === '8BPS',
  },
  ico: {
    name: 'an icon',
    mimeType: 'image/vnd.microsoft.icon',
    several: true,
    extensions: ['ico', 'cur'],
    // The number of icons follows, which is not 0 and hardly above 255; a cursor is an icon with a point.
    matches: (head) =>
      (startsWith(head, [0, 0, 1, 0]) || startsWith(head, [0, 0, 2, 0])) &&
      head[4] !== 0 &&
      head[5] === 0,
  },
  qoi: {
    name: 'a QOI picture',
    mimeType: 'image/qoi',
    extensions: ['qoi'],
    matches: (head) => ascii(head, 0, 4) === 'qoif',
  },
  exr: {
    name: 'an OpenEXR picture',
    mimeType: 'image/x-exr',
    extensions: ['exr'],
    matches: (head) => startsWith(head, [0x76, 0x2f, 0x31, 0x01]),
  },
  dds: {
    name: 'a DirectDraw surface',
    mimeType: 'image/vnd.ms-dds',
    extensions: ['dds'],
    matches: (head) => ascii(head, 0, 8) === 'DDS |\0\0\0',
  },
  xcf: {
    name: 'a GIMP document',
    mimeType: 'image/x-xcf',
    extensions: ['xcf'],
    matches: (head) => ascii(head, 0, 9) === 'gimp xcf ',
  },
  pnm: {
    name: 'a portable anymap (PNM)',
    mimeType: 'image/x-portable-anymap',
    extensions: ['pnm', 'pbm', 'pgm', 'ppm', 'pam', 'pfm'],
    matches: (head) =>
      /^(?:P[1-6]\s(?:\s|#[^\n]*\n)*\d+\s|P7\n(?:#[^\n]*\n)*WIDTH |P[Ff]\n-?\d)/.test(
        ascii(head, 0, 512),
      ),
  },
  svg: {
    name: 'an SVG',
    mimeType: 'image/svg+xml',
    extensions: ['svg', 'svgz'],
    matches: (head) => isSvg(startsWith(head, GZIP) ? beginningUnpacked(head) : head),
  },
  // Last, because it is known by what does not contradict it.
  tga: {
    name: 'a Targa picture',
    mimeType: 'image/x-tga',
    extensions: ['tga', 'targa', 'icb', 'vda', 'vst'],
    matches: isTarga,
  },
} as const satisfies Record<PictureFormat, Format>;

/** The formats that Gemini takes as they are. */
export type NativeFormat = {
  [Name in PictureFormat]: (typeof pictureFormats)[Name] extends { native: true } ? Name : never;
}[PictureFormat];

/** The formats whose files may hold several pictures. */
export type SeveralFormat = {
  [Name in PictureFormat]: (typeof pictureFormats)[Name] extends { several: true } ? Name : never;
}[PictureFormat];

export function holdsSeveral(name: PictureFormat): name is SeveralFormat {
  return 'several' in pictureFormats[name];
}

export function isNative(name: PictureFormat): name is NativeFormat {
  return 'native' in pictureFormats[name];
}

/** A kind that is no picture; `many` is its name for several of them. */
export interface OtherKind extends Kind {
  many: string;
}

/** A document that Gemini reads as it is, if it is asked about; it is no picture. */
export const pdf = {
  name: 'a PDF document',
  many: 'PDF documents',
  mimeType: 'application/pdf',
  extensions: ['pdf'],
  matches: (head) => ascii(head, 0, 5) === '%PDF-',
} as const satisfies OtherKind & Format;

/** Files that are often given in place of a picture, so that an error can name them. */
export const otherFormats: readonly OtherKind[] = [
  pdf,
  {
    name: 'a video',
    many: 'videos',
    matches: (head) =>
      ascii(head, 4, 8) === 'ftyp' ||
      startsWith(head, [0x1a, 0x45, 0xdf, 0xa3]) ||
      (ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'AVI '),
  },
  {
    name: 'a sound recording',
    many: 'sound recordings',
    matches: (head) =>
      /^(?:ID3|fLaC|OggS)/.test(ascii(head, 0, 4)) ||
      (ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'WAVE'),
  },
  {
    name: 'a ZIP archive',
    many: 'ZIP archives',
    matches: (head) => startsWith(head, [0x50, 0x4b, 0x03, 0x04]),
  },
  {
    name: 'a gzip archive',
    many: 'gzip archives',
    matches: (head) => startsWith(head, GZIP),
  },
  {
    name: 'a web page',
    many: 'web pages',
    matches: (head) => /^\s*<(?:!doctype html|html)/i.test(text(head)),
  },
  {
    name: 'an XMP sidecar',
    many: 'XMP sidecars',
    matches: (head) =>
      /^\ufeff?\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^>]*-->\s*)?<(?:\?xpacket|x:xmpmeta|rdf:RDF)\b/.test(
        text(head),
      ),
  },
  {
    name: 'zero bytes',
    many: 'files of zeros',
    matches: (head) => head.every((byte) => byte === 0),
  },
  { name: 'text', many: 'texts', matches: (head) => isText(head) },
];

/** How many bytes `matches` may look at. */
export const HEAD_BYTES = 16_384;

const formatNames = Object.keys(pictureFormats) as PictureFormat[];

/** The format that a file has by its first bytes; a raw may begin as a TIFF does. */
export function formatByHead(head: Uint8Array): PictureFormat | undefined {
  return formatNames.find((name) => pictureFormats[name].matches(head));
}

const GZIP = [0x1f, 0x8b];

/** Sizes of the headers of bitmaps: 12 and 16 to 64 of OS/2, 40 and more of Windows. */
export function isHeaderSize(bytes: number): boolean {
  return (
    bytes === 12 ||
    (bytes >= 16 && bytes <= 64 && bytes % 2 === 0) ||
    bytes === 108 ||
    bytes === 124
  );
}

function isBitmap(head: Uint8Array): boolean {
  return ascii(head, 0, 2) === 'BM' && isHeaderSize((head[14] ?? 0) + (head[15] ?? 0) * 256);
}

/** The kinds of pixels of a Targa picture: with a list of colours, in colours, grey; plain or in runs. */
const TARGA_KINDS: readonly number[] = [1, 2, 3, 9, 10, 11];

/** It has no mark at its beginning, so all of its header has to make sense. */
function isTarga(head: Uint8Array): boolean {
  const at = (index: number) => head[index] ?? 0;
  const hasColours = at(1) === 1;
  return (
    head.length >= 18 &&
    at(1) <= 1 &&
    TARGA_KINDS.includes(at(2)) &&
    hasColours === (at(2) % 8 === 1) &&
    (hasColours || [3, 4, 5, 6, 7].every((index) => at(index) === 0)) &&
    at(12) + at(13) > 0 &&
    at(14) + at(15) > 0 &&
    [8, 15, 16, 24, 32].includes(at(16)) &&
    (at(17) & 0xc0) === 0
  );
}

function isSvg(head: Uint8Array): boolean {
  return /^\s*<(?:(?:[\w.-]+:)?svg[\s>]|(?:\?xml|!--|!doctype (?:[\w.-]+:)?svg)[\s\S]*<(?:[\w.-]+:)?svg[\s>])/i.test(
    text(head),
  );
}

/** As much as can be unpacked of a file whose end is missing. */
function beginningUnpacked(head: Uint8Array): Uint8Array {
  try {
    const settings = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_UNPACKED };
    return gunzipSync(head, settings).subarray(0, HEAD_BYTES);
  } catch {
    return new Uint8Array(0);
  }
}

/** Gzip packs a thousand to one at most. */
const MAX_UNPACKED = 20_000_000;

/** The brands of an ISO base media file, the major one first. */
function brands(head: Uint8Array): readonly string[] {
  if (ascii(head, 4, 8) !== 'ftyp') return [];
  const end = Math.min(new DataView(head.buffer, head.byteOffset).getUint32(0), head.length);
  const compatible = [];
  for (let at = 16; at + 4 <= end; at += 4) compatible.push(ascii(head, at, at + 4));
  return [ascii(head, 8, 12), ...compatible];
}

/** The kind of a raw that its first bytes prove. */
export function rawBySignature(head: Uint8Array): RawKind | undefined {
  return signatures.find(({ at, mark }) =>
    [...mark].every((character, index) => head[at + index] === character.charCodeAt(0)),
  )?.kind;
}

export function rawOf(maker: string, ending: string): RawKind {
  const article = /^[AEIOU]/.test(maker) ? 'an' : 'a';
  return {
    name: `${article} ${maker} raw (${ending})`,
    mimeType: `image/x-${maker.toLowerCase()}-${ending.toLowerCase()}`,
  };
}

function startsWith(head: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, index) => head[index] === byte);
}

function ascii(head: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...head.subarray(from, to));
}

function text(head: Uint8Array): string {
  const mark = (head[0] ?? 0) * 256 + (head[1] ?? 0);
  const label = mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(label).decode(head);
}

/** UTF-8 without control characters; the last character may be cut off by the head's end. */
function isText(head: Uint8Array): boolean {
  const decoded = text(head);
  return !/[\0-\x08\x0e-\x1f]/.test(decoded) && !decoded.slice(0, -1).includes('\ufffd');
}
