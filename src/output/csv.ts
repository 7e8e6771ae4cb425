import type { OwnMark } from '../domain/own-mark.js';
import type { CaptionRecord, NamedPicture, OkRecord, TogetherOkRecord } from '../domain/record.js';
import { type Cell, csvLines, type TableLines, tsvLines } from './table-lines.js';

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
function csvMark(delimiter: string): OwnMark {
  const sign = `\\u${delimiter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return {
    what: 'a CSV file of gemini-image',
    begins: new RegExp(`^${[...COLUMNS.slice(0, 5), ''].join(sign)}`),
    // The name of the picture comes first; one with a delimiter or a line break is in quotes.
    answer: new RegExp(`^(?:.*"|[^"${sign}\\r\\n]*)${sign}ok${sign}`, 'gm'),
  };
}

const tsvMark: OwnMark = {
  what: 'a TSV file of gemini-image',
  begins: new RegExp(`^${COLUMNS.slice(0, 5).join('\t')}\t`),
  answer: /^[^\t\r\n]*\tok\t/gm,
};

type Row = Partial<Record<(typeof COLUMNS)[number], Cell>>;

/** Columns behind those that every table has. */
export interface MoreColumns {
  readonly names: readonly string[];
  /** The cells of an answer, in the order of the names. */
  cells(record: OkRecord | TogetherOkRecord): readonly Cell[];
}

const NO_MORE: MoreColumns = { names: [], cells: () => [] };

interface Rows {
  record(record: CaptionRecord): string;
  end(): string;
}

/**
 * Records as CSV by RFC 4180: a header, then a row a record. If one answer is about several
 * pictures, `image` holds their names, each on a line, and the columns about a picture are empty.
 */
function csvRows(more: MoreColumns, delimiter: string): Rows {
  return rowsBy(csvLines(delimiter), more);
}

/**
 * The same table with tabs between its cells and one line a record, as `cut` and `awk` read it: a
 * tab or line break inside a cell becomes a blank.
 */
function tsvRows(more: MoreColumns): Rows {
  return rowsBy(tsvLines(), more);
}

function rowsBy(lines: TableLines, more: MoreColumns): Rows {
  const line = (cells: readonly Cell[]) => lines([cells]);
  let header = line([...COLUMNS, ...more.names]);
  const withHeader = (text: string) => {
    const whole = header + text;
    header = '';
    return whole;
  };
  return {
    record(record) {
      const row = rowOf(record);
      const others = record.status === 'ok' ? more.cells(record) : more.names.map(() => undefined);
      return withHeader(line([...COLUMNS.map((column) => row[column]), ...others]));
    },
    end: () => withHeader(''),
  };
}

/** A row is whole or not there. */
const NO_PIECES = { piece: (_text: string, _image: string) => '' };

/** The format of such tables, with more columns, or another sign between the cells. */
export function csvFormat(more = NO_MORE, delimiter = ',') {
  return {
    create: () => ({ ...NO_PIECES, ...csvRows(more, delimiter) }),
    // Without the mark a spreadsheet reads the file in the machine's old character set.
    fileMark: '\ufeff',
    mark: csvMark(delimiter),
  };
}

export function tsvFormat(more = NO_MORE) {
  return { create: () => ({ ...NO_PIECES, ...tsvRows(more) }), mark: tsvMark };
}

/** Whether a column of every table has this name. */
export function isColumn(name: string): boolean {
  return COLUMNS.some((column) => column === name);
}

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
