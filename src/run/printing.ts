// How results are printed: in the order of the pictures, by a format, to stdout or a file.
import { GeminiImageError } from '../domain/error.js';
import type { Tell } from '../domain/events.js';
import type { Outcome } from '../engine/outcome.js';
import {
  type Formatter,
  formatForFile,
  type OutputFormat,
  outputFormats,
} from '../output/formats.js';
import type { CommandContext, Output } from './context.js';
import type { Job, ResultWriter } from './job.js';
import type { OutputsPart } from './options.js';

/** A writer that has nothing to put in place at the end. */
export function onEach<Data>(add: (outcome: Outcome<Data>) => Promise<void>): ResultWriter {
  return {
    async add(outcome: Outcome<Data>) {
      await add(outcome);
      return undefined;
    },
    finish: async () => {},
    abandon: async () => {},
  };
}

export interface PrintedOptions {
  /** Whether records of failures replace an older file. */
  reportsFailures: boolean;
  tell: Tell<'outputKept'>;
}

/** Prints results in the order of the pictures, to stdout or to a file that appears whole. */
export function printedWriter(
  format: Formatter,
  sink: Sink,
  { reportsFailures, tell }: PrintedOptions,
): ResultWriter {
  let begun = false;
  let kept = 0;
  let parts = 0;
  let isOver = false;
  /** Whatever happens to the file, what was paid for is not lost. */
  const unfinished = async (error: unknown): Promise<unknown> => {
    const path = await sink.keep();
    const rest = sink.unwritten().trim();
    if (!(error instanceof GeminiImageError)) return error;
    const hints = [
      ...(path === undefined ? [] : [`What was finished is in ${path}.`]),
      ...(rest === '' ? [] : [`For this there was no room:\n${rest}`]),
    ];
    return hints.length === 0 ? error : error.with({ hint: hints.join('\n') });
  };
  return {
    async add({ record, error, tookMs }) {
      // A report is written at the end, with all results that there are.
      begun = true;
      const text = format.record(record, tookMs);
      if (error === undefined) kept += 1;
      else if (error.partialText !== undefined && text !== '') parts += 1;
      await sink.write(text, format.closing).catch(endRun);
      return undefined;
    },
    async text(text, image) {
      if (!sink.live) return;
      begun = true;
      await sink.write(format.piece(text, image));
    },
    async finish(reason) {
      isOver = true;
      // If the run ends early, finished results are kept as valid JSON and whole lines.
      if (reason && !begun && !reportsFailures) return sink.discard();
      try {
        await sink.write(format.end(reason));
        await sink.close(kept + parts, reportsFailures);
      } catch (error) {
        throw await unfinished(error);
      }
    },
    async abandon() {
      if (isOver) return;
      isOver = true;
      if (kept + parts === 0) return sink.discard();
      await sink.write(format.end()).catch(() => undefined);
      const path = await sink.keep();
      if (path !== undefined) tell({ type: 'outputKept', path });
    },
  };
}

/** End the run, since every other answer would go to the same file. */
function endRun(error: unknown): never {
  throw error instanceof GeminiImageError ? error.with({ reason: 'output' }) : error;
}

/** Where printed results go: stdout, or a file. */
export interface Sink {
  /** Whether text is visible at once, so that it may be shown before it is finished. */
  live: boolean;
  /** @param ending text that completes an unfinished file; the next write replaces it. */
  write(text: string, ending?: string): Promise<void>;
  /**
   * Puts what was written in place. If there is nothing, or only failures, an older file stays, and
   * a message says so.
   *
   * @param kept how many records are answers; part of an answer counts too.
   * @param isReport whether records of failures replace an older report too.
   */
  close(kept: number, isReport: boolean): Promise<void>;
  /** Leaves an older file as it was, and drops what was written. */
  discard(): Promise<void>;
  /** Leaves an older file as it was, but keeps what was written; returns where. */
  keep(): Promise<string | undefined>;
  /** Text that could not be written, and is not in the kept file either. */
  unwritten(): string;
}

/** Text written to stdout is visible at once. */
export function stdoutSink({ write }: Output): Sink {
  return {
    live: true,
    write: (text) => write(text),
    close: async () => {},
    discard: async () => {},
    keep: async () => undefined,
    unwritten: () => '',
  };
}

/** The value of `--format`; without it, by the ending of the file. */
export function formatName({ format, file }: OutputsPart): string {
  return format ?? formatForFile(file ?? '') ?? 'text';
}

/** The format of the results. */
export async function formatOf({ formats }: Job, outputs: OutputsPart): Promise<OutputFormat> {
  const format = formats[formatName(outputs)] ?? outputFormats.text;
  return typeof format === 'function' ? format() : format;
}

const JSON_FORMATS = ['json', 'jsonl', 'coco'];

/**
 * Stdout for results of a format. In a step of GitHub Actions, results must not contain commands to
 * the runner, except annotations, which are meant as such. JSON and XML keep their values; if text
 * had to be changed, a message says so once.
 */
export async function runnerStdout(format: string, context: CommandContext): Promise<Output> {
  const { stdout, tell, settings } = context;
  const { isGitHubStep = false } = await settings({});
  if (!isGitHubStep || format === 'github') return stdout;
  const { createRunnerGuard, guardedJson, guardedXml } = await import(
    '../output/runner-commands.js'
  );
  if (JSON_FORMATS.includes(format)) return through(stdout, guardedJson);
  if (format === 'junit') return through(stdout, guardedXml);
  let isSaid = false;
  const { guard } = createRunnerGuard(() => {
    if (!isSaid) tell({ type: 'runnerCommandChanged' });
    isSaid = true;
  });
  return through(stdout, guard);
}

function through(stdout: Output, change: (text: string) => string): Output {
  return { isTerminal: stdout.isTerminal, write: (text) => stdout.write(change(text)) };
}
