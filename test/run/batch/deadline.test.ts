import { expect, test } from 'vitest';
import { planInWords, planUntil } from '../../../src/run/batch/deadline.js';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-28T12:00:00Z');
const LIMITS = { concurrency: 8 };

const hoursOf = (hours: number, questions = 300, limits = LIMITS) => {
  const { batchUntil, flexUntil } = planUntil(questions, limits, NOW, NOW + hours * HOUR);
  const at = (time: number | undefined) => time && Math.round(((time - NOW) / HOUR) * 10) / 10;
  return { batch: at(batchUntil), flex: at(flexUntil) };
};

test('a night has time for batches, then for flex, then for the standard price', () => {
  expect(hoursOf(12)).toEqual({ batch: 8.7, flex: 11.9 });
});

test('flex takes no more than a third of the time', () => {
  expect(hoursOf(3)).toEqual({ batch: 1.9, flex: 2.9 });
});

test('without time for a batch, flex is asked at once', () => {
  expect(hoursOf(1)).toEqual({ batch: undefined, flex: 0.9 });
});

test('without time for flex, the standard price is paid', () => {
  expect(hoursOf(0.2)).toEqual({ batch: undefined, flex: undefined });
  expect(hoursOf(12, 1_000_000)).toEqual({ batch: undefined, flex: undefined });
});

test('a pace that was asked for needs its time', () => {
  expect(hoursOf(3, 300, { concurrency: 8, requestsPerMinute: 2 } as typeof LIMITS)).toEqual({
    batch: undefined,
    flex: undefined,
  });
});

test('says what it will do, and what that costs', () => {
  const costs = { batch: 0.05, flex: 0.05, standard: 0.1 };
  const plan = { ...planUntil(300, LIMITS, NOW, NOW + 12 * HOUR), costs };
  expect(planInWords(plan)).toMatch(
    /^the plan, to be done by [\d: -]+: 300 pictures in batches until [\d: -]+ \(all of it: about \$0\.0500\), what is left then by flex until [\d: -]+ \(all of it: about \$0\.0500\), what is left then at the standard price \(all of it: about \$0\.1000\)$/,
  );
});
