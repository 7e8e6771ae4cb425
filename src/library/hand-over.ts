import { usageError } from '../domain/error.js';
import { createNotifier } from '../engine/concurrency.js';
import { onAbort } from '../network/abort.js';

/** Hands things from those who make them to one reader, at the reader's pace. */
export interface HandOver<T> {
  /** Resolves once the reader has it, or takes nothing any more. */
  give(item: T): Promise<void>;
  /** Nothing more comes; with an error, the reader gets it after everything else. */
  end(failure?: { error: unknown }): void;
  /** The reader takes nothing any more. */
  close(): void;
  taken(): AsyncGenerator<T, void, void>;
}

export function createHandOver<T>(): HandOver<T> {
  const waiting: { item: T; take: () => void }[] = [];
  const change = createNotifier();
  let ended: { failure?: { error: unknown } | undefined } | undefined;
  let isClosed = false;
  return {
    give(item) {
      if (isClosed) return Promise.resolve();
      return new Promise((take) => {
        waiting.push({ item, take });
        change.notify();
      });
    },
    end(failure) {
      ended = { failure };
      change.notify();
    },
    close() {
      isClosed = true;
      for (const { take } of waiting.splice(0)) take();
    },
    async *taken() {
      for (;;) {
        const next = waiting.shift();
        if (next) {
          next.take();
          yield next.item;
        } else if (ended) {
          if (ended.failure) throw ended.failure.error;
          return;
        } else await change.next();
      }
    },
  };
}

type Source = AsyncIterator<unknown> | Iterator<unknown>;

/** @throws GeminiImageError of kind `usage` for a single picture, and for what is no list. */
export function iteratorOf(pictures: unknown): Source {
  // Texts and bytes are lists too, of characters and numbers.
  const isOne = typeof pictures === 'string' || pictures instanceof Uint8Array;
  if (!isOne && typeof pictures === 'object' && pictures !== null) {
    if (Symbol.asyncIterator in pictures)
      return (pictures as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    if (Symbol.iterator in pictures) return (pictures as Iterable<unknown>)[Symbol.iterator]();
  }
  throw usageError(
    'pictures must be a list, or anything else that gives them one by one',
    "For one picture there is describe(); for a folder, pass find('photos').",
  );
}

/** The next of a source that may take for ever; undefined if nothing is wanted any more. */
export async function nextUnlessStopped(
  source: Source,
  stop: AbortSignal,
): Promise<IteratorResult<unknown> | undefined> {
  if (stop.aborted) return undefined;
  const next = Promise.resolve(source.next());
  let stopListening: (() => void) | undefined;
  const stopped = new Promise<undefined>((resolve) => {
    stopListening = onAbort(stop, () => resolve(undefined));
  });
  next.catch(() => undefined);
  return Promise.race([next, stopped]).finally(stopListening);
}
