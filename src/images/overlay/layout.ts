import type { Size } from '../../domain/picture.js';
import { areaOf, boundsOf, intersection, type Rectangle } from './canvas.js';

/** Boxes with less room than that many plates inside are rather not covered. */
const ROOMY = 4;

/**
 * Where the plate of a box is put: above it, else inside or below, wherever it hides the least of
 * the plates before it; always inside the picture.
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

/** How large things are drawn on a picture, in its pixels. */
export interface Scale {
  /** Of the line in the label's colour. */
  line: number;
  /** Of the line beside it, which is light if the other is dark. */
  casing: number;
  font: number;
  /** Of the plate that holds a label. */
  plateHeight: number;
  /** Between the ends of a label and its plate. */
  padding: number;
}

/** What a picture that fills a screen shows at the size of ordinary text. */
const PICTURE_PER_FONT = 50;
const MIN_FONT = 12;
/** For pictures that are far wider than high, and the other way round. */
const SHORT_SIDE_PER_FONT = 8;

/** Lines and letters that are as easy to see on a small picture as on a large one. */
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
