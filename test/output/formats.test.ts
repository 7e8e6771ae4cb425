import { describe, expect, test } from 'vitest';
import { GeminiImageError } from '../../src/domain/error.js';
import { errorRecord, type FailedRecord, type OkRecord } from '../../src/domain/record.js';
import { formatForFile, outputFormats, wholeText } from '../../src/output/formats.js';
import { jsonFormat, jsonlFormat } from '../../src/output/json-values.js';

/** Those that are no tables. */
const FORMATS = { text: outputFormats.text, json: jsonFormat, jsonl: jsonlFormat };

type FormatName = keyof typeof FORMATS;

function ok(image: string, text: string): OkRecord {
  return {
    image,
    status: 'ok',
    text,
    finishReason: 'STOP',
    model: 'm',
    mimeType: 'image/png',
    width: 1,
    height: 1,
    size: 1,
    sha256: '0',
    sent: { mimeType: 'image/png', width: 1, height: 1, bytes: 1, changes: [] },
    request: 'r',
    durationMs: 1,
  };
}

function failed(
  image: string,
  partialText?: string,
  kind: 'answer' | 'service' = 'answer',
): FailedRecord {
  const finishReason = kind === 'answer' && partialText !== undefined ? 'MAX_TOKENS' : undefined;
  const error = new GeminiImageError({ kind, message: 'cut', partialText, finishReason });
  return { image, status: 'failed', error: errorRecord(error) };
}

type Step = ReturnType<typeof ok> | ReturnType<typeof failed> | [piece: string, image: string];

/** What a run of these records, or streamed pieces before them, writes. */
function write(name: FormatName, several: boolean, ...steps: Step[]): string {
  const format = FORMATS[name].create(several);
  const parts = steps.map((step) =>
    Array.isArray(step) ? format.piece(...step) : format.record(step),
  );
  return parts.join('') + format.end();
}

describe('text of one picture', () => {
  test.each([
    ['A boat.', 'A boat.\n'],
    ['A boat.\n', 'A boat.\n'],
    ['A\n\nboat.\n\n', 'A\n\nboat.\n\n'],
    ['\u001b[2J', '\u001b[2J\n'],
  ])('%j is %j', (text, expected) => {
    expect(write('text', false, ok('a', text))).toBe(expected);
    const pieces = [...text].map((char): Step => [char, 'a']);
    expect(write('text', false, ...pieces, ok('a', text))).toBe(expected);
  });

  test('a failure prints nothing', () => {
    expect(write('text', false, failed('a'))).toBe('');
  });

  test('the text before the token limit is shown', () => {
    expect(write('text', false, failed('a', 'A bo'))).toBe('A bo\n');
    expect(write('text', false, ['A ', 'a'], ['bo', 'a'], failed('a', 'A bo'))).toBe('A bo\n');
  });

  test('the text before the connection broke is not shown', () => {
    expect(write('text', false, failed('a', 'A bo', 'service'))).toBe('');
  });

  test('a part of an answer that has to be whole is not shown', () => {
    const half = failed('a', '{"a":');
    expect(wholeText.create(false).record(half)).toBe('');
    expect(wholeText.create(true).record(half)).toBe('');
    expect(wholeText.create(false).record(ok('a', '{"a":1}'))).toBe('{"a":1}\n');
  });

  test('a finished answer that breaks a rule is not shown', () => {
    const error = { message: 'm', retryable: false, partialText: 'too long' };
    const broken: FailedRecord = {
      image: 'a',
      status: 'failed',
      error: { ...error, kind: 'answer', finishReason: 'STOP' },
    };
    expect(write('text', false, broken)).toBe('');
    expect(write('text', true, broken)).toBe('');
  });

  test('an empty answer is an empty line, or a line with the name', () => {
    expect(write('text', false, ok('a', ''))).toBe('\n');
    expect(write('text', true, ok('a', ''), ok('b', 'B'))).toBe('a\t\nb\tB\n');
  });

  test('a streamed line that was not finished gets a line end', () => {
    expect(write('text', false, ['A bo', 'a'], failed('a'))).toBe('A bo\n');
    expect(write('text', false, ['A bo', 'a'])).toBe('A bo\n');
    expect(write('text', false, ['A bo\n', 'a'])).toBe('A bo\n');
  });
});

