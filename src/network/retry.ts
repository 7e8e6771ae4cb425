import { setTimeout as sleep } from 'node:timers/promises';
import { GeminiImageError, interrupted } from '../domain/error.js';
import type { Retry } from '../domain/events.js';
import { onAbort } from './on-abort.js';

const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 32_000;

/** No repetition begins later than this after the first attempt did. */
export const RETRY_BUDGET_MS = 600_000;

export interface RetrySettings {
  /** Repetitions, not counting the first attempt. */
  retries: number;
  signal?: AbortSignal | undefined;
  onRetry?: ((retry: Retry) => void) | undefined;
  clock?: Clock;
}

/** Time and chance, handed in so that tests need neither. */
export interface Clock {
  now(): number;
  /** Rejects where the signal is aborted before the time is over. */
  sleep(ms: number, signal: AbortSignal): Promise<unknown>;
  /** From 0 up to 1. */
  random(): number;
}

const realClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
  random: Math.random,
};

/**
 * The ladder of attempts for one answer: `climb` waits until the next one may begin, or throws the
 * error where there is none: it is not worth repeating, the attempts or the time are used up.
 *
 * @returns a function to be called with the failure of each attempt.
 */
export function retryLadder(settings: RetrySettings): (failure: unknown) => Promise<void> {
  const { retries, signal, onRetry, clock = realClock } = settings;
  const start = clock.now();
  let repetition = 0;

  return async function climb(failure) {
    if (!(failure instanceof GeminiImageError) || !failure.retryable) throw failure;
    const delayMs = delayBefore(repetition, failure.retryAfterMs, clock.random());
    const tooLate = clock.now() - start + delayMs > RETRY_BUDGET_MS;
    if (repetition >= retries) throw afterAttempts(failure, repetition + 1);
    if (tooLate) throw afterAttempts(withWait(failure), repetition + 1);
    repetition += 1;
    onRetry?.({ attempt: repetition + 1, maxAttempts: retries + 1, delayMs, error: failure });
    await pause(delayMs, signal, clock);
  };
}

/**
 * Waits.
 *
 * @throws GeminiImageError of kind `interrupted` as soon as the signal is aborted.
 */
export async function pause(
  ms: number,
  signal: AbortSignal | undefined,
  clock: Clock = realClock,
): Promise<void> {
  if (signal?.aborted) throw interrupted(signal);
  const wait = new AbortController();
  const stopListening = signal && onAbort(signal, () => wait.abort());
  try {
    await clock.sleep(ms, wait.signal);
  } catch (error) {
    throw signal?.aborted ? interrupted(signal) : error;
  } finally {
    stopListening?.();
  }
}

/**
 * Exponential back-off with full jitter; where the server names a time, that time and a little
 * more, so that those who wait together do not come back together.
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

/** Names the time where it is the server that wants more of it than a run should wait. */
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
