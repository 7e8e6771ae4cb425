import { jsonLine } from '../domain/json.js';
import type { OwnMark } from '../domain/own-mark.js';

/** Recognises our JSON: one record, an array of records, or one record a line. */
export const jsonMark: OwnMark = {
  what: 'a JSON file of records of gemini-image',
  begins:
    /^\s*(?:\[\s*\]\s*$|(?:\[\s*)?\{\s*(?:"image":\s*"(?:[^"\\]|\\.)*",\s*"status":\s*"(?:ok|failed)"|"images":\s*\[\s*\{\s*"image":))/,
  // Inside a string, there would be a backslash before each quote.
  answer: /(?<!\\)"status":\s*"ok"/g,
};

/** Ends an array that has an item. */
const LIST_END = '\n]\n';

/** Writes values as JSON as they come: one by itself, or the items of an array. */
export interface JsonValues {
  value(value: unknown): string;
  end(): string;
}

/** @param several whether an array is wanted. */
export function jsonValues(several: boolean): JsonValues {
  if (!several) return { value: (value) => `${pretty(value)}\n`, end: () => '' };
  let separator = '[\n';
  return {
    value(value) {
      const item = `${separator}${pretty(value)}`;
      separator = ',\n';
      return item;
    },
    end: () => (separator === '[\n' ? '[]\n' : LIST_END),
  };
}

/** A value is whole or not there. */
const NO_PIECES = { piece: (_text: string, _image: string) => '' };

/** The format of one record, or of an array of them. */
export const jsonFormat = {
  create(several: boolean) {
    const { value, end } = jsonValues(several);
    return { ...NO_PIECES, record: value, end, ...(several && { closing: LIST_END }) };
  },
  mark: jsonMark,
};

/** The format of a record a line. */
export const jsonlFormat = {
  create: () => ({ ...NO_PIECES, record: jsonLine, end: () => '' }),
  mark: jsonMark,
};

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
