import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { onAbort } from '../../src/network/abort.js';

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
