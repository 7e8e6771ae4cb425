/** Runs against services with limits, on a clock of their own: an hour takes a moment. */
import { GeminiImageError } from '../../src/domain/error.js';
import type { TellOfAnswer } from '../../src/domain/events.js';
import type { Answer } from '../../src/domain/record.js';
import { createRun, type RunSettings } from '../../src/gemini/pacing/retry-policy.js';
import { onAbort } from '../../src/network/abort.js';
import type { Clock } from '../../src/network/retry.js';

/** A clock that goes on when everybody waits. */
export interface VirtualClock extends Clock {
  /** Lets time pass until the work is done. */
  finish<T>(work: Promise<T>): Promise<T>;
  /** How many waits are going on. */
  waiting(): number;
}

export function virtualClock(seed = 1): VirtualClock {
  const timers = new Set<{ at: number; ring: () => void }>();
  const random = randomFrom(seed);
  let now = 0;
  return {
    now: () => now,
    random,
    waiting: () => timers.size,
    sleep: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        const timer = { at: now + ms, ring: resolve };
        timers.add(timer);
        onAbort(signal, () => {
          timers.delete(timer);
          reject(signal.reason);
        });
      }),
    async finish(work) {
      let isDone = false;
      const done = () => {
        isDone = true;
      };
      work.then(done, done);
      for (;;) {
        // Everything that can go on without time, does.
        await new Promise(setImmediate);
        if (isDone) return work;
        const next = [...timers].reduce((one, other) => (other.at < one.at ? other : one));
        timers.delete(next);
        now = next.at;
        next.ring();
      }
    },
  };
}

/** Numbers from 0 up to 1, the same in each run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a service says to a call at a time: nothing where it answers. */
export type Service = (now: number) => GeminiImageError | undefined;

export function tooMany(retryAfterMs?: number): GeminiImageError {
  return new GeminiImageError({
    kind: 'quota',
    message: 'too many requests (429)',
    reason: 'rate limit',
    httpStatus: 429,
    retryAfterMs: retryAfterMs === 0 ? undefined : retryAfterMs,
  });
}

/** What RetryInfo says: when there will be room again, always the same, or nothing. */
export type Advice = 'exact' | 'none' | number;

export function tokenBucket(perSecond: number, capacity: number, advice: Advice): Service {
  let tokens = capacity;
  let last = 0;
  return (now) => {
    tokens = Math.min(capacity, tokens + ((now - last) * perSecond) / 1000);
    last = now;
    if (tokens >= 1 - 1e-9) {
      tokens -= 1;
      return undefined;
    }
    const exact = Math.ceil(((1 - tokens) * 1000) / perSecond);
    return tooMany(advice === 'exact' ? exact : advice === 'none' ? undefined : advice);
  };
}

/** So many calls in each minute, with advice to wait for the next one or none. */
export function minuteWindows(calls: number, advice: 'exact' | 'none' = 'exact'): Service {
  let minute = 0;
  let count = 0;
  return (now) => {
    const current = Math.floor(now / 60_000);
    if (current > minute) count = 0;
    minute = current;
    count += 1;
    if (count <= calls) return undefined;
    return tooMany(advice === 'exact' ? (current + 1) * 60_000 - now : undefined);
  };
}

/** Refuses a share of the calls, evenly, whatever their pace. */
export function refusesShare(share: number, retryAfterMs: number): Service {
  let owed = 0;
  return () => {
    owed += share;
    if (owed < 1 - 1e-9) return undefined;
    owed -= 1;
    return tooMany(retryAfterMs);
  };
}

export interface Simulation extends Omit<RunSettings, 'clock' | 'retries'> {
  pictures: number;
  concurrency: number;
  latencyMs: number;
  /** By what share of it each latency may be longer or shorter. */
  jitter?: number;
  /** How much later than the one before it each of the concurrent questions starts, as if pictures took time to load. */
  staggerMs?: number;
  retries?: number;
  seed?: number;
  clock?: VirtualClock;
  onRetry?: TellOfAnswer<'retry' | 'warning'>;
  tokens?: number;
  /** What an answer is billed for. */
  billed?: number;
}

export interface Report {
  /** Until the last answer, in virtual milliseconds. */
  tookMs: number;
  answered: number;
  calls: number;
  refused: number;
  failures: GeminiImageError[];
  /** When each call was begun. */
  starts: number[];
}

/** As many pictures at once as allowed, each asked about until it is answered. */
export async function simulate(service: Service, simulation: Simulation): Promise<Report> {
  const { pictures, concurrency, latencyMs, tokens = 1120, billed = tokens, onRetry } = simulation;
  const { jitter = 0, staggerMs = 0 } = simulation;
  const clock = simulation.clock ?? virtualClock(simulation.seed);
  const run = createRun({ retries: 4, ...simulation, clock });
  const report: Report = {
    tookMs: 0,
    answered: 0,
    calls: 0,
    refused: 0,
    failures: [],
    starts: [],
  };
  const never = new AbortController().signal;
  // Without jitter, the clock's random numbers are left to the pacer.
  const halfWay = () =>
    jitter === 0 ? latencyMs / 2 : (latencyMs / 2) * (1 + jitter * (2 * clock.random() - 1));
  const attempt = async (): Promise<Answer> => {
    report.calls += 1;
    report.starts.push(clock.now());
    await clock.sleep(halfWay(), never);
    const error = service(clock.now());
    await clock.sleep(halfWay(), never);
    if (error) {
      report.refused += 1;
      throw error;
    }
    const usage = { inputTokens: billed, outputTokens: 10, thoughtTokens: 0, cachedTokens: 0 };
    return { text: 'A harbor.', finishReason: 'STOP', model: 'x', usage };
  };
  let left = pictures;
  const worker = async (place: number) => {
    if (staggerMs > 0) await clock.sleep(place * staggerMs, never);
    while (left-- > 0) {
      try {
        await run.untilAnswered(attempt, { tokens, tell: onRetry, mayRepeat: () => true });
        report.answered += 1;
        report.tookMs = clock.now();
      } catch (error) {
        if (!(error instanceof GeminiImageError)) throw error;
        report.failures.push(error);
      }
    }
  };
  await clock.finish(Promise.all(Array.from({ length: concurrency }, (_, place) => worker(place))));
  return report;
}
