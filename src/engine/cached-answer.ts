import { createHash } from 'node:crypto';
import type { Brief } from '../domain/brief.js';
import { type Content, piecesOf } from '../domain/content.js';
import { interrupted } from '../domain/error.js';
import type { Answer, NamedPicture } from '../domain/record.js';
import { onAbort } from '../network/abort.js';
import type { AnswerCache } from '../storage/answer-cache.js';

/** Keeps answers by key. */
export interface Memory<Kept> {
  find(key: string): Promise<Kept | undefined> | Kept | undefined;
  keep(key: string, kept: Kept): Promise<void> | void;
}

/** The kept answer, and whether it was already there or already being asked for. */
export interface Once<Kept> {
  kept: Kept;
  isFound: boolean;
}

/**
 * Look-ups and questions in progress, by key. It is no `Map`: V8 makes a new table for one after some
 * deletions, and the old table goes on pointing to it, which keeps what came of the questions from the
 * quick collections.
 */
export class Flights<Kept> {
  readonly #byKey: Record<string, Promise<Once<Kept>>> = Object.create(null);

  get(key: string): Promise<Once<Kept>> | undefined {
    return this.#byKey[key];
  }

  add(key: string, flight: Promise<Once<Kept>>): void {
    this.#byKey[key] = flight;
  }

  delete(key: string): void {
    delete this.#byKey[key];
  }
}

/**
 * Returns what the memory keeps under a key, if it may be used. Otherwise calls `askNow` and keeps
 * its result. If several callers come with one key, only the first asks and the others wait for it;
 * if it fails, the next one asks.
 *
 * @param flights the questions in progress of this memory.
 * @throws whatever `askNow` throws, and GeminiImageError of kind `interrupted` after `abort`.
 */
export async function askOnce<Kept>(
  memory: Memory<Kept>,
  flights: Flights<Kept>,
  key: string,
  askNow: () => Promise<Kept>,
  isUsable: (kept: Kept) => boolean,
  abort?: AbortSignal,
): Promise<Once<Kept>> {
  for (let flight = flights.get(key); flight; flight = flights.get(key)) {
    const landed = await arrival(flight, abort);
    if (landed) return { kept: landed.kept, isFound: true };
  }
  const find = async () => {
    try {
      const found = await memory.find(key);
      if (found !== undefined && isUsable(found)) return { kept: found, isFound: true };
      const kept = await askNow();
      await memory.keep(key, kept);
      return { kept, isFound: false };
    } finally {
      // Delete it before the waiting callers go on, so that the first of them can take over.
      flights.delete(key);
    }
  };
  const flight = find();
  flights.add(key, flight);
  return flight;
}

/** Resolves to undefined if the question fails; the error goes to the caller who asked. */
function arrival<Kept>(
  flight: Promise<Once<Kept>>,
  abort: AbortSignal | undefined,
): Promise<Once<Kept> | undefined> {
  return new Promise((resolve, reject) => {
    const stopWatching = abort && onAbort(abort, () => reject(interrupted(abort)));
    flight.then(resolve, () => resolve(undefined)).finally(stopWatching);
  });
}

const flightsTo = new WeakMap<AnswerCache, Flights<Answer>>();

/**
 * The answer of the cache, or that of `askNow`, which is called only once in this process.
 *
 * @throws as `askOnce` does.
 */
export async function answerOnce(
  cache: AnswerCache,
  key: string,
  askNow: () => Promise<Answer>,
  isUsable: (answer: Answer) => boolean,
  abort?: AbortSignal,
): Promise<{ answer: Answer; cached: boolean }> {
  const flights: Flights<Answer> = flightsTo.get(cache) ?? new Flights();
  flightsTo.set(cache, flights);
  const { kept, isFound } = await askOnce(cache, flights, key, askNow, isUsable, abort);
  return { answer: isFound ? unbilled(kept) : kept, cached: isFound };
}

/** An answer kept by another version may break the rules of this one. */
export function isUsable(
  { validate, mayBeEmpty = false }: Brief,
  pictures: readonly NamedPicture[],
): (answer: Answer) => boolean {
  return ({ text }) => (mayBeEmpty || text.trim() !== '') && validate(text, pictures).ok;
}

/** Removes usage and cost: an answer that already existed is not billed again. */
export function unbilled<Answered extends Pick<Answer, 'usage' | 'costUsd' | 'matching'>>({
  usage: _,
  costUsd: __,
  matching: ___,
  ...answer
}: Answered): Omit<Answered, 'usage' | 'costUsd' | 'matching'> {
  return answer;
}

/** The key of an answer, built while the pictures of its question are loaded. */
export interface AnswerKey {
  /**
   * Adds the next picture, as it is to be sent.
   *
   * @param label the text before the picture, if it has one.
   * @throws GeminiImageError of kind `input` if its bytes can no longer be read.
   */
  add(content: Content, mimeType: string, label?: string): Promise<void>;
  /** SHA-256 in hexadecimal. Nothing can be added after this. */
  digest(): string;
}

const READ_AT_ONCE = 1_048_576;

/**
 * @param request the fingerprint of everything except the pictures that the answer depends on.
 * @param prompt as it is sent, with the facts of its picture filled in.
 */
export function answerKey(request: string, prompt: string): AnswerKey {
  const hash = createHash('sha256').update(`${JSON.stringify([2, request, prompt])}\n`);
  return {
    async add(content, mimeType, label) {
      // The size comes first, so that no picture's bytes can be taken for the start of the next
      // one.
      hash.update(`${JSON.stringify([label ?? null, mimeType, content.size])}\n`);
      for await (const piece of piecesOf(content, READ_AT_ONCE)) hash.update(piece);
    },
    digest: () => hash.digest('hex'),
  };
}
