import { isHeaderSize } from '../../formats.js';

// The headers of a bitmap: of Windows since 3.0, of OS/2, and of the pictures inside of icons.

export interface Channel {
  readonly mask: number;
  readonly shift: number;
  /** The largest value, 0 for a channel that is not there. */
  readonly most: number;
}

/** How pixels are packed. */
export type Packing = 'none' | 'rle4' | 'rle8' | 'rle24' | 'masks' | 'jpeg' | 'png';

export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly isTopDown: boolean;
  readonly bits: number;
  readonly packing: Packing;
  /** Red, green, blue and alpha, for 16 and 32 bits. */
  readonly channels: readonly [Channel, Channel, Channel, Channel];
  /** Blue, green and red of each colour. */
  readonly palette: readonly (readonly [number, number, number])[];
  readonly pixelsAt: number;
  readonly profile?: Uint8Array;
}

const FILE_HEADER_BYTES = 14;
const CORE_BYTES = 12;
/** From this size on the masks are a part of the header. */
const WITH_MASKS = 52;
const WITH_ALPHA_MASK = 56;
const V5_BYTES = 124;
const DEPTHS: readonly number[] = [1, 2, 4, 8, 16, 24, 32];

/** @throws Error with words for what is not read. */
export function readFileHeader(bytes: Buffer): BmpHeader {
  // A list of bitmaps for several screens begins with a header of the same size.
  const start = bytes.toString('latin1', 0, 2) === 'BA' ? FILE_HEADER_BYTES : 0;
  if (bytes.length < start + FILE_HEADER_BYTES + CORE_BYTES)
    throw new Error('its header is cut off');
  const pixelsAt = bytes.readUInt32LE(start + 10);
  return readHeader(bytes, start + FILE_HEADER_BYTES, pixelsAt);
}

/**
 * Reads the header at `at`.
 *
 * @param claimedPixelsAt where the file says that its pixels are; without it they follow the colours.
 */
export function readHeader(bytes: Buffer, at: number, claimedPixelsAt?: number): BmpHeader {
  if (bytes.length < at + CORE_BYTES) throw new Error('its header is cut off');
  const size = bytes.readUInt32LE(at);
  if (!isHeaderSize(size)) throw new Error(`its header has ${size} bytes, which no bitmap has`);
  if (bytes.length < at + size) throw new Error('its header is cut off');
  const isCore = size === CORE_BYTES;
  const number = (offset: number) => (offset + 4 <= size ? bytes.readUInt32LE(at + offset) : 0);
  const width = isCore ? bytes.readUInt16LE(at + 4) : bytes.readInt32LE(at + 4);
  const height = isCore ? bytes.readUInt16LE(at + 6) : bytes.readInt32LE(at + 8);
  const bits = bytes.readUInt16LE(at + (isCore ? 10 : 14));
  if (width <= 0 || height === 0) throw new Error('its header says that it has no pixels');
  const code = isCore ? 0 : number(16);
  const packing = packingOf(code, bits, size);
  if (packing !== 'jpeg' && packing !== 'png' && !DEPTHS.includes(bits)) {
    throw new Error(`it has ${bits} bits a pixel, which no bitmap has`);
  }
  const follow = packing === 'masks' && size < WITH_MASKS ? (code === ALPHA_MASKS ? 16 : 12) : 0;
  const masksAt = at + (follow > 0 ? size : 40);
  const hasAlpha = packing === 'masks' && (follow === 16 || size >= WITH_ALPHA_MASK);
  const mask = (index: number) => bytes.readUInt32LE(masksAt + index * 4);
  const channels =
    packing === 'masks'
      ? ([mask(0), mask(1), mask(2), hasAlpha ? mask(3) : 0] as const)
      : bits === 16
        ? ([0x7c00, 0x3e0, 0x1f, 0] as const)
        : ([0xff_0000, 0xff00, 0xff, 0] as const);
  const paletteAt = at + size + follow;
  const palette = paletteOf(bytes, {
    at: paletteAt,
    end:
      claimedPixelsAt !== undefined && claimedPixelsAt > paletteAt ? claimedPixelsAt : bytes.length,
    colours: bits <= 8 ? number(32) || 2 ** bits : 0,
    step: isCore ? 3 : 4,
    most: bits <= 8 ? 2 ** bits : 0,
  });
  const afterPalette =
    paletteAt +
    (bits <= 8 ? Math.min(number(32) || 2 ** bits, 256) : number(32)) * (isCore ? 3 : 4);
  const profile = profileOf(bytes, at, size);
  const [red, green, blue, alpha] = channels;
  return {
    width,
    height: Math.abs(height),
    isTopDown: height < 0,
    bits,
    packing,
    channels: [channelOf(red), channelOf(green), channelOf(blue), channelOf(alpha)],
    palette,
    pixelsAt: claimedPixelsAt || afterPalette,
    ...(profile && { profile }),
  };
}

const MASKS = 3;
const ALPHA_MASKS = 6;

function packingOf(code: number, bits: number, headerBytes: number): Packing {
  // In headers of OS/2 two of the codes mean something else.
  const isOs2 =
    headerBytes !== 40 &&
    headerBytes <= 64 &&
    headerBytes !== WITH_MASKS &&
    headerBytes !== WITH_ALPHA_MASK;
  if (code === 0) return 'none';
  if (code === 1 && bits === 8) return 'rle8';
  if (code === 2 && bits === 4) return 'rle4';
  if (isOs2 && code === 4 && bits === 24) return 'rle24';
  if (isOs2 && code === MASKS)
    throw new Error('it is packed as a fax (Huffman), which is not read');
  if ((code === MASKS || code === ALPHA_MASKS) && (bits === 16 || bits === 32)) return 'masks';
  if (code === 4) return 'jpeg';
  if (code === 5) return 'png';
  throw new Error(`it is packed in a way that is not read (${code}, with ${bits} bits)`);
}

function channelOf(mask: number): Channel {
  if (mask === 0) return { mask: 0, shift: 0, most: 0 };
  const shift = 31 - Math.clz32(mask & -mask);
  return { mask, shift, most: mask >>> shift };
}

interface PalettePlace {
  at: number;
  end: number;
  colours: number;
  step: number;
  most: number;
}

function paletteOf(bytes: Buffer, { at, end, colours, step, most }: PalettePlace) {
  const palette: [number, number, number][] = [];
  for (let colour = 0; colour < Math.min(colours, most); colour += 1) {
    const from = at + colour * step;
    if (from + 3 > Math.min(end, bytes.length)) break;
    palette.push([bytes[from] ?? 0, bytes[from + 1] ?? 0, bytes[from + 2] ?? 0]);
  }
  return palette;
}

const EMBEDDED = 0x4d42_4544;

function profileOf(bytes: Buffer, at: number, size: number): Uint8Array | undefined {
  if (size !== V5_BYTES || bytes.readUInt32LE(at + 56) !== EMBEDDED) return undefined;
  const [offset, length] = [bytes.readUInt32LE(at + 112), bytes.readUInt32LE(at + 116)];
  const profile = bytes.subarray(at + offset, at + offset + length);
  return length > 0 && profile.length === length ? profile : undefined;
}
