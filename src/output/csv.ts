import { createRequire } from 'node:module';
import type { OwnMark } from '../domain/own-mark.js';
import type { CaptionRecord, NamedPicture } from '../domain/record.js';
import { oneColumn } from './one-column.js';

type Cell = string | number | undefined;

const COLUMNS = [
  'image',
  'status',
  'text',
  'model',
  'finishReason',
  'inputTokens',
  'outputTokens',
  'thoughtTokens',
  'cachedTokens',
  'costUsd',
  'cached',
  'mimeType',
  'width',
  'height',
  'sha256',
  'durationMs',
  'errorKind',
  'errorMessage',
  'partialText',
] as const;

/** Recognises our CSV by its first columns, which every build has written. */
export const csvMark: OwnMark = {
  what: 'a CSV file of gemini-image',
  begins: new RegExp(`^${COLUMNS.slice(0, 5).join(',')},`),
  // The name of the picture comes first; one with a comma or a line break is in quotes.
  answer: /^(?:.*"|[^",\r\n]*),ok,/gm,
};

export const tsvMark: OwnMark = {
  what: 'a TSV file of gemini-image',
  begins: new RegExp(`^${COLUMNS.slice(0, 5).join('\t')}\t`),
  answer: /^[^\t\r\n]*\tok\t/gm,
};

type Row = Partial<Record<(typeof COLUMNS)[number], Cell>>;

/** Writes the cells of one row, with its line end. */
type LineWriter = (cells: readonly Cell[]) => string;

interface Rows {
  record(record: CaptionRecord): string;
  end(): string;
}

/**
 * Records as CSV by RFC 4180: a header, then a row a record. If one answer is about several
 * pictures, `image` holds their names, each on a line, and the columns about a picture are empty.
 */
export function csvRows(): Rows {
  return rowsBy(lineWriter({ delimiter: ',', record_delimiter: 'windows' }));
}

/**
 * The same table with tabs between its cells and one line a record, as `cut` and `awk` read it: a
 * tab or line break inside a cell becomes a blank.
 */
export function tsvRows(): Rows {
  const line = lineWriter({ delimiter: '\t', record_delimiter: 'unix' });
  return rowsBy((cells) =>
    line(cells.map((cell) => (typeof cell === 'string' ? oneColumn(cell) : cell))),
  );
}

function rowsBy(line: LineWriter): Rows {
  let header = line(COLUMNS);
  const withHeader = (text: string) => {
    const whole = header + text;
    header = '';
    return whole;
  };
  return {
    record(record) {
      const row = rowOf(record);
      return withHeader(line(COLUMNS.map((column) => row[column])));
    },
    end: () => withHeader(''),
  };
}

function lineWriter(dialect: { delimiter: string; record_delimiter: string }): LineWriter {
  // Loaded here, so that other formats do not wait for it.
  const require = createRequire(import.meta.url);
  const { stringify }: typeof import('csv-stringify/sync') = require('csv-stringify/sync');
  const options = {
    ...dialect,
    // With a delimiter named, a lone CR or LF in a cell would end its row.
    quote_record_delimiter: true,
    quoted_match: OTHER_LINE_END,
  };
  return (cells) => stringify([cells.map(guarded)], options);
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
  if (typeof cell !== 'string') return cell;
  const [first = ''] = cell.replace(BLANK_START, '');
  const isFormula = /^[\t\r\n]/.test(cell) || /^[=+\-@]/.test(first.normalize('NFKC'));
  return isFormula ? `'${cell}` : cell;
}

/** White space, control characters and everything that is not seen. */
const BLANK_START = /^[\s\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]+/u;

function rowOf(record: CaptionRecord): Row {
  const { status, usage, costUsd } = record;
  const common = { status, ...usage, costUsd };
  if (record.status === 'failed') {
    const { kind, message, partialText } = record.error;
    return {
      ...common,
      image: nameOf(record),
      errorKind: kind,
      errorMessage: message,
      partialText,
    };
  }
  const { text, model, finishReason, cached, durationMs } = record;
  return {
    ...common,
    ...('image' in record && pictureCells(record)),
    image: nameOf(record),
    text,
    model,
    finishReason,
    cached: cached && 'true',
    durationMs,
  };
}

function pictureCells({ mimeType, width, height, sha256 }: NamedPicture): Row {
  return { mimeType, width, height, sha256 };
}

function nameOf(record: CaptionRecord): string {
  return 'image' in record ? record.image : record.images.map(({ image }) => image).join('\n');
}
