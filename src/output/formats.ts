import { extname } from 'node:path';
import type { CaptionRecord } from '../domain/record.js';
import { csvRows } from './csv.js';
import { jsonValues } from './json-values.js';

/** Turns one run's results into text; what it returns is written as it is. */
export interface Formatter {
  /** A piece of a streamed text; only text output shows it before the record is there. */
  piece(text: string, image: string): string;
  record(record: CaptionRecord): string;
  end(): string;
}

export interface OutputFormat {
  /** @param several whether more than one picture was asked for. */
  create(several: boolean): Formatter;
}

/** `--format`: how results look on stdout or in a file. */
export const outputFormats = {
  text: { create: (several) => (several ? textLines() : plainText()) },
  json: { create: json },
  jsonl: { create: () => ({ ...silent, record: (record) => `${JSON.stringify(record)}\n` }) },
  csv: { create: () => ({ ...silent, ...csvRows() }) },
} as const satisfies Record<string, OutputFormat>;

export type FormatName = keyof typeof outputFormats;

const formatOfEnding: ReadonlyMap<string, FormatName> = new Map([
  ['.txt', 'text'],
  ['.json', 'json'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.csv', 'csv'],
]);

/** The format that a file's ending asks for, if it asks for one. */
export function formatForFile(path: string): FormatName | undefined {
  return formatOfEnding.get(extname(path).toLowerCase());
}

const silent: Formatter = { piece: () => '', record: () => '', end: () => '' };

/** The caption and a newline, and nothing where there is none. */
function plainText(): Formatter {
  let streamed = '';
  return {
    piece(text) {
      streamed += text;
      return text;
    },
    record(record) {
      const text = textOf(record);
      if (text === '' && streamed === '') return '';
      const rest = withNewline(text.slice(streamed.length), streamed);
      streamed = '';
      return rest;
    },
    end: () => (streamed === '' ? '' : withNewline('', streamed)),
  };
}

/** `path<TAB>caption`, a line each. */
function textLines(): Formatter {
  let begun = false;
  let streamed = 0;
  // Blanks at the end so far: held back until it is known whether more text follows.
  let held = '';
  const show = (text: string, image: string) => {
    const head = begun ? '' : `${flat(image)}\t`;
    begun = true;
    const whole = held + text;
    const shown = whole.trimEnd();
    held = whole.slice(shown.length);
    return head + flat(shown);
  };
  const endLine = () => {
    const end = begun ? '\n' : '';
    begun = false;
    streamed = 0;
    held = '';
    return end;
  };
  return {
    piece(text, image) {
      streamed += text.length;
      return show(text, image);
    },
    record(record) {
      const text = textOf(record);
      const image = 'image' in record ? record.image : '';
      const rest = text === '' ? '' : show(text.slice(streamed), image);
      return rest + endLine();
    },
    end: endLine,
  };
}

function json(several: boolean): Formatter {
  const { value, end } = jsonValues(several);
  return { ...silent, record: value, end };
}

/** The finished text, or as much as the model said before its token limit. */
function textOf(record: CaptionRecord): string {
  if (record.status === 'ok') return record.text;
  // What a broken connection cut off is no answer at all, and is kept in JSON only.
  return record.error.kind === 'answer' ? (record.error.partialText ?? '') : '';
}

function withNewline(rest: string, before: string): string {
  return (rest || before).endsWith('\n') ? rest : `${rest}\n`;
}

function flat(text: string): string {
  return text.replace(/[\t\r\n\u2028\u2029]+/g, ' ');
}
