import type { PictureFormat, Size } from '../../domain/picture.js';

/** By how much the decoder of JPEG can shrink a picture while it reads it. */
const FACTORS = [8, 4, 2] as const;

/**
 * The size at which a picture is held in memory. A JPEG that is much larger than wanted is never
 * decoded at its full size.
 *
 * @param maxEdge the longest side that is wanted, in pixels; 0 for any.
 */
export function sizeInMemory(size: Size, format: PictureFormat, maxEdge: number): Size {
  if (format !== 'jpeg' || maxEdge === 0) return size;
  const ratio = Math.max(size.width, size.height) / maxEdge;
  const factor = FACTORS.find((possible) => possible <= ratio) ?? 1;
  return { width: Math.ceil(size.width / factor), height: Math.ceil(size.height / factor) };
}

/** In pixels. */
export function pixelsOf({ width, height }: Size): number {
  return width * height;
}
