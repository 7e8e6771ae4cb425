/** TIFFs of every kind of samples, with one scene in all of them. */
import { deflateSync } from 'node:zlib';

export const WIDTH = 40;
export const HEIGHT = 24;

/** Red grows to the right, green downwards, and blue falls to the right; 0 to 1. */
export function sceneAt(x: number, y: number): readonly [number, number, number] {
  return [x / (WIDTH - 1), y / (HEIGHT - 1), 1 - x / (WIDTH - 1)];
}

/** The grey of the scene where there are no colours. */
export const greyAt = (x: number, y: number) => (sceneAt(x, y)[0] + sceneAt(x, y)[1]) / 2;

export interface TiffKind {
  readonly photometric?: number;
  readonly bits: number;
  /** 1 whole numbers, 2 with a sign, 3 floating-point numbers. */
  readonly format?: 1 | 2 | 3;
  /** The samples of a pixel as whole or floating-point numbers. */
  sample(x: number, y: number): readonly number[];
  readonly extras?: readonly number[];
  readonly planar?: boolean;
  /** The side of a tile. */
  readonly tile?: number;
  readonly rowsPerStrip?: number;
  readonly compression?: 'none' | 'deflate' | 'packbits';
  readonly bigEndian?: boolean;
  readonly reversedBits?: boolean;
  /** 3: differences of the bytes of floating-point numbers. */
  readonly predictor?: 3;
  readonly orientation?: number;
  /** Further tags: SHORT numbers, or bytes of an unknown kind. */
  readonly tags?: Readonly<Record<number, readonly number[] | Uint8Array>>;
  readonly leaveOut?: readonly number[];
  /** What lies before it in a file of several. */
  readonly base?: number;
}

const COMPRESSIONS = { none: 1, deflate: 8, packbits: 32_773 } as const;

/** Writes such a TIFF. */
export function tiffWith(kind: TiffKind): Buffer {
  const { photometric = 2, bits, format = 1, planar = false, tile, bigEndian = false } = kind;
  const { compression = 'none', extras = [], orientation, tags = {}, leaveOut = [] } = kind;
  const samples = kind.sample(0, 0).length;
  const chunk = tile
    ? { width: tile, height: tile }
    : { width: WIDTH, height: kind.rowsPerStrip ?? HEIGHT };
  const chunks: Buffer[] = [];
  for (let plane = 0; plane < (planar ? samples : 1); plane += 1) {
    for (let top = 0; top < HEIGHT; top += chunk.height) {
      for (let left = 0; left < WIDTH; left += chunk.width) {
        const rows = tile ? chunk.height : Math.min(chunk.height, HEIGHT - top);
        const packed = Array.from({ length: rows }, (_, y) => {
          const own = Array.from({ length: chunk.width }, (_, x) => {
            const all = kind.sample(Math.min(left + x, WIDTH - 1), Math.min(top + y, HEIGHT - 1));
            return planar ? [all[plane] ?? 0] : all;
          }).flat();
          const row = packedRow(own, bits, format, bigEndian);
          return kind.predictor ? apart(row, bits / 8, planar ? 1 : samples, bigEndian) : row;
        });
        const bytes = Buffer.concat(packed);
        chunks.push(compressed(kind.reversedBits ? reversed(bytes) : bytes, compression));
      }
    }
  }
  const entries = new Map<number, readonly number[] | Uint8Array>([
    [256, [WIDTH]],
    [257, [HEIGHT]],
    [258, Array(samples).fill(bits)],
    [259, [COMPRESSIONS[compression]]],
    [262, [photometric]],
    ...(kind.reversedBits ? [[266, [2]] as const] : []),
    [tile ? 324 : 273, chunks.map(() => 0)],
    ...(orientation ? [[274, [orientation]] as const] : []),
    [277, [samples]],
    ...(tile ? [] : [[278, [chunk.height]] as const]),
    [tile ? 325 : 279, chunks.map(({ length }) => length)],
    [284, [planar ? 2 : 1]],
    ...(kind.predictor ? [[317, [kind.predictor]] as const] : []),
    ...(tile ? [[322, [tile]] as const, [323, [tile]] as const] : []),
    ...(extras.length > 0 ? [[338, extras] as const] : []),
    [339, Array(samples).fill(format)],
    ...Object.entries(tags).map(([tag, value]) => [Number(tag), value] as const),
  ]);
  for (const tag of leaveOut) entries.delete(tag);
  return assembled(entries, chunks, tile ? 324 : 273, bigEndian, kind.base ?? 0);
}

