import { usageError } from '../domain/error.js';

/**
 * Where a text stops being JSON. The messages of `JSON.parse` do not always say it, and differ from
 * one version of Node to the next.
 */
export interface JsonBreak {
  /**
   * `cut`: the text ends before the JSON does. `more`: something follows the JSON.
   * `broken`: something stands where JSON has no place for it.
   */
  kind: 'cut' | 'more' | 'broken';
  /** Both count from 1, the column in characters. */
  line: number;
  column: number;
}

type Wanted = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end' | 'nothing';

interface Place {
  kind: JsonBreak['kind'];
  at: number;
}

/** Finds where a text stops being JSON; undefined if it is JSON to its end. */
export function findJsonBreak(text: string): JsonBreak | undefined {
  const found = scan(text.trimEnd(), text.length - text.trimStart().length);
  if (!found) return undefined;
  const lines = text.slice(0, found.at).split('\n');
  return {
    kind: found.kind,
    line: lines.length,
    column: [...(lines.at(-1) ?? '').replace(/^\uFEFF/, '')].length + 1,
  };
}

/** It keeps its own stack: a text may be nested deeper than functions can be. */
function scan(text: string, start: number): Place | undefined {
  const open: ('{' | '[')[] = [];
  let wanted: Wanted = 'value';
  let at = start;
  const afterValue = (): Wanted => (open.length > 0 ? ', or end' : 'nothing');

  for (;;) {
    at = skip(BLANKS, text, at);
    if (at === text.length) return wanted === 'nothing' ? undefined : { kind: 'cut', at };
    if (wanted === 'nothing') return { kind: 'more', at };

    const char = text.charAt(at);
    const wantsKey: boolean = wanted === 'key' || wanted === 'key or }';
    const wantsValue: boolean = wanted === 'value' || wanted === 'value or ]';
    const closes: boolean =
      (char === '}' && (wanted === 'key or }' || (wanted === ', or end' && open.at(-1) === '{'))) ||
      (char === ']' && (wanted === 'value or ]' || (wanted === ', or end' && open.at(-1) === '[')));

    if (closes) {
      open.pop();
      wanted = afterValue();
      at += 1;
    } else if (char === wanted) {
      wanted = 'value';
      at += 1;
    } else if (char === ',' && wanted === ', or end') {
      wanted = open.at(-1) === '{' ? 'key' : 'value';
      at += 1;
    } else if (wantsValue && (char === '{' || char === '[')) {
      open.push(char);
      wanted = char === '{' ? 'key or }' : 'value or ]';
      at += 1;
    } else if (wantsValue || (wantsKey && char === '"')) {
      const end = char === '"' ? endOfString(text, at) : endOfScalar(text, at);
      if (typeof end !== 'number') return end;
      wanted = wantsKey ? ':' : afterValue();
      at = end;
    } else {
      return { kind: 'broken', at };
    }
  }
}

const BLANKS = /[ \t\r\n]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const CUT_ESCAPE = /\\(?:u[\da-fA-F]{0,3})?/y;
const WORD = /[-+.\w]*/y;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[-+]?\d+)?$/i;
const CUT_NUMBER = /^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?(?:(?<=\d)e[-+]?\d*)?)?$/i;
const NAMES = ['true', 'false', 'null'];

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  pattern.test(text);
  return Math.max(at, pattern.lastIndex);
}

function endOfString(text: string, start: number): number | Place {
  let at = start + 1;
  for (;;) {
    at = skip(PLAIN, text, at);
    if (at === text.length) return { kind: 'cut', at };
    if (text.charAt(at) === '"') return at + 1;
    const escaped = skip(ESCAPE, text, at);
    if (escaped === at) {
      const isCut = skip(CUT_ESCAPE, text, at) === text.length;
      return isCut ? { kind: 'cut', at: text.length } : { kind: 'broken', at };
    }
    at = escaped;
  }
}

/** The end of a number, `true`, `false` or `null`. */
function endOfScalar(text: string, start: number): number | Place {
  const end = skip(WORD, text, start);
  const word = text.slice(start, end);
  if (NAMES.includes(word) || NUMBER.test(word)) return end;
  const isCut =
    end === text.length && (CUT_NUMBER.test(word) || NAMES.some((name) => name.startsWith(word)));
  return isCut ? { kind: 'cut', at: end } : { kind: 'broken', at: start };
}

/**
 * Reads the text of a schema.
 *
 * @param about - how an error names it, such as "the schema's file photo.json".
 * @returns its value, which may be any JSON.
 * @throws GeminiImageError of kind `usage`, which says where the JSON breaks.
 */
export function parseSchema(text: string, about: string): unknown {
  try {
    return JSON.parse(text.trim());
  } catch (error) {
    throw usageError(
      `${about} ${problemOf(text)}`,
      'A schema is JSON: names in double quotes, no comments, no comma after the last entry.',
      error,
    );
  }
}

function problemOf(text: string): string {
  if (text.trim() === '') return 'is empty';
  const found = findJsonBreak(text);
  if (!found) return 'is not valid JSON';
  if (found.kind === 'cut') return 'is not valid JSON: it ends in the middle';
  const what = found.kind === 'more' ? 'something follows the JSON' : 'it breaks';
  return `is not valid JSON: ${what} at line ${found.line}, column ${found.column}`;
}
