// What a transparent picture is laid on. What it hides beneath its alpha is not what a person sees.
import type { SharpFactory } from '../decoders/load-sharp.js';
import type { PixelRaster } from '../readers/pixels.js';

/** Red, green and blue, 0 to 255. */
type Colour = readonly [number, number, number];

const WHITE: Colour = [255, 255, 255];
/** Taken in their order where white would hide what is drawn. */
const GREYS: readonly Colour[] = [
  [128, 128, 128],
  [64, 64, 64],
  [192, 192, 192],
];

/** Whether anything of it can be seen through. */
export function isSeeThrough({ data, channels }: PixelRaster): boolean {
  if (channels !== 4) return false;
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return true;
  return false;
}

/** A part of the outline that is lost on white makes a grey worth it. */
const MUCH = 0.25;
/** More samples do not change the choice. */
const SAMPLES = 250_000;

/** White where what is drawn keeps its contrast to it, else the grey to which it has the most. */
export function backgroundFor(raster: PixelRaster): string {
  const onWhite = hiddenOn([WHITE, ...GREYS], raster);
  const [lostOnWhite = 0, ...lostOnGreys] = onWhite;
  if (lostOnWhite <= MUCH) return hex(WHITE);
  const least = Math.min(...lostOnGreys);
  return hex(least < lostOnWhite ? (GREYS[lostOnGreys.indexOf(least)] ?? WHITE) : WHITE);
}

/** The same picture, opaque. */
export async function laidOn(
  sharp: SharpFactory,
  { data, ...raw }: PixelRaster,
  background: string,
): Promise<PixelRaster> {
  const flat = sharp(data, { raw }).flatten({ background }).raw({ depth: 'uchar' });
  const { data: pixels, info } = await flat.toBuffer({ resolveWithObject: true });
  return { data: pixels, width: info.width, height: info.height, channels: info.channels };
}

/** A pixel that is seen more than through. */
const HALF = 128;
/** Differences of a channel below this are hardly seen. */
const VISIBLE = 40;
/** Fewer pixels along the outline than this part of all say nothing. */
const FEW = 1 / 2000;

/**
 * The part of what is drawn that cannot be told from each background: of the pixels along its
 * outline, or of all if it has none.
 */
function hiddenOn(backgrounds: readonly Colour[], raster: PixelRaster): number[] {
  const { data, width, height } = raster;
  const outline = backgrounds.map(() => 0);
  const all = backgrounds.map(() => 0);
  let onOutline = 0;
  let drawn = 0;
  const step = Math.max(1, Math.floor((width * height) / SAMPLES));
  for (let pixel = 0; pixel < width * height; pixel += step) {
    const at = pixel * 4;
    const alpha = data[at + 3] ?? 0;
    if (alpha < VISIBLE) continue;
    drawn += 1;
    const isOutline = alpha >= HALF && hasHoleBeside(raster, pixel);
    if (isOutline) onOutline += 1;
    for (const [index, background] of backgrounds.entries()) {
      if (difference(data, at, background) * (alpha / 255) >= VISIBLE) continue;
      all[index] = (all[index] ?? 0) + 1;
      if (isOutline) outline[index] = (outline[index] ?? 0) + 1;
    }
  }
  const [hidden, count] =
    onOutline * step > width * height * FEW ? [outline, onOutline] : [all, drawn];
  return hidden.map((pixels) => (count === 0 ? 0 : pixels / count));
}

function hasHoleBeside({ data, width }: PixelRaster, pixel: number): boolean {
  const x = pixel % width;
  const isHole = (beside: number) => (data[beside * 4 + 3] ?? 255) < HALF;
  return (
    (x > 0 && isHole(pixel - 1)) ||
    (x < width - 1 && isHole(pixel + 1)) ||
    isHole(pixel - width) ||
    isHole(pixel + width)
  );
}

function difference(data: Uint8Array, at: number, [red, green, blue]: Colour): number {
  return Math.max(
    Math.abs((data[at] ?? 0) - red),
    Math.abs((data[at + 1] ?? 0) - green),
    Math.abs((data[at + 2] ?? 0) - blue),
  );
}

function hex(colour: Colour): string {
  return `#${colour.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
