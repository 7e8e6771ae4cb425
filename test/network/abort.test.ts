import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Cancellation, onAbort } from '../../src/network/abort.js';

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

test('many callbacks for one signal share one listener, and each is called once', () => {
  const controller = new AbortController();
  const { signal } = controller;
  let told = 0;
  for (let waiter = 0; waiter < 100; waiter += 1) {
    onAbort(signal, () => {
      told += 1;
    });
  }
  expect(listeners(signal)).toBe(1);
  controller.abort();
  expect(told).toBe(100);
});

test('a callback that was removed is not called, and removing the last one removes the listener', () => {
  const controller = new AbortController();
  const { signal } = controller;
  const told: string[] = [];
  const stopFirst = onAbort(signal, () => told.push('first'));
  const stopSecond = onAbort(signal, () => told.push('second'));
  stopFirst();
  stopFirst();
  expect(listeners(signal)).toBe(1);
  stopSecond();
  expect(listeners(signal)).toBe(0);

  onAbort(signal, () => told.push('third'));
  stopSecond();
  expect(listeners(signal)).toBe(1);
  controller.abort();
  expect(told).toEqual(['third']);
});

test('a callback may remove another one while it is called', () => {
  const controller = new AbortController();
  const told: string[] = [];
  onAbort(controller.signal, () => {
    told.push('first');
    stopSecond();
  });
  const stopSecond = onAbort(controller.signal, () => told.push('second'));
  controller.abort();
  expect(told).toEqual(['first']);
});

describe('a cancellation', () => {
  test('calls back once, those who wait for it then, and keeps its first reason', () => {
    const work = new Cancellation();
    const told: string[] = [];
    onAbort(work, () => {
      told.push('first');
      stopSecond();
    });
    const stopSecond = onAbort(work, () => told.push('second'));
    onAbort(work, () => told.push('third'));
    expect(work.aborted).toBe(false);
    work.throwIfAborted();
    const why = new Error('why');
    work.abort(why);
    work.abort(new Error('another'));
    expect(told).toEqual(['first', 'third']);
    expect(work).toMatchObject({ aborted: true, reason: why });
    expect(() => work.throwIfAborted()).toThrow(why);
  });

  test('that is over calls nobody back who comes later, as a signal does', () => {
    const work = new Cancellation();
    work.abort(new Error('why'));
    let told = 0;
    onAbort(work, () => {
      told += 1;
    });
    work.abort(new Error('again'));
    expect(told).toBe(0);
  });
});
