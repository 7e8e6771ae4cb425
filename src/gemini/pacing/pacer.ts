import type { GeminiImageError } from '../../domain/error.js';
import { isRateLimit, RETRY_BUDGET_MS, wasAnswered } from '../../domain/error-policy.js';
import type { Tell } from '../../domain/events.js';
import type { Usage } from '../../domain/usage.js';
import { onAbort } from '../../network/abort.js';
import { type Clock, delayBefore, realClock } from '../../network/retry.js';
import { reasonToStop, type StopSignals, throwIfStopped } from '../../network/stop-signals.js';
import { AdaptiveRate, type Start } from './rate.js';

/** Fixed limits, kept by spacing the calls evenly. */
export interface PaceSettings {
  requestsPerMinute?: number;
  /** Input tokens, estimated before each call and corrected by the count of the service. */
  tokensPerMinute?: number;
}

export interface PacerSettings {
  pace?: PaceSettings | undefined;
  /** Called when a pause of all calls begins, and when it becomes longer by a second or more. */
  tell?: Tell<'pause'> | undefined;
  clock?: Clock | undefined;
}

/** An attempt that waits for its turn. */
export interface Waiting {
  /** Lower for questions that were asked earlier. */
  place: number;
  /** Retries go before first attempts. */
  isRepetition: boolean;
  /** An estimate of its input tokens. */
  tokens: number;
  signals?: StopSignals | undefined;
}

/** An attempt that may begin now. The caller must report its outcome. */
export interface Turn {
  answered(usage: Usage | undefined): void;
  /**
   * @returns how long all calls are paused, in milliseconds, if the pacer also delays the retry;
   *   undefined if the caller has to.
   */
  failed(error: GeminiImageError): number | undefined;
}

/** The most that the first call after a pause waits in addition, to keep its distance. */
const MAX_EXTRA_MS = 500;

/** Node's timers take at most 25 days. */
const MAX_SLEEP_MS = 3_600_000;

interface Queued extends Waiting {
  begin: (turn: Turn) => void;
}

/** Decides when attempts begin, for all questions of a run. */
export class Pacer {
  readonly #clock: Clock;
  readonly #tell: PacerSettings['tell'];
  readonly #requestMs: number;
  readonly #tokenMs: number;
  readonly #rate = new AdaptiveRate();
  readonly #queue: Queued[] = [];
  #lastStart = -Infinity;
  #nextByRequests = -Infinity;
  #nextByTokens = -Infinity;
  #pausedUntil = -Infinity;
  #announcedUntil = -Infinity;
  #refusals = 0;
  #timer: { due: number; stop: AbortController } | undefined;

  constructor({ pace = {}, tell, clock = realClock }: PacerSettings) {
    const { requestsPerMinute = Infinity, tokensPerMinute = Infinity } = pace;
    this.#requestMs = 60_000 / requestsPerMinute;
    this.#tokenMs = 60_000 / tokensPerMinute;
    this.#tell = tell;
    this.#clock = clock;
  }

