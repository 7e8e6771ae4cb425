import { expect, test } from 'vitest';
import { exitCode, exitCodeOf } from '../../src/cli/exit-codes.js';
import type { ErrorKind } from '../../src/domain/error.js';

test('each kind has the code that scripts rely on', () => {
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

test('a count never becomes a code', () => {
  const failures = Array.from({ length: 256 }, () => 'service' as const);
  expect(exitCode({ produced: 0, failures })).toBe(6);
});
