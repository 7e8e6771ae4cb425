import { describe, expect, test } from 'vitest';
import type { CaptionRecord, OkRecord } from '../../src/domain/record.js';
import { csvFormat, tsvFormat } from '../../src/output/csv.js';

const HEADER =
  'image,status,text,model,finishReason,inputTokens,outputTokens,thoughtTokens,cachedTokens,' +
  'costUsd,cached,mimeType,width,height,sha256,durationMs,errorKind,errorMessage,partialText\r\n';

const full: OkRecord = {
  image: 'photos/a.png',
  status: 'ok',
  text: 'A boat.',
  finishReason: 'STOP',
  model: 'gemini-2.5-flash',
  usage: { inputTokens: 1300, outputTokens: 40, thoughtTokens: 7, cachedTokens: 3 },
  request: 'r',
  costUsd: 0.00049,
  cached: true,
  mimeType: 'image/png',
  width: 640,
  height: 480,
  size: 1234,
  mtime: '2026-01-02T03:04:05.000Z',
  sha256: 'abc',
  sent: { mimeType: 'image/png', width: 640, height: 480, bytes: 1200, changes: [] },
  durationMs: 812,
};

const failed: CaptionRecord = {
  image: 'b.png',
  status: 'failed',
  error: {
    kind: 'answer',
    message: 'cut short',
    hint: 'Ask less.',
    retryable: false,
    partialText: 'A bo',
  },
  usage: { inputTokens: 1300, outputTokens: 40, thoughtTokens: 0, cachedTokens: 0 },
  costUsd: 0.0001,
};

function write(...records: CaptionRecord[]): string {
  const format = csvFormat().create();
  const pieces = records.map(
    (record) => format.piece('A bo', 'photos/a.png') + format.record(record),
  );
  return pieces.join('') + format.end();
}

/** A cell as RFC 4180 draws it, with the comma or the line end after it. */
const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;

