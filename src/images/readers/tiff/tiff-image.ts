// What a directory of a TIFF says about how its pixels are stored (TIFF 6.0).
import type { Size } from '../../../domain/picture.js';
import type { Orientation } from '../../metadata/exif.js';
import { type Directory, readDirectories } from '../../metadata/tiff.js';
import type { ByteSource } from '../../open/byte-source.js';

/** How colours are coded (tag 262). */
export const PHOTOMETRIC = {
  whiteIsZero: 0,
  blackIsZero: 1,
  rgb: 2,
  palette: 3,
  cmyk: 5,
  ycbcr: 6,
  lab: 8,
  iccLab: 9,
} as const;

/** How bytes are packed (tag 259). */
export const COMPRESSION = { none: 1, group3: 3, group4: 4, oldJpeg: 6, jpeg: 7 } as const;

export type SampleFormat = 'uint' | 'int' | 'float' | 'complex';

/** What stands beside the colours of a pixel (tag 338). */
export const EXTRA = { unknown: 0, premultiplied: 1, alpha: 2 } as const;

export interface TiffImage extends Size {
  readonly littleEndian: boolean;
  readonly photometric: number;
  /** Whether the file says so; many programs leave it out of faxes. */
  readonly hasPhotometric: boolean;
  readonly compression: number;
  /** Samples of a pixel, the extra ones included. */
  readonly samples: number;
  readonly extras: readonly number[];
  /** Bits of each sample. */
  readonly bits: readonly number[];
  readonly format: SampleFormat;
  /** Whether each sample has a plane of its own. */
  readonly planar: boolean;
  /** 1 none, 2 differences, 3 differences of floating-point numbers. */
  readonly predictor: number;
  /** Whether the first pixel is in the lowest bits of a byte. */
  readonly reversedBits: boolean;
  readonly tiled: boolean;
  /** The size of a strip or tile. */
  readonly chunk: Size;
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
  /** Pixels that share one pair of colour differences. */
  readonly subsampling: readonly [across: number, down: number];
  readonly orientation: Orientation;
  readonly directory: Directory;
}

const TAGS = {
  ...{ width: 256, height: 257, bits: 258, compression: 259, photometric: 262, fillOrder: 266 },
  ...{ stripOffsets: 273, orientation: 274, samples: 277, rowsPerStrip: 278, stripLengths: 279 },
  ...{ planar: 284, predictor: 317, tileWidth: 322, tileHeight: 323, tileOffsets: 324 },
  ...{ tileLengths: 325, extras: 338, format: 339, subsampling: 530 },
} as const;

/** More than any picture has that people look at. */
const MAX_SAMPLES = 1024;

const FORMATS: readonly SampleFormat[] = ['uint', 'uint', 'int', 'float', 'uint', 'complex'];

/**
 * @param number of the directory among those of the file, from 0.
 * @returns undefined if there is no picture in it.
 */
export function readTiffImage(source: ByteSource, number = 0): TiffImage | undefined {
  const directory = directoryAt(source, number);
  if (!directory) return undefined;
  const first = (tag: number, otherwise: number) => directory.numbers(tag)[0] ?? otherwise;
  const size = { width: first(TAGS.width, 0), height: first(TAGS.height, 0) };
  const tiled = directory.numbers(TAGS.tileOffsets).length > 0;
  const samples = first(TAGS.samples, 1);
  if (size.width < 1 || size.height < 1 || samples < 1 || samples > MAX_SAMPLES) return undefined;
  const compression = first(TAGS.compression, COMPRESSION.none);
  const said = directory.numbers(TAGS.photometric)[0];
  const photometric = said ?? usualPhotometric(compression, samples);
  const bits = directory.numbers(TAGS.bits);
  const orientation = first(TAGS.orientation, 1);
  const [across = 2, down = 2] = directory.numbers(TAGS.subsampling);
  return {
    ...size,
    littleEndian: directory.layout.littleEndian,
    photometric,
    hasPhotometric: said !== undefined,
    compression,
    samples,
    extras: extrasOf(directory.numbers(TAGS.extras), samples, photometric),
    bits: Array.from({ length: samples }, (_, index) => bits[index] ?? bits[0] ?? 1),
    format: FORMATS[first(TAGS.format, 1)] ?? 'complex',
    planar: first(TAGS.planar, 1) === 2 && samples > 1,
    predictor: first(TAGS.predictor, 1),
    reversedBits: first(TAGS.fillOrder, 1) === 2,
    tiled,
    chunk: tiled
      ? { width: first(TAGS.tileWidth, 0), height: first(TAGS.tileHeight, 0) }
      : { width: size.width, height: Math.min(first(TAGS.rowsPerStrip, size.height), size.height) },
    offsets: directory.numbers(tiled ? TAGS.tileOffsets : TAGS.stripOffsets),
    lengths: directory.numbers(tiled ? TAGS.tileLengths : TAGS.stripLengths),
    subsampling: [across, down],
    orientation: isOrientation(orientation) ? orientation : 1,
    directory,
  };
}

function directoryAt(source: ByteSource, number: number): Directory | undefined {
  let at = 0;
  for (const directory of readDirectories(source)) {
    if (!directory.isPage) continue;
    if (at === number) return directory;
    at += 1;
  }
  return undefined;
}

/** Samples of a pixel that are colours. */
export function coloursIn(photometric: number): number {
  switch (photometric) {
    case PHOTOMETRIC.whiteIsZero:
    case PHOTOMETRIC.blackIsZero:
    case PHOTOMETRIC.palette:
      return 1;
    case PHOTOMETRIC.cmyk:
      return 4;
    default:
      return 3;
  }
}

function usualPhotometric(compression: number, samples: number): number {
  if (samples >= 3) return PHOTOMETRIC.rgb;
  const isFax = compression > COMPRESSION.none && compression <= COMPRESSION.group4;
  return isFax ? PHOTOMETRIC.whiteIsZero : PHOTOMETRIC.blackIsZero;
}

/** The list may be missing or too short. One sample behind the colours is usually transparency. */
function extrasOf(said: readonly number[], samples: number, photometric: number): number[] {
  const count = Math.max(0, samples - coloursIn(photometric));
  if (said.length === 0 && count === 1) return [EXTRA.alpha];
  return Array.from({ length: count }, (_, index) => said[index] ?? EXTRA.unknown);
}

function isOrientation(value: number): value is Orientation {
  return Number.isInteger(value) && value >= 1 && value <= 8;
}
