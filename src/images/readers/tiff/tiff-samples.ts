// The samples of a TIFF as numbers, whatever their depth, their order, and how they are packed.
import { MAX_PIXELS } from '../../errors.js';
import type { ByteSource } from '../../open/byte-source.js';
import { unpackerFor } from './tiff-codecs.js';
import { COMPRESSION, PHOTOMETRIC, type TiffImage } from './tiff-image.js';

/** The samples of one row, pixel by pixel; the next row is written into the same array. */
export type Row = Float64Array;

/** A strip or tile, unpacked. */
interface Chunk {
  readonly bytes: Uint8Array;
  /** Samples of a pixel in it, and which of the picture's samples the first of them is. */
  readonly samples: number;
  readonly firstSample: number;
  /** Where it begins in the row. */
  readonly x: number;
}

/**
 * The rows from top to bottom.
 *
 * @param damaged whether to go on with zeros where data are missing.
 * @throws Error if its samples or the way in which they are packed are not known here, or data are
 *   missing.
 */
export function* rowsOf(
  image: TiffImage,
  source: ByteSource,
  damaged: boolean,
): Generator<Row, void, void> {
  const { width, height, chunk, samples, planar, offsets, lengths } = image;
  if (chunk.width < 1 || chunk.height < 1) throw new Error('its tiles have no size');
  if (chunk.width * chunk.height > MAX_PIXELS)
    throw new Error('its tiles are larger than it can be');
  const unpack = unpackerFor(image.compression);
  const isSubsampled = image.photometric === PHOTOMETRIC.ycbcr && samples >= 3;
  const layout = isSubsampled ? subsampledLayout(image) : plainLayout(image);
  const across = Math.ceil(width / chunk.width);
  const down = Math.ceil(height / chunk.height);
  const planes = planar ? samples : 1;
  const row = new Float64Array(width * samples);
  for (let band = 0; band < down; band += 1) {
    const rows = image.tiled ? chunk.height : Math.min(chunk.height, height - band * chunk.height);
    const chunks: Chunk[] = [];
    for (let plane = 0; plane < planes; plane += 1) {
      for (let column = 0; column < across; column += 1) {
        const index = (plane * down + band) * across + column;
        const from = offsets[index];
        const size = layout.bytesOf(plane, rows);
        if (from === undefined) throw new Error('its list of strips is too short');
        const packed = packedAt(source, from, lengths[index], image, size);
        const bytes = unpack(packed, size);
        if (bytes.length < size && !damaged) throw new Error('a part of its data is missing');
        const whole = bytes.length < size ? grown(bytes, size) : bytes;
        chunks.push({
          bytes: layout.undo(whole, plane, rows),
          samples: planar ? 1 : samples,
          firstSample: plane,
          x: column * chunk.width,
        });
      }
    }
    const visible = Math.min(rows, height - band * chunk.height);
    for (let y = 0; y < visible; y += 1) {
      for (const part of chunks) layout.read(part, y, row);
      yield row;
    }
  }
}

function packedAt(
  source: ByteSource,
  from: number,
  length: number | undefined,
  { compression, reversedBits }: TiffImage,
  size: number,
): Uint8Array {
  // Old programs leave the lengths out where nothing is packed.
  const bytes = length || (compression === COMPRESSION.none ? size : source.length - from);
  const packed = source.slice(from, from + bytes);
  return reversedBits ? packed.map((byte) => REVERSED[byte] ?? 0) : packed;
}

const REVERSED = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number.parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2),
);

function grown(bytes: Uint8Array, size: number): Uint8Array {
  const whole = new Uint8Array(size);
  whole.set(bytes);
  return whole;
}

/** Where the samples lie in a strip or tile. */
interface Layout {
  /** The bytes of a strip or tile with this many rows. */
  bytesOf(plane: number, rows: number): number;
  /** The bytes with samples in place of differences. */
  undo(bytes: Uint8Array, plane: number, rows: number): Uint8Array;
  /** Writes a row of a chunk into the picture's row. */
  read(chunk: Chunk, y: number, row: Row): void;
}

