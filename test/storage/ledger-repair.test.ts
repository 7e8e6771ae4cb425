/** What an interrupted run or a loss of power leaves behind, and what becomes of it. */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readLedger } from '../../src/storage/ledger/ledger.js';
import { finishedIn, lineOf, newestIn, okRecord, open, resultsFile } from '../support/ledgers.js';
import { listening } from '../support/said.js';

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
  const ledger = await open(path, {
    tell: listening((what) => repairs.push(what.replace(`${path}: `, '')), 'ledgerRepaired'),
  });
  const finished = finishedIn(ledger, path);
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
    const ledger = await open(path, {
      tell: listening((what) => repairs.push(what.replace(`${path}: `, '')), 'ledgerRepaired'),
    });
    await ledger.close();
    // A record is whole once only its line feed is missing.
    const records = ends.filter((end) => end - 1 <= cut).length;
    const end = ends[records - 1] ?? 0;
    expect([cut, finishedIn(ledger, path)]).toEqual([cut, records]);
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

describe('a part of a record among whole ones is set aside', () => {
  const rest = SECOND.slice(0, 30);
  test.each<[string, string, string, string[], number]>([
    ['a beginning', `${FIRST}${rest}\n${THIRD}`, `${FIRST}${' '.repeat(30)}\n${THIRD}`, [rest], 2],
    ['an end', `${FIRST}x":"y"}\n${THIRD}`, `${FIRST}       \n${THIRD}`, ['x":"y"}'], 2],
    ['an end of the last line', `${FIRST}${THIRD}"x"}\n`, `${FIRST}${THIRD}    \n`, ['"x"}'], 2],
    ['on the first line', `${rest}\n${THIRD}`, `${' '.repeat(30)}\n${THIRD}`, [rest], 1],
    ['a page that was lost', `${FIRST}a\0b\n${THIRD}`, `${FIRST}   \n${THIRD}`, ['a\0b'], 2],
    ['before a record on its line', `${rest}${THIRD}`, `${' '.repeat(30)}${THIRD}`, [rest], 1],
    [
      'two of them, and a torn last line',
      `${rest}\n${FIRST}${rest}x\n${THIRD}${rest}`,
      `${' '.repeat(30)}\n${FIRST}${' '.repeat(31)}\n${THIRD}`,
      [rest, `${rest}x`],
      2,
    ],
    [
      'what an interrupted repair has left of one',
      `${FIRST}${SECOND.slice(0, 16)}${' '.repeat(30)}\n${THIRD}`,
      `${FIRST}${' '.repeat(46)}\n${THIRD}`,
      [`${SECOND.slice(0, 16)}${' '.repeat(30)}`],
      2,
    ],
  ])('%s', async (_, content, kept, aside, finished) => {
    const { path } = resultsFile(content);
    const told: string[] = [];
    const ledger = await open(path, {
      tell: listening((what) => told.push(what), 'ledgerDamaged'),
    });
    expect(finishedIn(ledger, path)).toBe(finished);
    const entry = newestIn(ledger, 'c.png');
    expect(entry && lineOf(await ledger.read(entry))).toBe(THIRD);
    await ledger.close();
    expect(readFileSync(path, 'utf8')).toBe(kept);
    expect(readFileSync(`${path}.damaged`, 'utf8')).toBe(aside.map((line) => `${line}\n`).join(''));
    expect(told).toEqual([expect.stringContaining(`moved to ${path}.damaged`)]);
  });

  test('a link is followed, and the other file is named by its real path', async () => {
    const { folder, path } = resultsFile(`${FIRST}${rest}\n${THIRD}`);
    mkdirSync(join(folder, 'other'));
    symlinkSync(path, join(folder, 'other', 'link.jsonl'));
    const told: string[] = [];
    const ledger = await open(join(folder, 'other', 'link.jsonl'), {
      tell: listening((what) => told.push(what), 'ledgerDamaged'),
    });
    await ledger.close();
    expect(told).toEqual([expect.stringContaining(`moved to ${realpathSync(path)}.damaged, and`)]);
  });

  test('half a letter is kept byte by byte', async () => {
    const rest = Buffer.from(SECOND).subarray(0, SECOND.indexOf('小') + 1);
    const { path } = resultsFile(Buffer.concat([Buffer.from(FIRST), rest, Buffer.from(THIRD)]));
    const ledger = await open(path);
    const entry = newestIn(ledger, 'c.png');
    expect(entry && lineOf(await ledger.read(entry))).toBe(THIRD);
    await ledger.close();
    expect(readFileSync(`${path}.damaged`)).toEqual(Buffer.concat([rest, Buffer.from('\n')]));
  });

  test('whole records on one line get lines of their own', async () => {
    const { path } = resultsFile(`${FIRST.trim()}${SECOND.trim()}${THIRD}`);
    const ledger = await open(path);
    expect(finishedIn(ledger, path)).toBe(3);
    for (const image of ['a.png', 'b.png', 'c.png']) {
      const entry = newestIn(ledger, image);
      expect(entry && lineOf(await ledger.read(entry))).toBe(shortLine(image));
    }
    await ledger.close();
    expect(readFileSync(path, 'utf8').trimStart()).toBe(THIRD + FIRST + SECOND);
  });

  test('a part that was kept before an interruption is not kept again', async () => {
    const damaged = `${FIRST}${rest}\n${THIRD}`;
    const { path } = resultsFile(damaged);
    for (let time = 0; time < 2; time += 1) {
      writeFileSync(path, damaged);
      await (await open(path)).close();
      const told: string[] = [];
      await (
        await open(path, { tell: listening((what) => told.push(what), 'ledgerDamaged') })
      ).close();
      expect(told).toEqual([]);
    }
    expect(readFileSync(`${path}.damaged`, 'utf8')).toBe(`${rest}\n`);
  });

  test('if the part cannot be kept, nothing is changed', async () => {
    const damaged = `${FIRST}${rest}\n${THIRD}`;
    const { path } = resultsFile(damaged);
    mkdirSync(`${path}.damaged`);
    await expect(open(path)).rejects.toMatchObject({
      kind: 'usage',
      message: `${path}.damaged cannot be written: it is a folder`,
    });
    expect(readFileSync(path, 'utf8')).toBe(damaged);
  });

  test('reading alone counts whole records, and changes nothing', async () => {
    const damaged = `${FIRST}${rest}${THIRD}`;
    const { folder, path } = resultsFile(damaged);
    expect(finishedIn(await readLedger(path), path)).toBe(2);
    expect(readFileSync(path, 'utf8')).toBe(damaged);
    expect(readdirSync(folder)).toEqual(['captions.jsonl']);
  });
});

