import { describe, expect, test } from 'vitest';
import { type ProgressFacts, progressText } from '../../src/cli/progress.js';
import { GeminiImageError } from '../../src/domain/error.js';

const tooMany = new GeminiImageError({ kind: 'quota', message: 'too many requests' });

const facts = (changes: Partial<ProgressFacts> = {}): ProgressFacts => ({
  described: 126,
  skipped: 0,
  failed: 2,
  total: 400,
  costUsd: 0.0432,
  elapsedMs: 80_500,
  ...changes,
});

const FULL = '128 of 400 · 95/min · 2 min 51 s left · $0.0432 · 2 failed';

test('tells how many are done, how fast, what is left, what it cost and what failed', () => {
  expect(progressText(facts(), 80)).toBe(FULL);
});

describe('leaves out', () => {
  test.each<[what: string, changes: Partial<ProgressFacts>, text: string]>([
    ['failures where there are none', { described: 128, failed: 0 }, FULL.slice(0, -11)],
    [
      'the money where it is none',
      { costUsd: 0 },
      '128 of 400 · 95/min · 2 min 51 s left · 2 failed',
    ],
    ['the rate of the first answers', { described: 2, failed: 0 }, '2 of 400 · $0.0432'],
    ['the rate of the first seconds', { elapsedMs: 2999 }, '128 of 400 · $0.0432 · 2 failed'],
    ['the time left once all are done', { total: 128 }, '128 of 128 · 95/min · $0.0432 · 2 failed'],
    [
      'the time left while fewer are known than are done',
      { total: 100 },
      '128 of 100 · 95/min · $0.0432 · 2 failed',
    ],
  ])('%s', (_, changes, text) => {
    expect(progressText(facts(changes), 80)).toBe(text);
  });

  test('says how many there are and how long it takes, once all are found', () => {
    const { total, costUsd, ...unknown } = facts();
    expect(progressText(unknown, 80)).toBe('128 done · 95/min · 2 failed');
  });
});

test('counts earlier results as done, but not for the speed', () => {
  expect(progressText(facts({ skipped: 100 }), 80)).toBe(
    '228 of 400 · 95/min · 1 min 48 s left · $0.0432 · 2 failed',
  );
  expect(progressText(facts({ described: 0, failed: 0, skipped: 100 }), 80)).toBe(
    '100 of 400 · $0.0432',
  );
});

test('large numbers are set off and small sums are not nothing', () => {
  expect(
    progressText(facts({ skipped: 12_345, total: 50_000, costUsd: 0.00001, failed: 0 }), 80),
  ).toBe('12,471 of 50,000 · 94/min · 6 h 40 min left · <$0.0001');
});

test('says what all calls wait for', () => {
  const waiting = (kind: 'quota' | 'service', delayMs: number) =>
    progressText(
      facts({ pause: { delayMs, error: new GeminiImageError({ kind, message: 'no' }) } }),
      100,
    );
  expect(waiting('quota', 33_001)).toBe(`${FULL} · waiting 34 s for the rate limit`);
  expect(waiting('service', 60_000)).toBe(`${FULL} · waiting 1 min for the service`);
  expect(waiting('quota', 1)).toBe(`${FULL} · waiting 1 s for the rate limit`);
});

test('leaves out less important parts on a narrow terminal, and never takes a second row', () => {
  const pause = { delayMs: 34_000, error: tooMany };
  const widths = Array.from({ length: 101 }, (_, width) => width);
  const lines = widths.map((width) => progressText(facts({ pause }), width));
  expect(lines.filter((line, width) => line.length > width)).toEqual([]);
  expect([...new Set(lines.reverse())]).toEqual([
    `${FULL} · waiting 34 s for the rate limit`,
    '128 of 400 · 95/min · 2 min 51 s left · 2 failed · waiting 34 s for the rate limit',
    '128 of 400 · 95/min · 2 failed · waiting 34 s for the rate limit',
    '128 of 400 · 2 failed · waiting 34 s for the rate limit',
    '128 of 400 · waiting 34 s for the rate limit',
    '128 of 400',
    '',
  ]);
});
