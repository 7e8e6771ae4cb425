import { describe, expect, test } from 'vitest';
import { exitCode } from '../../src/cli/exit-codes.js';
import { type ErrorKind, exitCodeOf } from '../../src/domain/error-policy.js';

test('each kind of error has the code that scripts rely on', () => {
  expect(exitCodeOf).toEqual({
    usage: 2,
    input: 2,
    auth: 4,
    quota: 5,
    service: 6,
    answer: 7,
    pending: 8,
    internal: 70,
    interrupted: 130,
  });
});

test.each<[produced: number, failures: ErrorKind[], code: number]>([
  [1, [], 0],
  [5, [], 0],
  [0, [], 0],
  [0, ['auth'], 4],
  [0, ['quota', 'quota', 'quota'], 5],
  // Different kinds, but the same code: a script cannot tell them apart either.
  [0, ['usage', 'input'], 2],
  [0, ['input', 'service'], 3],
  [0, ['service', 'service', 'answer'], 3],
  [1, ['input'], 3],
  [999, ['input'], 3],
  [1, ['auth', 'auth'], 3],
])('%i produced, %j failed: %i', (produced, failures, code) => {
  expect(exitCode({ produced, failures })).toBe(code);
});

test('a number of failures never becomes an exit code', () => {
  const failures = Array.from({ length: 256 }, () => 'service' as const);
  expect(exitCode({ produced: 0, failures })).toBe(6);
});

describe('claims that were judged', () => {
  test.each<[fail: number, unclear: number, failures: ErrorKind[], code: number]>([
    [0, 0, [], 0],
    [1, 0, [], 1],
    [256, 0, [], 1],
    [0, 1, [], 7],
    [0, 256, [], 7],
    [3, 1, [], 7],
    [0, 0, ['answer'], 7],
    [1, 0, ['answer', 'answer'], 7],
    [1, 1, ['input'], 3],
    [1, 0, ['answer', 'input'], 3],
  ])('%i fail, %i are unclear, %j failed: %i', (fail, unclear, failures, code) => {
    expect(exitCode({ produced: 1, failures, claims: { fail, unclear } })).toBe(code);
  });

  test('if all pictures failed, the empty claims do not change the code', () => {
    const claims = { fail: 0, unclear: 0 };
    expect(exitCode({ produced: 0, failures: ['input', 'usage'], claims })).toBe(2);
    expect(exitCode({ produced: 0, failures: ['quota'], claims })).toBe(5);
    expect(exitCode({ produced: 0, failures: ['service', 'auth'], claims })).toBe(3);
  });

  test("a failure that is not the model's is never a 0, a 1 or a 7, whatever the claims", () => {
    const kinds = (['usage', 'input', 'auth', 'quota', 'service', 'internal'] as const).flatMap(
      (kind) => [[kind], [kind, 'answer'], ['answer', kind]] as const,
    );
    for (const failures of kinds) {
      for (const produced of [0, 1]) {
        for (const [fail, unclear] of [
          [0, 0],
          [1, 0],
          [0, 1],
          [1, 1],
        ] as const) {
          const code = exitCode({ produced, failures, claims: { fail, unclear } });
          expect([2, 3, 4, 5, 6, 70], JSON.stringify({ failures, produced })).toContain(code);
        }
      }
    }
  });

  test.each<[ErrorKind, number]>([
    ['quota', 5],
    ['auth', 4],
    ['service', 6],
    ['interrupted', 130],
  ])('a run that %s ended has that code, whatever was judged before', (ended, code) => {
    for (const claims of [
      { fail: 0, unclear: 0 },
      { fail: 1, unclear: 0 },
      { fail: 1, unclear: 1 },
    ]) {
      expect(exitCode({ produced: 5, failures: [], claims, ended })).toBe(code);
    }
  });
});
