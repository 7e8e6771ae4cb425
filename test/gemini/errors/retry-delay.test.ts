import { expect, test } from 'vitest';
import { serverDelayMs } from '../../../src/gemini/errors/error-body.js';

const NOW = Date.UTC(2026, 10, 22, 12);
const nothing = { message: '', details: [], retryAfter: null, now: NOW };
const retryInfo = (retryDelay: unknown) => ({ details: [{ retryDelay }] });

test.each([
  ['nothing', {}, undefined],
  ['RetryInfo', retryInfo('40s'), 40_000],
  ['a fraction, rounded up', retryInfo('34.0701s'), 34_071],
  ['a fraction that floating point blurs', retryInfo('34.07s'), 34_070],
  ['another one', retryInfo('1.001s'), 1001],
  ['milliseconds', retryInfo('900ms'), 900],
  ['no time at all', retryInfo('0s'), undefined],
  ['a delay that is a number', retryInfo(40), undefined],
  ['a delay that is an object', retryInfo({ seconds: 40 }), undefined],
  ['details that are no objects', { details: [null, 'x', 7, ['40s']] }, undefined],
  ['the message', { message: 'Please retry in 40.025771073s.' }, 40_026],
  ['minutes and seconds', { message: 'Please retry in 1m5s.' }, 65_000],
  ['minutes and seconds apart', { message: 'Please retry in 1m 30s.' }, 90_000],
  ['units in words', { message: 'Retry in 2 minutes, 5 seconds or so' }, 125_000],
  ['milliseconds in words', { message: 'retry in 500 milliseconds' }, 500],
  ['a header with a unit', { retryAfter: '10s' }, 10_000],
  ['hours', { message: 'Please retry in 3h12m4.5s.' }, 11_524_500],
  ['the message in milliseconds', { message: 'please retry in 811.5ms' }, 812],
  ['a message about something else', { message: 'Please retry in a few minutes.' }, undefined],
  ['a message with many points', { message: 'retry in ...s or 1.2.3s' }, undefined],
  ['the longest of several', { ...retryInfo('40s'), message: 'retry in 40.02s' }, 40_020],
  ['a header in seconds', { retryAfter: '120' }, 120_000],
  ['a header with blanks', { retryAfter: ' 5 ' }, 5000],
  ['a header with a date', { retryAfter: 'Sun, 22 Nov 2026 12:01:00 GMT' }, 60_000],
  ['a header with a date that is over', { retryAfter: 'Sun, 22 Nov 2026 11:00:00 GMT' }, undefined],
  ['a header that is neither', { retryAfter: 'soon' }, undefined],
  ['an empty header', { retryAfter: '' }, undefined],
] as const)('%s', (_what, source, ms) => {
  expect(serverDelayMs({ ...nothing, ...source })).toBe(ms);
});
