import { createHash } from 'node:crypto';
import { type Content, piecesOf } from '../domain/content.js';
import { interrupted } from '../domain/error.js';
import type { Answer } from '../domain/record.js';
import { onAbort } from '../network/abort.js';
import type { AnswerCache } from '../storage/answer-cache.js';

/** What is being looked up or asked in this process, by its key. */
const onTheirWay = new WeakMap<AnswerCache, Map<string, Promise<CachedAnswer>>>();

export interface CachedAnswer {
  answer: Answer;
  /** Whether nobody had to be asked for it. */
  cached: boolean;
}

/**
 * The answer of the cache, where it may be used, or else the one that `askNow` gives, which is kept. Of several that come
 * with one key only the first asks, and the others wait for it; where it fails, the next one asks.
 *
 * @throws whatever `askNow` throws, and GeminiImageError of kind `interrupted` after the signal.
 */
export async function answerOnce(
  cache: AnswerCache,
  key: string,
  askNow: () => Promise<Answer>,
  isUsable: (answer: Answer) => boolean,
  signal?: AbortSignal,
): Promise<CachedAnswer> {
  const flights = flightsOf(cache);
  for (let flight = flights.get(key); flight; flight = flights.get(key)) {
    const landed = await arrival(flight, signal);
    if (landed) return fromCache(landed.answer);
  }
  const find = async () => {
    try {
      const found = await cache.find(key);
      if (found && isUsable(found)) return fromCache(found);
      const answer = await askNow();
      await cache.keep(key, answer);
      return { answer, cached: false };
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
function arrival(
  flight: Promise<CachedAnswer>,
  signal: AbortSignal | undefined,
): Promise<CachedAnswer | undefined> {
  return new Promise((resolve, reject) => {
    const stopWatching = signal && onAbort(signal, () => reject(interrupted(signal)));
    flight.then(resolve, () => resolve(undefined)).finally(stopWatching);
  });
}

function flightsOf(cache: AnswerCache): Map<string, Promise<CachedAnswer>> {
  const flights = onTheirWay.get(cache) ?? new Map<string, Promise<CachedAnswer>>();
  onTheirWay.set(cache, flights);
  return flights;
}

/** Nothing is billed for it now. */
function fromCache({ usage: _, ...answer }: Answer): CachedAnswer {
  return { answer, cached: true };
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
