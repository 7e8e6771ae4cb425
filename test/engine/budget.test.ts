/** A run may cost only so much, with calls that run at the same time. */
import { describe, expect, test } from 'vitest';
import { GeminiImageError } from '../../src/domain/error.js';
import type { Tell } from '../../src/domain/events.js';
import { type Budget, createBudget, type Reservation } from '../../src/engine/budget.js';
import { failureOf } from '../support/ask.js';

/** A dollar for a million tokens of any kind: 300 of output and 700 of input make $0.001. */
const PRICE = { input: 1, cached: 1, output: 1 };
const INPUT = 700;
const EACH = 0.001;

const budgetOf = (maxCostUsd: number) =>
  createBudget({ maxCostUsd, price: PRICE, setBy: '--max-cost' });

const billed = (inputTokens: number, outputTokens = 0, thoughtTokens = 0) => ({
  inputTokens,
  outputTokens,
  thoughtTokens,
  cachedTokens: 0,
});

const USUAL = billed(700, 300);

/** Makes one call. */
async function call(budget: Budget, usage = USUAL, inputTokens = INPUT) {
  (await budget.reserve(inputTokens)).settle({ usage });
}

/** How many calls can begin beside each other. */
async function atOnce(
  budget: Budget,
): Promise<{ begun: Reservation[]; waiting: Promise<unknown> }> {
  const begun: Reservation[] = [];
  for (;;) {
    const waiting = budget.reserve(INPUT).then((reservation) => begun.push(reservation));
    waiting.catch(() => {});
    const before = begun.length;
    await new Promise(setImmediate);
    if (begun.length === before) return { begun, waiting };
  }
}

describe('a budget', () => {
  test('allows calls one after the other until the next one might pass the limit', async () => {
    const budget = budgetOf(3 * EACH);
    for (let calls = 0; calls < 3; calls += 1) await call(budget);
    const error = await failureOf(budget.reserve(INPUT));
    expect(error).toMatchObject({ kind: 'quota', endsRun: true, retryable: false });
    expect(error.message).toBe(
      'the next call might pass the limit of $0.003 (--max-cost): $0.003 spent',
    );
  });

  test('lets one call begin first, and then as many as can be paid at the same time', async () => {
    const budget = budgetOf(5 * EACH);
    const { begun: first } = await atOnce(budget);
    expect(first).toHaveLength(1);
    first[0]?.settle({ usage: USUAL });
    await new Promise(setImmediate);
    // The one that waited has begun; three more fit.
    const { begun } = await atOnce(budget);
    expect(begun).toHaveLength(3);
  });

  test('lets a call wait for others that may cost less than expected', async () => {
    const budget = budgetOf(2 * EACH);
    await call(budget);
    const reservation = await budget.reserve(INPUT);
    let begun = 0;
    const next = budget.reserve(INPUT).then(() => {
      begun += 1;
    });
    await new Promise(setImmediate);
    expect(begun).toBe(0);
    reservation.settle('nothing');
    await next;
    expect(begun).toBe(1);
  });

  test('ends the run for a call that waited in vain', async () => {
    const budget = budgetOf(2 * EACH);
    await call(budget);
    const reservation = await budget.reserve(INPUT);
    const next = failureOf(budget.reserve(INPUT));
    reservation.settle({ usage: USUAL });
    expect((await next).kind).toBe('quota');
  });

  test('is not fooled by sums that binary fractions miss', async () => {
    for (let calls = 1; calls <= 200; calls += 1) {
      const budget = budgetOf(Number((calls * EACH).toFixed(3)));
      for (let made = 0; made < calls; made += 1) await call(budget);
      await expect(budget.reserve(INPUT)).rejects.toThrow(GeminiImageError);
      expect(String(budget.spentUsd).length).toBeLessThan(6);
    }
  });

  test('stops before the first call if that alone might cost more', async () => {
    for (const limit of [EACH - 0.000001, 0]) {
      await expect(budgetOf(limit).reserve(INPUT)).rejects.toThrow(GeminiImageError);
    }
  });

  test('replaces the estimate of a call by its real cost', async () => {
    const budget = budgetOf(3 * EACH);
    for (let calls = 0; calls < 3; calls += 1) await call(budget, billed(690, 10));
    expect(budget.spentUsd).toBe(0.0021);
    // $0.0009 are left, and a call is expected to cost $0.001.
    expect((await failureOf(budget.reserve(INPUT))).message).toContain(': $0.0021 spent');
  });

  test('charges thoughts, and cached tokens at their price', async () => {
    const budget = createBudget({
      maxCostUsd: 1,
      price: { input: 1, cached: 0.5, output: 2 },
      setBy: 'x',
    });
    await call(budget, { ...billed(1000, 10, 20), cachedTokens: 200 });
    expect(budget.spentUsd).toBe(0.00096);
  });

  test('gets everything back from a call that was not billed', async () => {
    const budget = budgetOf(EACH);
    for (let calls = 0; calls < 3; calls += 1) (await budget.reserve(INPUT)).settle('nothing');
    expect(budget.spentUsd).toBe(0);
    await call(budget);
    expect(budget.spentUsd).toBe(EACH);
  });

  test('settles a call once', async () => {
    const budget = budgetOf(2 * EACH);
    const reservation = await budget.reserve(INPUT);
    reservation.settle({ usage: USUAL });
    reservation.settle({ usage: USUAL });
    reservation.settle('nothing');
    expect(budget.spentUsd).toBe(EACH);
    expect((await atOnce(budget)).begun).toHaveLength(1);
  });
});

