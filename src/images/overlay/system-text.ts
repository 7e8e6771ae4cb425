/** Text in the fonts of this machine, for scripts that the font which comes along lacks. */
import type { SharpFactory } from '../decoders/load-sharp.js';
import type { Ink } from './canvas.js';
import { type Colour, hexOf } from './colours.js';

/** @returns undefined where no font of this machine has all of its characters. */
export async function systemText(
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

/** What shows with the characters around it only, or not at all. */
const NOT_BY_ITSELF =
  /[\p{M}\p{Z}\p{Cc}\p{Cf}\p{Emoji_Modifier}\p{Default_Ignorable_Code_Point}]/gu;

/** Characters that no font has, since they stand for nothing; of four and of five digits. */
const UNASSIGNED = ['\u0378', '\u{50000}'] as const;
const PROBE_SIZE = 20;

/** What was found out so far: a script has few characters, and each takes milliseconds. */
const known = new Map<string, Promise<boolean>>();

function isMissing(sharp: SharpFactory, character: string): Promise<boolean> {
  const found = known.get(character) ?? lacks(sharp, character);
  known.set(character, found);
  return found;
}

/** For a character that it lacks, the renderer draws a box with the digits of its code point. */
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
    // It says so where there is nothing to draw.
    return undefined;
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
