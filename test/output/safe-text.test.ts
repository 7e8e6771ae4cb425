import { expect, test } from 'vitest';
import { safeLine, safeText } from '../../src/output/safe-text.js';

test.each([
  ['an escape sequence', '\u001b[31mred', '\\u{1b}[31mred'],
  ['a C1 control', '\u009b31m', '\\u{9b}31m'],
  ['a carriage return', 'safe\rgone', 'safe\\u{d}gone'],
  ['a bell and a backspace', '\u0007\b', '\\u{7}\\u{8}'],
  ['a delete', '\u007f', '\\u{7f}'],
  ['a zero byte', '\0', '\\u{0}'],
  ['an override of direction', '\u202egnp\u202c', '\\u{202e}gnp\\u{202c}'],
  ['an isolate', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
  ['marks of direction', '\u200e\u200f\u061c', '\\u{200e}\\u{200f}\\u{61c}'],
  ['tag characters', 'a\u{e0041}\u{e007f}\u{e0001}b', 'a\\u{e0041}\\u{e007f}\\u{e0001}b'],
  ['separators of lines', '\u2028\u2029', '\\u{2028}\\u{2029}'],
])('%s is shown instead of obeyed', (_, text, safe) => {
  expect(safeText(text)).toBe(safe);
  expect(safeLine(text)).toBe(safe);
});

test.each(['A boat.', 'Grüße, 日本 – “quotes”', '👩‍👩‍👧', 'שלום', 'a\tb', '\\u{1b}'])(
  '%j stays as it is',
  (text) => {
    expect(safeText(text)).toBe(text);
    expect(safeLine(text)).toBe(text);
  },
);

test('line breaks stay, unless the text has to be one line', () => {
  expect(safeText('a\nb')).toBe('a\nb');
  expect(safeLine('a\nb\n')).toBe('a\\nb\\n');
});
