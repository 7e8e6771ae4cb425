import { describe, expect, test } from 'vitest';
import type { CaptionRecord } from '../../../src/domain/record.js';
import { type VerdictFormatName, verdictFormats } from '../../../src/tasks/check/formats.js';
import type { CheckResult } from '../../../src/tasks/check/verdict.js';
import { failed, HOSTILE, judged, ok, together, togetherFailed } from './records.js';

type Checked = CaptionRecord<CheckResult>;

function write(name: VerdictFormatName, several: boolean, ...records: Checked[]): string {
  const format = verdictFormats[name].create({ several, claims: ['one'] });
  const written = records.map((record) => format.piece('x', 'a') + format.record(record));
  return written.join('') + format.end();
}

const all = [
  judged('holds', 'A boat is there.', 'A red boat lies at the quay.'),
  judged('fails'),
  judged('unclear', 'It is noon.', 'No shadow is seen.'),
];
const lines = [
  '✓ holds: A boat is there.\tA red boat lies at the quay.',
  '✗ fails: The sea is calm.\tThere are waves.',
  '? unclear: It is noon.\tNo shadow is seen.',
];

describe('text', () => {
  test('of one picture is one line per verdict', () => {
    expect(write('text', false, ok('a.png', ...all))).toBe(`${lines.join('\n')}\n`);
  });

  test('of several pictures has the name first in each line', () => {
    const expected = lines.map((line) => `my  a b.png\t${line}\n`).join('');
    expect(write('text', true, ok('my  a\tb.png', ...all))).toBe(expected);
  });

  test('of pictures judged together has no name', () => {
    const record = together(['a.png', 'b.png'], ...all);
    expect(write('text', true, record)).toBe(`${lines.join('\n')}\n`);
  });

  test('of a failure is nothing', () => {
    expect(write('text', true, failed('a.png'), togetherFailed('a', 'b'))).toBe('');
  });

  test.each(HOSTILE)('keeps hostile text %# on one line of two columns', (text) => {
    const [line = '', ...rest] = write('text', false, ok('a', judged('fails', text, text))).split(
      /[\r\n\u2028\u2029]/,
    );
    expect(rest).toEqual(['']);
    expect(line.split('\t')).toHaveLength(2);
    expect(line.replace(/\s/g, '')).toBe(`✗fails:${text}${text}`.replace(/\s/g, ''));
  });
});

describe('json', () => {
  test('of one picture is its record', () => {
    const record = ok('a.png', ...all);
    expect(JSON.parse(write('json', false, record))).toEqual(record);
  });

  test('of several pictures is an array, of none an empty one', () => {
    const records = [ok('a.png', ...all), failed('b.png')];
    expect(JSON.parse(write('json', true, ...records))).toEqual(records);
    expect(write('json', true)).toBe('[]\n');
  });

  test('jsonl is one record per line', () => {
    const records = [
      ok('a.png', ...HOSTILE.map((text) => judged('fails', text, text))),
      failed('b'),
    ];
    const written = write('jsonl', true, ...records).split('\n');
    expect(written.pop()).toBe('');
    expect(written.map((line) => JSON.parse(line))).toEqual(records);
  });
});

test.each(['text', 'junit', 'github'] as const)('%s takes no record without verdicts', (name) => {
  const { data, ...rest } = ok('a.png');
  expect(data).toBeDefined();
  expect(() => write(name, false, rest)).toThrow(TypeError);
});
