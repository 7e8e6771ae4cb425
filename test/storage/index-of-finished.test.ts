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
