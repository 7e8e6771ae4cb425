import { inspect } from 'node:util';
import { GeminiImageError } from '../domain/error.js';
import { shorten } from '../network/text.js';

const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;

/**
 * Removes what copying leaves around a key: spaces, quotes, a byte order mark. The prefix is not
 * checked, since Google has changed it before.
 *
 * @returns the key, or undefined if nothing is left.
 * @throws GeminiImageError of kind `auth` if the key holds a character that no key has; the message
 *   never repeats it.
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

/** The key without spaces and quotes around it, even if it is not a possible key. */
export function bareKey(raw: string): string {
  return raw
    .replace(/^\ufeff/, '')
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .trim();
}

/** Hides a secret in a text. */
export type Redact = (text: string) => string;

/** A shorter key is a placeholder, and may be part of any word. */
export const MIN_SECRET_LENGTH = 8;

/**
 * The forms of Google's keys, old and new. Old keys have a fixed length; the length of new ones is
 * not documented.
 */
const OLD_KEY = /AIza[\w-]{35}/g;
const NEW_KEY = /AQ\.[\w-]{20,}/g;

/** Hides everything that looks like a key of Google's, whether or not it is used here. */
export const hideKeys: Redact = (text) => text.replace(OLD_KEY, '[key]').replace(NEW_KEY, '[key]');

/** Matches the beginning of such a key, or a key that may not be complete, at the end of a text. */
const OPEN_KEY = /(?:AIza[\w-]{0,34}|AIz|AI?|AQ\.[\w-]{0,400}|AQ)$/;

/**
 * Makes a function that hides the key in any text, even if it is escaped for a URL. A very short
 * key is hidden only as a word of its own: `k` in "key=k", but not in "took". Other keys of
 * Google's are hidden too.
 *
 * @param name what is shown in its place.
 */
export function keyRedactor(key: string, name = '[key]'): Redact {
  const redact = ownKeyRedactor(key, name);
  return (text) => hideKeys(redact(text));
}

function ownKeyRedactor(key: string, name: string): Redact {
  const spellings = [...new Set([key, encodeURIComponent(key)])].map(literally);
  const alone = key.length < MIN_SECRET_LENGTH;
  const patterns = spellings.map(
    (spelling) => new RegExp(alone ? `(?<![a-z\\d])${spelling}(?![a-z\\d])` : spelling, 'gi'),
  );
  return (text) => patterns.reduce((safe, pattern) => safe.replace(pattern, name), text);
}

/** Hides a key in an answer, which may come in pieces. */
export interface KeyHider {
  /** Hides it in a text, even if JSON writes its letters as escapes. */
  hide: Redact;
  /** The same for a text that is not complete. An incomplete key at its end stays as it is. */
  hideSoFar: Redact;
  /** How many characters at the end of a text may be the beginning of the key. */
  beginningAtEnd(text: string): number;
}

/** A placeholder is not hidden in answers, since it may be any word in a picture. */
export function keyHider(key: string): KeyHider {
  const { hide, beginningAtEnd } = ownKeyHider(key);
  const openAtEnd = (text: string) => OPEN_KEY.exec(text)?.[0].length ?? 0;
  return {
    hide: (text) => hideKeys(hide(text)),
    hideSoFar(text) {
      const safe = hide(text);
      const closed = safe.length - openAtEnd(safe);
      return hideKeys(safe.slice(0, closed)) + safe.slice(closed);
    },
    beginningAtEnd: (text) => Math.max(beginningAtEnd(text), openAtEnd(text)),
  };
}

function ownKeyHider(key: string): Omit<KeyHider, 'hideSoFar'> {
  if (key.length < MIN_SECRET_LENGTH) return { hide: (text) => text, beginningAtEnd: () => 0 };
  const redact = ownKeyRedactor(key, '[key]');
  const spellings = [...new Set([key, encodeURIComponent(key)])].map((text) => text.toLowerCase());
  return {
    hide(text) {
      const safe = redact(text);
      if (!safe.includes('\\u')) return safe;
      const plain = safe.replace(ESCAPED_LETTER, (_, code) =>
        String.fromCharCode(parseInt(code, 16)),
      );
      const hidden = redact(plain);
      return hidden === plain ? safe : hidden;
    },
    beginningAtEnd(text) {
      const end = text.slice(-Math.max(...spellings.map(({ length }) => length))).toLowerCase();
      const lengths = spellings.map((spelling) => {
        let length = Math.min(spelling.length - 1, end.length);
        while (length > 0 && !end.endsWith(spelling.slice(0, length))) length -= 1;
        return length;
      });
      return Math.max(...lengths);
    },
  };
}

/** Printable ASCII except quote and backslash, which have a meaning in JSON. */
const ESCAPED_LETTER = /\\u00(2[013-9a-f]|[346][0-9a-f]|5[0-9abd-f]|7[0-9a-e])/gi;

function literally(text: string): string {
  return text.replace(/[^\w\s]/g, '\\$&');
}

/** Hides secrets in all printable parts of an error. An error of another class is a bug of ours. */
export function withoutSecrets(error: unknown, redact: Redact): GeminiImageError {
  if (!(error instanceof GeminiImageError)) {
    const message = error instanceof Error ? error.message : String(error);
    return withoutSecrets(
      new GeminiImageError({ kind: 'internal', message, cause: error }),
      redact,
    );
  }
  const { message, hint, finishReason, partialText, cause } = error;
  const causeInWords = inspect(cause, { depth: 8 });
  const safeWords = redact(causeInWords);
  return error.with({
    message: shorten(redact(message)),
    hint: hint && redact(hint),
    partialText: partialText && redact(partialText),
    finishReason: finishReason && shorten(redact(finishReason)),
    ...(safeWords !== causeInWords && { cause: safeWords }),
  });
}

/** Variables that set up Vertex AI in Google's own SDKs and tools. Nothing here reads their values. */
const VERTEX_VARIABLES = [
  'GOOGLE_GENAI_USE_ENTERPRISE',
  'GOOGLE_GENAI_USE_VERTEXAI',
  'GOOGLE_CLOUD_PROJECT',
  'GOOGLE_CLOUD_LOCATION',
  'GOOGLE_APPLICATION_CREDENTIALS',
];

/** Those of them that are set. */
export function vertexVariables(variable: (name: string) => string | undefined): readonly string[] {
  return VERTEX_VARIABLES.filter((name) => variable(name) !== undefined);
}
