/** A ledger read as one row a picture. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { EventOf } from '../../../src/domain/events.js';
import { type LedgerRows, openRows } from '../../../src/records/rows/ledger-rows.js';
import type { AnsweredRow, PictureRow } from '../../../src/records/rows/picture-row.js';
import { temporaryFolder } from '../../support/files.js';
import { failedRecord, lineOf, namedPicture, okRecord } from '../../support/ledgers.js';

const styled = (image: string, style: string, text: string, more: object = {}) => ({
  ...okRecord(image, { text, request: style, asked: { style, prompt: `Write ${style}` } }),
  ...more,
});
const fields = (image: string, data: object, request = 'fields') => ({
  ...okRecord(image, { text: JSON.stringify(data), request }),
  asked: { prompt: 'Fill in the fields', schema: request },
  data,
});

/** The rows of a ledger with these lines. */
async function rowsOf(...lines: (object | string)[]) {
  const path = join(temporaryFolder(), 'a.jsonl');
  writeFileSync(path, lines.map((one) => (typeof one === 'string' ? one : lineOf(one))).join(''));
  const told: EventOf[] = [];
  const rows = await openRows(path, { tell: (event) => told.push(event) });
  onTestFinished(() => rows.close());
  return { rows, path, told };
}

async function allOf(rows: LedgerRows): Promise<PictureRow[]> {
  const all: PictureRow[] = [];
  for await (const some of rows.batches()) all.push(...some);
  return all;
}

function answered(row: PictureRow | undefined): AnsweredRow {
  if (row?.status !== 'ok') throw new Error('a row without an answer');
  return row;
}

const answersOf = (row: PictureRow | undefined) =>
  Object.fromEntries([...answered(row).answers].map(([name, { value }]) => [name, value]));
const fieldsOf = (row: PictureRow | undefined) =>
  Object.fromEntries([...answered(row).fields].map(([name, { value }]) => [name, value]));

test('the newest answers to all questions about a picture are one row', async () => {
  const { rows } = await rowsOf(
    styled('a', 'title', 'old'),
    styled('b', 'title', 'B'),
    styled('./a', 'alt', 'Alt of A'),
    styled('a', 'title', 'new'),
  );
  expect(rows).toMatchObject({ count: 2, failed: 0, names: ['title', 'alt'] });
  const [a, b] = await allOf(rows);
  expect(answersOf(a)).toEqual({ title: 'new', alt: 'Alt of A' });
  expect(Object.keys(answersOf(a))).toEqual(['title', 'alt']);
  expect(answered(a).newest.text).toBe('new');
  expect(answered(a).records.map(({ text }) => text)).toEqual(['Alt of A', 'new']);
  expect(answersOf(b)).toEqual({ title: 'B' });
  expect(answersOf(rows.at(1))).toEqual({ title: 'B' });
  expect(rows.replacedAt(0)).toMatchObject([{ text: 'old' }]);
  expect(rows.replacedAt(1)).toEqual([]);
  expect(rows.find('a')?.position).toBe(0);
  expect(rows.find('c')).toBeUndefined();
});

test('a record of several styles has an answer for each, lists and objects too', async () => {
  const answers = { title: 'T', tags: ['a', 'b'], alt: { alt: 'short', description: 'long' } };
  const { rows } = await rowsOf(styled('a', 'title,tags,alt', 'T', { answers }));
  expect(answersOf(rows.at(0))).toEqual(answers);
});

test('lists of tags and the two texts of a long alt text are answers, not fields', async () => {
  const { rows } = await rowsOf(
    styled('a', 'tags', 'x, y', { data: ['x', 'y'] }),
    styled('a', 'alt', 'A', { data: { alt: 'A', description: 'D' } }),
  );
  expect(answersOf(rows.at(0))).toEqual({ tags: ['x', 'y'], alt: { alt: 'A', description: 'D' } });
});

test('another model, or what else is part of a question, gives no second answer', async () => {
  const { rows } = await rowsOf(
    styled('a', 'alt', 'old', { request: 'model 1' }),
    styled('a', 'alt', 'new', { request: 'model 2' }),
  );
  expect(answersOf(rows.at(0))).toEqual({ alt: 'new' });
});

test('a style in two languages is two answers, and two prompts are', async () => {
  const asked = (prompt: string, text: string) =>
    okRecord('a', { text, request: prompt, asked: { prompt } });
  const { rows } = await rowsOf(
    styled('a', 'alt', 'boat', { asked: { style: 'alt', lang: 'en', prompt: 'p' }, request: 'en' }),
    styled('a', 'alt', 'Boot', { asked: { style: 'alt', lang: 'de', prompt: 'p' }, request: 'de' }),
    asked('Write a caption', 'A boat.'),
    asked('Is it raining?', 'No.'),
  );
  expect(answersOf(rows.at(0))).toEqual({
    'alt.en': 'boat',
    'alt.de': 'Boot',
    text: 'A boat.',
    'Is it raining?': 'No.',
  });
});