describe('text of several pictures', () => {
  test.each([
    ['A boat.', 'A boat.'],
    ['A boat.\n', 'A boat.'],
    ['A\r\n\r\nboat\ton\u2028water.\n \n', 'A boat on water.'],
    ['\nA boat.', ' A boat.'],
  ])('%j is one line', (text, line) => {
    const expected = `a\t${line}\nb\t${line}\n`;
    expect(write('text', true, ok('a', text), ok('b', text))).toBe(expected);
    const pieces = (image: string) => [...text].map((char): Step => [char, image]);
    expect(write('text', true, ...pieces('a'), ok('a', text), ...pieces('b'), ok('b', text))).toBe(
      expected,
    );
  });

  test('a failure prints no line', () => {
    expect(write('text', true, failed('a'), ok('b', 'A boat.'), failed('c'))).toBe('b\tA boat.\n');
  });

  test('the text before the token limit is a line', () => {
    expect(write('text', true, failed('a', 'A bo'), ok('b', 'B'))).toBe('a\tA bo\nb\tB\n');
  });

  test('a streamed line that was not finished does not run into the next', () => {
    expect(write('text', true, ['A bo', 'a'], failed('a'), ok('b', 'B'))).toBe('a\tA bo\nb\tB\n');
    expect(write('text', true, ['A bo', 'a'])).toBe('a\tA bo\n');
  });

  test('a name cannot break its line or its column', () => {
    expect(write('text', true, ok('a\tb\nc', 'A boat.'))).toBe('a b c\tA boat.\n');
  });
});

describe('json', () => {
  test('of one picture is one object', () => {
    const record = ok('a', 'A\nboat.');
    expect(JSON.parse(write('json', false, ['A', 'a'], record))).toEqual(record);
  });

  test('of several is an array', () => {
    const records = [ok('a', 'A'), failed('b'), ok('c', 'C')];
    expect(JSON.parse(write('json', true, ...records))).toEqual(records);
    expect(JSON.parse(write('json', true, failed('b')))).toEqual([failed('b')]);
  });

  test('of none is an empty array', () => {
    expect(JSON.parse(write('json', true))).toEqual([]);
  });
});

describe('jsonl', () => {
  test.each([false, true])('is one line a record (several: %s)', (several) => {
    const records = [ok('a', 'A\nboat\u2028.'), failed('b')];
    const lines = write('jsonl', several, ['A', 'a'], ...records).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line))).toEqual(records);
  });
});

test('a failed record has no text and no empty field', () => {
  expect(failed('a')).toEqual({
    image: 'a',
    status: 'failed',
    error: { kind: 'answer', message: 'cut', retryable: false },
  });
});

test('an answer about several pictures is printed as one record', () => {
  const { image, mimeType, width, height, size, sha256, sent, ...answer } = ok('', 'They differ.');
  const record = { images: [ok('a.png', ''), ok('b.png', '')], ...answer };
  const write = (name: FormatName) => FORMATS[name].create(false).record(record);
  expect(write('text')).toBe('They differ.\n');
  expect(JSON.parse(write('json')).images).toHaveLength(2);
  expect(write('jsonl').trimEnd().split('\n')).toHaveLength(1);
});

test.each<[path: string, format: keyof typeof outputFormats | undefined]>([
  ['captions.jsonl', 'jsonl'],
  ['captions.ndjson', 'jsonl'],
  ['a.b/captions.JSON', 'json'],
  ['captions.Csv', 'csv'],
  ['captions.txt', 'text'],
  ['captions', undefined],
  ['captions.xlsx', undefined],
  ['.csv', undefined],
  ['csv/captions', undefined],
])('the ending of %j asks for %s', (path, format) => {
  expect(formatForFile(path)).toBe(format);
});

test('a line of JSON Lines is one line for every reader', () => {
  const text = 'a\u0085b\u2028c\u2029d\ve\ff\u001cg\nh';
  const line = write('jsonl', true, ok('a\u2028.png', text));
  expect(line).not.toMatch(/[\v\f\r\x1c-\x1e\x85\u2028\u2029]/);
  expect(line.indexOf('\n')).toBe(line.length - 1);
  expect(JSON.parse(line)).toEqual(ok('a\u2028.png', text));
});

test('a line of text is one line for every reader', () => {
  const lines = write('text', true, ok('a.png', 'a\u0085b\vc\fd\u001ee'));
  expect(lines).toBe('a.png\ta b c d e\n');
});
