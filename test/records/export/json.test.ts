/** A ledger as JSON. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ledgerOf, styled, withFields } from '../../support/exports.js';
import { failedRecord, namedPicture, okRecord } from '../../support/ledgers.js';

test('each picture is an object with all of its answers', async () => {
  const { image: _, ...answer } = okRecord('x', { text: 'the same' });
  const { code, stdout } = await ledgerOf([
    styled('a', 'title', 'T', { costUsd: 0.1 }),
    styled('a', 'tags', 'x, y', { data: ['x', 'y'] }),
    withFields('a', { total: 3 }),
    failedRecord('b'),
    { ...answer, images: [namedPicture('c'), namedPicture('d')] },
  ]).run('--to', 'json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([
    {
      ...{ image: 'a', status: 'ok', text: 'T', width: 4, costUsd: 0.1 },
      answers: { title: 'T', tags: ['x', 'y'] },
      data: { total: 3 },
      usage: { inputTokens: 300 },
    },
    { image: 'b', status: 'failed', error: { kind: 'service' } },
    { images: [{ image: 'c' }, { image: 'd' }], status: 'ok', text: 'the same' },
  ]);
});

test('--columns makes flat objects, with values as they are and null for none', async () => {
  const { stdout } = await ledgerOf([
    styled('a', 'tags', 'x', { data: ['x'] }),
    styled('b', 'title', 'B'),
  ]).run('--to', 'json', '--columns', 'image,tags,title,width');
  expect(JSON.parse(stdout)).toEqual([
    { image: 'a', tags: ['x'], title: null, width: 4 },
    { image: 'b', tags: null, title: 'B', width: 4 },
  ]);
});

test('an earlier export is replaced, and an empty one is an empty array', async () => {
  const { run, path } = ledgerOf([styled('a', 'title', 'T')]);
  expect((await run('-o', 'x.json')).code).toBe(0);
  expect((await run('-o', 'x.json', '--where', 'title=none')).code).toBe(0);
  expect(JSON.parse(readFileSync(path('x.json'), 'utf8'))).toEqual([]);
  expect(JSON.parse(readFileSync(path('x.json~'), 'utf8'))).toHaveLength(1);
});
