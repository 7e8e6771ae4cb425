import type { Size } from '../../domain/picture.js';
import { areaOf, boundsOf, intersection, type Rectangle } from './canvas.js';

/** A box with room for fewer plates than this is not covered, if that can be avoided. */
const ROOMY = 4;

/**
 * Finds the place of a box's plate: above the box, else inside or below it, wherever it hides the
 * least of the plates before it. It is always inside the picture.
 *
 * @param box with its lines.
 * @param plate not larger than the picture.
 */
export function placePlate(
  box: Rectangle,
  plate: Size,
  picture: Size,
  before: readonly Rectangle[],
): Rectangle {
  const bounds = boundsOf(picture);
  const hidden = (place: Rectangle) =>
    before.reduce((sum, other) => sum + areaOf(intersection(place, other)), 0);
  let best: { place: Rectangle; hides: number } | undefined;
  for (const place of placesFor(box, plate, picture.width)) {
    if (areaOf(intersection(place, bounds)) < areaOf(place)) continue;
    const hides = hidden(place);
    if (best === undefined || hides < best.hides) best = { place, hides };
    if (best.hides === 0) break;
  }
  if (best) return best.place;
  const left = between(0, box.left, picture.width - plate.width);
  return at(left, between(0, box.top, picture.height - plate.height), plate);
}

/** The best ones first. */
function placesFor(
  { left, top, right, bottom }: Rectangle,
  plate: Size,
  pictureWidth: number,
): Rectangle[] {
  const isRoomy = bottom - top > plate.height * ROOMY;
  const above = top - plate.height;
  const below = bottom;
  const inside = [top, bottom - plate.height];
  const rows = isRoomy ? [above, ...inside, below] : [above, below, ...inside];
  const columns = [left, right - plate.width].map((x) => between(0, x, pictureWidth - plate.width));
  return rows.flatMap((y) => columns.map((x) => at(x, y, plate)));
}

function at(left: number, top: number, { width, height }: Size): Rectangle {
  return { left, top, right: left + width, bottom: top + height };
}

function between(least: number, value: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}

/** The sizes of lines and labels on a picture, in its pixels. */
export interface Scale {
  /** The width of the line in the label's colour. */
  line: number;
  /** The width of the line beside it, which is light if the other is dark. */
  casing: number;
  font: number;
  /** The height of the plate behind a label. */
  plateHeight: number;
  /** The room between the ends of a label and its plate. */
  padding: number;
}

/** A picture's longer side in font sizes, so that text looks ordinary when it fills a screen. */
const PICTURE_PER_FONT = 50;
const MIN_FONT = 12;
/** A picture's shorter side in font sizes at least, for very wide or very high pictures. */
const SHORT_SIDE_PER_FONT = 8;

/** Sizes with which lines and letters are as easy to see on a small picture as on a large one. */
export function scaleFor({ width, height }: Size): Scale {
  const bySize = Math.sqrt(width * height) / PICTURE_PER_FONT;
  const byShape = Math.min(width, height) / SHORT_SIDE_PER_FONT;
  const font = Math.max(MIN_FONT, Math.round(Math.min(bySize, byShape)));
  const line = Math.max(2, Math.round(font / 8));
  return {
    line,
    casing: Math.max(1, Math.round(line / 2)),
    font,
    plateHeight: Math.round(font * 1.4),
    padding: Math.round(font * 0.35),
  };
}
