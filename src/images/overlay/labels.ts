import type { SharpFactory } from '../decoders/load-sharp.js';
import type { Ink } from './canvas.js';
import { type Colour, hexOf } from './colours.js';
import { hasGlyph, pathOf, widthOf } from './label-font.js';
import type { Scale } from './layout.js';

/** How a label is to be written. */
export interface Writing {
  scale: Scale;
  colour: Colour;
  /** In pixels. */
  maxWidth: number;
}

const ELLIPSIS = '…';

/** UTF-16 units; more than any plate has room for. */
const MAX_LABEL = 1000;

/** The line on which letters stand, below the top of their plate, in font sizes. */
const BASELINE = 1.065;

/**
 * Writes a label, shortened if it is too long.
 *
 * @param number is written if no font has the characters of the label.
 * @returns undefined if not even the beginning fits.
 */
export async function labelInk(
  sharp: SharpFactory,
  label: string,
  number: number,
  writing: Writing,
): Promise<Ink | undefined> {
  const text = label.slice(0, MAX_LABEL).normalize('NFC');
  // If no font has its emoji, the label is tried without it.
  for (const shown of new Set([text, text.replace(EMOJI, '').trim()])) {
    const characters = plainCharacters(shown);
    if (characters) return plainInk(sharp, characters, writing);
    const ink = await systemInk(sharp, shown, writing);
    if (ink) return ink;
  }
  return plainInk(sharp, [...`#${number}`], writing);
}

const EMOJI = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}]/gu;

async function plainInk(
  sharp: SharpFactory,
  whole: readonly string[],
  { scale, colour, maxWidth }: Writing,
): Promise<Ink | undefined> {
  const fits = (characters: readonly string[]) => widthOf(characters, scale.font) <= maxWidth;
  const shown = shortened(whole, fits);
  if (!shown) return undefined;
  const width = Math.ceil(widthOf(shown, scale.font));
  const path = pathOf(shown, scale.font, scale.font * BASELINE);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${scale.plateHeight}"><path fill="${hexOf(colour)}" d="${path}"/></svg>`;
  const drawn = sharp(Buffer.from(svg)).ensureAlpha().raw();
  const { data, info } = await drawn.toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** The whole text if it fits, else the longest beginning that fits with an ellipsis. */
function shortened(
  whole: readonly string[],
  fits: (characters: readonly string[]) => boolean,
): readonly string[] | undefined {
  if (fits(whole)) return whole;
  // A blank before an ellipsis looks like a gap.
  const cut = (length: number) => [...whole.slice(0, length).join('').trimEnd(), ELLIPSIS];
  let length = 0;
  while (fits(cut(length + 1))) length += 1;
  return length === 0 ? undefined : cut(length);
}

/** More than any plate has room for. */
const MAX_CLUSTERS = 80;

async function systemInk(
  sharp: SharpFactory,
  text: string,
  { scale, colour, maxWidth }: Writing,
): Promise<Ink | undefined> {
  const clusters = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
  let length = Math.min(clusters.length, MAX_CLUSTERS);
  while (length > 0) {
    const shown = clusters.slice(0, length).join('').trimEnd();
    const written = length < clusters.length ? `${shown}${ELLIPSIS}` : shown;
    const ink = await systemText(sharp, written, scale.font, colour);
    if (!ink) return undefined;
    if (ink.width <= maxWidth) return fitting(sharp, ink, scale.plateHeight);
    length = Math.min(length - 1, Math.floor((length * maxWidth) / ink.width));
  }
  return undefined;
}

/** Shrinks a text that is higher than its plate, as in some scripts. */
async function fitting(sharp: SharpFactory, ink: Ink, maxHeight: number): Promise<Ink> {
  if (ink.height <= maxHeight) return ink;
  const raw = { width: ink.width, height: ink.height, channels: 4 } as const;
  const shrunk = sharp(ink.data, { raw }).resize({ height: maxHeight }).raw();
  const { data, info } = await shrunk.toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** Marks, and letters of scripts in which letters cannot be drawn one by one. */
const SHAPED =
  /\p{M}|(?![\p{scx=Latin}\p{scx=Greek}\p{scx=Cyrillic}\p{scx=Armenian}\p{scx=Georgian}\p{scx=Common}])\p{L}/u;

/** Characters without width, such as a joiner. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

/** The characters to draw one by one; undefined if the text cannot be drawn so. */
export function plainCharacters(text: string): string[] | undefined {
  const visible = text.replace(INVISIBLE, '');
  if (SHAPED.test(visible)) return undefined;
  const characters = [...visible];
  return characters.length > 0 && characters.every(hasGlyph) ? characters : undefined;
}

/**
 * Draws a text in the fonts of this machine, for scripts that our own font lacks.
 *
 * @returns undefined if no font of this machine has all of its characters.
 */
async function systemText(
  sharp: SharpFactory,
  text: string,
  size: number,
  colour: Colour,
): Promise<Ink | undefined> {
  const characters = new Set(text.replace(NOT_BY_ITSELF, ''));
  if (characters.size === 0) return undefined;
  for (const character of characters) {
    if (await isMissing(sharp, character)) return undefined;
  }
  return rendered(sharp, text, size, colour);
}

/** Characters that show only together with others, or not at all. */
const NOT_BY_ITSELF =
  /[\p{M}\p{Z}\p{Cc}\p{Cf}\p{Emoji_Modifier}\p{Default_Ignorable_Code_Point}]/gu;

/** Unassigned characters, which no font has; with code points of four and of five digits. */
const UNASSIGNED = ['\u0378', '\u{50000}'] as const;
const PROBE_SIZE = 20;

/** The results so far: a script has few characters, and each check takes milliseconds. */
const known = new Map<string, Promise<boolean>>();

function isMissing(sharp: SharpFactory, character: string): Promise<boolean> {
  const found = known.get(character) ?? lacks(sharp, character);
  known.set(character, found);
  return found;
}

/** The renderer draws a missing character as a box with the digits of its code point. */
async function lacks(sharp: SharpFactory, character: string): Promise<boolean> {
  const [four, five] = UNASSIGNED;
  const like = (character.codePointAt(0) ?? 0) > 0xffff ? five : four;
  const probe = (text: string) => rendered(sharp, text, PROBE_SIZE, [0, 0, 0]);
  const [shown, box] = [await probe(character), await probe(like)];
  if (!shown || !box) return true;
  return shown.width === box.width && shown.height === box.height && sameEdge(shown, box);
}

function sameEdge(one: Ink, other: Ink): boolean {
  const row = (ink: Ink) => ink.data.subarray(0, ink.width * 4);
  return row(one).equals(row(other));
}

async function rendered(
  sharp: SharpFactory,
  text: string,
  size: number,
  colour: Colour,
): Promise<Ink | undefined> {
  const markup = `<span foreground="${hexOf(colour)}">${escaped(text)}</span>`;
  const settings = { text: markup, font: `sans bold ${size}`, dpi: 72, rgba: true };
  try {
    const drawn = sharp({ text: settings }).ensureAlpha().raw();
    const { data, info } = await drawn.toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height };
  } catch {
    // The renderer fails if there is nothing to draw.
    return undefined;
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
