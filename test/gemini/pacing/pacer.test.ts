/** One pace for all questions of a run, on a clock that costs no time. */
import { describe, expect, test } from 'vitest';
import { GeminiImageError } from '../../../src/domain/error.js';
import type { Pause } from '../../../src/domain/events.js';
import {
  type Advice,
  minuteWindows,
  refusesShare,
  simulate,
  tokenBucket,
  tooMany,
  virtualClock,
} from '../pace-simulator.js';

describe('a limit of 20 calls a second is discovered and kept:', () => {
  /** What is lost by waits that are longer than they had to be is not the pacer's. */
  const cases: [capacity: number, advice: Advice, least: number][] = [
    [1, 'exact', 0.9],
    [5, 'exact', 0.9],
    [20, 'exact', 0.9],
    [20, 1000, 0.9],
    [20, 'none', 0.9],
    [5, 1000, 0.85],
    [1, 1000, 0.82],
    [1, 'none', 0.82],
  ];
  test.each(cases)('%i in reserve, the server asks to wait %s', async (capacity, advice, least) => {
    for (const [latencyMs, concurrency] of [
      [50, 8],
      [200, 32],
    ] as const) {
      const service = tokenBucket(20, capacity, advice);
      const run = await simulate(service, { pictures: 500, concurrency, latencyMs });
      expect(run.answered).toBe(500);
      expect(500 / 20 / (run.tookMs / 1000)).toBeGreaterThan(least);
      expect(run.refused / run.calls).toBeLessThan(0.1);
    }
  });
});

describe('most calls are accepted where answers take seconds, some longer than others:', () => {
  /** Loaded one after the other, or all at once. */
  const starts = [0, 50, 300];
  test.each([
    [60, 2000],
    [60, 500],
    [15, 2000],
    [15, 6000],
  ])('%i a minute, %i ms', async (perMinute, latencyMs) => {
    for (const [seed, staggerMs] of starts.entries()) {
      const service = tokenBucket(perMinute / 60, 15, 'exact');
      const times = { latencyMs, jitter: 0.4, staggerMs };
      const run = await simulate(service, { pictures: 150, concurrency: 32, ...times, seed });
      expect(run.answered).toBe(150);
      expect(run.refused / run.calls).toBeLessThan(0.4);
      expect((150 - 15) / (run.tookMs / 60_000)).toBeGreaterThan(0.75 * perMinute);
    }
  });
});

describe('a free-tier key needs no flag:', () => {
  test.each([
    [15, 160],
    [5, 540],
  ])('%i calls a minute', async (calls, seconds) => {
    const service = minuteWindows(calls);
    const run = await simulate(service, { pictures: 40, concurrency: 8, latencyMs: 200 });
    expect(run.answered).toBe(40);
    expect(run.refused).toBeLessThan(12);
    expect(run.tookMs / 1000).toBeLessThan(seconds);
  });
});

test.each([1, 2, 3])(
  'a free-tier key gets through also where nobody says how long to wait (%i)',
  async (seed) => {
    const service = minuteWindows(15, 'none');
    const run = await simulate(service, { pictures: 40, concurrency: 8, latencyMs: 200, seed });
    expect(run.answered).toBe(40);
    expect(run.tookMs / 1000).toBeLessThan(300);
  },
);

test('refusals that are not about the pace do not starve a run', async () => {
  const service = refusesShare(0.3, 500);
  const run = await simulate(service, { pictures: 500, concurrency: 8, latencyMs: 50 });
  expect(run.answered).toBe(500);
  expect(run.tookMs).toBeLessThan(150_000);
});

test('without limits, the pacer takes no time', async () => {
  const free = { pictures: 400, concurrency: 32, latencyMs: 200 };
  expect((await simulate(() => undefined, free)).tookMs).toBe(13 * 200);
});

