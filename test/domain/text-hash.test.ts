import { expect, test } from 'vitest';
import { HashedTexts, TextHash } from '../../src/domain/text-hash.js';

test('knows every member while it grows, and nothing else', () => {
  const set = new HashedTexts();
  const names = Array.from({ length: 5000 }, (_, index) => `/pictures/${index}.jpg`);
  expect(names.every((name) => set.add(name))).toBe(true);
  expect(names.some((name) => set.add(name))).toBe(false);
  expect(set.add('/pictures/5000.jpg')).toBe(true);
});

test('tells texts apart that are alike, short or long', () => {
  const long = 'x'.repeat(100_000);
  const texts = ['', '\0', '\0\0', 'ab', 'ba', 'a\0', '\0a', '\uffff', '\uffff\0', '\ud83d\ude00'];
  const all = [...texts, long, `${long}x`, `${long}y`, `y${long}`, `${long}\0`];
  const set = new HashedTexts();
  expect(all.filter((text) => set.add(text))).toEqual(all);
  expect(all.filter((text) => set.add(text))).toEqual([]);
});

test('a path is the same text in one piece and as a name in a folder, whatever came before it', () => {
  const folders = [
    '/',
    'a/',
    'a/b/',
    'a/bc/',
    '/photos/2024/',
    '/photos/2024/01/',
    'ü/\ud83d\ude00/',
  ];
  const names = ['', 'a', 'b.jpg', 'IMG_1.jpg', 'c/d.jpg', '\0', 'ü.png'];
  const paths = folders.flatMap((folder) => names.map((name) => ({ folder, name })));
  // Each pair of paths comes one after the other.
  for (const first of paths) {
    for (const { folder, name } of paths) {
      const set = new HashedTexts();
      set.addPath(first.folder, first.name);
      const isSame = first.folder + first.name === folder + name;
      expect(set.add(folder + name)).toBe(!isSame);
      expect(set.addPath(folder, name)).toBe(false);
      expect(set.has(first.folder + first.name)).toBe(true);
      expect(set.addPath(first.folder, first.name)).toBe(false);
    }
  }
});

test('a text in bytes has the hash of the same text, whatever came before it', () => {
  const long = `${'folder/'.repeat(100)}a.jpg`;
  const texts = ['', 'a', '/', 'a/', 'a/b.jpg', 'a/b/c.jpg', 'a/bc', 'b/b.jpg', 'a.jpg', long];
  const hash = new TextHash();
  const bytes = (text: string) => Buffer.from(`${text}"`);
  for (const first of texts) {
    for (const second of texts) {
      hash.ofAscii(bytes(first), 0, first.length);
      const { low, high } = hash.ofAscii(bytes(second), 0, second.length);
      const alone = new TextHash().ofText(second);
      expect([low, high]).toEqual([alone.low, alone.high]);
    }
  }
});

test('names of a folder are added together as they would be one by one', () => {
  const together = new HashedTexts();
  expect(together.addPaths('a/', ['1', '2', '3'])).toEqual(['1', '2', '3']);
  expect(together.addPaths('a/', ['4', '2', '5', '4'])).toEqual(['4', '5']);
  expect(together.addPaths('b/', ['4'])).toEqual(['4']);
  expect(together.addPaths('b/', [])).toEqual([]);
  expect(['a/1', 'a/5', 'b/4', 'b/1'].map((path) => together.has(path))).toEqual([
    ...[true, true, true, false],
  ]);
});