describe('the possible cost of a call is learned', () => {
  test('from the longest output, thoughts included', async () => {
    const budget = budgetOf(0.1);
    await call(budget, billed(700, 500, 800));
    await call(budget, billed(700, 10));
    // A call now counts for $0.002, of $0.1 less $0.0020 and $0.00071.
    expect((await atOnce(budget)).begun).toHaveLength(48);
  });

  test('from the input that was furthest above its estimate, whatever was below it', async () => {
    const budget = budgetOf(0.1);
    await call(budget, billed(1400));
    await call(budget, billed(70));
    await call(budget, billed(1000), 0);
    // A call now counts for $0.0017, of $0.1 less $0.00247.
    expect((await atOnce(budget)).begun).toHaveLength(57);
  });

  test('for calls that are already in progress as well', async () => {
    const budget = budgetOf(11 * EACH);
    await call(budget);
    const { begun } = await atOnce(budget);
    expect(begun).toHaveLength(10);
    begun[0]?.settle({ usage: billed(700, 1300) });
    // Nine calls on the way may cost $0.002 each.
    await new Promise(setImmediate);
    expect((await atOnce(budget)).begun).toHaveLength(0);
  });

  test('so that a limit holds if all calls cost the same, and much more than expected', async () => {
    const budget = budgetOf(0.5);
    const cost = billed(1400, 20, 1180);
    let calls = 0;
    const ask = async () => {
      for (;;) {
        const reservation = await budget.reserve(INPUT);
        calls += 1;
        await new Promise(setImmediate);
        reservation.settle({ usage: cost });
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: 8 }, ask));
    expect(ends.every(({ status }) => status === 'rejected')).toBe(true);
    expect(budget.spentUsd).toBeLessThanOrEqual(0.5);
    expect(calls).toBe(Math.floor(0.5 / 0.0026));
  });
});

describe('a call', () => {
  test('without a known cost is charged like the worst one so far, or as expected', async () => {
    const budget = budgetOf(0.01);
    (await budget.reserve(INPUT)).settle('unknown');
    expect(budget.spentUsd).toBe(EACH);
    await call(budget, billed(700, 1300));
    (await budget.reserve(INPUT)).settle('unknown');
    expect(budget.spentUsd).toBe(0.005);
  });

  test('that was free says nothing about the cost of others', async () => {
    const budget = budgetOf(1);
    (await budget.reserve(INPUT)).settle('nothing');
    expect((await atOnce(budget)).begun).toHaveLength(1);
  });

  test('is charged at the price of the model that answered, and so are later ones', async () => {
    const budget = budgetOf(0.05);
    (await budget.reserve(INPUT)).settle({ usage: USUAL, costUsd: 0.02 });
    expect(budget.spentUsd).toBe(0.02);
    expect((await atOnce(budget)).begun).toHaveLength(1);
  });

  test('that costs more than the whole limit is reported if it is the first', async () => {
    const told: number[] = [];
    const tell: Tell<'firstCallTooDear'> = ({ costUsd }) => told.push(costUsd);
    const budget = createBudget({ maxCostUsd: 0.01, price: PRICE, tell, setBy: '--max-cost' });
    await call(budget, billed(700, 1000, 73_800));
    expect(told).toEqual([0.0755]);
    expect((await failureOf(budget.reserve(INPUT))).message).toBe(
      'the limit of $0.01 (--max-cost) is passed: $0.0755 spent',
    );
  });

  test('that cannot be paid at all is refused before it is made', async () => {
    expect((await failureOf(budgetOf(0.0005).reserve(INPUT))).message).toBe(
      'one call may cost about $0.001, more than the whole limit of $0.0005 (--max-cost)',
    );
  });
});
