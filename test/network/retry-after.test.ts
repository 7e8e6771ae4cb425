import { expect, test } from 'vitest';
import { retryAfterMs } from '../../src/network/retry.js';

const NOW = Date.parse('Fri, 01 Jan 2027 12:00:00 GMT');

test.each([
  ['7', 7000],
  [' 7 ', 7000],
  ['7s', 7000],
  ['Fri, 01 Jan 2027 12:00:30 GMT', 30_000],
  ['Fri, 01 Jan 2027 11:59:00 GMT', undefined],
  ['0', undefined],
  ['soon', undefined],
  ['', undefined],
  ['-5', undefined],
  [undefined, undefined],
])('Retry-After: %j asks for %j ms', (value, ms) => {
  expect(retryAfterMs(value, NOW)).toBe(ms);
});
