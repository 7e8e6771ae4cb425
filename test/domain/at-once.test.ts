import { expect, test, vi } from 'vitest';
import { AtOnce } from '../../src/domain/at-once.js';

test('what is quick is done at once, and what takes long is left to threads for a while', () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const files = new AtOnce();
  expect(files.try(() => 'read')).toBe('read');
  const slow = () => {
    now += 20;
    return 'read from a slow disk';
  };
  expect(files.try(slow)).toBe('read from a slow disk');
  const later = Array.from({ length: 64 }, () => files.try(() => 'read'));
  expect(new Set(later)).toEqual(new Set([undefined]));
  expect(files.try(() => 'read')).toBe('read');
  vi.restoreAllMocks();
});

test('errors are passed on', () => {
  const work = () => {
    throw new Error('no such file');
  };
  expect(() => new AtOnce().try(work)).toThrow('no such file');
});
