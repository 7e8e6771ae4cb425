import { GeminiImageError } from '../domain/error.js';

const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;

/**
 * Strips what copying leaves around a key: blanks, quotes, a byte order mark. The prefix is not
 * checked, since Google has changed it before.
 *
 * @returns the key, or undefined where nothing is left.
 * @throws GeminiImageError of kind `auth` where the key holds a character that no key has; the
 *   message never repeats it.
 */
export function cleanKey(raw: string): string | undefined {
  const key = bareKey(raw);
  if (key === '') return undefined;
  if (!PRINTABLE_ASCII.test(key)) {
    throw new GeminiImageError({
      kind: 'auth',
      message: 'the API key holds blanks, line breaks or other characters that no key has',
      hint: 'Copy it again from https://aistudio.google.com/apikey, as one line.',
    });
  }
  return key;
}

/** What is left of a key without its wrapping, whether or not it can be one. */
export function bareKey(raw: string): string {
  return raw
    .replace(/^\ufeff/, '')
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .trim();
}

/** Hides a secret in a text. */
export type Redact = (text: string) => string;

/** A shorter key is a placeholder, and may be a part of any word. */
export const MIN_SECRET_LENGTH = 8;

/**
 * Makes a function that hides the key in any text, also where it was escaped for a URL. A very
 * short one is hidden where it stands alone: `k` is a key in "key=k", but not in "took".
 *
 * @param name what stands in its place.
 */
export function keyRedactor(key: string, name = '[key]'): Redact {
  const spellings = [...new Set([key, encodeURIComponent(key)])].map(literally);
  const alone = key.length < MIN_SECRET_LENGTH;
  const patterns = spellings.map(
    (spelling) => new RegExp(alone ? `(?<![a-z\\d])${spelling}(?![a-z\\d])` : spelling, 'gi'),
  );
  return (text) => patterns.reduce((safe, pattern) => safe.replace(pattern, name), text);
}

function literally(text: string): string {
  return text.replace(/[^\w\s]/g, '\\$&');
}
