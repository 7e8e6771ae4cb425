import type { GeminiImageError } from '../../domain/error.js';
import { interrupted } from '../../domain/error.js';
import { isRateLimit, RETRY_BUDGET_MS, wasAnswered } from '../../domain/error-policy.js';
import type { Tell } from '../../domain/events.js';
import type { Usage } from '../../domain/usage.js';
import { onAbort } from '../../network/abort.js';
import { type Clock, delayBefore, realClock } from '../../network/retry.js';
import { adaptiveRate } from './rate.js';

/** Hard limits, kept with even distances between the calls. */
export interface PaceSettings {
  requestsPerMinute?: number;
  /** Of input tokens, estimated before each call, and corrected by what the service counted. */
  tokensPerMinute?: number;
}

export interface PacerSettings {
  pace?: PaceSettings | undefined;
  /** Told when a pause of all calls begins, and when it becomes longer by a second or more. */
  tell?: Tell<'pause'> | undefined;
  clock?: Clock | undefined;
}

/** An attempt that waits for its turn. */
export interface Waiting {
  /** Smaller for questions that were asked earlier. */
  place: number;
  /** Repetitions go before first attempts. */
  isRepetition: boolean;
  /** An estimate of its input. */
  tokens: number;
  signal?: AbortSignal | undefined;
  /** The wait ends with its reason. */
  stop?: AbortSignal | undefined;
}

/** An attempt that may begin; what came of it must be told. */
export interface Turn {
  answered(usage: Usage | undefined): void;
  /**
   * @returns how long all calls are paused, in milliseconds, where the pacer does the waiting before
   *   a repetition; undefined where that is left to the caller.
   */
  failed(error: GeminiImageError): number | undefined;
}

/** Decides when attempts begin, for all questions of a run. */
export interface Pacer {
  /**
   * Waits until an attempt may begin.
   *
   * @throws GeminiImageError of kind `interrupted`; the reason of `stop`.
   */
  turn(waiting: Waiting): Promise<Turn>;
}

/** So much longer than a pause the first call after it waits at most, to keep its distance. */
const MAX_EXTRA_MS = 500;

/** Node's timers do not reach farther than 25 days. */
const MAX_SLEEP_MS = 3_600_000;

interface Queued extends Waiting {
  begin: (turn: Turn) => void;
}

export function createPacer({ pace = {}, tell, clock = realClock }: PacerSettings): Pacer {
  const { requestsPerMinute = Infinity, tokensPerMinute = Infinity } = pace;
  const requestMs = 60_000 / requestsPerMinute;
  const tokenMs = 60_000 / tokensPerMinute;
  const rate = adaptiveRate();
  const queue: Queued[] = [];
  let lastStart = -Infinity;
  let nextByRequests = -Infinity;
  let nextByTokens = -Infinity;
  let pausedUntil = -Infinity;
  let announcedUntil = -Infinity;
  let refusals = 0;
  let timer: { due: number; stop: AbortController } | undefined;

  function nextStart(now: number): number {
    return Math.max(pausedUntil, nextByRequests, nextByTokens, lastStart + 1 / rate.at(now));
  }

  function pump(): void {
    for (let first = queue[0]; first; first = queue[0]) {
      const now = clock.now();
      const due = nextStart(now);
      if (due > now) {
        wakeAt(due, now);
        return;
      }
      queue.shift();
      first.begin(begin(first, true));
    }
    stopTimer();
  }

  function wakeAt(due: number, now: number): void {
    // One that comes too early looks again.
    if (timer && timer.due <= due) return;
    stopTimer();
    const mine = { due, stop: new AbortController() };
    timer = mine;
    const ms = Math.min(Math.ceil(due - now), MAX_SLEEP_MS);
    clock.sleep(ms, mine.stop.signal).then(
      () => {
        if (timer !== mine) return;
        timer = undefined;
        pump();
      },
      // Stopped.
      () => undefined,
    );
  }

  function stopTimer(): void {
    timer?.stop.abort();
    timer = undefined;
  }

  function begin({ tokens }: Waiting, wasHeld: boolean): Turn {
    const now = clock.now();
    const start = rate.begin(now, wasHeld);
    const spacing = 1 / rate.at(now);
    // A timer that came late costs nothing.
    lastStart = Math.max(now - spacing / 10, Math.min(now, lastStart + spacing));
    nextByRequests = now + requestMs;
    nextByTokens = Math.max(now, nextByTokens) + tokens * tokenMs;

    function settle(usage: Usage | undefined): void {
      if (!usage || tokenMs === 0) return;
      nextByTokens += (usage.inputTokens - tokens) * tokenMs;
      pump();
    }

    return {
      answered(usage) {
        rate.accepted(clock.now());
        refusals = 0;
        settle(usage);
      },
      failed(error) {
        settle(error.usage);
        const time = clock.now();
        if (wasAnswered(error)) rate.accepted(time);
        const asked = error.retryAfterMs;
        if (!isRateLimit(error) && !(error.retryable && asked !== undefined)) return undefined;
        if (asked !== undefined && asked > RETRY_BUDGET_MS) return undefined;
        const ms = pauseFor(asked);
        const isNews = isRateLimit(error) && rate.refused(time, start, ms);
        if (isNews) {
          refusals += 1;
          // Who has waited long enough is not to wait for a rate that has just become slower.
          lastStart = Math.min(lastStart, time + ms + MAX_EXTRA_MS - 1 / rate.at(time));
        }
        if (isNews || asked !== undefined) pauseUntil(time + ms, error);
        return Math.max(0, Math.round(pausedUntil - time));
      },
    };
  }

  /** Where the service names a time, nobody comes back before it; else all back off together. */
  function pauseFor(asked: number | undefined): number {
    // Not the full jitter of one who waits alone: after some refusals a wait is to be one.
    if (asked === undefined) return delayBefore(refusals, undefined, 0.5 + clock.random() / 2);
    return Math.round(asked + clock.random() * Math.min(asked / 50, 1000));
  }

  function pauseUntil(end: number, error: GeminiImageError): void {
    const now = clock.now();
    if (end <= Math.max(pausedUntil, now)) return;
    pausedUntil = end;
    const isLonger = end >= announcedUntil + 1000;
    if (announcedUntil > now && !isLonger) return;
    announcedUntil = end;
    tell?.({ type: 'pause', delayMs: Math.round(end - now), error });
  }

  return {
    async turn(waiting) {
      const { signal, stop } = waiting;
      if (signal?.aborted) throw interrupted(signal);
      stop?.throwIfAborted();
      if (queue.length === 0 && nextStart(clock.now()) <= clock.now()) {
        return begin(waiting, false);
      }
      return new Promise<Turn>((resolve, reject) => {
        const leave = (reason: unknown) => {
          queue.splice(queue.indexOf(queued), 1);
          stopListening();
          reject(reason);
          pump();
        };
        const listening = [
          signal && onAbort(signal, () => leave(interrupted(signal))),
          stop && onAbort(stop, () => leave(stop.reason)),
        ];
        const stopListening = () => {
          for (const end of listening) end?.();
        };
        const queued: Queued = {
          ...waiting,
          begin(turn) {
            stopListening();
            resolve(turn);
          },
        };
        enqueue(queue, queued);
        pump();
      });
    },
  };
}

function enqueue(queue: Queued[], queued: Queued): void {
  const after = queue.findIndex((other) => goesBefore(queued, other));
  queue.splice(after === -1 ? queue.length : after, 0, queued);
}

function goesBefore(one: Queued, other: Queued): boolean {
  if (one.isRepetition !== other.isRepetition) return one.isRepetition;
  return one.place < other.place;
}
