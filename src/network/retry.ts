import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorFacts, GeminiImageError, interrupted } from '../domain/error.js';
import { type Reason, whyNoOtherTry } from '../domain/error-policy.js';
import type { TellOfAnswer } from '../domain/events.js';
import { type Abortable, onAbort } from './abort.js';

const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 32_000;

export interface RetrySettings {
  /** Repetitions, not counting the first attempt. */
  retries: number;
  /** No repetition begins later than this after the first attempt; ten minutes by default. */
  budgetMs?: number | undefined;
  /** Ends a wait. */
  signal?: Abortable | undefined;
  tell?: TellOfAnswer<'retry'> | undefined;
  clock?: Clock;
}

/** Time and chance, handed in so that tests need neither. */
export interface Clock {
  now(): number;
  /** Rejects if the signal is aborted before the time is over. */
  sleep(ms: number, signal: AbortSignal): Promise<unknown>;
  /** From 0 up to 1. */
  random(): number;
}

/** Real time, and real chance. */
export const realClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
  random: Math.random,
};

/** What is special about one failure and the repetition after it. */
export interface Particulars {
  /** The repetition does not count against `retries`. */
  isFree?: boolean;
  /** When the time for repetitions begins to count; the first attempt's start, if that is later. */
  since?: number;
  /** The caller waits this long itself, so that there is no wait here. */
  waitMs?: number | undefined;
  /** Facts that the failure gets if it is the last one. */
  ifLast?: Partial<ErrorFacts>;
}

/** Waits until the next attempt may begin, or throws the failure if there is none. */
export type Climb = (failure: unknown, particulars?: Particulars) => Promise<void>;

/**
 * Decides after each failed attempt at one answer whether there is another.
 *
 * @returns a function to be called with the failure of each attempt. It waits until the next attempt
 *   may begin. It throws the failure if that is not worth another attempt, or if the attempts or the
 *   time are used up.
 */
export function retryLadder(settings: RetrySettings): Climb {
  const { retries, signal, tell, clock = realClock, budgetMs } = settings;
  const start = clock.now();
  let attempts = 0;
  let counted = 0;
  /** Made late: most questions need none. */
  let failures: Map<Reason | undefined, number> | undefined;

  return async function waitForNextAttempt(failure, particulars = {}) {
    if (!(failure instanceof GeminiImageError)) throw failure;
    const { isFree = false, since = start, waitMs, ifLast } = particulars;
    const delayMs = waitMs ?? delayBefore(attempts, failure.retryAfterMs, clock.random());
    attempts += 1;
    failures ??= new Map();
    const alike = (failures.get(failure.reason) ?? 0) + 1;
    failures.set(failure.reason, alike);
    const elapsedMs = clock.now() - Math.max(start, since) + delayMs;
    const why = whyNoOtherTry(failure, {
      ...{ retries, counted, isFree, alike, elapsedMs, budgetMs },
    });
    if (why === 'lasting' || why === 'too often') throw failure;
    if (why !== undefined) {
      const last = ifLast ? failure.with(ifLast) : failure;
      throw afterAttempts(why === 'time' ? withWait(last) : last, attempts);
    }
    if (!isFree) counted += 1;
    const maxAttempts = attempts + 1 + retries - counted;
    tell?.({ type: 'retry', attempt: attempts + 1, maxAttempts, delayMs, error: failure });
    if (waitMs === undefined) await pause(delayMs, signal, clock);
  };
}

/**
 * Waits.
 *
 * @throws GeminiImageError of kind `interrupted` as soon as the signal is aborted.
 */
export async function pause(
  ms: number,
  signal: Abortable | undefined,
  clock: Clock = realClock,
): Promise<void> {
  if (signal?.aborted) throw interrupted(signal);
  const wait = new AbortController();
  const stopListening = signal && onAbort(signal, () => wait.abort());
  try {
    await clock.sleep(ms, wait.signal);
  } catch (error) {
    if (signal?.aborted) throw interrupted(signal);
    throw error;
  } finally {
    stopListening?.();
  }
}

/**
 * Exponential back-off with full jitter. If the server names a time, it is that time and a random
 * part more, so that clients that wait together do not come back together.
 *
 * @param repetition 0 before the first repetition.
 * @param random from 0 up to 1.
 */
export function delayBefore(
  repetition: number,
  serverMs: number | undefined,
  random: number,
): number {
  const backOff = random * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** repetition);
  return Math.round(serverMs === undefined ? backOff : serverMs + backOff / 4);
}

/** Names the time in the hint, if the server asks for a longer wait than a run should make. */
function withWait(failure: GeminiImageError): GeminiImageError {
  const { retryAfterMs } = failure;
  if (retryAfterMs === undefined) return failure;
  const minutes = Math.ceil(retryAfterMs / 60_000);
  return failure.with({ hint: `The server asks to wait ${minutes} min. Try again then.` });
}

function afterAttempts(failure: GeminiImageError, attempts: number): GeminiImageError {
  if (attempts === 1) return failure;
  return failure.with({ message: `${failure.message} (after ${attempts} attempts)` });
}

/**
 * Reads a Retry-After header: whole seconds or a date (RFC 9110, section 10.2.3).
 *
 * @param now the present, in milliseconds since 1970.
 * @returns milliseconds; undefined if the header is not valid or asks for no wait.
 */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^\s*(\d+)s?\s*$/.exec(value)?.[1];
  const ms = seconds === undefined ? Date.parse(value) - now : Number(seconds) * 1000;
  return ms > 0 ? ms : undefined;
}
