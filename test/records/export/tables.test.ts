/** A ledger as a table: CSV and TSV, read with a reader that others use. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { found, ledgerOf, styled, withFields } from '../../support/exports.js';
import { failedRecord, lineOf, namedPicture, okRecord } from '../../support/ledgers.js';

const read = (text: string, options: object = {}): Record<string, string>[] =>
  parse(text, { columns: true, bom: true, ...options });

async function csvOf(records: readonly object[], ...args: string[]) {
  const { code, stdout, stderr } = await ledgerOf(records).run('--to', 'csv', ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return read(stdout);
}

test('there is a column for each style, with its newest answer, and a row for each picture', async () => {
  const rows = await csvOf([
    styled('a', 'title', 'old'),
    styled('a', 'tags', 'x, y', { data: ['x', 'y'] }),
    styled('b', 'title', 'B, "quoted"\nand more'),
    styled('a', 'title', 'new'),
  ]);
  expect(rows).toMatchObject([
    { image: 'a', status: 'ok', title: 'new', tags: 'x; y' },
    { image: 'b', status: 'ok', title: 'B, "quoted"\nand more', tags: '' },
  ]);
  expect(Object.keys(rows[0] ?? {}).slice(0, 5)).toEqual([
    ...['image', 'status', 'title', 'tags', 'model'],
  ]);
});

test('objects become columns by the names on the way, and lists are joined', async () => {
  const rows = await csvOf([
    withFields('a', { total: 3.5, items: [{ name: 'tea', notes: ['hot'] }], paid: true }),
    withFields('b', { total: 4, shop: { city: 'Ulm' }, items: [{ name: 'x' }, { name: 'y' }] }),
  ]);
  expect(rows).toMatchObject([
    {
      total: '3.5',
      'items.0.name': 'tea',
      'items.0.notes': 'hot',
      'items.1.name': '',
      paid: 'true',
    },
    { total: '4', 'items.0.name': 'x', 'items.1.name': 'y', 'shop.city': 'Ulm' },
  ]);
});

test('a field that is called like another column keeps its own', async () => {
  const [row] = await csvOf([withFields('a', { model: 'T34', status: 'new', title: 'x' })]);
  expect(row).toMatchObject({
    status: 'ok',
    'data.model': 'T34',
    'data.status': 'new',
    title: 'x',
  });
});

test('what was paid for the answers of a row is added up', async () => {
  const [row] = await csvOf([
    styled('a', 'title', 'T', { costUsd: 0.1 }),
    styled('a', 'alt', 'A', { costUsd: 0.2 }),
  ]);
  expect(row?.costUsd).toBe('0.3');
});

test('pictures that failed are in it with their error, and those asked about together', async () => {
  const { image: _, ...answer } = okRecord('x', { text: 'the same' });
  const rows = await csvOf([
    failedRecord('a'),
    { ...answer, images: [namedPicture('b'), namedPicture('c')] },
  ]);
  expect(rows).toMatchObject([
    { image: 'a', status: 'failed', errorKind: 'service', errorMessage: 'the server is down' },
    { image: 'b\nc', status: 'ok', text: 'the same', width: '' },
  ]);
});

test('what a person edited counts, and what was rejected does not', async () => {
  const records = [
    styled('a', 'alt', 'mine', { edited: true }),
    styled('a', 'alt', 'machine'),
    styled('b', 'alt', 'bad', { reviewed: 'rejected' }),
    styled('c', 'alt', 'bad', { reviewed: 'rejected' }),
    styled('c', 'title', 'good'),
  ];
  const ledger = ledgerOf(records);
  const { stdout, stderr } = await ledger.run('--to', 'csv');
  expect(read(stdout)).toMatchObject([
    { image: 'a', alt: 'mine', edited: 'true' },
    { image: 'c', alt: '', title: 'good' },
  ]);
  expect(stderr).toContain('b is left out: it has only answers that were rejected');
  const rejected = await csvOf(records, '--where', 'reviewed=rejected');
  expect(rejected.map(({ image, alt }) => [image, alt])).toEqual([
    ['b', 'bad'],
    ['c', 'bad'],
  ]);
});

describe('--where takes only what passes:', () => {
  const records = [
    styled('a', 'tags', 'boat, Sea', { data: ['boat', 'Sea'] }),
    styled('b', 'tags', 'dog', { data: ['dog'] }),
    styled('b', 'title', 'A dog in the park'),
    failedRecord('c'),
    withFields('d', { total: 7, shop: { city: 'Ulm' } }),
  ];
  test.each<[filters: string[], images: string[]]>([
    [['status=ok'], ['a', 'b', 'd']],
    [['status != ok'], ['c']],
    [['tags~SEA'], ['a']],
    [['tags=Sea'], ['a']],
    [['tags!~o'], ['c', 'd']],
    [['title='], ['a', 'c', 'd']],
    [['words<2'], ['b', 'd']],
    [['total>=7'], ['d']],
    [['total>7'], []],
    [['shop.city="Ulm"'], ['d']],
    [['status=ok', 'tags~dog'], ['b']],
  ])('%s', async (filters, images) => {
    const rows = await csvOf(records, ...filters.flatMap((one) => ['--where', one]));
    expect(rows.map(({ image }) => image)).toEqual(images);
  });

  test.each([
    ['tags', 'has no sign that it compares by'],
    ['tag=x', 'there is no column tag in this ledger'],
    ['words<many', 'compares numbers, and many is none'],
  ])('but %s is refused', async (filter, words) => {
    const { code, stdout, stderr } = await ledgerOf(records).run('--to', 'csv', '--where', filter);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
  });
});

describe('--columns', () => {
  const records = [withFields('a', { total: 1, items: [{ name: 'x', price: 2 }] })];

  test('names the columns and their order, and an object by its name', async () => {
    const [row] = await csvOf(records, '--columns', 'items, image,sha256');
    expect(Object.keys(row ?? {})).toEqual(['items.0.name', 'items.0.price', 'image', 'sha256']);
  });

  test('that are not there are an error that says which there are', async () => {
    const { code, stderr } = await ledgerOf(records).run('--to', 'csv', '--columns', 'image,price');
    expect(code).toBe(2);
    expect(stderr).toContain('there is no column price');
    expect(stderr).toContain('items.0.price');
  });

  test('with commas in their names stand in quotes', async () => {
    const asked = (prompt: string) => okRecord('a', { request: prompt, asked: { prompt } });
    const [row] = await csvOf([asked('p'), asked('Red, or blue?')], '--columns', '"Red, or blue?"');
    expect(Object.keys(row ?? {})).toEqual(['Red, or blue?']);
  });
});

describe('--rows items', () => {
  test('makes a row of each entry, and one of an empty list', async () => {
    const rows = await csvOf(
      [
        found('a', [
          ['boat', 0, 0, 500, 500],
          ['dog', 1, 2, 3, 4],
        ]),
        found('b', []),
      ],
      ...['--rows', 'items', '--columns', 'image,boxes,width'],
    );
    expect(
      rows.map((row) => [row.image, row['boxes.label'], row['boxes.box.x'], row.width]),
    ).toEqual([
      ['a', 'boat', '0', '4'],
      ['a', 'dog', '0.008', '4'],
      ['b', '', '', '4'],
    ]);
  });

  test('makes a row of each tag', async () => {
    const rows = await csvOf(
      [styled('a', 'tags', '', { data: ['x', 'y'] })],
      ...['--rows', 'items'],
    );
    expect(rows.map(({ image, tags }) => [image, tags])).toEqual([
      ['a', 'x'],
      ['a', 'y'],
    ]);
  });

  test('says which lists there are if there are several, or none', async () => {
    const several = await ledgerOf([withFields('a', { some: ['x'], more: ['y'] })]).run(
      ...['--to', 'csv', '--rows', 'items'],
    );
    expect(several.code).toBe(2);
    expect(several.stderr).toContain('there are 2: some, more');
    const none = await ledgerOf([styled('a', 'alt', 'A')]).run('--to', 'csv', '--rows', 'items');
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('there is no list');
  });
});

test('a cell that a spreadsheet would take for a formula begins with an apostrophe', async () => {
  const [row] = await csvOf([styled('a', 'alt', '=1+1')]);
  expect(row?.alt).toBe("'=1+1");
});

test('--delimiter stands between the cells', async () => {
  const { stdout } = await ledgerOf([styled('a', 'alt', 'x; y, z')]).run(
    ...['--to', 'csv', '--delimiter', ';'],
  );
  expect(stdout).toMatch(/^image;status;alt;/);
  expect(read(stdout, { delimiter: ';' })).toMatchObject([{ alt: 'x; y, z' }]);
});

test('--base makes names relative to a folder', async () => {
  const [row] = await csvOf([styled('photos/sub/a.jpg', 'alt', 'A')], '--base', 'photos');
  expect(row?.image).toBe('sub/a.jpg');
});

test('TSV has a line a row, whatever is in a cell', async () => {
  const { stdout } = await ledgerOf([styled('a', 'alt', 'one\ttwo\nthree')]).run('--to', 'tsv');
  expect(stdout.split('\n')).toHaveLength(3);
  expect(read(stdout, { delimiter: '\t' })).toMatchObject([{ image: 'a', alt: 'one two three' }]);
});

describe('a file', () => {
  const MARK = '\uFEFF';

  test('that ends in .csv begins with a byte order mark; stdout and others do not', async () => {
    const { run, path } = ledgerOf([styled('a', 'alt', 'Ä')]);
    expect((await run('-o', 'x.csv')).stderr).toContain('1 picture is in x.csv');
    expect(readFileSync(path('x.csv'), 'utf8').startsWith(`${MARK}image,status,alt,`)).toBe(true);
    await run('--to', 'csv', '-o', 'x.txt');
    expect(readFileSync(path('x.txt'), 'utf8').startsWith('image')).toBe(true);
    expect((await run('--to', 'csv')).stdout.startsWith('image')).toBe(true);
  });

  test('of an earlier export is replaced and kept, and any other is not', async () => {
    const { run, path, write } = ledgerOf([styled('a', 'alt', 'old')]);
    await run('-o', 'x.csv');
    const first = readFileSync(path('x.csv'), 'utf8');
    write('a.jsonl', lineOf(styled('a', 'alt', 'new')));
    expect((await run('-o', 'x.csv')).code).toBe(0);
    expect(read(readFileSync(path('x.csv'), 'utf8'))).toMatchObject([{ alt: 'new' }]);
    expect(readFileSync(path('x.csv~'), 'utf8')).toBe(first);

    write('mine.csv', 'image,caption\na,mine\n');
    const refused = await run('-o', 'mine.csv');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      'mine.csv is there already, and is not a CSV file of gemini-image',
    );
    expect(readFileSync(path('mine.csv'), 'utf8')).toBe('image,caption\na,mine\n');
    expect((await run('-o', 'mine.csv', '--overwrite')).code).toBe(0);
    expect(readFileSync(path('mine.csv~'), 'utf8')).toBe('image,caption\na,mine\n');
  });

  test('is no ledger and no picture, even with --overwrite', async () => {
    const records = [styled('a', 'alt', 'A')];
    const { run, path } = ledgerOf(records, { 'b.csv': lineOf(records[0]) });
    for (const name of ['a.jsonl', 'b.csv']) {
      const { code } = await run('--to', 'csv', '-o', name, '--overwrite');
      expect(code).toBe(2);
      expect(readFileSync(path(name), 'utf8')).toBe(lineOf(records[0]));
    }
  });

  test('does not appear if the ledger is none', async () => {
    const { run, path, cwd } = ledgerOf([styled('a', 'alt', 'A'), { note: 1 }]);
    const { code, stderr } = await run('-o', 'x.csv');
    expect(code).toBe(2);
    expect(stderr).toContain('a.jsonl is no results file of gemini-image: line 2 is no record');
    expect(existsSync(path('x.csv'))).toBe(false);
    expect(readdirSync(cwd)).toEqual(['a.jsonl']);
  });
});

test('a ledger without a record is a table with a header', async () => {
  const { code, stdout } = await ledgerOf([]).run('--to', 'csv');
  expect(code).toBe(0);
  expect(stdout).toBe('image,status,model,mimeType,width,height,sha256,costUsd\r\n');
});

describe('it is refused, with what to do, that', () => {
  test.each<[what: string, args: string[], words: string]>([
    ['no format is named', [], 'a format is missing'],
    ['the ending says none', ['-o', 'x.xlsx'], 'x.xlsx does not say a format by its ending'],
    ['an option means nothing', ['--to', 'json', '--delimiter', ';'], '--delimiter means nothing'],
    ['a delimiter is no sign', ['--to', 'csv', '--delimiter', 'ab'], 'Give one sign'],
    ['no column is named', ['--to', 'csv', '--columns', ','], '--columns names no column'],
  ])('%s', async (_, args, words) => {
    const { code, stderr } = await ledgerOf([styled('a', 'alt', 'A')]).run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });
});