/** Reads CSV by the letter of RFC 4180; anything else is an error. */
function parse(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  CELL.lastIndex = 0;
  while (CELL.lastIndex < csv.length) {
    const at = CELL.lastIndex;
    const [, quoted, plain = '', end] = CELL.exec(csv) ?? [];
    if (end === undefined) throw new Error(`no cell at ${at}: ${csv.slice(at, at + 20)}`);
    row.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

/** What a spreadsheet sees, by the names of the columns. */
function rowsOf(...records: CaptionRecord[]): Record<string, string>[] {
  const [header = [], ...rows] = parse(write(...records));
  return rows.map((row) => {
    expect(row).toHaveLength(header.length);
    return Object.fromEntries(header.map((name, index) => [name, row[index] ?? '']));
  });
}

/** Without the cells that are empty. */
function filled(row: Record<string, string> | undefined) {
  return Object.fromEntries(Object.entries(row ?? {}).filter(([, cell]) => cell !== ''));
}

test('begins with a header, even if no row follows, and ends each row with CR LF', () => {
  expect(write()).toBe(HEADER);
  expect(write(full)).toBe(
    `${HEADER}photos/a.png,ok,A boat.,gemini-2.5-flash,STOP,1300,40,7,3,0.00049,true,image/png,640,480,abc,812,,,\r\n`,
  );
  expect(rowsOf(full, failed, full)).toHaveLength(3);
});

test('a failure has its reason, its partial text and its cost', () => {
  expect(filled(rowsOf(failed)[0])).toEqual({
    image: 'b.png',
    status: 'failed',
    inputTokens: '1300',
    outputTokens: '40',
    thoughtTokens: '0',
    cachedTokens: '0',
    costUsd: '0.0001',
    errorKind: 'answer',
    errorMessage: 'cut short',
    partialText: 'A bo',
  });
});

test('a value that a record does not have is empty', () => {
  const { usage, costUsd, cached, ...plain } = full;
  expect(rowsOf(plain)[0]).toMatchObject({ inputTokens: '', costUsd: '', cached: '' });
});

test('an answer about several pictures has their names, each on a line', () => {
  const { image, mimeType, width, height, size, mtime, sha256, sent, ...answer } = full;
  const images = [full, { ...full, image: '=b.png' }];
  const { usage, costUsd, cached, ...rest } = answer;
  expect(filled(rowsOf({ ...rest, images })[0])).toEqual({
    image: 'photos/a.png\n=b.png',
    status: 'ok',
    text: 'A boat.',
    model: 'gemini-2.5-flash',
    finishReason: 'STOP',
    durationMs: '812',
  });
  const broken: CaptionRecord = {
    images: [{ image: '-' }, { image: 'b.png' }],
    status: 'failed',
    error: { kind: 'service', message: 'overloaded', retryable: true },
  };
  expect(rowsOf(broken)[0]).toMatchObject({ image: "'-\nb.png", errorKind: 'service' });
});

describe('a text comes back as it was', () => {
  test.each([
    'He said "hi", twice.',
    '"',
    '""',
    'two\nlines',
    'two\rlines',
    'two\r\nlines',
    'a blank\n\none, and\n',
    ' blanks, around ',
    'a;b\tc|d',
    '👩‍👩‍👧 日本 Grüße',
    '\u202egnp.exe\u2066',
    'a\u2028b\u2029c\u0085d',
    '\ufeffbegins with a mark',
    "it's",
    '1 + 1 = 2, -3 @ home',
    'A\u001b[2J\0B',
    'a\vb\fc\u001cd\u001de\u001ef',
    ' 1 + 1',
    '\u00a0a - b',
  ])('%j', (text) => {
    const [row] = rowsOf({ ...full, text, image: text });
    expect(row).toMatchObject({ text, image: text, durationMs: '812' });
  });
});

describe('a text that a spreadsheet would take for a formula gets an apostrophe', () => {
  test.each([
    '=1+1',
    '=HYPERLINK("http://evil.example","click")',
    "=cmd|'/C calc'!A0",
    '+1',
    '-1',
    '-photo.png',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    '＝1',
    '＋1',
    '－1',
    '＠1',
    '﹢1',
    ' =1+1',
    '\u00a0=1',
    '\ufeff=1',
    '\v+1',
    '\f=1',
    '\0=1',
    '\u001c@1',
    '\u0085-1',
    '\u200b\u2060=1',
    '\u{e0041}=1',
    ' \u00a0\ufeff\v\0 =1',
  ])('%j', (text) => {
    const error = { kind: 'input', message: text, partialText: text, retryable: false } as const;
    const named = { ...full, image: text, text, model: text, finishReason: text, mimeType: text };
    const [answered, refused] = rowsOf(named, { image: text, status: 'failed', error });
    const held = `'${text}`;
    expect(answered).toMatchObject({
      image: held,
      text: held,
      model: held,
      finishReason: held,
      mimeType: held,
    });
    expect(refused).toMatchObject({ image: held, errorMessage: held, partialText: held });
  });
});

test('a text with a line end of other readers is quoted', () => {
  for (const end of ['\v', '\f', '\u001c', '\u001d', '\u001e', '\u0085', '\u2028', '\u2029']) {
    expect(write({ ...full, text: `a${end}b` })).toContain(`,ok,"a${end}b",`);
  }
});

describe('with tabs between the cells', () => {
  const table = (...records: CaptionRecord[]) => {
    const format = tsvFormat().create();
    return records.map((record) => format.record(record)).join('') + format.end();
  };

  test('each record is one line of as many columns as the header', () => {
    const texts = ['two\nlines', 'a\tb', 'a\r\nb', 'a\u0085b\u2028c\vd', 'plain'];
    const lines = table(...texts.map((text) => ({ ...full, text }))).split('\n');
    expect(lines[0]).toBe(HEADER.trim().replaceAll(',', '\t'));
    expect(lines.slice(1, -1).map((line) => line.split('\t')[2])).toEqual([
      'two lines',
      'a b',
      'a b',
      'a b c d',
      'plain',
    ]);
    expect(lines.at(-1)).toBe('');
  });

  test('quotes and formulas are as in CSV', () => {
    expect(table({ ...full, text: 'say "hi", twice' })).toContain('\tok\t"say ""hi"", twice"\t');
    expect(table({ ...full, text: '=1+1' })).toContain("\tok\t'=1+1\t");
    expect(table({ ...full, text: ' =1+1' })).toContain("\tok\t' =1+1\t");
  });
});

test('numbers stay numbers', () => {
  const usage = { inputTokens: 1e9, outputTokens: 0, thoughtTokens: 0, cachedTokens: 0 };
  const [row] = rowsOf({ ...full, usage, costUsd: 1e-7, durationMs: -1 });
  expect(row).toMatchObject({
    inputTokens: '1000000000',
    outputTokens: '0',
    costUsd: '1e-7',
    durationMs: '-1',
  });
});
