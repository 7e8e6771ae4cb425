// What a reader makes of a file, and how its pixels are had.
import type { PictureFormat, Size } from '../../domain/picture.js';
import type { Raw, Sharp, SharpFactory, SharpMetadata } from '../decoders/load-sharp.js';
import type { Orientation } from '../metadata/exif.js';
import type { OpenImage } from '../open/open.js';

export interface PixelOptions {
  /** The longest side that is wanted, in pixels; 0 for any. A drawing is rendered at that size. */
  maxEdge: number;
  /** Accepts the part of a damaged picture that can be decoded. */
  damaged?: boolean;
  /** Refuses a picture if its decoder gives a warning. */
  strict?: boolean;
  /** Of a TIFF, the number of the wanted directory, from 0. */
  directory?: number | undefined;
  /** Of a JPEG, that no gain map has to be looked for. */
  hasNoGainMap?: boolean | undefined;
}

/** A picture that sharp can read. */
export interface Pixels {
  /** Begins a new reading. */
  read(): Sharp;
  original: Size;
  /** The metadata that sharp reads; absent if another decoder read the picture. */
  metadata?: SharpMetadata;
  /** How pixels of another decoder are still to be turned. */
  orientation?: Orientation;
  /** Whether the pixels differ from one another as they are stored, before their colours change. */
  differ?(): Promise<boolean>;
}

/** What is to be read. */
export interface Reading {
  readonly sharp: SharpFactory;
  readonly image: OpenImage;
  readonly format: PictureFormat;
  readonly options: PixelOptions;
}

/**
 * Opens a picture to decode it; undefined if the file is of a kind that this reader leaves to others.
 * Throws an `Error` with the reason if it cannot, also later, when the pixels are read; a
 * `GeminiImageError` if no reader can.
 */
export type Reader = (reading: Reading) => Promise<Pixels | undefined>;

/** Begins a reading of the picture as people see it: upright and in sRGB. */
export function upright({ read, metadata, orientation = 1 }: Pixels): Sharp {
  // By default sharp converts colours of 8 bits, but takes those of 16 bits for sRGB.
  const picture = read().autoOrient();
  if (metadata && metadata.depth !== 'uchar') picture.withIccProfile('srgb', { attach: false });
  return turned(picture, orientation);
}

/** Turned clockwise by quarters, then mirrored: the order in which sharp does both. */
const TURNS: Readonly<Record<Orientation, readonly [quarters: number, mirrored: boolean]>> = {
  1: [0, false],
  2: [0, true],
  3: [2, false],
  4: [2, true],
  5: [1, true],
  6: [1, false],
  7: [3, true],
  8: [3, false],
};

function turned(picture: Sharp, orientation: Orientation): Sharp {
  const [quarters, mirrored] = TURNS[orientation];
  if (quarters > 0) picture.rotate(quarters * 90);
  return mirrored ? picture.flop() : picture;
}

/** Decoded pixels, row by row. */
export interface PixelRaster extends Raw {
  data: Buffer;
}

/** Decodes, with 3 or 4 channels of a byte each. */
export async function rasterOf(picture: Sharp): Promise<PixelRaster> {
  const raster = picture.toColourspace('srgb').raw({ depth: 'uchar' });
  const { data, info } = await raster.toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { data, width, height, channels };
}
