/** What is read of a record without parsing it is what a parser reads. */
import { expect, test } from 'vitest';
import { FIELD, RecordHead } from '../../src/storage/ledger/record-head.js';
import { parseRecord } from '../../src/storage/ledger/record-line.js';
import { okRecord } from '../support/ledgers.js';

const SHA = 'abcdef0123456789'.repeat(4);
const USUAL = okRecord('fotos/a b.jpg', {
  pictureSha256: SHA,
  costUsd: 1.5e-7,
  asked: { style: 'alt', prompt: 'Say "what" it is:\n…' },
});
const STYLES = okRecord('ü/"1"\\2.jpg', {
  answers: { title: 'A Boat', tags: ['boat', 'sea'] },
  requests: { title: 'r1', tags: 'r2' },
  page: 3,
  cached: true,
});
const { request: _, size: __, mtime: ___, ...OLD } = okRecord('old.png');

const head = new RecordHead();

/** Reads a line that stands between others. */
function read(line: string | Uint8Array): boolean {
  const before = Buffer.from('{"image":"before"}\n');
  const bytes = Buffer.concat([before, Buffer.from(line), Buffer.from('\n{"image":"x"')]);
  return head.read(bytes, before.length, bytes.length - '\n{"image":"x"'.length);
}

test.each([
  ['a usual one', USUAL],
  ['one with answers to several styles', STYLES],
  ['one of a build before 0.1.0', OLD],
])('the fields of a record: %s', (_, record) => {
  const line = JSON.stringify(record);
  expect(read(line)).toBe(true);
  const parsed = parseRecord(line);
  if (parsed?.status !== 'ok' || !('image' in parsed)) throw new Error('no record');
  expect(head.textOf(FIELD.image)).toBe(parsed.image);
  expect(head.textOf(FIELD.sha256)).toBe(parsed.sha256);
  expect(head.has(FIELD.request) ? head.textOf(FIELD.request) : undefined).toBe(parsed.request);
  expect(head.numberOf(FIELD.size)).toBe(parsed.size ?? -1);
  expect(head.numberOf(FIELD.page)).toBe(parsed.page ?? -1);
  expect(head.timeOf(FIELD.mtime)).toBe(Date.parse(parsed.mtime ?? ''));
  expect(head.numberOf(FIELD.inputTokens)).toBe(parsed.usage?.inputTokens);
  expect(head.numberOf(FIELD.thoughtTokens)).toBe(parsed.usage?.thoughtTokens);
  expect(head.has(FIELD.answers)).toBe(parsed.answers !== undefined);
  expect(head.has(FIELD.cached)).toBe(parsed.cached === true);
});

/** The fields of a line that are texts, numbers or objects, as they stand there. */
function spansIn(reader: RecordHead, line: string): Record<string, string | undefined> {
  const bytes = Buffer.from(`${line}\n`);
  if (!reader.read(bytes, 0, bytes.length - 1)) throw new Error(`not read: ${line}`);
  return Object.fromEntries(
    Object.entries(FIELD).map(([name, field]) => {
      const { start, end } = reader.spanOf(field);
      return [name, reader.has(field) ? bytes.toString('utf8', start, end) : undefined];
    }),
  );
}

test('lines of the same form and of others, one after the other, are read as each one alone', () => {
  const lines = [
    USUAL,
    okRecord('b.jpg', { pictureSha256: SHA, costUsd: 0, asked: { style: '', prompt: '\u0001"' } }),
    okRecord('ü.jpg', { pictureSha256: SHA, costUsd: 12, asked: { style: 'x', prompt: '\\' } }),
    STYLES,
    okRecord('c.jpg', { ...STYLES, image: 'c', answers: { title: '', tags: [] }, page: 17 }),
    okRecord('d.jpg', { answers: { title: { alt: 'x', description: '' } }, requests: {} }),
    okRecord('e.jpg', { data: { boxes: [{ a: [1, 2] }, {}], image: 'no', usage: { size: 1 } } }),
    okRecord('f.jpg', { data: { boxes: [], image: '', usage: { size: 'x' } } }),
    okRecord('g.jpg', { data: { boxes: {}, image: [], usage: { size: {} } } }),
    okRecord('h.jpg', { data: [{ boxes: 1 }] }),
    OLD,
    USUAL,
  ].map((record) => JSON.stringify(record));
  const reader = new RecordHead();
  for (const first of lines) {
    for (const second of lines) {
      spansIn(reader, first);
      expect(spansIn(reader, second)).toEqual(spansIn(new RecordHead(), second));
    }
  }
});

test('a line in another form than the one before is not taken for one in the same', () => {
  const lines = ['{"a":{"b":1},"c":2}', '{"a":{"b":1,"c":2}}', '{"a":{"b":1},"c":2,"d":3}'];
  const spans = lines.map((data) => {
    const line = JSON.stringify(USUAL).replace('"status"', `"data":${data},"size":1,"status"`);
    return line.replace(/,"size":\d{2,}/, '');
  });
  const reader = new RecordHead();
  for (const line of [...spans, ...spans.toReversed()]) {
    const { data, size } = spansIn(reader, line);
    expect(data).toBe(JSON.stringify(JSON.parse(line).data));
    expect(size).toBe('1');
  }
});

test.each([
  '1970-01-01T00:00:00.000Z',
  '2024-02-28T23:59:59.999Z',
  '2024-02-29T12:00:00.001Z',
  '2024-12-31T23:59:59.999Z',
  '2024-05-06T07:08:09Z',
  '2024-05-06T07:08:09.123+02:00',
  '1969-12-31T23:59:59.999Z',
  '2024-05-06T24:00:00.000Z',
  'no time',
])('a time: %s', (mtime) => {
  expect(read(JSON.stringify(okRecord('a.png', { mtime })))).toBe(true);
  expect(head.timeOf(FIELD.mtime)).toBe(Date.parse(mtime));
});

test('what is read is always a record, whatever is cut, lost or changed', () => {
  let taken = 0;
  for (const record of [USUAL, STYLES]) {
    const whole = Buffer.from(JSON.stringify(record));
    for (let at = 0; at < whole.length; at += 1) {
      const changed = [0, 0x20, 0x22, 0x2c, 0x31, 0x5c, 0x5d, 0x7d].map((byte) => {
        const copy = Buffer.from(whole);
        copy[at] = byte;
        return copy;
      });
      const lost = Buffer.concat([whole.subarray(0, at), whole.subarray(at + 5)]);
      const twice = Buffer.concat([whole.subarray(0, at), whole]);
      for (const line of [whole.subarray(0, at), lost, twice, ...changed]) {
        if (!read(line)) continue;
        taken += 1;
        expect(parseRecord(line.toString())?.status).toBe('ok');
      }
    }
  }
  expect(taken).toBeGreaterThan(1000);
});

test.each([
  ['a failure', '{"image":"a","status":"failed","error":{}}'],
  ['a field twice', JSON.stringify(USUAL).replace('"status"', '"image":"b","status"')],
  ['a key with an escape', JSON.stringify(USUAL).replace('"mtime"', '"m\\u0074ime"')],
  ['a mark before it', `\uFEFF${JSON.stringify(USUAL)}`],
  ['blanks', JSON.stringify(USUAL, undefined, 1).replaceAll('\n', '')],
  ['something behind it', `${JSON.stringify(USUAL)}{`],
  ['a number that is none', JSON.stringify(USUAL).replace('812', '0812')],
  ['a literal that is none', JSON.stringify(USUAL).replace('812', 'nul')],
])('what is not surely a record in the usual form is left to the parser: %s', (_, line) => {
  expect(read(line)).toBe(false);
});
