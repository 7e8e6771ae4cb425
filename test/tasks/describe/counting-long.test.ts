/** Texts as long as an answer may be are counted in a moment, and counted right. */
import { expect, test } from 'vitest';
import { countSentences, countWords } from '../../../src/tasks/describe/counting.js';

const TIMES = 200_000;

test.each(['1. ', 'St. ', 'x!', 'a', '. ', 'A. b ', '?" ', '“', '« '])(
  '%j, 200,000 times',
  (unit) => {
    const text = `${unit.repeat(TIMES)}x`;
    expect(countSentences(text)).toBeGreaterThan(0);
    expect(countWords(text)).toBeGreaterThan(0);
  },
);

test('a long text has the same counts wherever its windows are cut', () => {
  for (const pad of [0, 1, 7, 490, 985, 999]) {
    const text = `${'x'.repeat(pad)} ${'The boat is red. It lies in the harbor! '.repeat(300)}`;
    expect(countSentences(text.trim())).toBe(600);
    expect(countWords(text)).toBe(300 * 9 + (pad === 0 ? 0 : 1));
  }
  expect(countWords('灯台の写真'.repeat(1000), 'ja')).toBeGreaterThan(1000);
});
