import { createHash } from 'node:crypto';
import { type Content, piecesOf } from '../domain/content.js';
import { interrupted } from '../domain/error.js';
import type { Answer } from '../domain/record.js';
import { onAbort } from '../network/abort.js';
import type { AnswerCache } from '../storage/answer-cache.js';

/** Where answers are kept, by their keys. */
export interface Memory<Kept> {
  find(key: string): Promise<Kept | undefined>;
  keep(key: string, kept: Kept): Promise<void>;
}

/** What is kept under a key, and whether it was there or on its way already. */
export interface Once<Kept> {
  kept: Kept;
  isFound: boolean;
}

/** What is being looked up or asked about, by its key. */
export type Flights<Kept> = Map<string, Promise<Once<Kept>>>;

/**
 * What a memory keeps under a key, where it may be used, or else what `askNow` gives, which is kept.
 * Of several that come with one key only the first asks, and the others wait for it; where it fails,
 * the next one asks.
 *
 * @param flights those of this memory.
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
      // Before anybody who waits goes on, so that the first of them can take its place.
      flights.delete(key);
    }
  };
  const flight = find();
  flights.set(key, flight);
  return flight;
}

/** Undefined where it fails, which is told to the one that asks. */
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
 * The answer of the cache, or else the one that `askNow` gives, asked for once in this process.
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
  const flights: Flights<Answer> = flightsTo.get(cache) ?? new Map();
  flightsTo.set(cache, flights);
  const { kept, isFound } = await askOnce(cache, flights, key, askNow, isUsable, abort);
  return { answer: isFound ? unbilled(kept) : kept, cached: isFound };
}

/** Nothing is billed now for an answer that was there. */
export function unbilled({ usage: _, costUsd: __, ...answer }: Answer): Answer {
  return answer;
}

/** The key of an answer, made while the pictures of its question are loaded. */
interface AnswerKey {
  /**
   * Adds the next picture, as it is to be sent.
   *
   * @param label the text before it, where it has one.
   * @throws GeminiImageError of kind `input` where its bytes can no longer be read.
   */
  add(content: Content, mimeType: string, label?: string): Promise<void>;
  /** SHA-256 in hexadecimal; nothing can be added after it. */
  digest(): string;
}

const READ_AT_ONCE = 1_048_576;

/**
 * @param request the fingerprint of all that an answer depends on besides its pictures.
 * @param prompt as it is sent, with the facts of its picture.
 */
export function answerKey(request: string, prompt: string): AnswerKey {
  const hash = createHash('sha256').update(`${JSON.stringify([2, request, prompt])}\n`);
  return {
    async add(content, mimeType, label) {
      // With its size in front, no picture's bytes can be taken for the beginning of the next.
      hash.update(`${JSON.stringify([label ?? null, mimeType, content.size])}\n`);
      for await (const piece of piecesOf(content, READ_AT_ONCE)) hash.update(piece);
    },
    digest: () => hash.digest('hex'),
  };
}
