import { BOX_SCALE, type FoundBox, MAX_DRAWN_BOXES, type NormalizedBox } from '../../domain/box.js';
import type { Size } from '../../domain/picture.js';
import { loadSharp, type SharpFactory } from '../decoders/load-sharp.js';
import { look, type OpenImage } from '../open/open.js';
import { type PixelRaster, rasterOf, upright } from '../readers/pixels.js';
import { readPicture } from '../readers/readers.js';
import { recognise } from '../recognise.js';
import { areaOf, fill, frame, grown, print, type Rectangle } from './canvas.js';
import { type Colour, colourOf, contrastOf } from './colours.js';
import { type Encoded, encodeAs, type OverlayEnding } from './encoders.js';
import { labelInk } from './labels.js';
import { placePlate, type Scale, scaleFor } from './layout.js';

export interface DrawOptions {
  ending: OverlayEnding;
  /** Of a TIFF, the number of the wanted directory, from 0. */
  directory?: number | undefined;
}

/**
 * Draws boxes with their labels on a picture. The result is upright, at full size, without metadata.
 *
 * @throws GeminiImageError of kind `input` if it cannot be decoded, or is too large to be
 *   written.
 */
export async function drawOverlay(
  image: OpenImage,
  boxes: readonly FoundBox[],
  { ending, directory }: DrawOptions,
): Promise<Encoded> {
  const sharp = loadSharp('--overlay needs sharp, which');
  const { formatName } = look(image, recognise);
  const options = { maxEdge: 0, directory };
  const picture = await readPicture(sharp, image, formatName, options, (pixels) =>
    rasterOf(upright(pixels)),
  );
  await drawBoxes(sharp, picture, boxes);
  const { data, ...raw } = picture;
  return encodeAs(ending, raw, sharp(data, { raw }));
}

/** More labels than a person can tell apart; of more boxes, the largest ones get a label. */
const MAX_LABELS = 500;

/** A box as it is drawn. */
interface Drawn {
  label: string;
  /** Its number, counted from 1 in the order of the answer. */
  number: number;
  rectangle: Rectangle;
  colour: Colour;
  contrast: Colour;
}

async function drawBoxes(
  sharp: SharpFactory,
  picture: PixelRaster,
  boxes: readonly FoundBox[],
): Promise<void> {
  const scale = scaleFor(picture);
  // Small ones last: they may lie on large ones.
  const all = drawnBoxes(boxes, picture).sort(
    (one, other) => areaOf(other.rectangle) - areaOf(one.rectangle),
  );
  for (const box of all) drawLines(picture, box, scale);
  const plates: Rectangle[] = [];
  for (const box of all.slice(0, MAX_LABELS)) {
    const plate = await drawPlate(sharp, picture, box, scale, plates);
    if (plate) plates.push(plate);
  }
}

function drawnBoxes(boxes: readonly FoundBox[], picture: Size): Drawn[] {
  const drawn = boxes.slice(0, MAX_DRAWN_BOXES);
  const kinds = new Map(
    [...new Set(drawn.map(({ label }) => label))].map((one, kind) => [one, kind]),
  );
  return drawn.map(({ label, normalized }, index) => {
    const colour = colourOf(kinds.get(label) ?? 0);
    const rectangle = rectangleOf(normalized, picture);
    return { label, number: index + 1, rectangle, colour, contrast: contrastOf(colour) };
  });
}

/** The pixels that a box covers: at least one. */
function rectangleOf([top, left, bottom, right]: NormalizedBox, picture: Size): Rectangle {
  const { width, height } = picture;
  const first = (from: number, side: number) =>
    Math.min(Math.floor((from * side) / BOX_SCALE), side - 1);
  const end = (to: number, side: number) => Math.ceil((to * side) / BOX_SCALE);
  return {
    left: first(left, width),
    top: first(top, height),
    right: end(right, width),
    bottom: end(bottom, height),
  };
}

/** Draws lines around a box, a light and a dark one, so that they show on any background. */
function drawLines(
  picture: PixelRaster,
  { rectangle, colour, contrast }: Drawn,
  { line, casing }: Scale,
): void {
  const outer = withLines(rectangle, picture, line + casing);
  frame(picture, outer, casing, contrast);
  frame(picture, grown(outer, -casing), line, colour);
}

/** At the picture's edges there is no room around a box. */
function withLines(rectangle: Rectangle, picture: Size, by: number): Rectangle {
  const { left, top, right, bottom } = grown(rectangle, by);
  return {
    left: Math.max(left, 0),
    top: Math.max(top, 0),
    right: Math.min(right, picture.width),
    bottom: Math.min(bottom, picture.height),
  };
}

/** In font sizes: the width that a label may take even on a narrow box, and its greatest width. */
const MIN_WIDTH = 16;
const MAX_WIDTH = 40;

/** If a picture has room for fewer labels than this, a label would hide more than it tells. */
const MIN_PLATES = 3;

async function drawPlate(
  sharp: SharpFactory,
  picture: PixelRaster,
  { label, number, rectangle, colour, contrast }: Drawn,
  scale: Scale,
  before: readonly Rectangle[],
): Promise<Rectangle | undefined> {
  const { font, plateHeight: height, padding } = scale;
  if (height * MIN_PLATES > picture.height) return undefined;
  const box = withLines(rectangle, picture, scale.line + scale.casing);
  const maxWidth = Math.min(
    Math.max(box.right - box.left - 2 * padding, font * MIN_WIDTH),
    font * MAX_WIDTH,
    picture.width - 2 * padding,
  );
  const ink = await labelInk(sharp, label, number, { scale, colour: contrast, maxWidth });
  if (!ink) return undefined;
  const plate = placePlate(box, { width: ink.width + 2 * padding, height }, picture, before);
  fill(picture, plate, colour);
  // Plates of one colour may lie side by side.
  frame(picture, plate, scale.casing, contrast);
  print(picture, ink, plate.left + padding, plate.top + Math.floor((height - ink.height) / 2));
  return plate;
}
