import { expect, test } from 'vitest';
import { aboutDollars, count, dollars, duration, perMinute } from '../../src/output/quantities.js';

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [451_234, '451,234'],
  [1_000_000.4, '1,000,000'],
])('%d is %s', (number, text) => {
  expect(count(number)).toBe(text);
});

const MIN = 60_000;
const HOUR = 60 * MIN;

test.each([
  [0, 'less than 1 s'],
  [999, 'less than 1 s'],
  [1000, '1 s'],
  [59_499, '59 s'],
  [59_500, '1 min'],
  [171_000, '2 min 51 s'],
  [59 * MIN + 59_400, '59 min 59 s'],
  [59 * MIN + 59_600, '1 h'],
  [3 * HOUR + 12 * MIN + 20_000, '3 h 12 min'],
  [23 * HOUR + 59 * MIN + 40_000, '1 d'],
  [52 * HOUR + 20 * MIN, '2 d 4 h'],
])('%d ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [0.0001, '$0.0001'],
  [0.04321, '$0.0432'],
  [0.1, '$0.1000'],
  [1, '$1.00'],
  [1.999, '$2.00'],
  [12.345, '$12.35'],
  [1234.5, '$1,234.50'],
])('%d dollars are %s', (usd, text) => {
  expect(dollars(usd)).toBe(text);
});

test.each([
  [0, 'about $0.0000'],
  [0.00001, 'less than $0.0001'],
  [0.0001, 'about $0.0001'],
  [0.1557, 'about $0.1557'],
])('%d dollars are %s in words', (usd, text) => {
  expect(aboutDollars(usd)).toBe(text);
});

test.each([
  [1, HOUR * 100, '0.1'],
  [9, 2 * MIN, '4.5'],
  [9, MIN, '9'],
  [9.96, MIN, '10'],
  [1234, MIN, '1,234'],
])('%d in %d ms are %s a minute', (amount, ms, text) => {
  expect(perMinute(amount, ms)).toBe(text);
});
