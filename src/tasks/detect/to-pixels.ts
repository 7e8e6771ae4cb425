import { BOX_SCALE, type NormalizedBox, type PixelBox } from '../../domain/box.js';
import type { PictureFacts } from '../../domain/record.js';

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
