/** A ledger that is moved, removed or saved over while it is written. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readLedger } from '../../src/storage/ledger/ledger.js';
import {
  failedRecord,
  finishedIn,
  lineOf,
  okRecord,
  open,
  resultsFile,
} from '../support/ledgers.js';
import { listening } from '../support/said.js';

const OLD = lineOf(okRecord('old.png'));

/** A second is over when the test says so. */
function manualTicker() {
  const works = new Set<() => void>();
  return {
    ticker: {
      every(_: number, work: () => void) {
        works.add(work);
        return () => void works.delete(work);
      },
    },
    tick() {
      for (const work of works) work();
    },
  };
}

const line = (image: string) => lineOf(okRecord(image));

/** What somebody does to the file, and what happened in words. */
const DEEDS: [string, (path: string) => void, string][] = [
  ['removed', (path) => rmSync(path), 'was moved or removed'],
  ['moved', (path) => renameSync(path, `${path}.1`), 'was moved or removed'],
  [
    'replaced by an older state of it',
    (path) => {
      writeFileSync(`${path}.new`, OLD);
      renameSync(`${path}.new`, path);
    },
    'was replaced by another file',
  ],
  ['saved over in place', (path) => writeFileSync(path, OLD), 'was saved over or cut short'],
  ['emptied', (path) => truncateSync(path), 'was saved over or cut short'],
];

async function begun(tick = false) {
  const { folder, path } = resultsFile(OLD);
  const manual = manualTicker();
  const told: string[] = [];
  const ledger = await open(path, {
    ticker: manual.ticker,
    tell: listening((what) => told.push(what), 'ledgerMoved'),
  });
  await ledger.append(okRecord('a.png'));
  await ledger.append(okRecord('b.png'));
  if (tick) manual.tick();
  return {
    folder,
    path,
    ledger,
    told,
    tick: manual.tick,
    rest: join(folder, 'captions.rest.jsonl'),
  };
}

describe.each(DEEDS)('a file that is %s', (_, deed, words) => {
  test('is noticed at once: another file gets the next lines and the missing ones', async () => {
    const { path, ledger, told, tick, rest } = await begun(true);
    deed(path);
    tick();
    await ledger.append(okRecord('c.png'));
    expect(told).toEqual([expect.stringContaining(`${path} ${words} while it was written`)]);
    expect(told[0]).toContain(`what follows goes to ${rest}`);
    expect(readFileSync(rest, 'utf8')).toBe(line('a.png') + line('b.png') + line('c.png'));
    await ledger.close();
    expect(ledger.displaced).toMatchObject({
      kind: 'usage',
      message: `${path} ${words} while it was written`,
      hint: expect.stringContaining(`All 3 records of this run are in ${rest}.`),
    });
    expect(finishedIn(await readLedger(rest), rest)).toBe(3);
  });

  test('is noticed at the end', async () => {
    const { path, ledger, told, rest } = await begun();
    deed(path);
    await ledger.close();
    expect(readFileSync(rest, 'utf8')).toBe(line('a.png') + line('b.png'));
    expect(told).toHaveLength(1);
    expect(ledger.displaced?.hint).toContain(`All 2 records of this run are in ${rest}.`);
  });
});

test('a file that stays where it is causes no message', async () => {
  const { folder, ledger, told, tick } = await begun();
  tick();
  await ledger.append(okRecord('c.png'));
  tick();
  await ledger.close();
  expect([told, ledger.displaced]).toEqual([[], undefined]);
  expect(readdirSync(folder)).toEqual(['captions.jsonl']);
});

test('a file that grew again after it was cut is noticed at the end', async () => {
  const { path, ledger, rest } = await begun();
  writeFileSync(path, OLD.repeat(5));
  await ledger.append(okRecord('c.png'));
  await ledger.close();
  expect(readFileSync(path, 'utf8')).toBe(OLD.repeat(5) + line('c.png'));
  expect(readFileSync(rest, 'utf8')).toBe(line('a.png') + line('b.png'));
  expect(ledger.displaced?.hint).toContain(
    `The 3 records of this run: 1 in ${path} and 2 in ${rest}.`,
  );
});

test('lines of others after ours, and an older line that was removed, are no loss', async () => {
  const { folder, path, ledger, told, tick } = await begun();
  appendFileSync(path, line('theirs.png'));
  tick();
  await ledger.append(okRecord('c.png'));
  writeFileSync(path, ['a.png', 'b.png', 'c.png'].map(line).join(''));
  tick();
  await ledger.append(okRecord('d.png'));
  await ledger.close();
  expect(readFileSync(path, 'utf8')).toBe(['a.png', 'b.png', 'c.png', 'd.png'].map(line).join(''));
  expect([told, ledger.displaced]).toEqual([[], undefined]);
  expect(readdirSync(folder)).toEqual(['captions.jsonl']);
});

