import { createRequire } from 'node:module';
import type { CaptionRecord, NamedPicture } from '../domain/record.js';

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

type Row = Partial<Record<(typeof COLUMNS)[number], Cell>>;

/**
 * Records as CSV by RFC 4180, in UTF-8 without a byte order mark: a header, then a row a record.
 * Where one answer is about several pictures, `image` holds their names, one a line, and the
 * columns about a picture are empty.
 *
 * A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, one of their full-width forms, a
 * tab or a line break for a formula, so that it gets an apostrophe in front, in whatever column it
 * is: a path may begin so as well. Numbers stay as they are.
 */
export function csvRows(): { record(record: CaptionRecord): string; end(): string } {
  const line = lineWriter();
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

function lineWriter(): (cells: readonly Cell[]) => string {
  // Loaded here, since who asks for another format should not wait for it.
  const require = createRequire(import.meta.url);
  const { stringify }: typeof import('csv-stringify/sync') = require('csv-stringify/sync');
  const options = {
    record_delimiter: 'windows',
    // With a delimiter named, a lone CR or LF in a cell would end its row.
    quote_record_delimiter: true,
    escape_formulas: true,
  };
  return (cells) => stringify([cells.map(guarded)], options);
}

/** A line feed is the one beginning that `escape_formulas` leaves alone. */
function guarded(cell: Cell): Cell {
  return typeof cell === 'string' && cell.startsWith('\n') ? `'${cell}` : cell;
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