/** Header, directory, values that do not fit into it, and the pixels. */
function assembled(
  entries: ReadonlyMap<number, readonly number[] | Uint8Array>,
  chunks: readonly Buffer[],
  placesTag: number,
  bigEndian: boolean,
  base: number,
): Buffer {
  const sorted = [...entries].sort(([one], [other]) => one - other);
  const directory = Buffer.alloc(8 + 2 + sorted.length * 12 + 4);
  const more: Buffer[] = [];
  let end = base + directory.length;
  /** Where the places of the pixels are written, which come last. */
  let list: { bytes: Buffer; at: number } | undefined;
  const add = (bytes: Buffer) => {
    const at = end;
    const even = bytes.length % 2 ? Buffer.concat([bytes, Buffer.alloc(1)]) : bytes;
    more.push(even);
    end += even.length;
    return at;
  };
  const short = (buffer: Buffer, value: number, at: number) =>
    bigEndian ? buffer.writeUInt16BE(value, at) : buffer.writeUInt16LE(value, at);
  const long = (buffer: Buffer, value: number, at: number) =>
    bigEndian ? buffer.writeUInt32BE(value, at) : buffer.writeUInt32LE(value, at);
  directory.write(bigEndian ? 'MM\0*' : 'II*\0', 'latin1');
  long(directory, 8, 4);
  short(directory, sorted.length, 8);
  for (const [index, [tag, value]] of sorted.entries()) {
    const at = 10 + index * 12;
    const isBytes = value instanceof Uint8Array;
    const numbers = [...value];
    const isLong = tag === placesTag || numbers.some((number) => number > 65_535);
    const width = isBytes ? 1 : isLong ? 4 : 2;
    const bytes = Buffer.alloc(Math.max(4, numbers.length * width));
    for (const [place, number] of numbers.entries()) {
      if (isBytes) bytes[place] = number;
      else if (isLong) long(bytes, number, place * 4);
      else short(bytes, number, place * 2);
    }
    short(directory, tag, at);
    short(directory, isBytes ? 7 : isLong ? 4 : 3, at + 2);
    long(directory, numbers.length, at + 4);
    const fits = numbers.length * width <= 4;
    if (fits) bytes.copy(directory, at + 8, 0, 4);
    else long(directory, add(bytes), at + 8);
    if (tag === placesTag) list = { bytes: fits ? directory : bytes, at: fits ? at + 8 : 0 };
  }
  for (const [index, place] of chunks.map(add).entries()) {
    if (list) long(list.bytes, place, list.at + index * 4);
  }
  return Buffer.concat([directory, ...more]);
}

function packedRow(
  values: readonly number[],
  bits: number,
  format: 1 | 2 | 3,
  bigEndian: boolean,
): Buffer {
  const bytes = Buffer.alloc(Math.ceil((values.length * bits) / 8));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const [index, value] of values.entries()) {
    const at = (index * bits) / 8;
    if (format === 3 && bits === 64) view.setFloat64(at, value, !bigEndian);
    else if (format === 3 && bits === 32) view.setFloat32(at, value, !bigEndian);
    else if (bits === 32) view.setUint32(at, value >>> 0, !bigEndian);
    else if (bits === 24) {
      for (let byte = 0; byte < 3; byte += 1) {
        bytes[at + (bigEndian ? 2 - byte : byte)] = (value >> (byte * 8)) & 255;
      }
    } else if (bits === 16) view.setUint16(at, value & 0xffff, !bigEndian);
    else {
      for (let bit = 0; bit < bits; bit += 1) {
        const place = index * bits + bit;
        if ((value >> (bits - 1 - bit)) & 1) {
          bytes[place >> 3] = (bytes[place >> 3] ?? 0) | (128 >> (place & 7));
        }
      }
    }
  }
  return bytes;
}

/** The highest bytes of all numbers first, and of each byte its difference to the one before. */
function apart(row: Buffer, width: number, stride: number, bigEndian: boolean): Buffer {
  const count = row.length / width;
  const bytes = Buffer.from(row);
  for (let number = 0; number < count; number += 1) {
    for (let byte = 0; byte < width; byte += 1) {
      const place = bigEndian ? byte : width - 1 - byte;
      bytes[byte * count + number] = row[number * width + place] ?? 0;
    }
  }
  for (let at = bytes.length - 1; at >= stride; at -= 1) {
    bytes[at] = (bytes[at] ?? 0) - (bytes[at - stride] ?? 0);
  }
  return bytes;
}

function reversed(bytes: Buffer): Buffer {
  return Buffer.from(
    bytes.map((byte) =>
      Number.parseInt([...byte.toString(2).padStart(8, '0')].reverse().join(''), 2),
    ),
  );
}

function compressed(bytes: Buffer, way: 'none' | 'deflate' | 'packbits'): Buffer {
  if (way === 'none') return bytes;
  if (way === 'deflate') return deflateSync(bytes);
  // Runs of two equal bytes, and all others as they are.
  const parts: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0;
    if (bytes[at + 1] === byte) {
      parts.push(255, byte);
      at += 2;
    } else {
      parts.push(0, byte);
      at += 1;
    }
  }
  return Buffer.from(parts);
}
