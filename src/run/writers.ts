import { GeminiImageError } from '../domain/error.js';
import { errorRecord } from '../domain/record.js';
import type { Outcome } from '../engine/outcome.js';
import type { Sidecars } from '../engine/sidecars.js';
import type { Formatter } from '../output/formats.js';
import { isLasting } from '../storage/errors.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import type { ResultWriter } from './job.js';
import type { Sink } from './sink.js';

/**
 * Results go to all of several places, one after the other; one that fails keeps none of the others
 * from having them.
 *
 * @param tell told of what fails besides the first, which is thrown.
 */
export function allOf(
  writers: readonly ResultWriter[],
  tell: (error: GeminiImageError) => void,
): ResultWriter {
  const onEach = async (work: (writer: ResultWriter) => Promise<void>) => {
    const errors: unknown[] = [];
    for (const writer of writers) await work(writer).catch((error) => errors.push(error));
    const [first, ...others] = errors;
    for (const error of others) if (error instanceof GeminiImageError) tell(error);
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

/** Each record is in the file as soon as it is there. */
export function ledgerWriter(ledger: Ledger): ResultWriter {
  return {
    async add({ record }) {
      await ledger.append(record);
      return undefined;
    },
    finish: () => ledger.close(),
    abandon: () => ledger.close().catch(() => undefined),
  };
}

/**
 * Each answer is in a file of its own.
 *
 * @param isKept whether the answer is in another file besides, from which the next run takes it.
 */
export function sidecarWriter(sidecars: Sidecars, isKept: boolean): ResultWriter {
  return {
    async add(outcome) {
      if (outcome.error !== undefined || !outcome.picture || !('image' in outcome.record)) {
        return undefined;
      }
      try {
        await sidecars.write(sidecars.placeFor(outcome.picture), outcome.record);
        return undefined;
      } catch (error) {
        if (!(error instanceof GeminiImageError)) throw error;
        return error.with({
          hint: isKept ? error.hint : withAnswer(error.hint, outcome.record.text),
          endsRun: isLasting(error),
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
  /** Told where a file is left as it was, since there is no text to replace it. */
  onLeftOut(): void;
  /** Told where the answers of a run are that broke. */
  onKept(path: string): void;
}

/** Results are printed in the order of the pictures, to stdout or into a file that appears whole. */
export function printedWriter(
  format: Formatter,
  sink: Sink,
  { reportsFailures, onLeftOut, onKept }: PrintedOptions,
): ResultWriter {
  let begun = false;
  let kept = 0;
  let parts = 0;
  let isOver = false;
  /** Whatever comes of the file, what is paid for is not lost. */
  const unfinished = async (error: unknown): Promise<unknown> => {
    const path = await sink.keep();
    if (!(error instanceof GeminiImageError) || path === undefined) return error;
    return error.with({ hint: `What was finished is in ${path}.` });
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
        if (await sink.close(kept + parts, reportsFailures)) onLeftOut();
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
      if (path !== undefined) onKept(path);
    },
  };
}

/** Every other answer would have to go to the same file. */
function endRun(error: unknown): never {
  throw error instanceof GeminiImageError ? error.with({ endsRun: true }) : error;
}