  /**
   * Waits until an attempt may begin.
   *
   * @throws GeminiImageError, the reason of `stop`.
   */
  async turn(waiting: Waiting): Promise<Turn> {
    const { signals } = waiting;
    throwIfStopped(signals);
    const now = this.#clock.now();
    if (this.#queue.length === 0 && this.#nextStart(now) <= now) return this.#begin(waiting, false);
    return new Promise<Turn>((resolve, reject) => {
      const leave = (stop: AbortSignal) => {
        this.#queue.splice(this.#queue.indexOf(queued), 1);
        stopListening?.();
        reject(reasonToStop(stop));
        this.#pump();
      };
      const stopListening = signals && onAbort(signals.stop, () => leave(signals.stop));
      const queued: Queued = {
        ...waiting,
        begin(turn) {
          stopListening?.();
          resolve(turn);
        },
      };
      enqueue(this.#queue, queued);
      this.#pump();
    });
  }

  #nextStart(now: number): number {
    const byRate = this.#lastStart + 1 / this.#rate.at(now);
    return Math.max(this.#pausedUntil, this.#nextByRequests, this.#nextByTokens, byRate);
  }

  /** Begins the attempts that may begin now, and sets a timer for the next one. */
  #pump(): void {
    for (let first = this.#queue[0]; first; first = this.#queue[0]) {
      const now = this.#clock.now();
      const due = this.#nextStart(now);
      if (due > now) {
        this.#wakeAt(due, now);
        return;
      }
      this.#queue.shift();
      first.begin(this.#begin(first, true));
    }
    this.#stopTimer();
  }

  #wakeAt(due: number, now: number): void {
    // If the timer fires too early, the attempts are checked again.
    if (this.#timer && this.#timer.due <= due) return;
    this.#stopTimer();
    const mine = { due, stop: new AbortController() };
    this.#timer = mine;
    const ms = Math.min(Math.ceil(due - now), MAX_SLEEP_MS);
    this.#clock.sleep(ms, mine.stop.signal).then(
      () => {
        if (this.#timer !== mine) return;
        this.#timer = undefined;
        this.#pump();
      },
      // The pacer was stopped.
      () => undefined,
    );
  }

  #stopTimer(): void {
    this.#timer?.stop.abort();
    this.#timer = undefined;
  }

  #begin({ tokens }: Waiting, wasHeld: boolean): Turn {
    const now = this.#clock.now();
    const start = this.#rate.begin(now, wasHeld);
    const spacing = 1 / this.#rate.at(now);
    // A late timer must not lower the rate.
    this.#lastStart = Math.max(now - spacing / 10, Math.min(now, this.#lastStart + spacing));
    this.#nextByRequests = now + this.#requestMs;
    this.#nextByTokens = Math.max(now, this.#nextByTokens) + tokens * this.#tokenMs;
    return {
      answered: (usage) => {
        this.#rate.accepted(this.#clock.now());
        this.#refusals = 0;
        this.#settle(tokens, usage);
      },
      failed: (error) => {
        this.#settle(tokens, error.usage);
        return this.#failed(error, start);
      },
    };
  }

  /** Replaces an estimate of tokens by the service's count. */
  #settle(tokens: number, usage: Usage | undefined): void {
    if (!usage || this.#tokenMs === 0) return;
    this.#nextByTokens += (usage.inputTokens - tokens) * this.#tokenMs;
    this.#pump();
  }

  /** @returns how long all calls are paused, as in `Turn.failed`. */
  #failed(error: GeminiImageError, start: Start): number | undefined {
    const time = this.#clock.now();
    if (wasAnswered(error)) this.#rate.accepted(time);
    // If flex had no room for a call, only that call waits; the others go on.
    if (error.reason === 'shed') return undefined;
    const asked = error.retryAfterMs;
    const isLimit = isRateLimit(error);
    if (!isLimit && !(error.retryable && asked !== undefined)) return undefined;
    if (asked !== undefined && asked > RETRY_BUDGET_MS) return undefined;
    const ms = this.#pauseFor(asked);
    const isNews = isLimit && this.#rate.refused(time, start, ms);
    if (isNews) {
      this.#refusals += 1;
      // A call that has waited long enough must not wait for a rate that has just been lowered.
      const earliest = time + ms + MAX_EXTRA_MS - 1 / this.#rate.at(time);
      this.#lastStart = Math.min(this.#lastStart, earliest);
    }
    if (isNews || asked !== undefined) this.#pauseUntil(time + ms, error);
    if (isLimit && !isNews && asked !== undefined) this.#rate.rests(time, time + ms);
    return Math.max(0, Math.round(this.#pausedUntil - time));
  }

  /** Starts a pause of all calls: as long as the service asks, or else by a common back-off. */
  #pauseFor(asked: number | undefined): number {
    const chance = this.#clock.random();
    // Less jitter than for a single call: after several refusals, the pause should not be short.
    if (asked === undefined) return delayBefore(this.#refusals, undefined, 0.5 + chance / 2);
    return Math.round(asked + chance * Math.min(asked / 50, 1000));
  }

  #pauseUntil(end: number, error: GeminiImageError): void {
    const now = this.#clock.now();
    if (end <= Math.max(this.#pausedUntil, now)) return;
    this.#pausedUntil = end;
    const isLonger = end >= this.#announcedUntil + 1000;
    if (this.#announcedUntil > now && !isLonger) return;
    this.#announcedUntil = end;
    this.#tell?.({ type: 'pause', delayMs: Math.round(end - now), error });
  }
}

function enqueue(queue: Queued[], queued: Queued): void {
  const after = queue.findIndex((other) => goesBefore(queued, other));
  queue.splice(after === -1 ? queue.length : after, 0, queued);
}

function goesBefore(one: Queued, other: Queued): boolean {
  if (one.isRepetition !== other.isRepetition) return one.isRepetition;
  return one.place < other.place;
}
