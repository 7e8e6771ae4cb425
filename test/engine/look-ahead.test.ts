import { expect, test } from 'vitest';
import { lookAhead } from '../../src/engine/concurrency.js';

async function* numbers(count: number) {
  for (let number = 0; number < count; number += 1) yield number;
}

async function all<T>(items: AsyncIterable<T>) {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test('it gives all items in their order', async () => {
  const items = await all(lookAhead(numbers(2000), () => {}));
  expect(items).toEqual(Array.from({ length: 2000 }, (_, number) => number));
});

test('it knows how many there are before they are read', async () => {
  const counts: number[] = [];
  const items = lookAhead(numbers(3), (count) => counts.push(count));
  await items.next();
  await new Promise(setImmediate);
  expect(counts).toEqual([3]);
});

test('an item is given before the source has the next one', async () => {
  async function* slow() {
    yield 1;
    await new Promise(() => {});
  }
  const items = lookAhead(slow(), () => {});
  expect(await items.next()).toEqual({ done: false, value: 1 });
  await items.return();
});

test('a failure of the source comes after its items', async () => {
  const broken = new Error('broken');
  async function* failing() {
    yield 1;
    throw broken;
  }
  const items = lookAhead(failing(), () => {});
  await expect(items.next()).resolves.toEqual({ done: false, value: 1 });
  await expect(items.next()).rejects.toBe(broken);
});
