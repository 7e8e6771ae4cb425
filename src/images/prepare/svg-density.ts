import type { Size } from '../../domain/picture.js';
import { MAX_PIXELS, tooManyPixels } from '../errors.js';
import type { ByteSource } from '../open/byte-source.js';
import { sizeIn } from '../recognise.js';

/** A drawing of an icon's size is made larger than it says: it loses nothing, and can be read. */
const MIN_EDGE = 1024;

/** Dots an inch at which a unit of the drawing is a pixel. */
const DENSITY = 72;
const MAX_DENSITY = 100_000;

/** What no drawing needs, and what the renderer complains of on stderr. */
const MAX_UNITS = 1_000_000;

/** @throws GeminiImageError of kind `input` for a drawing that claims an absurd size. */
export function refuseAbsurdSvg(source: ByteSource): void {
  const size = sizeIn(source, 'svg');
  if (size && Math.max(size.width, size.height) > MAX_UNITS) throw tooManyPixels(size);
}

/**
 * Dots an inch at which a drawing is neither too small to be read nor larger than is sent.
 *
 * @param size of the drawing in its own units.
 * @param maxEdge the longest side that is sent, in pixels; 0 for any.
 * @throws GeminiImageError of kind `input` where it would be too large.
 */
export function svgDensity(size: Size, maxEdge: number): number {
  const [long, short] = [Math.max(size.width, size.height), Math.min(size.width, size.height)];
  const wanted = Math.min(Math.max(long, MIN_EDGE), maxEdge || Number.POSITIVE_INFINITY);
  // A line needs a pixel of width, however far it is shrunk.
  const scale = Math.max(wanted / Math.max(long, 1), 1 / Math.max(short, 1));
  const [width, height] = [size.width * scale, size.height * scale].map(Math.round);
  if ((width ?? 0) * (height ?? 0) > MAX_PIXELS) throw tooManyPixels(size);
  return Math.min(Math.max(DENSITY * scale, 1), MAX_DENSITY);
}
