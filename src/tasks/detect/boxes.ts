import { BOX_SCALE, type FoundBox, type NormalizedBox, type PixelBox } from '../../domain/box.js';
import { isObject } from '../../domain/json.js';
import type { PictureFacts } from '../../domain/record.js';

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

type Turn = (box: NormalizedBox) => NormalizedBox;

const asItIs: Turn = (box) => box;

/** Where a part of the upright picture is stored, by EXIF orientation (EXIF 2.32, tag 274). */
const turns: Readonly<Record<number, Turn>> = {
  2: ([top, left, bottom, right]) => [top, BOX_SCALE - right, bottom, BOX_SCALE - left],
  3: ([top, left, bottom, right]) => [
    BOX_SCALE - bottom,
    BOX_SCALE - right,
    BOX_SCALE - top,
    BOX_SCALE - left,
  ],
  4: ([top, left, bottom, right]) => [BOX_SCALE - bottom, left, BOX_SCALE - top, right],
  5: ([top, left, bottom, right]) => [left, top, right, bottom],
  6: ([top, left, bottom, right]) => [BOX_SCALE - right, top, BOX_SCALE - left, bottom],
  7: ([top, left, bottom, right]) => [
    BOX_SCALE - right,
    BOX_SCALE - bottom,
    BOX_SCALE - left,
    BOX_SCALE - top,
  ],
  8: ([top, left, bottom, right]) => [left, BOX_SCALE - bottom, right, BOX_SCALE - top],
};

/**
 * The pixels of the file, as they are stored, that a box of the upright picture covers: those that
 * it touches too, so that there is always at least one, and never one outside.
 */
export function toPixels(
  box: NormalizedBox,
  { width, height, orientation = 1 }: Pick<PictureFacts, 'width' | 'height' | 'orientation'>,
): PixelBox {
  const [top, left, bottom, right] = (turns[orientation] ?? asItIs)(box);
  const [x, columns] = covered(left, right, width);
  const [y, rows] = covered(top, bottom, height);
  return { x, y, width: columns, height: rows };
}

/** The first pixel and how many there are, from one thousandth of a side to another. */
function covered(from: number, to: number, side: number): [first: number, count: number] {
  const first = Math.min(Math.floor((from * side) / BOX_SCALE), side - 1);
  const end = Math.max(Math.ceil((to * side) / BOX_SCALE), first + 1);
  return [first, end - first];
}

/**
 * What was found in the picture of a record, which may come from a file that somebody has edited;
 * undefined where that holds no boxes.
 */
export function readDetection(data: unknown): FoundBox[] | undefined {
  if (!isObject(data) || !Array.isArray(data.boxes)) return undefined;
  return data.boxes.flatMap((item) => {
    const { label, normalized: box } = isObject(item) ? item : {};
    const normalized = readBox(box);
    return typeof label === 'string' && normalized ? [{ label, normalized }] : [];
  });
}
