import { BOX_SCALE, type FoundBox, type NormalizedBox, type PixelBox } from '../../domain/box.js';
import { isObject } from '../../domain/json.js';
import type { Size } from '../../domain/picture.js';
import type { PictureFacts } from '../../domain/record.js';

/**
 * Reads a `box_2d` of an answer. Swapped corners are put right, and parts outside are cut off.
 *
 * @returns undefined if it is not four numbers, or if no part of it lies inside the picture.
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

/** The unit of the numbers in an answer's boxes. */
export type BoxScale = 'thousandths' | 'fractions' | 'pixels';

type Numbers = readonly [ymin: number, xmin: number, ymax: number, xmax: number];

/** How far a box in thousandths may reach beyond the picture. The part outside is cut off. */
const MOST_BEYOND = 1.05 * BOX_SCALE;

/**
 * Reads the boxes of one answer. If all of them can only be fractions of the sides, or pixels of
 * the picture that was sent, they are converted. A single box in fractions makes no sense.
 *
 * @param values the values of `box_2d`, whose numbers may be in quotes.
 * @param sent the size of the picture as it was sent, upright.
 * @returns the box for each value; undefined if it makes no sense.
 */
export function readBoxes(
  values: readonly unknown[],
  sent: Size,
): { boxes: readonly (NormalizedBox | undefined)[]; scale: BoxScale } {
  const numbers = values.map(numbersIn);
  const scale = scaleOf(
    numbers.filter((four) => four !== undefined),
    sent,
  );
  const boxes = numbers.map((four) => {
    if (!four || (scale === 'thousandths' && isFraction(four))) return undefined;
    return readBox(scale === 'thousandths' ? four : inThousandths(four, scale, sent));
  });
  return { boxes, scale };
}

function scaleOf(all: readonly Numbers[], { width, height }: Size): BoxScale {
  if (all.length > 0 && all.every(isFraction)) return 'fractions';
  const reachesBeyond = all.some((four) => four.some((number) => number > MOST_BEYOND));
  const fits = all.every(
    ([y1, x1, y2, x2]) =>
      Math.min(y1, x1, y2, x2) >= 0 && Math.max(y1, y2) <= height && Math.max(x1, x2) <= width,
  );
  return reachesBeyond && fits ? 'pixels' : 'thousandths';
}

/** Thousandths are whole numbers, so other numbers up to 1 are fractions; 1 is a whole side. */
function isFraction(four: Numbers): boolean {
  return (
    four.every((number) => number >= 0 && number <= 1) &&
    (four.some((number) => !Number.isInteger(number)) || four.join() === '0,0,1,1')
  );
}

/** Rounds outwards to whole thousandths, so that nothing of the box is lost. */
function inThousandths(four: Numbers, scale: BoxScale, { width, height }: Size): Numbers {
  const [y1, x1, y2, x2] = four.map(
    (number, at) =>
      (number * BOX_SCALE) / (scale === 'fractions' ? 1 : at % 2 === 0 ? height : width),
  );
  return [
    Math.floor(Math.min(y1 ?? 0, y2 ?? 0) + ROUNDING),
    Math.floor(Math.min(x1 ?? 0, x2 ?? 0) + ROUNDING),
    Math.ceil(Math.max(y1 ?? 0, y2 ?? 0) - ROUNDING),
    Math.ceil(Math.max(x1 ?? 0, x2 ?? 0) - ROUNDING),
  ];
}

/** In binary, 0.29 × 1000 is a little less than 290. */
const ROUNDING = 1e-6;

function numbersIn(value: unknown): Numbers | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const [y1, x1, y2, x2] = value.map(numberIn);
  return y1 === undefined || x1 === undefined || y2 === undefined || x2 === undefined
    ? undefined
    : [y1, x1, y2, x2];
}

/** A number, which may be in quotes. */
function numberIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

type Turn = (box: NormalizedBox) => NormalizedBox;

const asItIs: Turn = (box) => box;

/** Where a point of the upright picture is stored, by EXIF orientation (EXIF 2.32, tag 274). */
const orientations: Readonly<Record<number, Turn>> = {
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
 * Converts a box of the upright picture to pixels of the file as stored. It includes every pixel
 * that the box touches: at least one, and never one outside the picture.
 */
export function toPixels(
  box: NormalizedBox,
  {
    width = 1,
    height = 1,
    orientation = 1,
  }: Pick<PictureFacts, 'width' | 'height' | 'orientation'>,
): PixelBox {
  const [top, left, bottom, right] = (orientations[orientation] ?? asItIs)(box);
  const [x, columns] = covered(left, right, width);
  const [y, rows] = covered(top, bottom, height);
  return { x, y, width: columns, height: rows };
}

/** The first pixel and the number of pixels between two thousandths of a side. */
function covered(from: number, to: number, side: number): [first: number, count: number] {
  const first = Math.min(Math.floor((from * side) / BOX_SCALE), side - 1);
  const end = Math.max(Math.ceil((to * side) / BOX_SCALE), first + 1);
  return [first, end - first];
}

/**
 * What was found in the picture of a record; undefined if the record holds no valid boxes, since
 * somebody may have edited its file.
 */
export function readDetection(data: unknown): FoundBox[] | undefined {
  if (!isObject(data) || !Array.isArray(data.boxes)) return undefined;
  return data.boxes.flatMap((item) => {
    const { label, normalized: box } = isObject(item) ? item : {};
    const normalized = readBox(box);
    return typeof label === 'string' && normalized ? [{ label, normalized }] : [];
  });
}
