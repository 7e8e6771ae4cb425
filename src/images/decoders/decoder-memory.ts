import type { PictureFormat, Size } from '../../domain/picture.js';

/** The memory of an idle decoder process, in bytes. */
const BASE = 120_000_000;

/** For a picture whose size is not known before it is decoded, such as a drawing. */
const UNKNOWN = 400_000_000;

/** For each byte that is handed over, because it is held twice meanwhile. */
const PER_BYTE = 2;

/**
 * Bytes for each decoded pixel: the growth of the process, measured with pictures of 24 to 268
 * megapixels of the kinds that take the most memory (interlaced, progressive), rounded up.
 */
const PER_PIXEL = {
  png: 5,
  jpeg: 4,
  webp: 5,
  heic: 18,
  heif: 18,
  avif: 18,
  gif: 6,
  tiff: 5,
  bmp: 10,
  ico: 10,
  jpegxl: 24,
  psd: 16,
} as const satisfies Partial<Record<PictureFormat, number>>;

const MOST_PER_PIXEL = 24;

/** The facts of a picture before it is decoded. */
export interface Weighed {
  format: PictureFormat;
  bytes: number;
  /** In stored pixels. */
  size?: Size | undefined;
}

/**
 * The memory that decoding a picture will take, in bytes; an estimate that is rather too high.
 *
 * @param budget for all pictures; a picture of unknown size is taken to need half of it at most.
 */
export function memoryFor({ format, bytes, size }: Weighed, budget: number): number {
  if (format === 'svg' || !size) return Math.min(BASE + UNKNOWN + bytes * PER_BYTE, budget / 2);
  const perPixel: number = perPixelOf(format) ?? MOST_PER_PIXEL;
  return BASE + size.width * size.height * perPixel + bytes * PER_BYTE;
}

function perPixelOf(format: PictureFormat): number | undefined {
  const known: Partial<Record<PictureFormat, number>> = PER_PIXEL;
  return known[format];
}

/** Formats whose decoders are WebAssembly. */
const HEAVY: readonly PictureFormat[] = ['heic', 'heif'];

/** Whether pixels of a format are held in memory several times while they are decoded. */
export function isHeavy(format: PictureFormat): boolean {
  return HEAVY.includes(format);
}
