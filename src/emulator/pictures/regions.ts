// The largest regions that differ from the background, with boxes around them: the emulator's
// replacement for the objects that a model would find.

import { nameOfColour, toOklab } from './colours.js';
import type { Orientation } from './header.js';
import type { Samples } from './photon.js';

/** `box_2d` of the API: integers 0–1000 of the sides of the picture as displayed. */
export type Box = readonly [ymin: number, xmin: number, ymax: number, xmax: number];

export interface Region {
  /** An everyday name of its colour. */
  readonly colour: string;
  readonly box: Box;
}

/** Neighbouring samples of about the same colour. The last row and column are part of it. */
interface Patch {
  readonly count: number;
  /** The mean of its samples; undefined for transparent ones. */
  readonly colour: Rgb | undefined;
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly touchesBorder: boolean;
}

/** 0–255 a channel. */
type Rgb = readonly [red: number, green: number, blue: number];

/** A larger distance is visible: it is above JPEG's noise and below the step from #fff to #eee. */
const TOLERANCE = 40;
/** Share of the samples: 1 %, less what blurred edges take. */
const LEAST_SHARE = 0.008;
const MOST_REGIONS = 5;
/** Alpha of 255 below which a sample is transparent, as for the main colours. */
const LEAST_ALPHA = 16;

/** At most five, the largest first; none in a picture of one colour. */
export function findRegions(samples: Samples, orientation: Orientation): Region[] {
  const patches = findPatches(samples).sort((a, b) => b.count - a.count);
  const ground = patches.find(({ touchesBorder }) => touchesBorder);
  return (
    patches
      // The background seen through a frame is no region.
      .filter(({ colour }) => ground === undefined || differ(colour, ground.colour))
      .slice(0, MOST_REGIONS)
      .map((patch) => ({
        colour: patch.colour ? nameOfColour(toOklab(...patch.colour)) : 'transparent',
        box: boxOf(patch, samples, orientation),
      }))
  );
}

/** The patches that are large enough. */
function findPatches(samples: Samples): Patch[] {
  const total = samples.columns * samples.rows;
  const isTaken = new Uint8Array(total);
  const waiting = new Int32Array(total);
  const patches: Patch[] = [];
  for (let seed = 0; seed < total; seed += 1) {
    if (isTaken[seed] !== 0) continue;
    const patch = growPatch(samples, seed, isTaken, waiting);
    if (patch.count >= total * LEAST_SHARE) patches.push(patch);
  }
  return patches;
}

/**
 * All samples that can be reached from the seed without a sample that differs from their mean colour.
 * `isTaken` marks samples of a patch; `waiting` has room for samples whose neighbours come next.
 */
function growPatch(
  { columns, rows, rgba }: Samples,
  seed: number,
  isTaken: Uint8Array,
  waiting: Int32Array,
): Patch {
  const isClear = isTransparent(rgba, seed);
  let [red, green, blue] = [rgba[seed * 4] ?? 0, rgba[seed * 4 + 1] ?? 0, rgba[seed * 4 + 2] ?? 0];
  let count = 0;
  let pending = 0;
  let [top, left, bottom, right] = [rows, columns, -1, -1];
  const admit = (at: number) => {
    if (isTaken[at] !== 0 || isTransparent(rgba, at) !== isClear) return;
    const r = (rgba[at * 4] ?? 0) - red;
    const g = (rgba[at * 4 + 1] ?? 0) - green;
    const b = (rgba[at * 4 + 2] ?? 0) - blue;
    if (!isClear && squared(r, g, b) > TOLERANCE ** 2) return;
    isTaken[at] = 1;
    waiting[pending] = at;
    pending += 1;
    count += 1;
    red += r / count;
    green += g / count;
    blue += b / count;
  };
  admit(seed);
  while (pending > 0) {
    pending -= 1;
    const at = waiting[pending] ?? 0;
    const row = Math.floor(at / columns);
    const column = at - row * columns;
    if (row < top) top = row;
    if (row > bottom) bottom = row;
    if (column < left) left = column;
    if (column > right) right = column;
    if (column > 0) admit(at - 1);
    if (column < columns - 1) admit(at + 1);
    if (row > 0) admit(at - columns);
    if (row < rows - 1) admit(at + columns);
  }
  const touchesBorder = top === 0 || left === 0 || bottom === rows - 1 || right === columns - 1;
  const colour: Rgb | undefined = isClear ? undefined : [red, green, blue];
  return { count, colour, top, left, bottom, right, touchesBorder };
}

function isTransparent(rgba: Uint8Array, at: number): boolean {
  return (rgba[at * 4 + 3] ?? 0) < LEAST_ALPHA;
}

function differ(one: Rgb | undefined, other: Rgb | undefined): boolean {
  if (one === undefined || other === undefined) return one !== other;
  const [r, g, b] = [one[0] - other[0], one[1] - other[1], one[2] - other[2]];
  return squared(r, g, b) > TOLERANCE ** 2;
}

/** The squared distance of two colours, weighted as the eye sees them; OKLab would be too slow. */
function squared(red: number, green: number, blue: number): number {
  return 2 * red * red + 4 * green * green + 3 * blue * blue;
}

/** Where a point of the stored picture (0–1 from its top left corner) is as displayed. */
const DISPLAYED = {
  1: (x, y) => [x, y],
  2: (x, y) => [1 - x, y],
  3: (x, y) => [1 - x, 1 - y],
  4: (x, y) => [x, 1 - y],
  5: (x, y) => [y, x],
  6: (x, y) => [1 - y, x],
  7: (x, y) => [1 - y, 1 - x],
  8: (x, y) => [y, 1 - x],
} as const satisfies Record<Orientation, (x: number, y: number) => readonly [number, number]>;

function boxOf(patch: Patch, { columns, rows }: Samples, orientation: Orientation): Box {
  const turn = DISPLAYED[orientation];
  const [x1, y1] = turn(patch.left / columns, patch.top / rows);
  const [x2, y2] = turn((patch.right + 1) / columns, (patch.bottom + 1) / rows);
  const inThousands = (share: number) => Math.round(share * 1000);
  return [
    inThousands(Math.min(y1, y2)),
    inThousands(Math.min(x1, x2)),
    inThousands(Math.max(y1, y2)),
    inThousands(Math.max(x1, x2)),
  ];
}