test('a file that an editor has given other line ends and a byte order mark has them still', async () => {
  const { path, ledger, rest } = await begun();
  const text = readFileSync(path, 'utf8');
  writeFileSync(`${path}.new`, `\uFEFF${text.replaceAll('\n', '\r\n')}`);
  renameSync(`${path}.new`, path);
  await ledger.append(okRecord('c.png'));
  await ledger.close();
  expect(readFileSync(rest, 'utf8')).toBe(line('c.png'));
  expect(ledger.displaced?.hint).toContain(`2 in ${path} and 1 in ${rest}`);
});

describe('an editor that saves everything as another file', () => {
  const save = (path: string) => {
    writeFileSync(`${path}.new`, readFileSync(path));
    renameSync(`${path}.new`, path);
  };

  test('at the end has removed nothing', async () => {
    const { folder, path, ledger, told } = await begun();
    save(path);
    await ledger.close();
    expect([told, ledger.displaced]).toEqual([[], undefined]);
    expect(readdirSync(folder)).toEqual(['captions.jsonl']);
  });

  test('in mid-run removes only the lines that follow', async () => {
    const { folder, path, ledger, tick, rest } = await begun();
    save(path);
    tick();
    await ledger.append(okRecord('c.png'));
    await ledger.close();
    expect(readFileSync(rest, 'utf8')).toBe(line('c.png'));
    expect(ledger.displaced?.hint).toContain(`2 in ${path} and 1 in ${rest}`);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  test('removes nothing if no line follows', async () => {
    const { folder, path, ledger, told, tick } = await begun();
    save(path);
    tick();
    await ledger.close();
    expect(told).toHaveLength(1);
    expect(ledger.displaced).toBeUndefined();
    expect(readdirSync(folder)).toEqual(['captions.jsonl']);
  });
});

test('if the next file is moved too, another one follows', async () => {
  const { folder, path, ledger, tick, rest } = await begun();
  rmSync(path);
  tick();
  await ledger.append(okRecord('c.png'));
  rmSync(rest);
  tick();
  await ledger.append(okRecord('d.png'));
  await ledger.close();
  expect(readdirSync(folder)).toEqual(['captions.rest.jsonl']);
  expect(readFileSync(rest, 'utf8')).toBe(['a.png', 'b.png', 'c.png', 'd.png'].map(line).join(''));
});

test('a file that is already beside it is not written over', async () => {
  const { folder, path, ledger, rest } = await begun();
  writeFileSync(rest, 'mine\n');
  rmSync(path);
  await ledger.close();
  expect(readFileSync(rest, 'utf8')).toBe('mine\n');
  expect(readFileSync(join(folder, 'captions.rest.2.jsonl'), 'utf8')).toBe(
    line('a.png') + line('b.png'),
  );
});

test('a pipe or a folder at its path is not waited for', async () => {
  const { path, ledger, rest } = await begun();
  rmSync(path);
  mkdirSync(path);
  await ledger.close();
  expect(readFileSync(rest, 'utf8')).toBe(line('a.png') + line('b.png'));
});

test('a run with more lines than it holds in memory loses none of them', async () => {
  const { folder, path, ledger, rest } = await begun();
  const long = Array.from({ length: 40 }, (_, at) =>
    okRecord(`${at}.png`, { text: `${at} ${'船'.repeat(20_000)}` }),
  );
  for (const record of long) await ledger.append(record);
  expect(readdirSync(folder)).toEqual(['captions.jsonl']);
  truncateSync(path);
  await ledger.append(failedRecord('z.png'));
  await ledger.close();
  expect(readFileSync(path, 'utf8')).toBe(lineOf(failedRecord('z.png')));
  expect(readFileSync(rest, 'utf8')).toBe(
    line('a.png') + line('b.png') + long.map(lineOf).join(''),
  );
});

test('a run that had nothing to add says that the file is gone', async () => {
  const { folder, path } = resultsFile(OLD);
  const ledger = await open(path);
  rmSync(path);
  await ledger.close();
  expect(ledger.displaced?.hint).toContain('nothing to add');
  expect(readdirSync(folder)).toEqual([]);
});

test('a file that is begun anew after the old one was moved', async () => {
  const { folder, path } = resultsFile(OLD);
  const ledger = await open(path, { overwrite: true });
  renameSync(path, `${path}.1`);
  await ledger.append(okRecord('a.png'));
  await ledger.close();
  expect(readFileSync(path, 'utf8')).toBe(line('a.png'));
  expect(readdirSync(folder).sort()).toEqual(['captions.jsonl', 'captions.jsonl.1']);
});

test('a file that another program put in place of a ledger without records stays', async () => {
  const { folder, path } = resultsFile('');
  rmSync(path);
  const ledger = await open(path);
  rmSync(path);
  writeFileSync(path, 'mine\n');
  await ledger.close();
  expect(readFileSync(path, 'utf8')).toBe('mine\n');
  expect(readdirSync(folder)).toEqual(['captions.jsonl']);
});

test.skipIf(!existsSync('/proc/self/fd'))('the message says where the file was moved', async () => {
  const { path, ledger, rest } = await begun();
  renameSync(path, `${path}.1`);
  await ledger.close();
  expect(ledger.displaced?.hint).toBe(
    `It is ${path}.1 now. All 2 records of this run are in ${rest}. Append ${rest} to the results file, and the next run knows them.`,
  );
});
