/** What a run would take, as arithmetic and as words. */
import { describe, expect, test } from 'vitest';
import { PRICES_AS_OF } from '../../src/gemini/models.js';
import { PICTURE_TOKENS } from '../../src/gemini/request-size.js';
import { estimateOf, type PictureCounts, type RunFacts } from '../../src/run/estimate.js';
import { renderEstimate } from '../../src/run/estimate-text.js';
import { briefAsking } from '../support/briefs.js';

const COUNTS: PictureCounts = { pictures: 1200, done: 300, failed: 0 };

const PRICE = { input: 0.3, cached: 0.03, output: 2.5 };

/** A prompt of ten tokens. */
const PROMPT = 'x'.repeat(40);

const estimate = (facts: Partial<RunFacts> = {}, counts: Partial<PictureCounts> = {}) =>
  estimateOf(
    { ...COUNTS, ...counts },
    { model: 'gemini-3.5-flash-lite', brief: briefAsking(PROMPT), price: PRICE, ...facts },
  );

const json = (facts: Partial<RunFacts> = {}, counts: Partial<PictureCounts> = {}) =>
  JSON.parse(renderEstimate(estimate(facts, counts), 'jsonl'));

const lines = (facts: Partial<RunFacts> = {}, counts: Partial<PictureCounts> = {}) =>
  renderEstimate(estimate(facts, counts), 'text').trimEnd().split('\n');

describe('an estimate', () => {
  test('counts what is not done', () => {
    expect(estimate()).toMatchObject({ pictures: 1200, done: 300, toAsk: 900, failed: 0 });
    expect(estimate({}, { done: 1200 })).toMatchObject({ toAsk: 0, inputTokens: 0 });
  });

  test('counts no more than the limit', () => {
    expect(estimate({ limit: 100 })).toMatchObject({ pictures: 1200, done: 300, toAsk: 100 });
    expect(estimate({ limit: 5000 })).toMatchObject({ toAsk: 900 });
  });

  test('assumes a picture, the prompt, and a short caption', () => {
    expect(estimate()).toMatchObject({
      basis: 'assumed',
      inputTokens: 900 * (PICTURE_TOKENS + 10),
      outputTokens: 900 * 60,
    });
  });

  test('uses measured values instead, if there are any', () => {
    expect(
      estimate({ meanUsage: () => ({ inputTokens: 270.5, outputTokens: 31.25 }) }),
    ).toMatchObject({
      basis: 'measured',
      inputTokens: 243_450,
      outputTokens: 28_125,
    });
  });

  test('costs what the tokens cost', () => {
    expect(json({ meanUsage: () => ({ inputTokens: 1000, outputTokens: 100 }) })).toMatchObject({
      costUsd: 0.495,
      pricesAsOf: PRICES_AS_OF,
    });
  });

  test.each<[what: string, facts: Partial<RunFacts>, minutes: number | undefined]>([
    ['with no limit', {}, undefined],
    ['by requests', { rpm: 15 }, 60],
    ['by tokens', { tpm: 250_000 }, 3.6],
    ['by tokens where those are the slower', { rpm: 1000, tpm: 250_000 }, 3.6],
    ['by requests where those are the slower', { rpm: 15, tpm: 250_000 }, 60],
  ])('takes as long as its limits make it: %s', (_what, facts, minutes) => {
    const meanUsage = () => ({ inputTokens: 1000, outputTokens: 100 });
    expect(json({ ...facts, meanUsage }).minutes).toBe(minutes);
  });
});

describe('as JSON', () => {
  test('it has all its fields', () => {
    const facts = { rpm: 15, meanUsage: () => ({ inputTokens: 1000, outputTokens: 100 }) };
    expect(json(facts, { failed: 2 })).toEqual({
      model: 'gemini-3.5-flash-lite',
      pictures: 1200,
      done: 300,
      toAsk: 900,
      failed: 2,
      inputTokens: 900_000,
      outputTokens: 90_000,
      basis: 'measured',
      costUsd: 0.495,
      pricesAsOf: PRICES_AS_OF,
      minutes: 60,
    });
  });

  test('it leaves out what is unknown', () => {
    const keys = Object.keys(json({ price: undefined }));
    expect(keys).toContain('inputTokens');
    for (const key of ['costUsd', 'pricesAsOf', 'minutes']) {
      expect(keys).not.toContain(key);
    }
  });

  test('it is one line as JSONL and several as JSON', () => {
    expect(renderEstimate(estimate(), 'jsonl').trimEnd()).not.toContain('\n');
    const pretty = renderEstimate(estimate(), 'json');
    expect(pretty).toMatch(/^\{\n {2}"model".*\n\}\n$/s);
    expect(JSON.parse(pretty)).toEqual(json());
  });
});

describe('as text', () => {
  test('it is aligned lines', () => {
    expect(lines({ rpm: 15 }, { failed: 2 })).toEqual([
      'pictures       1,200',
      'already done   300',
      'to ask         900',
      'failed         2',
      'input tokens   about 1,017,000, 1,130 a picture (assumed)',
      'output tokens  about 54,000, 60 a picture (assumed; thinking is not counted)',
      `cost           about $0.4401 with gemini-3.5-flash-lite (prices as of ${PRICES_AS_OF})`,
      'time           about 1 h at 15 requests a minute',
    ]);
  });

  test('it says what is measured, thinking included', () => {
    const shown = lines({ meanUsage: () => ({ inputTokens: 1000.4, outputTokens: 100 }) });
    expect(shown).toContain('input tokens   about 900,360, 1,000 a picture (measured)');
    expect(shown).toContain('output tokens  about 90,000, 100 a picture (measured)');
  });

  test('it says that a price is unknown, and still shows the tokens', () => {
    const shown = lines({ model: 'gemini-flash-latest', price: undefined });
    expect(shown).toContain('cost           no price is known for gemini-flash-latest');
    expect(shown.join('\n')).toContain('input tokens');
    expect(shown.join('\n')).not.toMatch(/\$/);
  });

  test('it names the limit that makes the run longer', () => {
    const meanUsage = () => ({ inputTokens: 10_000, outputTokens: 1 });
    const last = lines({ rpm: 1000, tpm: 250_000, meanUsage }).at(-1);
    expect(last).toBe('time           about 36 min at 250,000 tokens a minute');
  });

  test('it ends early if there is nothing to ask', () => {
    expect(lines({ rpm: 15 }, { done: 1200 })).toEqual([
      'pictures      1,200',
      'already done  1,200',
      'to ask        0',
    ]);
  });
});
