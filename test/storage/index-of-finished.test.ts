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
