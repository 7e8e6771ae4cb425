import { GeminiImageError, interrupted } from '../domain/error.js';
import { type Abortable, Cancellation, onAbort } from './abort.js';

/** About 25 days; a longer timer of Node's would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** One attempt at a request: its time limit, its way to be called off, and why it failed. */
export interface Attempt {
  /** Its reason says whether time or the caller ended it. */
  readonly signal: Cancellation<GeminiImageError>;
  /** Restarts the time limit, for a stream that has just said something of its answer. */
  heard(): void;
  /**
   * To be called when the answer seems to be complete: the attempt then ends after a few seconds at
   * most. `isOver` tells that it ended in this way.
   */
  finishing(): void;
  readonly isOver: boolean;
  /** Stops the clock during work of the caller, which is no silence of the server. */
  offTheClock(work: Promise<void>): Promise<void>;
  /** Set by the transport, which knows more than the SDK lets through. */
  failure: GeminiImageError | undefined;
  /** Closes the connection of an answer that nobody waits for any more. */
  abandon(): void;
  /** Clears the timer and the listener. */
  end(): void;
}

/** A stream that goes on talking may take this many times the longest silence in all. */
const TOTAL = 10;

/** After the end of an answer most servers close the stream at once, and some say a last word. */
const LAST_WORD_MS = 5000;

/**
 * Starts the clock of an attempt.
 *
 * @param timeoutMs how long to wait for the whole answer or, if `heard` is called, the longest
 *   silence; ten times as long for all of it.
 * @param abort ends the attempt before its time.
 * @throws GeminiImageError of kind `interrupted` if `abort` is aborted already.
 */
export function startAttempt(timeoutMs: number, abort?: Abortable): Attempt {
  if (abort?.aborted) throw interrupted(abort);
  const signal = new Cancellation<GeminiImageError>();
  const abandon = () => signal.abort(interrupted(abort));
  const stopListening = abort && onAbort(abort, abandon);

  let spoken = false;
  let isFinishing = false;
  let hasEnded = false;
  let timers: NodeJS.Timeout[] = [];
  let leftMs = timeoutMs * TOTAL;
  let startedAt = 0;
  const stop = () => {
    for (const timer of timers) clearTimeout(timer);
    timers = [];
    leftMs -= performance.now() - startedAt;
  };
  const after = (ms: number, end: () => void) => {
    timers.push(setTimeout(end, Math.min(Math.max(0, ms), MAX_TIMER_MS)));
  };
  const start = () => {
    if (hasEnded) return;
    startedAt = performance.now();
    if (isFinishing) {
      after(Math.min(LAST_WORD_MS, timeoutMs), () => {
        attempt.isOver = true;
        abandon();
      });
    } else after(timeoutMs, () => signal.abort(timedOut(timeoutMs, spoken)));
    if (spoken) after(leftMs, () => signal.abort(tookTooLong(timeoutMs * TOTAL)));
  };
  const restart = () => {
    stop();
    start();
  };
  const attempt = {
    signal,
    isOver: false,
    heard() {
      spoken = true;
      restart();
    },
    finishing() {
      if (isFinishing) return;
      isFinishing = true;
      restart();
    },
    async offTheClock(work: Promise<void>) {
      stop();
      await work;
      start();
    },
    failure: undefined,
    abandon,
    end() {
      hasEnded = true;
      stop();
      stopListening?.();
    },
  };
  start();
  return attempt;
}

function tookTooLong(totalMs: number): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    message: `the answer was not finished within ${totalMs / 1000} s`,
    hint: 'Ask for less, or wait longer with --timeout <seconds>.',
    reason: 'broken off',
  });
}

function timedOut(timeoutMs: number, spoken: boolean): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    message: `${spoken ? 'the answer fell silent for' : 'no answer within'} ${timeoutMs / 1000} s`,
    hint: 'Try again later, or wait longer with --timeout <seconds>.',
    reason: spoken ? 'broken off' : 'no answer',
  });
}
