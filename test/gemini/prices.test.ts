/** What a call costs: the table, its dates, and the arithmetic. */
import { describe, expect, test } from 'vitest';
import { costOf, DEFAULT_MODEL, PRICES_AS_OF, priceFor, priceOf } from '../../src/gemini/models.js';

const NOW = new Date(`${PRICES_AS_OF}T12:00:00Z`);

const usage = (inputTokens: number, outputTokens = 0, thoughtTokens = 0, cachedTokens = 0) => ({
  inputTokens,
  outputTokens,
  thoughtTokens,
  cachedTokens,
});

/** Dollars for a million tokens of each kind. */
function millions(model: string, at = NOW): number[] | undefined {
  const price = priceOf(model, at);
  if (!price) return undefined;
  const million = 1_000_000;
  const kinds = [usage(million), usage(million, 0, 0, million), usage(0, million)];
  return kinds.map((kind) => costOf(kind, price));
}

describe('prices', () => {
  test.each([
    ['gemini-3.5-flash-lite', 0.3, 0.03, 2.5],
    ['gemini-3.1-flash-lite', 0.25, 0.025, 1.5],
    ['gemini-3.5-flash', 1.5, 0.15, 9],
    ['gemini-3-flash-preview', 0.5, 0.05, 3],
    ['gemini-3.6-flash', 1.5, 0.15, 7.5],
    ['gemini-3.7-flash', 0.75, 0.075, 3.75],
    ['gemini-3.8-flash', 0.75, 0.075, 3.75],
    ['gemini-4-carbon', 2, 0.1, 10],
    ['gemini-4-argon', 2, 0.1, 10],
    ['gemini-4-hydrogen', 1.5, 0.075, 7.5],
    ['gemini-4-neon', 3, 0.15, 15],
    ['gemini-2.5-flash', 0.3, 0.03, 2.5],
    ['gemini-2.5-flash-lite', 0.1, 0.01, 0.4],
  ])('of %s', (model, input, cached, output) => {
    expect(millions(model)).toEqual([input, cached, output]);
  });

  test('of the default model are known', () => {
    expect(priceOf(DEFAULT_MODEL, NOW)).toBeDefined();
  });

  test.each([
    ['gemini-3.8-flash', '2026-12-31T23:59:59.999Z', [0.75, 0.075, 3.75]],
    ['gemini-3.8-flash', '2027-01-01T00:00:00.000Z', [1.5, 0.15, 7.5]],
    ['gemini-3.8-flash', '2031-01-01T00:00:00.000Z', [1.5, 0.15, 7.5]],
    ['gemini-3.7-flash', '2027-01-01T00:00:00.000Z', [1.5, 0.15, 7.5]],
    ['gemini-4-carbon', '2026-11-30T23:59:59.999Z', [2, 0.1, 10]],
    ['gemini-4-carbon', '2026-12-01T00:00:00.000Z', [4, 0.2, 20]],
    ['gemini-4-argon', '2026-12-01T00:00:00.000Z', [4, 0.2, 20]],
    // From then on their calls are routed to another model, and billed as that one.
    ['gemini-2.5-flash', '2026-12-01T00:00:00.000Z', [0.3, 0.03, 2.5]],
    ['gemini-2.5-pro', '2026-12-01T00:00:00.000Z', [0.75, 0.075, 3.75]],
    ['gemini-2.5-pro', '2027-01-01T00:00:00.000Z', [1.5, 0.15, 7.5]],
    // A time zone of its own does not move the day.
    ['gemini-4-carbon', '2026-12-01T00:30:00.000+09:00', [2, 0.1, 10]],
  ])('of %s at %s', (model, at, expected) => {
    expect(millions(model, new Date(at))).toEqual(expected);
  });

  test.each([
    'gemini-flash-latest',
    'gemini-flash-lite-latest',
    'gemini-3.5-flash-lite-001',
    'Gemini-3.5-flash-lite',
    'gemini-3.5',
    'constructor',
    '',
  ])('are unknown for %j', (model) => {
    expect(priceOf(model, NOW)).toBeUndefined();
  });

  test('are those of the name after models/', () => {
    expect(millions('models/gemini-4-neon')).toEqual(millions('gemini-4-neon'));
  });
});

describe('an answer is charged', () => {
  test('at the price of the model that answered', () => {
    const neon = priceOf('gemini-4-neon', NOW);
    expect(priceFor('gemini-4-neon', 'gemini-pro-latest', NOW)).toEqual(neon);
    expect(priceFor('gemini-4-neon', 'gemini-2.5-flash-lite', NOW)).toEqual(neon);
  });

  test('at the price of the requested model, if the one that answered has none', () => {
    const asked = priceOf(DEFAULT_MODEL, NOW);
    expect(priceFor(`${DEFAULT_MODEL}-001`, DEFAULT_MODEL, NOW)).toEqual(asked);
  });

  test.each(['gemini-flash-latest', 'gemini-flash-lite-latest', 'gemini-pro-latest'])(
    'nothing that is known, where the alias %s was asked',
    (alias) => {
      expect(priceFor(alias, alias, NOW)).toBeUndefined();
      expect(priceFor('gemini-6-flash', alias, NOW)).toBeUndefined();
    },
  );
});

describe('the cost', () => {
  const price = { input: 1, cached: 0.1, output: 10 };

  test('counts thoughts as output, and cached tokens once', () => {
    expect(costOf(usage(1000, 20, 30, 400), price)).toBe(0.00114);
  });

  test('ignores cached tokens beyond the number of input tokens', () => {
    expect(costOf(usage(100, 0, 0, 1000), price)).toBe(0.00001);
  });

  test('of a long prompt has another price for all its tokens', () => {
    const pro = priceOf('gemini-3.1-pro-preview', NOW);
    if (!pro) throw new Error('no price');
    expect(costOf(usage(200_000, 1000, 0, 100_000), pro)).toBe(0.2 + 0.02 + 0.012);
    expect(costOf(usage(200_001, 1000, 0, 100_001), pro)).toBe(0.4580004);
    // Many calls with short prompts are no long prompt.
    expect(costOf(usage(400_000), pro, 400)).toBe(0.8);
  });

  test('of nothing is nothing', () => {
    expect(costOf(usage(0), price)).toBe(0);
  });

  test('shows no binary noise as JSON, and keeps the cost of the cheapest tokens', () => {
    const lite = priceOf('gemini-3.1-flash-lite', NOW);
    if (!lite) throw new Error('no price');
    expect(JSON.stringify(costOf(usage(1130, 12), lite))).toBe('0.0003005');
    expect(costOf(usage(1, 0, 0, 1), lite)).toBe(0.000000025);
    for (let tokens = 0; tokens < 2000; tokens += 7) {
      const cost = JSON.stringify(costOf(usage(tokens, tokens % 13, tokens % 5, tokens % 3), lite));
      expect(Number(cost).toFixed(9)).toMatch(/^\d\.\d{9}$/);
      expect(cost.length).toBeLessThanOrEqual('0.123456789'.length);
    }
  });
});

test('batches cost half of the standard price, in every kind of token', () => {
  const [standard, batch] = (['standard', 'batch'] as const).map((rate) =>
    priceOf('gemini-3.1-pro-preview', NOW, rate),
  );
  expect(standard).toMatchObject({ input: 2, long: { input: 4 } });
  expect(batch).toEqual({
    input: 1,
    output: 6,
    cached: 0.1,
    long: { above: 200_000, input: 2, output: 9, cached: 0.2 },
  });
});
