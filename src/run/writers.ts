import { createReadStream, existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { GeminiImageError } from '../domain/error.js';
import type { Tell } from '../domain/events.js';
import { errorRecord } from '../domain/record.js';
import { isDiskFailure } from '../domain/system-errors.js';
import type { Outcome } from '../engine/outcome.js';
import type { Sidecars } from '../engine/sidecars.js';
import type { FindInputs } from '../images/find/find-images.js';
import { isPictureName } from '../images/find/looks-like-picture.js';
import { displayName } from '../images/web/display-name.js';
import type { Formatter } from '../output/formats.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { descriptorOf, openOutputFile } from '../storage/output-file.js';
import type { ReservedFiles, Untouchable } from '../storage/reserved-files.js';
import { type Admission, admit } from './admission.js';
import type { CommandContext, Output } from './context.js';
import type { ResultWriter } from './job.js';
import { sparePictures } from './spared-files.js';

/**
 * Results go to all of several places, one after the other; one that fails keeps none of the others
 * from having them.
 *
 * @param tell told of what fails besides the first, which is thrown.
 */
export function allOf(writers: readonly ResultWriter[], tell: Tell<'failed'>): ResultWriter {
  const onEach = async (work: (writer: ResultWriter) => Promise<void>) => {
    const errors: unknown[] = [];
    for (const writer of writers) await work(writer).catch((error) => errors.push(error));
    const [first, ...others] = errors;
    for (const error of others)
      if (error instanceof GeminiImageError) tell({ type: 'failed', error });
    if (errors.length > 0) throw first;
  };
  return {
    async add(outcome) {
      let trouble: GeminiImageError | undefined;
      await onEach(async (writer) => {
        const own = await writer.add(trouble ? failedBy(outcome, trouble) : outcome);
        trouble ??= own;
      });
      return trouble;
    },
    async text(text, image) {
      for (const writer of writers) await writer.text?.(text, image);
    },
    finish: (reason) => onEach((writer) => writer.finish(reason)),
    abandon: () => onEach((writer) => writer.abandon()),
  };
}

/** The outcome of a picture that has its answer and is not done, for those who list what is not. */
export function failedBy({ record }: Outcome, error: GeminiImageError): Outcome {
  const about = 'image' in record ? { image: record.image } : { images: record.images };
  const { usage, costUsd } = record;
  return {
    record: {
      ...about,
      status: 'failed',
      error: errorRecord(error),
      ...(usage && { usage }),
      ...(costUsd !== undefined && { costUsd }),
    },
    error,
  };
}

/** A writer that has nothing to put in its place at the end. */
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

/**
 * Each record is in the file as soon as it is there.
 *
 * @param tell told of each answer that could not be written: it is paid for, and several may be on
 *   their way when a disk is full.
 * @param keepsEmpty whether a ledger without a record stays, of a run that came to its end.
 */
export function ledgerWriter(
  ledger: Ledger,
  tell: Tell<'failed'>,
  keepsEmpty = false,
): ResultWriter {
  return {
    async add({ record }) {
      try {
        await ledger.append(record);
      } catch (error) {
        if (error instanceof GeminiImageError && record.status === 'ok') {
          const about = 'image' in record ? displayName(record.image) : undefined;
          const hint = withAnswer(undefined, record.text);
          tell({ type: 'failed', error: error.with({ hint }), about });
        }
        throw error;
      }
      return undefined;
    },
    finish: (reason) => ledger.close(keepsEmpty && reason === undefined),
    abandon: () => ledger.close().catch(() => undefined),
  };
}

/**
 * Each answer is in a file of its own.
 *
 * @param isKept whether the answer is in another file besides, from which the next run takes it.
 */
export function sidecarWriter(
  sidecars: Sidecars,
  isKept: boolean,
  tell: Tell<'sidecarKept'>,
): ResultWriter {
  return {
    async add(outcome) {
      if (outcome.error !== undefined || outcome.sidecar === undefined) return undefined;
      if (!('image' in outcome.record)) return undefined;
      try {
        const { record, sidecar } = outcome;
        if (await sidecars.write(sidecar, record)) return undefined;
        const answer = isKept ? undefined : record.text.trim();
        tell({ type: 'sidecarKept', path: sidecar, answer });
        return undefined;
      } catch (error) {
        if (!(error instanceof GeminiImageError)) throw error;
        return error.with({
          hint: isKept ? error.hint : withAnswer(error.hint, outcome.record.text),
          ...(isDiskFailure(error.cause) && { reason: 'disk' }),
        });
      }
    },
    finish: async () => {},
    abandon: async () => {},
  };
}

/** It is paid for, and nowhere else. */
function withAnswer(hint: string | undefined, text: string): string {
  const answer = `The answer is: ${text.trim()}`;
  return hint === undefined ? answer : `${hint}\n${answer}`;
}

export interface PrintedOptions {
  /** Whether records of failures replace a file that was there. */
  reportsFailures: boolean;
  tell: Tell<'outputKept'>;
}

/** Results are printed in the order of the pictures, to stdout or into a file that appears whole. */
export function printedWriter(
  format: Formatter,
  sink: Sink,
  { reportsFailures, tell }: PrintedOptions,
): ResultWriter {
  let begun = false;
  let kept = 0;
  let parts = 0;
  let isOver = false;
  /** Whatever comes of the file, what is paid for is not lost. */
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
      // A report is written when all are there, or as many as there will be.
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
      // Of a run that ends early, what is finished is kept, as whole JSON and whole lines.
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

/** Every other answer would have to go to the same file. */
function endRun(error: unknown): never {
  throw error instanceof GeminiImageError ? error.with({ reason: 'output' }) : error;
}

/** Where results go: stdout, or a file. */
interface Sink {
  /** Whether what is written is seen at once, so that a text may be shown before it is finished. */
  live: boolean;
  /** @param ending makes a whole of a file that is not finished; the next text takes its place. */
  write(text: string, ending?: string): Promise<void>;
  /**
   * Puts what was written in its place. Where nothing was, or nothing but failures, a file that was
   * there before stays, which is told.
   *
   * @param kept how many records are answers, or as much of one as there is.
   * @param isReport whether records of failures replace a report that was there before, too.
   */
  close(kept: number, isReport: boolean): Promise<void>;
  /** Leaves what was there before as it was, and what was written goes. */
  discard(): Promise<void>;
  /** The same, but what was written is kept; returns where. */
  keep(): Promise<string | undefined>;
  /** What was to be written and is not, nor in what is kept. */
  unwritten(): string;
}

/** Its file descriptor. */
const STDOUT = 1;

/** What goes to stdout is out at once. */
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

/** Whether results go to stdout, also by the name of a file. */
export async function isStdout(output: string | undefined): Promise<boolean> {
  return output === undefined || output === '-' || (await descriptorOf(output)) === STDOUT;
}

/**
 * @param untouchable files that must not be written over.
 * @param admission what may be done to the file that is there.
 * @param done what is said of a picture that has its answer.
 */
export async function openSink(
  output: string,
  untouchable: Untouchable,
  { isForeign, keeping }: Admission,
  done: string,
  tell: Tell<'unlocked' | 'outputLeft' | 'outputSetAside'>,
): Promise<Sink> {
  const file = await openOutputFile(output, untouchable, tell);
  let empty = true;
  return {
    live: false,
    async write(text, ending) {
      if (text !== '') empty = false;
      await file.write(text, ending);
    },
    async close(kept, isReport) {
      const keepsOld = kept === 0 && file.replaces && (!isReport || isForeign);
      // An answer may be that there is nothing.
      const isNothing = empty && kept === 0;
      if (keepsOld || isNothing) await file.discard();
      else {
        const aside = await file.commit(await keeping(kept));
        if (isForeign && aside) tell({ type: 'outputSetAside', path: output, aside });
      }
      if (keepsOld && !empty) tell({ type: 'outputLeft', path: output, done });
    },
    discard: () => file.discard(),
    keep: () => file.keep(),
    unwritten: () => file.unwritten(),
  };
}

/**
 * `--failed`: the names of the pictures that failed, ready for `--files-from`. The file is written
 * also where there are none, so that it never tells of an earlier run. It may be the very list that
 * is read: of a run that ends early, which has not come to all its names, that stays as it is.
 *
 * @param overwrite whether a file may be replaced that is no such list.
 * @param reserved files that the run reads and writes besides.
 */
export async function openFailedList(
  path: string,
  { images, filesFrom, nulSeparated }: FindInputs,
  overwrite: boolean,
  reserved: ReservedFiles,
  { tell }: Pick<CommandContext, 'tell'>,
): Promise<ResultWriter> {
  const isReadList = filesFrom !== undefined && resolve(filesFrom) === resolve(path);
  const separator = nulSeparated ? '\0' : '\n';
  const named = new Set(images);
  const others = isReadList ? reserved.without(path) : reserved;
  const { isForeign, keeping } = await admit(path, others, overwrite || isReadList, {
    answersIn: (file) => namesIn(file, separator, named),
    what: 'a list of pictures',
    flag: '--failed',
  });
  await sparePictures(path, '--failed');
  const file = await openOutputFile(path, others, tell);
  let listed = 0;
  const write = async (name: string) => {
    if (name.includes(separator)) {
      tell({ type: 'nameUnlisted', name, path });
      return;
    }
    listed += 1;
    await file.write(name + separator);
  };
  return {
    async add({ record, error }: Outcome) {
      if (error === undefined) return undefined;
      const names = 'image' in record ? [record] : record.images;
      for (const { image } of names) await write(image);
      return undefined;
    },
    async finish(reason) {
      if (reason && isReadList) return file.discard();
      try {
        const aside = await file.commit(await keeping(listed));
        if (isForeign && aside) tell({ type: 'outputSetAside', path, aside });
      } catch (error) {
        const kept = await file.keep();
        if (!(error instanceof GeminiImageError) || kept === undefined) throw error;
        throw error.with({ hint: `What failed is listed in ${kept}.` });
      }
    },
    async abandon() {
      const kept = listed > 0 && !isReadList ? await file.keep() : await file.discard();
      if (kept) tell({ type: 'failedListKept', path: kept });
    },
  };
}

const ADDRESS = /^https?:\/\//i;

/**
 * How many names a list has; undefined where it is none: something in it is no address, has not the
 * ending of a picture, is no file, and was not named to this run.
 */
async function namesIn(
  path: string,
  separator: string,
  named: ReadonlySet<string>,
): Promise<number | undefined> {
  const isName = (line: string) =>
    ADDRESS.test(line) || isPictureName(line) || named.has(line) || existsSync(line);
  let count = 0;
  let rest = '';
  const stream = createReadStream(path, 'utf8');
  try {
    for await (const chunk of stream) {
      const lines = (rest + chunk).split(separator);
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST_NAME || !lines.every(isName)) return undefined;
      count += lines.length;
    }
  } catch {
    return undefined;
  } finally {
    stream.destroy();
  }
  if (rest === '') return count;
  return isName(rest) ? count + 1 : undefined;
}

/** In characters; addresses are longer than paths. */
const LONGEST_NAME = 1 << 20;
