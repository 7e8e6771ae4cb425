/** What an interrupted run or a loss of power leaves behind, and what becomes of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lineOf, okRecord, open, resultsFile } from '../support/ledgers.js';

/** As short as a record of the first version can be. */
function shortLine(image: string): string {
  return lineOf({ image, status: 'ok', text: '小さな船', sha256: okRecord(image).sha256 });
}

const FIRST = shortLine('a.png');
const SECOND = shortLine('b.png');
const THIRD = shortLine('c.png');

/** Opens a file of that content, adds a record, and tells what is there then. */
async function mended(content: string | Uint8Array) {
  const { path } = resultsFile(content);
  const repairs: string[] = [];
  const ledger = await open(path, { onRepair: (what) => repairs.push(what) });
  const { finished } = ledger;
  await ledger.append(okRecord('new.png'));
  await ledger.close();
  const after = readFileSync(path, 'utf8');
  const added = lineOf(okRecord('new.png'));
  expect(after.endsWith(added)).toBe(true);
  return { finished, repairs, kept: after.slice(0, -added.length) };
}

test('a file that ends anywhere in its last two records keeps all whole ones', async () => {
  const whole = Buffer.from(FIRST + SECOND + THIRD);
  const ends = [FIRST, FIRST + SECOND, FIRST + SECOND + THIRD].map((text) =>
    Buffer.byteLength(text),
  );
  const [start = 0] = ends;
  const { path } = resultsFile('');
  for (let cut = start; cut <= whole.length; cut += 1) {
    writeFileSync(path, whole.subarray(0, cut));
    const repairs: string[] = [];
    const ledger = await open(path, { onRepair: (what) => repairs.push(what) });
    await ledger.close();
    // A record is whole once only its line feed is missing.
    const records = ends.filter((end) => end - 1 <= cut).length;
    const end = ends[records - 1] ?? 0;
    expect([cut, ledger.finished]).toEqual([cut, records]);
    expect(readFileSync(path).equals(whole.subarray(0, end))).toBe(true);
    expect(repairs).toHaveLength(cut === end ? 0 : 1);
  }
});

test('a file that ends anywhere in its first record is ours', async () => {
  const whole = Buffer.from(FIRST);
  const { path } = resultsFile('');
  for (let cut = 1; cut < whole.length - 1; cut += 1) {
    writeFileSync(path, whole.subarray(0, cut));
    await (await open(path)).close();
    expect([cut, readFileSync(path).length]).toEqual([cut, 0]);
  }
});

test.each<[string, string | Uint8Array, string, string[]]>([
  [
    'a torn record',
    FIRST + SECOND.slice(0, 20),
    FIRST,
    ['a torn last line of 20 bytes was cut off'],
  ],
  ['a record without its end', FIRST.trim(), FIRST, ['the end of the last line was added']],
  ['the bytes of nobody', `${FIRST}\u{1}x`, FIRST, ['a torn last line of 2 bytes was cut off']],
  ['NUL bytes', `${FIRST}\0\0\0`, FIRST, ['a torn last line of 3 bytes was cut off']],
  ['NUL bytes only', '\0\0\0\0', '', ['a torn last line of 4 bytes was cut off']],
  [
    'a torn record and NUL bytes',
    `{"image":"a.png\0\0`,
    '',
    ['a torn last line of 17 bytes was cut off'],
  ],
  [
    'a page that was lost',
    `${FIRST}{"image":"\0\0\0":812}\n`,
    FIRST,
    ['a torn last line of 20 bytes was cut off'],
  ],
  [
    'a lost beginning',
    `${FIRST}\0\0\0":812}\n`,
    FIRST,
    ['a torn last line of 10 bytes was cut off'],
  ],
  [
    'a lost end',
    `${FIRST}{"image":"b.png\n\n`,
    FIRST,
    ['a torn last line of 17 bytes was cut off'],
  ],
  ['nothing', FIRST, FIRST, []],
  ['blank lines', `\n${FIRST}\n \n`, `\n${FIRST}\n \n`, []],
  ['lines that end as on Windows', FIRST.replace('\n', '\r\n'), FIRST.replace('\n', '\r\n'), []],
])(
  '%s: whole records are kept, and the next one is a line of its own',
  async (_, content, kept, repairs) => {
    expect(await mended(content)).toEqual({ finished: kept === '' ? 0 : 1, kept, repairs });
  },
);

describe('a page that was lost before records that were not', () => {
  test('is blanked, and the records after it count', async () => {
    const lost = `{"image":"b${'\0'.repeat(50)}":1}`;
    expect(await mended(`${FIRST}${lost}\n${THIRD}${SECOND.slice(0, 9)}`)).toEqual({
      finished: 2,
      kept: `${FIRST}${' '.repeat(lost.length)}\n${THIRD}`,
      repairs: [
        `a damaged line of ${lost.length} bytes was blanked`,
        'a torn last line of 9 bytes was cut off',
      ],
    });
  });
});

test('what was repaired needs no repair the next time', async () => {
  const { path } = resultsFile(`${FIRST}\0{\n${SECOND}{"im`);
  await (await open(path)).close();
  const repairs: string[] = [];
  const ledger = await open(path, { onRepair: (what) => repairs.push(what) });
  expect([ledger.finished, repairs]).toEqual([2, []]);
  await ledger.close();
});
