import { expect, test } from 'vitest';
import { oneLine, shorten } from '../../src/network/text.js';

test.each([
  ['A harbor.', 'A harbor.'],
  ['  two\r\n\tlines ', 'two lines'],
  ['a\u0000\u0007b', 'a b'],
  ['\u001b[31mred\u001b[0m', '[31mred [0m'],
  ['a\u009bb', 'a b'],
  ['a\u202eb\u2066c\u200bd\ufeff', 'abcd'],
  ['a\u2028b\u2029c', 'a b c'],
  ['灯台 é', '灯台 é'],
  ['', ''],
  ['\n', ''],
])('%j becomes the line %j', (text, line) => {
  expect(oneLine(text)).toBe(line);
});

test('a long line is cut, and one that fits is not', () => {
  expect(shorten('x'.repeat(500))).toBe('x'.repeat(500));
  expect(shorten('x'.repeat(501))).toBe(`${'x'.repeat(499)}…`);
  expect(shorten(`${'x'.repeat(490)}${' '.repeat(20)}y`)).toBe(`${'x'.repeat(490)}…`);
});
