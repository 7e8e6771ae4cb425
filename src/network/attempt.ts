import { GeminiImageError, interrupted } from '../domain/error.js';
import { onAbort } from './on-abort.js';

/** About 25 days; a timer of Node's that is longer fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** One attempt at a request: its time limit, its way to be called off, and why it failed. */
export interface Attempt {
  /** Aborted with a GeminiImageError that says whether time or the caller ended it. */
  readonly signal: AbortSignal;
  /** Restarts the time limit, for a stream that has just said something. */
  heard(): void;
  /** Stops the clock during work of the caller, which is no silence of the server. */
  offTheClock(work: Promise<void>): Promise<void>;
  /** Set by the transport, which knows more than the SDK lets through. */
  failure: GeminiImageError | undefined;
  /** Closes the connection of an answer that nobody waits for any more. */
  abandon(): void;
  /** Clears the timer and the listener. */
  end(): void;
}

/**
 * Starts the clock of an attempt.
 *
 * @param timeoutMs how long to wait for the whole answer or, where `heard` is called, the longest
 *   silence.
 * @throws GeminiImageError of kind `interrupted` where the caller's signal is aborted already.
 */
export function startAttempt(timeoutMs: number, caller?: AbortSignal): Attempt {
  if (caller?.aborted) throw interrupted(caller);
  const controller = new AbortController();
  const abandon = () => controller.abort(interrupted(caller));
  const stopListening = caller && onAbort(caller, abandon);

  let spoken = false;
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const start = () => {
    const ms = Math.min(timeoutMs, MAX_TIMER_MS);
    timer = setTimeout(() => controller.abort(timedOut(timeoutMs, spoken)), ms);
  };
  start();

  return {
    signal: controller.signal,
    heard() {
      spoken = true;
      timer?.refresh();
    },
    async offTheClock(work) {
      stop();
      await work;
      start();
    },
    failure: undefined,
    abandon,
    end() {
      stop();
      stopListening?.();
    },
  };
}

function timedOut(timeoutMs: number, spoken: boolean): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    message: `${spoken ? 'the answer fell silent for' : 'no answer within'} ${timeoutMs / 1000} s`,
    hint: 'Try again later, or wait longer with --timeout <seconds>.',
    retryable: true,
  });
}
