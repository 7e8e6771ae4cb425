import { usageError } from '../../domain/error.js';
import type { PictureRow } from '../rows/picture-row.js';
import type { Columns } from './columns.js';

/** `--where`: a column, a sign, and what it is compared with. */
const FILTER = /^([^=!~<>]+?)\s*(!=|!~|<=|>=|=|~|<|>)\s*(.*)$/s;

/** One filter, not yet looked up among the columns. */
export interface Filter {
  /** As it was given. */
  given: string;
  column: string;
  sign: keyof typeof SIGNS;
  value: string;
}

/** Whether a value of a row passes; of a list, its entries. */
type Test = (entries: readonly unknown[], wanted: string) => boolean;

const isEqual = (entry: unknown, wanted: string) => textual(entry) === wanted;
const hasPart = (entry: unknown, wanted: string) =>
  textual(entry).toLowerCase().includes(wanted.toLowerCase());
const compared =
  (test: (one: number, other: number) => boolean): Test =>
  (entries, wanted) =>
    entries.some((entry) => typeof entry === 'number' && test(entry, Number(wanted)));
const none =
  (test: (entry: unknown, wanted: string) => boolean): Test =>
  (entries, wanted) =>
    !some(test)(entries, wanted);
const some =
  (test: (entry: unknown, wanted: string) => boolean): Test =>
  (entries, wanted) =>
    entries.some((entry) => test(entry, wanted)) || (wanted === '' && entries.length === 0);

const SIGNS = {
  '=': some(isEqual),
  '!=': none(isEqual),
  '~': some(hasPart),
  '!~': none(hasPart),
  '<': compared((one, other) => one < other),
  '<=': compared((one, other) => one <= other),
  '>': compared((one, other) => one > other),
  '>=': compared((one, other) => one >= other),
} as const satisfies Record<string, Test>;

function isSign(text: string): text is keyof typeof SIGNS {
  return Object.hasOwn(SIGNS, text);
}

/** @throws GeminiImageError of kind `usage`. */
export function parseFilter(given: string): Filter {
  const [, column = '', sign = '', value = ''] = FILTER.exec(given) ?? [];
  if (!isSign(sign)) {
    throw usageError(
      `--where '${given}' has no sign that it compares by`,
      "Write a column, a sign and a value: 'status=ok', 'tags~boat', 'words<5'; signs are = != ~ !~ < <= > >=.",
    );
  }
  if (/[<>]/.test(sign) && (value.trim() === '' || Number.isNaN(Number(value)))) {
    throw usageError(
      `--where '${given}' compares numbers, and ${value || '""'} is none`,
      'Compare texts with = or ~.',
    );
  }
  return { given, column: column.trim(), sign, value: unquoted(value.trim()) };
}

/** Whether a row passes all filters. */
export function passesAll(
  filters: readonly Filter[],
  columns: Columns,
): (row: PictureRow) => boolean {
  const tests = filters.map(({ column, sign, value }) => {
    const found = columns.named([column]);
    const test: Test = SIGNS[sign];
    return (row: PictureRow) =>
      test(
        found.flatMap((one) => entriesOf(one.of(row))),
        value,
      );
  });
  return (row) => tests.every((test) => test(row));
}

function entriesOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function textual(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Quotes that the shell has left, as in `title="a b"`. */
function unquoted(value: string): string {
  const [, inner] = /^(?:"(.*)"|'(.*)')$/s.exec(value) ?? [];
  return inner ?? value;
}
