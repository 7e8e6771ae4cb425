// Icons and cursors of Windows: a list of the same picture in several sizes, of which the largest is
// taken. Each is a PNG, or a bitmap without its file header and with a mask of what is seen through.
import { MAX_PIXELS, tooManyPixels } from '../errors.js';
import { readAll } from '../open/open.js';
import { readHeader } from './bmp/bmp-header.js';
import { pixelsOf, rowBytes } from './bmp/bmp-pixels.js';
import type { Pixels, Reading } from './pixels.js';

const DIRECTORY_BYTES = 6;
const ENTRY_BYTES = 16;
const PNG_MARK = 0x8950_4e47;

interface Entry {
  readonly edge: number;
  readonly from: number;
  readonly to: number;
}

/** @throws Error with words for what is wrong with it; errors of sharp. */
export async function readIco({ sharp, image }: Reading): Promise<Pixels> {
  const file = await readAll(image);
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const [largest] = entriesOf(bytes);
  if (!largest) throw new Error('it has no icon whose data is there');
  const data = bytes.subarray(largest.from, largest.to);
  if (isPng(data)) {
    const { width, height } = await sharp(data).metadata();
    const read = () => sharp(data, { limitInputPixels: MAX_PIXELS });
    return { read, original: { width, height } };
  }
  const { rgba, width, height } = bitmapIn(data);
  return {
    read: () => sharp(rgba, { raw: { width, height, channels: 4 } }),
    original: { width, height },
  };
}

function isPng(data: Buffer): boolean {
  return data.length > 8 && data.readUInt32BE() === PNG_MARK;
}

/** Those whose data is there, the largest first; of equal ones, the one with more data. */
function entriesOf(bytes: Buffer): Entry[] {
  const entries: Entry[] = [];
  const count = bytes.length >= DIRECTORY_BYTES ? bytes.readUInt16LE(4) : 0;
  for (let index = 0; index < count; index += 1) {
    const at = DIRECTORY_BYTES + index * ENTRY_BYTES;
    if (at + ENTRY_BYTES > bytes.length) break;
    const [length, from] = [bytes.readUInt32LE(at + 8), bytes.readUInt32LE(at + 12)];
    const data = bytes.subarray(from, from + length);
    if (length === 0 || data.length < length) continue;
    entries.push({ edge: edgeOf(data), from, to: from + length });
  }
  return entries.sort(
    (one, other) => other.edge - one.edge || other.to - other.from - (one.to - one.from),
  );
}

/** The width in its own data; that in the list is a byte, and often wrong. */
function edgeOf(data: Buffer): number {
  if (data.length < 24) return 0;
  return isPng(data) ? data.readUInt32BE(16) : Math.max(0, data.readInt32LE(4));
}

function bitmapIn(data: Buffer) {
  const header = readHeader(data, 0);
  // The height counts the mask as well.
  const [width, height] = [header.width, Math.floor(header.height / 2)];
  if (width * height > MAX_PIXELS) throw tooManyPixels({ width, height });
  const withAlpha = header.bits === 32 && header.packing === 'none';
  const { rgba, missingRows } = pixelsOf(data, {
    ...header,
    height,
    ...(withAlpha && { packing: 'masks', channels: WITH_ALPHA }),
  });
  if (missingRows > 0) throw new Error('it is cut off');
  const maskAt = header.pixelsAt + rowBytes(width, header.bits) * height;
  const isMasked = !withAlpha || isOpaque(rgba);
  if (isMasked) applyMask(rgba, data.subarray(maskAt), width, height);
  return { rgba, width, height };
}

const byte = (shift: number) => ({ mask: 255 << shift, shift, most: 255 });
const WITH_ALPHA = [byte(16), byte(8), byte(0), byte(24)] as const;

function isOpaque(rgba: Buffer): boolean {
  for (let at = 3; at < rgba.length; at += 4) if (rgba[at] !== 255) return false;
  return true;
}

/** A bit of 1 means that the pixel is seen through. Rows go from the bottom up. */
function applyMask(rgba: Buffer, mask: Buffer, width: number, height: number): void {
  const step = rowBytes(width, 1);
  for (let row = 0; row < height; row += 1) {
    for (let x = 0; x < width; x += 1) {
      const bits = mask[row * step + (x >> 3)] ?? 0;
      if (bits & (0x80 >> (x & 7))) rgba[((height - 1 - row) * width + x) * 4 + 3] = 0;
    }
  }
}