describe('a byte order mark', () => {
  test.each([
    ['before the records', `\uFEFF${FIRST}${SECOND}`],
    ['of a second file behind a first one', `${FIRST}\uFEFF${SECOND}`],
  ])('%s is read, and stays', async (_, content) => {
    const { path } = resultsFile(content);
    const ledger = await open(path);
    expect(finishedIn(ledger, path)).toBe(2);
    const entry = newestIn(ledger, 'b.png');
    expect(entry && lineOf(await ledger.read(entry))).toBe(SECOND);
    await ledger.append(okRecord('new.png'));
    await ledger.close();
    expect(readFileSync(path, 'utf8')).toBe(content + lineOf(okRecord('new.png')));
  });

  test('before a torn first record is removed with it', async () => {
    expect(await mended(`\uFEFF${FIRST.slice(0, 40)}`)).toMatchObject({ finished: 0, kept: '' });
  });
});

test('a repaired file needs no repair the next time', async () => {
  const { path } = resultsFile(`${FIRST}\0{\n${SECOND}{"im`);
  await (await open(path)).close();
  const repairs: string[] = [];
  const ledger = await open(path, {
    tell: listening((what) => repairs.push(what.replace(`${path}: `, '')), 'ledgerRepaired'),
  });
  expect([finishedIn(ledger, path), repairs]).toEqual([2, []]);
  await ledger.close();
});