/** Row by row, each of which begins with a new byte. */
function plainLayout(image: TiffImage): Layout {
  const { chunk, bits, samples, planar, predictor, width } = image;
  const inChunk = planar ? 1 : samples;
  const bitsOf = (plane: number) => (planar ? [bits[plane] ?? 1] : bits);
  const readers = Array.from({ length: planar ? samples : 1 }, (_, plane) =>
    readerFor(bitsOf(plane), image),
  );
  const rowBytes = (plane: number) =>
    Math.ceil((chunk.width * bitsOf(plane).reduce((sum, own) => sum + own, 0)) / 8);
  return {
    bytesOf: (plane, rows) => rowBytes(plane) * rows,
    undo(bytes, plane, rows) {
      if (predictor < 2) return bytes;
      const copy = Uint8Array.from(bytes);
      const own = rowBytes(plane);
      for (let y = 0; y < rows; y += 1) {
        const part = copy.subarray(y * own, (y + 1) * own);
        if (predictor === 2) addDifferences(part, bitsOf(plane)[0] ?? 8, inChunk, image);
        else joinFloats(part, bitsOf(plane)[0] ?? 32, inChunk, image);
      }
      return copy;
    },
    read({ bytes, firstSample, x }, y, row) {
      const pixels = Math.min(chunk.width, width - x);
      const to = x * samples + firstSample;
      const read = readers[firstSample] ?? readers[0];
      read?.(bytes, y * rowBytes(firstSample), pixels * inChunk, row, to, planar ? samples : 1);
    },
  };
}

/**
 * Pixels of 8 bits that share their colours, in units: the brightness of each pixel, then both colour
 * differences. In planes, those of the colours are smaller.
 */
function subsampledLayout(image: TiffImage): Layout {
  const { bits, chunk, planar, samples, width, predictor } = image;
  const [across, down] = image.subsampling;
  if (bits.some((own) => own !== 8) || samples > 3 || predictor > 2 || !across || !down) {
    throw new Error('its colour differences are of an unusual kind');
  }
  if (across === 1 && down === 1) return plainLayout(image);
  const unitsAcross = Math.ceil(chunk.width / across);
  const unit = across * down + 2;
  if (!planar) {
    return {
      bytesOf: (_, rows) => unitsAcross * Math.ceil(rows / down) * unit,
      undo: (bytes) => bytes,
      read({ bytes, x }, y, row) {
        const line = Math.floor(y / down) * unitsAcross * unit;
        for (let own = 0; own < chunk.width && x + own < width; own += 1) {
          const at = line + Math.floor(own / across) * unit;
          const to = (x + own) * 3;
          row[to] = bytes[at + (y % down) * across + (own % across)] ?? 0;
          row[to + 1] = bytes[at + unit - 2] ?? 0;
          row[to + 2] = bytes[at + unit - 1] ?? 0;
        }
      },
    };
  }
  const rowBytes = (plane: number) => (plane === 0 ? chunk.width : unitsAcross);
  return {
    bytesOf: (plane, rows) => rowBytes(plane) * (plane === 0 ? rows : Math.ceil(rows / down)),
    undo: (bytes) => bytes,
    read({ bytes, firstSample, x }, y, row) {
      const isColour = firstSample > 0;
      const line = (isColour ? Math.floor(y / down) : y) * rowBytes(firstSample);
      for (let own = 0; own < chunk.width && x + own < width; own += 1) {
        const at = line + (isColour ? Math.floor(own / across) : own);
        row[(x + own) * 3 + firstSample] = bytes[at] ?? 0;
      }
    },
  };
}

function addDifferences(row: Uint8Array, bits: number, stride: number, image: TiffImage): void {
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  const { littleEndian } = image;
  switch (bits) {
    case 8:
      for (let at = stride; at < row.length; at += 1) {
        row[at] = (row[at] ?? 0) + (row[at - stride] ?? 0);
      }
      return;
    case 16:
      for (let at = stride * 2; at + 2 <= row.length; at += 2) {
        const sum =
          view.getUint16(at, littleEndian) + view.getUint16(at - stride * 2, littleEndian);
        view.setUint16(at, sum & 0xffff, littleEndian);
      }
      return;
    case 32:
      for (let at = stride * 4; at + 4 <= row.length; at += 4) {
        const sum =
          view.getUint32(at, littleEndian) + view.getUint32(at - stride * 4, littleEndian);
        view.setUint32(at, sum >>> 0, littleEndian);
      }
      return;
    default:
      throw new Error(`differences of ${bits} bits are not read`);
  }
}

/** Technical note 3: differences of bytes, the highest bytes of all numbers first. */
function joinFloats(row: Uint8Array, bits: number, stride: number, image: TiffImage): void {
  const width = bits / 8;
  for (let at = stride; at < row.length; at += 1) {
    row[at] = (row[at] ?? 0) + (row[at - stride] ?? 0);
  }
  const apart = Uint8Array.from(row);
  const count = Math.floor(row.length / width);
  for (let number = 0; number < count; number += 1) {
    for (let byte = 0; byte < width; byte += 1) {
      const place = image.littleEndian ? width - 1 - byte : byte;
      row[number * width + place] = apart[byte * count + number] ?? 0;
    }
  }
}

