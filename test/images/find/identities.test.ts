import { expect, test } from 'vitest';
import { Identities } from '../../../src/images/find/identities.js';

test('knows every member while it grows, and nothing else', () => {
  const set = new Identities();
  const names = Array.from({ length: 5000 }, (_, index) => `/pictures/${index}.jpg`);
  expect(names.every((name) => set.add(name))).toBe(true);
  expect(names.some((name) => set.add(name))).toBe(false);
  expect(set.add('/pictures/5000.jpg')).toBe(true);
});
