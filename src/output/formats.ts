import { extname } from 'node:path';
import type { OwnMark } from '../domain/own-mark.js';
import type { CaptionRecord, ErrorRecord } from '../domain/record.js';
import { oneColumn } from './safe-text.js';

/** Turns one run's results into text; what it returns is written as it is. */
export interface Formatter<Data = unknown> {
  /** A piece of a streamed text; only text output shows it before the record is there. */
  piece(text: string, image: string): string;
  /** @param tookMs how long a question took that failed; an answer says so itself. */
  record(record: CaptionRecord<Data>, tookMs?: number): string;
  /** Written after the last record so far, it completes a file that cannot be finished. */
  closing?: string;
  /** @param reason why the run ended early, if it did. */
  end(reason?: Pick<ErrorRecord, 'kind' | 'message'>): string;
}

export interface OutputFormat<Data = unknown> {
  /** @param several whether more than one picture was asked for. */
  create(several: boolean): Formatter<Data>;
  /** The mark at the beginning of a file with the ending of this format; stdout does not get it. */
  fileMark?: string;
  /** How a file of this format is recognised as ours; plain text cannot be. */
  mark?: OwnMark;
}

/** A format, or a function that loads it: of a run that prints a text, none else is needed. */
export type OfferedFormat<Data = unknown> =
  | OutputFormat<Data>
  | (() => Promise<OutputFormat<Data>>);

/** `--format`: how results look on stdout or in a file. */
export const outputFormats = {
  text: textFormat(proseOf),
  json: async () => (await import('./json-values.js')).jsonFormat,
  jsonl: async () => (await import('./json-values.js')).jsonlFormat,
  csv: async () => (await import('./csv.js')).csvFormat(),
  tsv: async () => (await import('./csv.js')).tsvFormat(),
} as const satisfies Record<string, OfferedFormat>;

/** Text output for answers that are useless in part, such as half of a JSON value. */
export const wholeText: OutputFormat = textFormat(wholeOf);

const formatOfEnding: ReadonlyMap<string, string> = new Map([
  ['.txt', 'text'],
  ['.text', 'text'],
  ['.md', 'text'],
  ['.json', 'json'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.csv', 'csv'],
  ['.tsv', 'tsv'],
  ['.xml', 'junit'],
]);

/** The format that a file's ending asks for, if any; not every command has that format. */
export function formatForFile(path: string): string | undefined {
  return formatOfEnding.get(extname(path).toLowerCase());
}

/** The endings that ask for one of these formats, in words: `.txt, .json or .jsonl`. */
export function endingsOf(formats: readonly string[]): string {
  const endings = [...formatOfEnding]
    .filter(([, format]) => formats.includes(format))
    .map(([ending]) => ending);
  return `${endings.slice(0, -1).join(', ')} or ${endings.at(-1)}`;
}

/** The same formatter, for a file that begins with a mark. */
export function withMark(formatter: Formatter, mark: string): Formatter {
  let missing = mark;
  const marked = (text: string) => {
    if (text === '') return text;
    const whole = missing + text;
    missing = '';
    return whole;
  };
  return {
    ...formatter,
    piece: (text, image) => marked(formatter.piece(text, image)),
    record: (record) => marked(formatter.record(record)),
    end: (reason) => marked(formatter.end(reason)),
  };
}

/** A formatter that prints nothing, for formats to build on. */
export const silent: Formatter = { piece: () => '', record: () => '', end: () => '' };

/** The text of a record, or nothing if there is none to show. */
type TextOf = (record: CaptionRecord) => string;

function textFormat(textOf: TextOf): OutputFormat {
  return { create: (several) => (several ? textLines(textOf) : plainText(textOf)) };
}

/** The caption and a newline, and nothing if there is none. */
function plainText(textOf: TextOf): Formatter {
  let streamed = '';
  return {
    piece(text) {
      streamed += text;
      return text;
    },
    record(record) {
      const text = textOf(record);
      if (text === '' && streamed === '' && record.status === 'failed') return '';
      const rest = withNewline(text.slice(streamed.length), streamed);
      streamed = '';
      return rest;
    },
    end: () => (streamed === '' ? '' : withNewline('', streamed)),
  };
}

/** `path<TAB>caption`, a line each. */
function textLines(textOf: TextOf): Formatter {
  let begun = false;
  let streamed = 0;
  // Blanks at the end so far: held back until it is known whether more text follows.
  let held = '';
  const show = (text: string, image: string) => {
    const head = begun ? '' : `${oneColumn(image)}\t`;
    begun = true;
    const whole = held + text;
    const shown = whole.trimEnd();
    held = whole.slice(shown.length);
    return head + oneColumn(shown);
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
      const image = 'image' in record ? record.image : (record.group ?? '');
      // An empty answer is an answer too.
      const isShown = text !== '' || record.status === 'ok';
      const rest = isShown ? show(text.slice(streamed), image) : '';
      return rest + endLine();
    },
    end: endLine,
  };
}

/** The finished text, or the text up to the model's token limit. */
function proseOf(record: CaptionRecord): string {
  if (record.status === 'ok') return record.text;
  // A text that a broken connection cut off, or that breaks a rule, is shown in JSON only.
  const { finishReason, partialText = '' } = record.error;
  return finishReason === 'MAX_TOKENS' ? partialText : '';
}

function wholeOf(record: CaptionRecord): string {
  return record.status === 'ok' ? record.text : '';
}

function withNewline(rest: string, before: string): string {
  return (rest || before).endsWith('\n') ? rest : `${rest}\n`;
}