/** Reads `count` samples from a byte on into every `step`th place of a row. */
type ReadSamples = (
  bytes: Uint8Array,
  from: number,
  count: number,
  row: Row,
  to: number,
  step: number,
) => void;

/** @throws Error if the samples are of a kind that is not known here. */
function readerFor(bits: readonly number[], { format, littleEndian }: TiffImage): ReadSamples {
  const [depth = 0] = bits;
  if (format === 'complex') throw new Error('its samples are complex numbers');
  const isEqual = bits.every((own) => own === depth);
  const get = isEqual ? NUMBERS[format][depth] : undefined;
  if (get) {
    const width = depth / 8;
    return (bytes, from, count, row, to, step) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let index = 0; index < count; index += 1) {
        row[to + index * step] = get(view, from + index * width, littleEndian);
      }
    };
  }
  const most = Math.max(...bits);
  if (format === 'float' || most > 31 || (!isEqual && most > 8)) {
    throw new Error(`samples of ${[...new Set(bits)].join(' and ')} bits are not read`);
  }
  // What has been read and not used yet has to fit into 32 bits.
  const isSmall = most <= 24;
  return (bytes, from, count, row, to, step) => {
    let [at, held, left] = [from, 0, 0];
    for (let index = 0; index < count; index += 1) {
      const own = isEqual ? depth : (bits[index % bits.length] ?? depth);
      let value: number;
      if (isSmall) {
        for (; left < own; left += 8, at += 1) held = (held << 8) | (bytes[at] ?? 0);
        left -= own;
        value = (held >>> left) & ((1 << own) - 1);
      } else {
        value = bitsAt(bytes, from * 8 + index * own, own);
      }
      row[to + index * step] =
        format === 'int' && value >= 2 ** (own - 1) ? value - 2 ** own : value;
    }
  };
}

/** A number of up to 31 bits, the highest bit first. */
function bitsAt(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let left = count, bit = at; left > 0; ) {
    const inByte = Math.min(left, 8 - (bit % 8));
    const byte = bytes[bit >> 3] ?? 0;
    value = value * 2 ** inByte + ((byte >> (8 - (bit % 8) - inByte)) & ((1 << inByte) - 1));
    bit += inByte;
    left -= inByte;
  }
  return value;
}

type GetNumber = (view: DataView, at: number, littleEndian: boolean) => number;

/** Numbers of whole bytes, by their format and bits. */
const NUMBERS: Readonly<
  Record<'uint' | 'int' | 'float', Readonly<Record<number, GetNumber | undefined>>>
> = {
  uint: {
    8: (view, at) => view.getUint8(at),
    16: (view, at, little) => view.getUint16(at, little),
    24: threeBytes,
    32: (view, at, little) => view.getUint32(at, little),
    64: (view, at, little) => Number(view.getBigUint64(at, little)),
  },
  int: {
    8: (view, at) => view.getInt8(at),
    16: (view, at, little) => view.getInt16(at, little),
    24: (view, at, little) => (threeBytes(view, at, little) << 8) >> 8,
    32: (view, at, little) => view.getInt32(at, little),
    64: (view, at, little) => Number(view.getBigInt64(at, little)),
  },
  float: {
    16: (view, at, little) => smallFloat(view.getUint16(at, little), 5, 10),
    24: (view, at, little) => smallFloat(threeBytes(view, at, little), 7, 16),
    32: (view, at, little) => view.getFloat32(at, little),
    64: (view, at, little) => view.getFloat64(at, little),
  },
};

function threeBytes(view: DataView, at: number, littleEndian: boolean): number {
  const [one, two, three] = [view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2)];
  return littleEndian ? one | (two << 8) | (three << 16) : (one << 16) | (two << 8) | three;
}

/** A floating-point number of a sign, an exponent and a fraction (IEEE 754; Adobe's 24 bits). */
function smallFloat(value: number, exponentBits: number, fractionBits: number): number {
  const fraction = value & (2 ** fractionBits - 1);
  const exponent = (value >> fractionBits) & (2 ** exponentBits - 1);
  const sign = (value >> (fractionBits + exponentBits)) & 1 ? -1 : 1;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1)
    return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias - fractionBits);
  return sign * (1 + fraction / 2 ** fractionBits) * 2 ** (exponent - bias);
}
