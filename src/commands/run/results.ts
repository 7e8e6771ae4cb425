import type { Outcome } from '../../captions/outcome.js';
import type { Sidecars } from '../../captions/sidecars.js';
import { GeminiImageError } from '../../domain/error.js';
import type { Formatter } from '../../output/formats.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import type { Sink } from './sink.js';

/** One of the places that take the results of a run. */
export interface ResultWriter {
  add(outcome: Outcome): Promise<void>;
  /** A piece of an answer on its way; it must not throw. */
  text?: ((text: string, image: string) => Promise<void>) | undefined;
  /**
   * Puts in its place what was written.
   *
   * @param reason why the run ended early, so that there is less than was wanted.
   */
  finish(reason: GeminiImageError | undefined): Promise<void>;
  /** Called instead where the run broke: what was there before stays, or what is whole. */
  discard(): Promise<void>;
}

/** Results go to all of several places, one after the other. */
export function allOf(writers: readonly ResultWriter[]): ResultWriter {
  return {
    async add(outcome) {
      for (const writer of writers) await writer.add(outcome);
    },
    async text(text, image) {
      for (const writer of writers) await writer.text?.(text, image);
    },
    async finish(reason) {
      for (const writer of writers) await writer.finish(reason);
    },
    async discard() {
      for (const writer of writers) await writer.discard();
    },
  };
}

/** A writer that has nothing to put in its place at the end. */
export function onEach<Data>(add: (outcome: Outcome<Data>) => Promise<void>): ResultWriter {
  return { add, finish: async () => {}, discard: async () => {} };
}

/** Each record is in the file as soon as it is there. */
export function ledgerWriter(ledger: Ledger): ResultWriter {
  return {
    add: ({ record }) => ledger.append(record),
    finish: () => ledger.close(),
    discard: () => ledger.close().catch(() => undefined),
  };
}

/** Each answer is in a file of its own. */
export function sidecarWriter(sidecars: Sidecars): ResultWriter {
  return onEach(async (outcome) => {
    if (outcome.error !== undefined || !outcome.picture || !('image' in outcome.record)) return;
    try {
      await sidecars.write(sidecars.placeFor(outcome.picture), outcome.record);
    } catch (error) {
      // The next one is not likely to fare better, and each is paid for.
      throw error instanceof GeminiImageError ? error.with({ endsRun: true }) : error;
    }
  });
}

/**
 * Results are printed in the order of the pictures, to stdout or into a file that appears whole.
 *
 * @param options.reportsFailures whether records of failures replace a file that was there.
 * @param options.onLeftOut told where a file is left as it was, since there is no text to replace it.
 */
export function printedWriter(
  format: Formatter,
  sink: Sink,
  { reportsFailures, onLeftOut }: { reportsFailures: boolean; onLeftOut: () => void },
): ResultWriter {
  let begun = false;
  let kept = 0;
  let parts = 0;
  return {
    async add({ record, error, tookMs }) {
      // A report is written when all are there, or as many as there will be.
      begun = true;
      const text = format.record(record, tookMs);
      await sink.write(text);
      if (error === undefined) kept += 1;
      else if (error.partialText !== undefined && text !== '') parts += 1;
    },
    async text(text, image) {
      if (!sink.live) return;
      begun = true;
      await sink.write(format.piece(text, image));
    },
    async finish(reason) {
      // Of a run that ends early, what is finished is kept, as whole JSON and whole lines.
      if (reason && !begun && !reportsFailures) return sink.discard();
      await sink.write(format.end(reason));
      const written = reportsFailures ? 1 : kept + parts;
      // What is only half there does not make an older file disappear.
      const isLess = reason !== undefined || (kept === 0 && parts > 0);
      if (await sink.close(written, isLess)) onLeftOut();
    },
    discard: sink.discard,
  };
}
