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
