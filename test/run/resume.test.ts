import { expect, test } from 'vitest';
import { howToGoOn } from '../../src/run/end.js';

test('the suggested command is the one that was given', () => {
  expect(howToGoOn(['describe', 'photos/', '-r', '-o', 'captions.jsonl'], false)).toBe(
    'To go on: gemini-image describe photos/ -r -o captions.jsonl',
  );
});

test('a shell reads it back as it was', () => {
  expect(howToGoOn(['describe', 'my photo.png', '-p', "What's $this?", '', '=ls'], false)).toBe(
    "To go on: gemini-image describe 'my photo.png' -p 'What'\\''s $this?' '' '=ls'",
  );
});

test('a ledger is begun anew once, and not again', () => {
  const args = ['describe', 'a.png', '--overwrite', '-o', 'x.jsonl'];
  expect(howToGoOn(args, false)).toContain('--overwrite');
  expect(howToGoOn(args, true)).toBe('To go on: gemini-image describe a.png -o x.jsonl');
});

test.each(['-', '/dev/stdin', '/dev/fd/63'])(
  'what was read from %s has to be given again',
  (name) => {
    expect(howToGoOn(['describe', '--files-from', name, '-o', 'x.jsonl'], false)).toBe(
      `To go on, give it the same input again: … | gemini-image describe --files-from ${name} -o x.jsonl`,
    );
  },
);

test('a signed address is not shown in full', () => {
  const secret = 'https://user:pw@bucket.example/a.jpg?X-Signature=abc#x';
  expect(howToGoOn(['describe', secret, 'b.png', '-o', 'x.jsonl'], false)).toBe(
    "To go on, with the addresses in full: gemini-image describe 'https://bucket.example/a.jpg?…' b.png -o x.jsonl",
  );
});
