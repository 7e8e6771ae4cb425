import type { SharpFactory } from '../decoders/load-sharp.js';
import type { Ink } from './canvas.js';
import { type Colour, hexOf } from './colours.js';
import { pathOf, plainCharacters, widthOf } from './plain-text.js';
import type { Scale } from './scale.js';
import { systemText } from './system-text.js';

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

/** Where letters stand, as a part of the font's size below the top of their plate. */
const BASELINE = 1.065;

/**
 * Writes a label, shortened where it is too long.
 *
 * @param number what is written where no font has the label.
 * @returns undefined where not even the beginning fits.
 */
export async function labelInk(
  sharp: SharpFactory,
  label: string,
  number: number,
  writing: Writing,
): Promise<Ink | undefined> {
  const text = label.slice(0, MAX_LABEL).normalize('NFC');
  // A word says enough without its emoji, where no font has that.
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

/** The longest beginning that fits with an ellipsis; the whole where that fits. */
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

/** Some scripts are higher than a plate. */
async function fitting(sharp: SharpFactory, ink: Ink, maxHeight: number): Promise<Ink> {
  if (ink.height <= maxHeight) return ink;
  const raw = { width: ink.width, height: ink.height, channels: 4 } as const;
  const shrunk = sharp(ink.data, { raw }).resize({ height: maxHeight }).raw();
  const { data, info } = await shrunk.toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