describe('a limit of the caller spaces all calls:', () => {
  const gapsOf = (starts: number[]) =>
    starts.slice(1).map((at, index) => at - (starts[index] ?? 0));

  test('requests a minute', async () => {
    const pace = { requestsPerMinute: 120 };
    const run = await simulate(() => undefined, {
      pictures: 40,
      concurrency: 8,
      latencyMs: 700,
      pace,
    });
    expect(Math.min(...gapsOf(run.starts))).toBeGreaterThanOrEqual(500);
    expect(run.tookMs).toBe(39 * 500 + 700);
  });

  test.each([
    ['as estimated', 1000, 20 * 1000],
    ['when the answers were billed more', 2000, 40 * 1000],
  ])('tokens a minute, %s', async (_what, billed, atLeast) => {
    const pace = { tokensPerMinute: 60_000 };
    const service = () => undefined;
    const settings = { pictures: 21, concurrency: 1, latencyMs: 50, tokens: 1000, billed, pace };
    expect((await simulate(service, settings)).tookMs).toBeGreaterThanOrEqual(atLeast);
  });

  test('a slow one may last longer than retries do', async () => {
    const pace = { requestsPerMinute: 1 };
    const service = refusesShare(0.3, 500);
    const run = await simulate(service, { pictures: 20, concurrency: 8, latencyMs: 50, pace });
    expect(run.answered).toBe(20);
  });
});

describe('a pause', () => {
  test('stops all calls, and is reported once', async () => {
    const pauses: Pause[] = [];
    let refusing = true;
    const service = (now: number) => {
      refusing &&= now < 100;
      return refusing ? tooMany(30_000) : undefined;
    };
    const tell = (pause: Pause) => pauses.push(pause);
    const run = await simulate(service, { pictures: 16, concurrency: 8, latencyMs: 50, tell });
    expect(run.answered).toBe(16);
    expect(pauses.map(({ delayMs }) => Math.round(delayMs / 1000))).toEqual([30]);
    expect(run.starts.filter((at) => at > 0 && at < 30_000)).toEqual([]);
    // Nobody comes back together with the others.
    expect(new Set(run.starts.slice(8)).size).toBe(16);
  });

  test('follows an overload with a given time too', async () => {
    let calls = 0;
    const overloaded = new GeminiImageError({
      kind: 'service',
      message: 'the service is overloaded (503)',
      httpStatus: 503,
      reason: 'overloaded',
      retryAfterMs: 9000,
    });
    const service = () => (++calls === 1 ? overloaded : undefined);
    const run = await simulate(service, { pictures: 4, concurrency: 1, latencyMs: 50 });
    expect(run.answered).toBe(4);
    expect(run.starts[1]).toBeGreaterThanOrEqual(9000);
  });
});

describe('retries', () => {
  test('end if no call is answered', async () => {
    const run = await simulate(() => tooMany(1000), { pictures: 1, concurrency: 1, latencyMs: 50 });
    expect(run.failures).toMatchObject([
      { kind: 'quota', endsRun: true, message: 'too many requests (429) (after 5 attempts)' },
    ]);
  });

  test('are disabled by 0', async () => {
    const settings = { pictures: 1, concurrency: 1, latencyMs: 50, retries: 0 };
    expect((await simulate(() => tooMany(1000), settings)).calls).toBe(1);
  });

  const unreachable = () =>
    new GeminiImageError({
      kind: 'service',
      message: 'the connection was refused',
      reason: 'unreachable',
      cause: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }),
    });

  test('continue through an outage in the middle of a run', async () => {
    const service = (now: number) => (now > 300 && now < 240_000 ? unreachable() : undefined);
    const run = await simulate(service, { pictures: 40, concurrency: 8, latencyMs: 50 });
    expect(run.answered).toBe(40);
  });

  test('end after ten minutes of an outage', async () => {
    const service = (now: number) => (now > 300 ? unreachable() : undefined);
    const run = await simulate(service, { pictures: 56, concurrency: 8, latencyMs: 50 });
    expect(run.failures.length).toBeGreaterThanOrEqual(8);
    expect(run.failures[0]).toMatchObject({ endsRun: true });
  });

  test('are counted if the service was never reached', async () => {
    const run = await simulate(unreachable, { pictures: 1, concurrency: 1, latencyMs: 50 });
    expect(run.calls).toBe(5);
    expect(run.failures).toMatchObject([{ endsRun: true }]);
  });
});

test('nothing waits any more when a run is over', async () => {
  const clock = virtualClock();
  await simulate(tokenBucket(20, 5, 'exact'), {
    pictures: 60,
    concurrency: 8,
    latencyMs: 50,
    clock,
  });
  expect(clock.waiting()).toBe(0);
});
