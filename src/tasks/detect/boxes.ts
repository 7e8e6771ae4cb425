import { BOX_SCALE, type NormalizedBox } from '../../domain/box.js';

/**
 * Reads a `box_2d` of an answer: the inverted is swapped, and what lies outside is cut off.
 *
 * @returns undefined where it is no four numbers, or nothing of it lies inside the picture.
 */
export function readBox(value: unknown): NormalizedBox | undefined {
  if (!Array.isArray(value) || value.length !== 4 || !value.every(Number.isFinite))
    return undefined;
  const [y1, x1, y2, x2] = value.map((number: number) => Math.min(Math.max(number, 0), BOX_SCALE));
  if (y1 === undefined || x1 === undefined || y2 === undefined || x2 === undefined)
    return undefined;
  const [ymin, ymax] = y1 < y2 ? [y1, y2] : [y2, y1];
  const [xmin, xmax] = x1 < x2 ? [x1, x2] : [x2, x1];
  return ymin < ymax && xmin < xmax ? [ymin, xmin, ymax, xmax] : undefined;
}
