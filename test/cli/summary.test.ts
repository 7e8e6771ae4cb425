import { describe, expect, test } from 'vitest';
import { runSummary } from '../../src/cli/summary.js';
import type { RunSummary } from '../../src/domain/run-summary.js';

const none: RunSummary = {
  done: 'described',
  described: 0,
  cached: 0,
  equal: 0,
  skipped: 0,
  filesBefore: { count: 0, names: [] },
  copied: 0,
  failures: [],
  passedOver: [],
  leftOut: { raws: 0, folders: new Map(), excluded: 0 },
  elapsedMs: 400,
  usage: { inputTokens: 0, outputTokens: 0, thoughtTokens: 0 },
  together: false,
  isReal: true,
  outputs: [],
};

const run = (changes: Partial<RunSummary>) => runSummary({ ...none, ...changes });

test('a long run has a summary of five lines', () => {
  expect(
    run({
      described: 398,
      skipped: 100,
      failures: ['answer', 'input', 'answer'],
      passedOver: [
        { one: 'PDF document', many: 'PDF documents', count: 1 },
        { one: 'text', many: 'texts', count: 2 },
      ],
      elapsedMs: 252_000,
      usage: { inputTokens: 451_234, outputTokens: 8123, thoughtTokens: 0 },
      costUsd: 0.15573,
      pricesAsOf: '2026-11-22',
      outputs: ['captions.jsonl', 'captions/'],
      failedList: 'failed.txt',
    }),
  ).toEqual([
    '398 described, 100 done before, 3 failed (2 answer, 1 input), 3 passed over that are no pictures (2 texts, 1 PDF document)',
    'took 4 min 12 s, 95 a minute',
    '451,234 tokens in, 8,123 out, about $0.1557 at the prices of 2026-11-22',
    'the results are in captions.jsonl and captions/',
    'what failed is listed in failed.txt, ready for --files-from',
  ]);
});

describe('of the pictures it says', () => {
  test.each<[Partial<RunSummary>, string]>([
    [{ described: 2 }, '2 described'],
    [
      { described: 1, passedOver: [{ one: 'text', many: 'texts', count: 1 }] },
      '1 described, 1 passed over that is no picture (1 text)',
    ],
    [
      { described: 1, leftOut: { raws: 2, folders: new Map(), excluded: 0 } },
      '1 described, 2 raw files passed over beside a JPEG or HEIC (--raw takes them too)',
    ],
    [{ described: 1, together: true }, '1 answered'],
    [{ described: 1200, cached: 12 }, '1,200 described, 12 of them from the cache'],
    [{ described: 12, cached: 12, skipped: 1 }, '12 described, all from the cache, 1 done before'],
    [{ described: 1, cached: 1, together: true }, '1 answered, from the cache'],
    [{ skipped: 500 }, '500 done before'],
    [{ failures: ['quota', 'quota'] }, '2 failed (quota)'],
    [{}, '0 described'],
    [{ together: true }, '0 answered'],
  ])('%j: %s', (changes, line) => {
    expect(run(changes)[0]).toBe(line);
  });
});

test('skipped folders have a line of their own that says how to include them', () => {
  const folders = new Map([
    ['@eaDir', 1204],
    ['node_modules', 1],
  ]);
  expect(run({ described: 2, leftOut: { raws: 0, folders, excluded: 3 } }).slice(0, 2)).toEqual([
    '2 described, 3 left out by --exclude',
    'folders passed over: 1,204 @eaDir, 1 node_modules (--include-all looks into them)',
  ]);
});

describe('of the time it says', () => {
  test.each<[Partial<RunSummary>, string]>([
    [{ described: 5, elapsedMs: 999 }, 'took less than 1 s'],
    [{ skipped: 5, elapsedMs: 2000 }, 'took 2 s'],
    [{ described: 1, together: true, elapsedMs: 2000 }, 'took 2 s'],
    [{ described: 5, failures: ['input'], elapsedMs: 120_000 }, 'took 2 min, 3 a minute'],
    [{ described: 5, elapsedMs: 120_000 }, 'took 2 min, 2.5 a minute'],
  ])('%j: %s', (changes, line) => {
    expect(run(changes)[1]).toBe(line);
  });
});

describe('of the tokens it says', () => {
  const usage = { inputTokens: 1000, outputTokens: 20, thoughtTokens: 0 };
  test.each<[Partial<RunSummary>, string | undefined]>([
    [{}, undefined],
    [{ costUsd: 0, pricesAsOf: '2026-11-22' }, undefined],
    [{ usage }, '1,000 tokens in, 20 out'],
    [{ usage: { ...usage, thoughtTokens: 1500 } }, '1,000 tokens in, 20 out, 1,500 for thinking'],
    [{ usage, costUsd: 0 }, '1,000 tokens in, 20 out'],
    [{ usage, costUsd: 2.5 }, '1,000 tokens in, 20 out, about $2.50'],
    [
      { usage, costUsd: 0.00001, pricesAsOf: '2026-11-22' },
      '1,000 tokens in, 20 out, less than $0.0001 at the prices of 2026-11-22',
    ],
  ])('%j: %s', (changes, line) => {
    expect(run(changes)[2]).toBe(line);
  });
});

test('a list of failures is named only if something failed', () => {
  expect(run({ described: 1, failedList: 'failed.txt' })).toHaveLength(2);
});
