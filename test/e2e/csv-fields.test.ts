/** Fields of answers as columns of the tables that `describe` writes. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import type { OkRecord } from '../../src/domain/record.js';
import { fieldFormats } from '../../src/output/field-formats.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { failedRecord, okRecord } from '../support/ledgers.js';

const read = (text: string, options: object = {}): Record<string, string>[] =>
  parse(text, { columns: true, bom: true, ...options });

async function described(...args: string[]) {
  const cwd = temporaryFolder();
  for (const name of ['a.png', 'b.png']) cpSync('fixtures/small.png', join(cwd, name));
  const run = (...more: string[]) =>
    runInProcess(['describe', 'a.png', 'b.png', '--offline', ...args, ...more], { cwd });
  return { cwd, run, ...(await run()) };
}

test('each field has a column, and lists are joined', async () => {
  const { code, stdout } = await described('-f', 'csv', '--fields', 'title, tags[], model');
  expect(code).toBe(0);
  const [first, second] = read(stdout);
  expect(Object.keys(first ?? {}).slice(-3)).toEqual(['title', 'tags', 'data.model']);
  expect(first?.title).toContain('[offline]');
  expect(first?.tags).toContain('; png; ');
  expect(first?.model).toMatch(/^gemini/);
  expect(second?.image).toBe('b.png');
});

test('a file that ends in .csv has a mark, is known again, and may have another delimiter', async () => {
  const { cwd, code, run } = await described(
    ...['-o', 'x.csv', '--delimiter', ';', '--fields', 'title'],
  );
  expect(code).toBe(0);
  const text = readFileSync(join(cwd, 'x.csv'), 'utf8');
  expect(text).toMatch(/^\uFEFFimage;status;text;/);
  expect(read(text, { delimiter: ';' })).toHaveLength(2);
  expect((await run()).code).toBe(0);
  await run('-o', 'x.txt', '-f', 'csv');
  expect(readFileSync(join(cwd, 'x.txt'), 'utf8')).toMatch(/^image;status;/);
});

test('--delimiter is for CSV, and also for styles and plain answers', async () => {
  const { code, stderr } = await described('-f', 'json', '--delimiter', ';');
  expect(code).toBe(2);
  expect(stderr).toContain('--delimiter stands between the cells of a CSV');
  for (const style of ['caption', 'title,alt']) {
    const { stdout } = await described('-f', 'csv', '--delimiter', ';', '-s', style);
    expect(read(stdout, { delimiter: ';' })).toHaveLength(2);
  }
});

describe('the columns of a schema', () => {
  const schema = {
    type: 'object',
    $defs: { item: { type: 'object', properties: { name: {}, sizes: { type: 'array' } } } },
    properties: {
      total: { type: 'number' },
      shop: { anyOf: [{ type: 'null' }, { type: 'object', properties: { city: {} } }] },
      items: { type: 'array', items: { $ref: '#/$defs/item' } },
      any: {},
    },
  };
  const record = (data: object): OkRecord => okRecord('a', { data });
  const tableOf = (...records: Parameters<Formatter['record']>[0][]) => {
    const format = fieldFormats(schema).csv.create();
    const pieces = records.map((one) => format.record(one));
    return { pieces, rows: read(pieces.join('') + format.end()) };
  };
  type Formatter = ReturnType<ReturnType<typeof fieldFormats>['csv']['create']>;

  test('go into objects, lists of objects, references and what may be null', () => {
    const { rows } = tableOf(
      record({ total: 1.5, shop: { city: 'Ulm' }, items: [{ name: 'tea', sizes: [1, 2] }] }),
      failedRecord('b'),
      record({ total: 2, shop: null, items: [{ name: 'x' }, { name: 'y' }], any: { a: 1 } }),
    );
    expect(rows).toMatchObject([
      { total: '1.5', 'shop.city': 'Ulm', 'items.0.name': 'tea', 'items.0.sizes': '1; 2', any: '' },
      { image: 'b', status: 'failed', total: '' },
      { 'shop.city': '', 'items.0.name': 'x', 'items.1.name': 'y', any: '{"a":1}' },
    ]);
  });

  test('without a list of objects, each record is written at once', () => {
    const format = fieldFormats({ type: 'object', properties: { total: {} } }).csv.create();
    expect(format.record(record({ total: 7 }))).toMatch(/,total\r\n.*,7\r\n$/);
    expect(format.record(record({}))).toMatch(/,\r\n$/);
  });
});
