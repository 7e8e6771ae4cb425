import { expect, test } from 'vitest';
import { giveBack, lend } from '../../src/domain/lent-memory.js';

test('memory that was given back is lent again, in another size too', () => {
  const first = lend(70_000);
  expect(first).toHaveLength(70_000);
  giveBack(first);
  const second = lend(100_000);
  expect(second).toHaveLength(100_000);
  expect(second.buffer).toBe(first.buffer);
  expect(lend(100_000).buffer).not.toBe(first.buffer);
});

test('nobody shares memory, also if it is given back twice', () => {
  const memory = lend(200_000);
  giveBack(memory);
  giveBack(memory);
  expect(lend(200_000).buffer).toBe(memory.buffer);
  expect(lend(200_000).buffer).not.toBe(memory.buffer);
});

test('what was not lent, and what is large, is not kept', () => {
  const foreign = Buffer.allocUnsafeSlow(131_072);
  giveBack(foreign);
  expect(lend(131_072).buffer).not.toBe(foreign.buffer);
  const large = lend(17_000_000);
  expect(large).toHaveLength(17_000_000);
  giveBack(large);
  expect(lend(17_000_000).buffer === large.buffer).toBe(false);
});

test('an empty file takes memory as well', () => {
  expect(lend(0)).toHaveLength(0);
});
