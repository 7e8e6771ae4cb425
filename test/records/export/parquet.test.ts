/** A ledger as Parquet, read with a reader that others use. */
import { readFileSync } from 'node:fs';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { found, ledgerOf, styled, withFields } from '../../support/exports.js';
import { failedRecord } from '../../support/ledgers.js';

function bytesOf(path: string): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  const copy = new ArrayBuffer(byteLength);
  new Uint8Array(copy).set(new Uint8Array(buffer, byteOffset, byteLength));
  return copy;
}

async function read(records: readonly object[], ...args: string[]) {
  const { run, path } = ledgerOf(records);
  const { code, stderr } = await run('-o', 'x.parquet', ...args);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const file = bytesOf(path('x.parquet'));
  const schema = parquetMetadata(file).schema.slice(1);
  return { rows: await parquetReadObjects({ file }), schema };
}

test('columns have the types of their values', async () => {
  const { rows, schema } = await read([
    styled('a', 'title', 'Tea – お茶', { costUsd: 0.5 }),
    styled('a', 'tags', 'x, y', { data: ['x', 'y'] }),
    withFields('a', { count: 3, price: 1.5, paid: true, sizes: [1, 2.5], any: 'x' }),
    withFields('b', { count: 4, price: 2, paid: false, any: 7 }),
    failedRecord('c'),
  ]);
  expect(rows).toMatchObject([
    {
      ...{ image: 'a', status: 'ok', title: 'Tea – お茶', tags: ['x', 'y'], width: 4n },
      ...{ count: 3n, price: 1.5, paid: true, sizes: [1, 2.5], any: 'x', costUsd: 0.5 },
    },
    { image: 'b', title: null, count: 4n, price: 2, paid: false, any: '7' },
    { image: 'c', status: 'failed', errorKind: 'service', count: null },
  ]);
  expect(rows[1]?.tags ?? null).toBeNull();
  const typeOf = (name: string) => schema.find((element) => element.name === name);
  expect(typeOf('title')).toMatchObject({ type: 'BYTE_ARRAY', converted_type: 'UTF8' });
  expect(typeOf('count')).toMatchObject({ type: 'INT64' });
  expect(typeOf('price')).toMatchObject({ type: 'DOUBLE' });
  expect(typeOf('paid')).toMatchObject({ type: 'BOOLEAN' });
  expect(typeOf('tags')).toMatchObject({ converted_type: 'LIST' });
});

test('more rows than a group has are all there', async () => {
  const records = Array.from({ length: 10_500 }, (_, n) => styled(`${n}`, 'title', `title ${n}`));
  const { rows } = await read(records, '--columns', 'image,title');
  expect(rows).toHaveLength(10_500);
  expect(rows[0]).toEqual({ image: '0', title: 'title 0' });
  expect(rows[10_499]).toEqual({ image: '10499', title: 'title 10499' });
});

test('--rows items makes a row of each box', async () => {
  const { rows } = await read(
    [
      found('a', [
        ['boat', 0, 0, 500, 500],
        ['dog', 0, 0, 1000, 1000],
      ]),
    ],
    ...['--rows', 'items', '--columns', 'image,boxes'],
  );
  expect(rows).toMatchObject([
    { image: 'a', 'boxes.label': 'boat', 'boxes.normalized': [0, 0, 500, 500] },
    { image: 'a', 'boxes.label': 'dog' },
  ]);
});

test('a ledger without a record has a file without a row', async () => {
  expect((await read([])).rows).toEqual([]);
});

test('a file of an earlier export is replaced, and any other is not', async () => {
  const { run, write, path } = ledgerOf([styled('a', 'title', 'T')]);
  await run('-o', 'x.parquet');
  expect((await run('-o', 'x.parquet')).code).toBe(0);
  write('x.parquet', 'PAR1 somebody else PAR1');
  expect((await run('-o', 'x.parquet')).code).toBe(2);
  expect(readFileSync(path('x.parquet'), 'utf8')).toBe('PAR1 somebody else PAR1');
});

test('it is not for stdout', async () => {
  const { code, stderr } = await ledgerOf([]).run('--to', 'parquet');
  expect(code).toBe(2);
  expect(stderr).toContain('--to parquet needs a file to write to');
});