test('fields of several questions are joined, and the newest value of each counts', async () => {
  const { rows } = await rowsOf(
    fields('a', { total: 1, shop: 'X' }),
    fields('a', { people: 2, total: 3 }, 'more'),
  );
  expect(fieldsOf(rows.at(0))).toEqual({ total: 3, shop: 'X', people: 2 });
  expect(answersOf(rows.at(0))).toEqual({});
  expect(rows.isPlain).toBe(false);
});

test('the boxes of two searches are all in the row, those of a repeated one once', async () => {
  const boxes = (request: string, prompt: string, ...labels: string[]) => ({
    ...okRecord('a', { text: labels.join(), request, asked: { prompt } }),
    data: { boxes: labels.map((label) => ({ label })), dropped: 0 },
  });
  const { rows } = await rowsOf(
    boxes('1', 'boats', 'boat'),
    boxes('2', 'people', 'person'),
    boxes('3', 'boats', 'boat', 'boat'),
  );
  const { boxes: found } = fieldsOf(rows.at(0));
  expect(found).toEqual([{ label: 'boat' }, { label: 'boat' }, { label: 'person' }]);
});

describe('what a person said', () => {
  test('holds against later answers of models, to the same question and to a like one', async () => {
    const { rows } = await rowsOf(
      styled('a', 'alt', 'machine'),
      styled('a', 'alt', 'mine', { edited: true, at: '2026-01-02T03:04:05Z' }),
      styled('a', 'alt', 'machine again'),
      styled('a', 'alt', 'other model', { request: 'other' }),
      styled('a', 'alt', 'accepted', { reviewed: 'accepted', by: 'eva' }),
    );
    expect(answersOf(rows.at(0))).toEqual({ alt: 'accepted' });
  });

  test('is replaced by the next answer if it was rejected', async () => {
    const { rows } = await rowsOf(
      styled('a', 'alt', 'bad', { reviewed: 'rejected' }),
      styled('b', 'alt', 'bad', { reviewed: 'rejected' }),
      styled('a', 'alt', 'better'),
    );
    expect(answersOf(rows.at(0))).toEqual({ alt: 'better' });
    expect(answered(rows.at(1)).answers.get('alt')?.record).toMatchObject({ reviewed: 'rejected' });
  });
});

test('a picture without an answer has its newest failure, and one with an answer none', async () => {
  const why = (image: string, message: string) => {
    const record = failedRecord(image);
    return { ...record, error: { ...record.error, message } };
  };
  const { rows } = await rowsOf(
    why('a', 'one'),
    why('b', 'one'),
    why('a', 'two'),
    okRecord('b'),
    why('b', 'three'),
  );
  expect(rows).toMatchObject({ count: 2, failed: 1 });
  expect(await allOf(rows)).toMatchObject([
    { status: 'failed', record: { error: { message: 'two' } }, pictures: [{ image: 'a' }] },
    { status: 'ok' },
  ]);
});

test('pictures that were asked about together are a row of their own', async () => {
  const { image: _, ...answer } = okRecord('x', { text: 'the same' });
  const images = [namedPicture('a'), namedPicture('b')];
  const { rows } = await rowsOf(okRecord('a'), { ...answer, images });
  expect(rows.count).toBe(2);
  expect(answered(rows.find('a', 'b')).pictures.map(({ image }) => image)).toEqual(['a', 'b']);
});

test('records of builds before 0.1.0 are read', async () => {
  const { image, status, text, sha256 } = okRecord('a');
  const { rows } = await rowsOf({ image, status, text, sha256 });
  expect(answersOf(rows.at(0))).toEqual({ text });
});

test('lines of all lengths are read where they lie, in any order', async () => {
  const texts = [10, 70_000, 3, 200_000, 65_000].map((length, n) => `${n}ä`.repeat(length));
  const many = Array.from({ length: 600 }, (_, n) => okRecord(`m${n}`, { text: `text ${n}` }));
  const { rows } = await rowsOf(
    ...texts.map((text, n) => okRecord(`${n}`, { text })),
    ...many,
    ...texts.map((text, n) => styled(`${n}`, 'alt', text)),
  );
  const all = await allOf(rows);
  expect(all).toHaveLength(605);
  for (const [n, text] of texts.entries()) expect(answersOf(all[n])).toEqual({ text, alt: text });
  expect(answersOf(rows.at(604))).toEqual({ text: 'text 599' });
  expect(answersOf(rows.at(5))).toEqual({ text: 'text 0' });
});

test('what a run adds is there after a refresh, and a line only when it is whole', async () => {
  const line = lineOf(styled('b', 'alt', 'B'));
  const { rows, path } = await rowsOf(styled('a', 'alt', 'A'), line.slice(0, 50));
  expect(rows.count).toBe(1);
  appendFileSync(path, line.slice(50) + lineOf(styled('a', 'tags', 'T')));
  await rows.refresh();
  expect((await allOf(rows)).map(answersOf)).toEqual([{ alt: 'A', tags: 'T' }, { alt: 'B' }]);
  await rows.refresh();
  expect(rows.count).toBe(2);
});

