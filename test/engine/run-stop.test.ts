/** How a run stops, and what it hears of the user. */
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { GeminiImageError } from '../../src/domain/error.js';
import { createRunStop } from '../../src/engine/run-stop.js';

const quota = new GeminiImageError({ kind: 'quota', message: 'the daily quota is used up' });

function user() {
  const stop = new AbortController();
  const abort = new AbortController();
  return { stop, abort, signals: { stop: stop.signal, abort: abort.signal } };
}

test('a reason of its own stops it, and aborts nothing', () => {
  const { signals } = user();
  const run = createRunStop(signals);
  run.end(quota);
  run.end(new GeminiImageError({ kind: 'auth', message: 'later' }));
  expect(run.stop.reason).toBe(quota);
  expect(run.reason).toBe(quota);
  expect([run.isReason(quota), run.isReason(new Error('another'))]).toEqual([true, false]);
  expect([run.abort.aborted, signals.stop.aborted, signals.abort.aborted]).toEqual([
    false,
    false,
    false,
  ]);
});

test('the user stops it at once, and aborts it after the grace', () => {
  const { stop, abort, signals } = user();
  const run = createRunStop(signals);
  stop.abort();
  expect(run.reason).toMatchObject({ kind: 'interrupted' });
  expect([run.stop.aborted, run.abort.aborted]).toEqual([true, false]);
  abort.abort();
  expect(run.abort.aborted).toBe(true);
});

test('one that is made after Ctrl-C begins nothing', () => {
  const { stop, signals } = user();
  stop.abort();
  expect(createRunStop(signals).stop.reason).toMatchObject({ kind: 'interrupted' });
});

test('it leaves no listener behind', () => {
  const { signals } = user();
  createRunStop(signals).close();
  expect(getEventListeners(signals.stop, 'abort')).toEqual([]);
  expect(getEventListeners(signals.abort, 'abort')).toEqual([]);
});
