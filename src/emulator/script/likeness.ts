// Whether two pictures look the same, although one was shrunk, turned or encoded anew.
import type { Samples } from '../pictures/photon.js';

/** The mean colours of the cells of a grid, row by row. */
export type Likeness = readonly number[];

const CELLS = 8;
const CHANNELS = 3;
/** Of 255. Shrinking and encoding anew change a cell by less; another picture by more. */
const MOST_DIFFERENCE = 5;

export function likenessOf({ columns, rows, rgba }: Samples): Likeness {
  const sums = new Array<number>(CELLS * CELLS * CHANNELS).fill(0);
  const counts = new Array<number>(CELLS * CELLS).fill(0);
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      const cell = Math.floor((y * CELLS) / rows) * CELLS + Math.floor((x * CELLS) / columns);
      counts[cell] = (counts[cell] ?? 0) + 1;
      for (let channel = 0; channel < CHANNELS; channel += 1) {
        const at = cell * CHANNELS + channel;
        sums[at] = (sums[at] ?? 0) + (rgba[(y * columns + x) * 4 + channel] ?? 0);
      }
    }
  }
  return sums.map((sum, at) => sum / Math.max(1, counts[Math.floor(at / CHANNELS)] ?? 0));
}

/** The difference of two pictures in any of the eight ways to turn one; undefined if they differ. */
export function differenceOf(one: Likeness, other: Likeness): number | undefined {
  const differences = WAYS.map((way) => meanDifference(one, other, way));
  const least = Math.min(...differences);
  return least <= MOST_DIFFERENCE ? least : undefined;
}

type Way = (x: number, y: number) => readonly [x: number, y: number];

const LAST = CELLS - 1;
const WAYS: readonly Way[] = [
  (x, y) => [x, y],
  (x, y) => [LAST - x, y],
  (x, y) => [x, LAST - y],
  (x, y) => [LAST - x, LAST - y],
  (x, y) => [y, x],
  (x, y) => [LAST - y, x],
  (x, y) => [y, LAST - x],
  (x, y) => [LAST - y, LAST - x],
];

function meanDifference(one: Likeness, other: Likeness, way: Way): number {
  let sum = 0;
  for (let y = 0; y < CELLS; y += 1) {
    for (let x = 0; x < CELLS; x += 1) {
      const [otherX, otherY] = way(x, y);
      const here = (y * CELLS + x) * CHANNELS;
      const there = (otherY * CELLS + otherX) * CHANNELS;
      for (let channel = 0; channel < CHANNELS; channel += 1) {
        sum += Math.abs((one[here + channel] ?? 0) - (other[there + channel] ?? 0));
      }
    }
  }
  return sum / (CELLS * CELLS * CHANNELS);
}
