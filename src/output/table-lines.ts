import { requirePackage } from '../own-files.js';
import { oneColumn } from './safe-text.js';

export type Cell = string | number | undefined;

/** Writes rows of cells, each with its line end. */
export type TableLines = (rows: readonly (readonly Cell[])[]) => string;

/** Between the entries of a list in one cell. */
const LIST_SEPARATOR = '; ';

/** A value of JSON in one cell: the entries of a list are joined. */
export function cellOf(value: unknown): Cell {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (Array.isArray(value)) return value.map(entryOf).join(LIST_SEPARATOR);
  return typeof value === 'object' ? JSON.stringify(value) : `${value}`;
}

function entryOf(entry: unknown): string {
  return typeof entry === 'string' ? entry : JSON.stringify(entry ?? null);
}

/** Rows by RFC 4180. */
export function csvLines(delimiter = ','): TableLines {
  return tableLines({ delimiter, record_delimiter: 'windows' });
}

/** Rows with tabs between their cells, a line each: a tab or line break inside a cell becomes a blank. */
export function tsvLines(): TableLines {
  const lines = tableLines({ delimiter: '\t', record_delimiter: 'unix' });
  return (rows) => lines(rows.map((cells) => cells.map(flat)));
}

function flat(cell: Cell): Cell {
  return typeof cell === 'string' ? oneColumn(cell) : cell;
}

function tableLines(dialect: { delimiter: string; record_delimiter: string }): TableLines {
  // Loaded here, so that other formats do not wait for it.
  const { stringify }: typeof import('csv-stringify/sync') = requirePackage('csv-stringify/sync');
  const options = {
    ...dialect,
    // With a delimiter named, a lone CR or LF in a cell would end its row.
    quote_record_delimiter: true,
    quoted_match: OTHER_LINE_END,
  };
  return (rows) =>
    stringify(
      rows.map((cells) => cells.map(guarded)),
      options,
    );
}

/** Some readers, such as Python's `splitlines`, take these for line ends unless they are quoted. */
const OTHER_LINE_END = /[\v\f\x1c-\x1e\x85\u2028\u2029]/;

/**
 * A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula. Some trim blanks,
 * control characters and invisible ones first, and read other forms of these signs as the signs.
 * Such a text, and one that begins with a tab or line break, gets an apostrophe in front. That holds
 * for every column, because a path may begin so as well. Numbers stay as they are.
 */
function guarded(cell: Cell): Cell {
  // Most cells begin with a letter or a digit, and need no closer look.
  if (typeof cell !== 'string' || /^[A-Za-z0-9]/.test(cell)) return cell;
  const [first = ''] = cell.replace(BLANK_START, '');
  const isFormula = /^[\t\r\n]/.test(cell) || /^[=+\-@]/.test(first.normalize('NFKC'));
  return isFormula ? `'${cell}` : cell;
}

/** White space, control characters and everything that is not seen. */
const BLANK_START = /^[\s\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]+/u;
