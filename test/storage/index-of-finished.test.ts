/** What is kept of many records finds each of them again. */
import { expect, test } from 'vitest';
import { FinishedIndex } from '../../src/storage/ledger/index-of-finished.js';
import { okRecord } from '../support/ledgers.js';

test.each([
  ['many names', 3000, 3000],
  ['many records of few names', 3000, 3],
  ['several records of each name', 3000, 1000],
])('the newest answer of each name is found: %s', (_, records, names) => {
  const index = new FinishedIndex();
  for (let at = 0; at < records; at += 1) index.add(okRecord(`a/${at % names}.jpg`), at, 1);
  for (let name = 0; name < names; name += 1) {
    const found = [...index.answersUnder(`a/${name}.jpg`)].map(({ at }) => at);
    const first = records - names + name;
    const expected = Array.from({ length: records / names }, (_, before) => first - before * names);
    if (found.join() !== expected.join()) expect(found).toEqual(expected);
  }
  expect([...index.answersUnder('a/x.jpg')]).toEqual([]);
});

test('answers are found in whatever order they are looked for, and while new ones come', () => {
  const index = new FinishedIndex();
  const count = 1000;
  const newest = new Map<string, number>();
  const wrong: string[] = [];
  const check = (name: string) => {
    const at = index.newestAnswerTo(name, 'fedcba9876543210')?.at;
    if (at !== newest.get(name)) wrong.push(`${name}: ${at}`);
  };
  for (let at = 0; at < count; at += 1) {
    const name = `${(at * 7) % 400}.jpg`;
    index.add(okRecord(name), at, 1);
    newest.set(name, at);
    for (const step of [0, 1, 2, 3, 7, 399]) check(`${(at * step) % 401}.jpg`);
  }
  expect(wrong).toEqual([]);
});

test('the hash of a file finds its first page only, wherever the others lie in the table', () => {
  const index = new FinishedIndex();
  const sha256 = 'a'.repeat(64);
  // Their hashes begin alike, so that one is met on the way to the other.
  const pages = [1, 2, 3].map((page) => 'a'.repeat(8) + String(page).repeat(56));
  const add = (page: number) => {
    const pictureSha256 = pages[page - 1] ?? '';
    const name = page === 1 ? 'scan.tif' : `scan.tif#${page}`;
    index.add({ ...okRecord(name), sha256, pictureSha256, page }, page, 1);
  };
  const request = 'fedcba9876543210';
  add(2);
  add(3);
  expect(index.findByHash('sha256', sha256, request)).toBeUndefined();
  add(1);
  expect(index.findByHash('sha256', sha256, request)?.at).toBe(1);
  const found = pages.map((page) => index.findByHash('pictureSha256', page, request)?.at);
  expect(found).toEqual([1, 2, 3]);
});
