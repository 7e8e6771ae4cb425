// The pixels of a bitmap, as red, green, blue and alpha.
import type { BmpHeader, Channel } from './bmp-header.js';

export interface BmpPixels {
  readonly rgba: Buffer;
  /** Rows that are not there, because the file ends. */
  readonly missingRows: number;
}

/** The bytes of a row without packing; rows begin at a multiple of four bytes. */
export function rowBytes(width: number, bits: number): number {
  return Math.ceil((width * bits) / 32) * 4;
}

/** @param bytes of the whole file. */
export function pixelsOf(bytes: Buffer, header: BmpHeader): BmpPixels {
  const { packing } = header;
  if (packing === 'rle4' || packing === 'rle8' || packing === 'rle24')
    return unpacked(bytes, header);
  return plain(bytes, header);
}

function plain(bytes: Buffer, header: BmpHeader): BmpPixels {
  const { width, height, bits, pixelsAt, isTopDown } = header;
  const rgba = Buffer.alloc(width * height * 4);
  const step = rowBytes(width, bits);
  const used = Math.ceil((width * bits) / 8);
  const copy = rowReader(header);
  let missingRows = 0;
  for (let row = 0; row < height; row += 1) {
    const from = pixelsAt + row * step;
    // The last row need not be filled up.
    if (from + used > bytes.length) {
      missingRows = height - row;
      break;
    }
    copy(bytes, from, rgba, (isTopDown ? row : height - 1 - row) * width * 4);
  }
  if (hasAlpha(header) && isAllZero(rgba, 3)) fillAlpha(rgba);
  return { rgba, missingRows };
}

export function hasAlpha({ packing, channels }: BmpHeader): boolean {
  return packing === 'masks' && channels[3].most > 0;
}

/** Programs leave the fourth byte empty where they mean that nothing is transparent. */
function isAllZero(rgba: Buffer, channel: number): boolean {
  for (let at = channel; at < rgba.length; at += 4) if (rgba[at] !== 0) return false;
  return true;
}

function fillAlpha(rgba: Buffer): void {
  for (let at = 3; at < rgba.length; at += 4) rgba[at] = 255;
}

type RowReader = (bytes: Buffer, from: number, rgba: Buffer, to: number) => void;

function rowReader(header: BmpHeader): RowReader {
  const { width, bits } = header;
  if (bits <= 8) return paletteReader(header);
  if (bits === 24) {
    return (bytes, from, rgba, to) => {
      for (let x = 0; x < width; x += 1) {
        const [at, out] = [from + x * 3, to + x * 4];
        rgba[out] = bytes[at + 2] ?? 0;
        rgba[out + 1] = bytes[at + 1] ?? 0;
        rgba[out + 2] = bytes[at] ?? 0;
        rgba[out + 3] = 255;
      }
    };
  }
  return maskReader(header);
}

function paletteReader({ width, bits, palette }: BmpHeader): RowReader {
  const inByte = 8 / bits;
  const most = 2 ** bits - 1;
  return (bytes, from, rgba, to) => {
    for (let x = 0; x < width; x += 1) {
      const byte = bytes[from + Math.floor(x / inByte)] ?? 0;
      const index = (byte >> (8 - bits * ((x % inByte) + 1))) & most;
      writeColour(rgba, to + x * 4, palette[index]);
    }
  };
}

/** A colour that the palette does not have is black, as everywhere. */
function writeColour(rgba: Buffer, to: number, colour: readonly number[] | undefined): void {
  rgba[to] = colour?.[2] ?? 0;
  rgba[to + 1] = colour?.[1] ?? 0;
  rgba[to + 2] = colour?.[0] ?? 0;
  rgba[to + 3] = 255;
}

function maskReader({ width, bits, channels }: BmpHeader): RowReader {
  const [red, green, blue, alpha] = channels;
  const bytesEach = bits / 8;
  return (bytes, from, rgba, to) => {
    for (let x = 0; x < width; x += 1) {
      const at = from + x * bytesEach;
      const pixel = bytesEach === 2 ? bytes.readUInt16LE(at) : bytes.readUInt32LE(at);
      const out = to + x * 4;
      rgba[out] = valueIn(pixel, red, 0);
      rgba[out + 1] = valueIn(pixel, green, 0);
      rgba[out + 2] = valueIn(pixel, blue, 0);
      rgba[out + 3] = valueIn(pixel, alpha, 255);
    }
  };
}

function valueIn(pixel: number, { mask, shift, most }: Channel, absent: number): number {
  if (most === 0) return absent;
  const value = (pixel & mask) >>> shift;
  return most === 255 ? value : Math.round((value * 255) / most);
}

const END_OF_ROW = 0;
const END = 1;
const DELTA = 2;

/**
 * Runs of equal pixels. What goes beyond a row's end is passed over, and what no run reaches stays
 * transparent, as in browsers.
 */
function unpacked(bytes: Buffer, header: BmpHeader): BmpPixels {
  const { width, height, packing, palette, pixelsAt, isTopDown } = header;
  const rgba = Buffer.alloc(width * height * 4);
  let [x, y] = [0, 0];
  const put = (colour: readonly number[] | undefined) => {
    if (x < width && y < height) {
      writeColour(rgba, ((isTopDown ? y : height - 1 - y) * width + x) * 4, colour);
    }
    x += 1;
  };
  const triple = (at: number) => [bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0] as const;
  const perPixel = packing === 'rle4' ? 0.5 : packing === 'rle8' ? 1 : 3;
  /** The pixel of a number in a list of packed pixels. */
  const colourAt = (at: number, index: number) => {
    if (packing === 'rle24') return triple(at + index * 3);
    if (packing === 'rle8') return palette[bytes[at + index] ?? 0];
    const byte = bytes[at + (index >> 1)] ?? 0;
    return palette[index % 2 === 0 ? byte >> 4 : byte & 15];
  };
  let at = pixelsAt;
  while (at + 1 < bytes.length && y < height) {
    const [count = 0, code = 0] = [bytes[at], bytes[at + 1]];
    if (count > 0) {
      // A run repeats one pixel, or two that take turns.
      for (let pixel = 0; pixel < count; pixel += 1) {
        put(colourAt(at + 1, packing === 'rle4' ? pixel % 2 : 0));
      }
      at += 1 + Math.ceil(perPixel);
    } else if (code === END_OF_ROW) {
      [x, y] = [0, y + 1];
      at += 2;
    } else if (code === END) {
      return { rgba, missingRows: 0 };
    } else if (code === DELTA) {
      [x, y] = [x + (bytes[at + 2] ?? 0), y + (bytes[at + 3] ?? 0)];
      at += 4;
    } else {
      for (let pixel = 0; pixel < code; pixel += 1) put(colourAt(at + 2, pixel));
      const length = Math.ceil(code * perPixel);
      at += 2 + length + (length % 2);
    }
  }
  // Some writers leave out the mark of the end, or of the last row's end.
  const isLast = y >= height || (y === height - 1 && x >= width);
  return { rgba, missingRows: isLast ? 0 : height - y };
}
