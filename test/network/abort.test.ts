import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { onAbort } from '../../src/network/abort.js';

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

test('many who wait for one signal share one listener, and all are told once', () => {
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

test('who stops waiting is not told, and the last one takes the listener along', () => {
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

test('who stops another while being told does no harm', () => {
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