test('torn lines are left out and told of, and a record behind one counts', async () => {
  const torn = lineOf(okRecord('x')).slice(0, 60);
  const { rows, told } = await rowsOf(
    okRecord('a'),
    `${torn}\n`,
    torn + lineOf(okRecord('b')),
    torn,
  );
  expect((await allOf(rows)).map(({ pictures }) => pictures[0]?.image)).toEqual(['a', 'b']);
  expect(told).toMatchObject([{ type: 'tornLinesLeftOut', lines: 3 }]);
});

test('an empty ledger has no rows', async () => {
  const { rows } = await rowsOf();
  expect(await allOf(rows)).toEqual([]);
});

describe('it is said, with exit code 2, that', () => {
  const problemOf = (path: string) =>
    openRows(path, { tell: () => {} }).then(
      () => undefined,
      (error: unknown) => error,
    );

  test('a file is no ledger', async () => {
    const path = join(temporaryFolder(), 'notes.jsonl');
    writeFileSync(path, lineOf(okRecord('a')) + lineOf({ note: 1 }));
    const message = `${path} is no results file of gemini-image: line 2 is no record`;
    expect(await problemOf(path)).toMatchObject({ kind: 'usage', message });
  });

  test('it is a folder, or not there', async () => {
    const folder = temporaryFolder();
    expect(await problemOf(folder)).toMatchObject({ kind: 'usage' });
    const message = expect.stringContaining('no such file');
    expect(await problemOf(join(folder, 'no.jsonl'))).toMatchObject({ kind: 'usage', message });
  });

  test('the file has been replaced by a shorter text', async () => {
    const { rows, path } = await rowsOf(okRecord('a'));
    writeFileSync(path, 'x'.repeat(20));
    expect(() => rows.at(0)).toThrow('was changed while it was read');
  });
});

describe('a line that is looked at by its head alone gives the same row:', () => {
  const asked = { style: 'alt', prompt: 'Write alt text' };
  const plain = (image: string, more: object = {}) => ({ ...okRecord(image), asked, ...more });
  const { asked: _, ...unasked } = plain('a');

  test.each<[what: string, record: object, answers: object]>([
    ['a plain one', plain('a'), { alt: 'Ein Boot – 小さな船.' }],
    ['quotes and brackets in texts', plain('a', { text: '"},{"[\\' }), { alt: '"},{"[\\' }],
    ['a list behind other fields', { ...plain('a', { text: 'x' }), data: ['x'] }, { alt: ['x'] }],
    ['answers of several styles', { ...plain('a'), answers: { x: 'y' } }, { x: 'y' }],
    [
      'an object with fields of these names',
      { ...plain('a'), sent: { asked: 1, request: '}' } },
      {
        alt: 'Ein Boot – 小さな船.',
      },
    ],
    ['no question in words', unasked, { text: 'Ein Boot – 小さな船.' }],
  ])('%s', async (_, record, answers) => {
    const { rows } = await rowsOf(plain('first'), record);
    expect(rows.count).toBe(2);
    expect(answersOf(rows.find('a'))).toEqual(answers);
  });

  test('names that are written in several ways are one picture', async () => {
    const escaped = lineOf(plain('a"ä.png', { request: '2' })).replace('ä', '\\u00e4');
    const { rows } = await rowsOf(plain('a"ä.png'), escaped, plain('x'), plain('./x'));
    expect(rows.count).toBe(2);
    expect(rows.find('./x')).toEqual(rows.find('x'));
    expect(answered(rows.find('a"ä.png')).records).toHaveLength(2);
  });

  test('what a person said at the end of a record holds', async () => {
    const { rows } = await rowsOf(
      plain('a'),
      { ...plain('a', { text: 'mine' }), edited: true },
      plain('a', { text: 'machine' }),
    );
    expect(answersOf(rows.at(0))).toEqual({ alt: 'mine' });
  });

  test.each<[what: string, damage: (line: string) => string]>([
    ['its end is missing', (line) => line.slice(0, -3)],
    ['zeros are in it', (line) => line.replace('Boot', '\0\0\0\0')],
    ['a quote is missing', (line) => line.replace('"finishReason', 'finishReason')],
  ])('a damaged line counts for none: %s', async (_, damage) => {
    const damaged = `${damage(lineOf(plain('b')).trimEnd())}\n`;
    const { rows, told } = await rowsOf(plain('a'), damaged, plain('c'));
    expect(rows.count).toBe(2);
    expect(rows.find('b')).toBeUndefined();
    expect(told).toMatchObject([{ type: 'tornLinesLeftOut', lines: 1 }]);
  });
});
