/** Measurements in words. Every text begins with `[offline]`, so that nobody takes it for Gemini. */

import type { Wish } from './requested-style.js';
import { type ShownPicture, TELLINGS } from './sentences.js';

export const MARK = '[offline]';

/**
 * One line, the fullest that keeps to the limits; nothing but the mark where even that is too long.
 * `promptLength` is the number of characters of text in the request.
 */
export function describePictures(
  shown: readonly ShownPicture[],
  promptLength: number,
  wish: Wish,
): string {
  for (const telling of tellingsOf(shown, promptLength, wish)) {
    const text = `${MARK} ${telling}`;
    if (text.length <= wish.mostCharacters && fitsWords(text, wish.mostWords)) return text;
  }
  return MARK;
}

function tellingsOf(
  shown: readonly ShownPicture[],
  promptLength: number,
  { style }: Wish,
): Iterable<string> {
  const { none, one, several } = TELLINGS[style];
  const [only] = shown;
  if (only === undefined) return none(promptLength);
  return shown.length === 1 ? one(only.picture) : several(shown);
}

/** People count what is between blanks; a dictionary parts names such as `my-photo.jpg`. */
function fitsWords(text: string, most: number): boolean {
  if (most === Number.POSITIVE_INFINITY) return true;
  const segments = [...new Intl.Segmenter('en', { granularity: 'word' }).segment(text)];
  const words = segments.filter(({ isWordLike }) => isWordLike).length;
  return Math.max(words, text.split(/\s+/).length) <= most;
}
