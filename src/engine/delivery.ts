import { createNotifier } from './concurrency.js';
import type { Outcome } from './outcome.js';

/** Receives what a run over several pictures produces. */
export interface Deliver {
  outcome(outcome: Outcome): Promise<void>;
  /** A piece of an answer in progress, if answers are streamed. It must not throw. */
  text?: ((text: string, image: string) => Promise<void>) | undefined;
}

/** Takes outcomes as they come, each with the number of its picture in the run, from 0. */
export interface Delivery {
  /** Resolves once the outcome is taken, so that a slow reader slows the run down. */
  outcome(place: number, outcome: Outcome): Promise<void>;
  text(place: number, text: string, image: string): Promise<void>;
  /** Delivers what still waits for an earlier picture that has no outcome. */
  end(): Promise<void>;
}

/** How many finished records may wait for a slow picture before them. */
const MAX_WAITING = 1000;

/** Passes each outcome on as it comes. */
export function asFinished({ outcome, text }: Deliver): Delivery {
  const one = oneAtATime();
  return {
    outcome: (_place, result) => one(() => outcome(result)),
    text: async (_place, piece, image) => text?.(piece, image),
    end: async () => {},
  };
}

/** Passes outcomes on in the order of the pictures, and only streams the first unfinished one. */
export function inOrder({ outcome, text }: Deliver): Delivery {
  const waiting = new Map<number, Outcome>();
  /** The text so far of pictures that are not first. */
  const begun = new Map<number, { text: string; image: string }>();
  const one = oneAtATime();
  let first = 0;
  const room = createNotifier();

  const passOn = async (next: Outcome) => {
    waiting.delete(first);
    begun.delete(first);
    await outcome(next);
    first += 1;
  };
  const passOnAll = async () => {
    for (let next = waiting.get(first); next; next = waiting.get(first)) await passOn(next);
    const early = begun.get(first);
    begun.delete(first);
    if (early) await text?.(early.text, early.image);
    room.notify();
  };
  return {
    async outcome(place, result) {
      waiting.set(place, result);
      await one(passOnAll);
      while (waiting.has(place) && waiting.size > MAX_WAITING) await room.next();
    },
    text: (place, piece, image) =>
      one(async () => {
        if (place === first) return text?.(piece, image);
        begun.set(place, { text: (begun.get(place)?.text ?? '') + piece, image });
      }),
    end: () =>
      one(async () => {
        for (const place of [...waiting.keys()].sort((a, b) => a - b)) {
          first = place;
          await passOnAll();
        }
      }),
  };
}

/** Runs pieces of work one after the other, in the order of the requests. */
function oneAtATime(): (work: () => Promise<void>) => Promise<void> {
  let last = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
}
