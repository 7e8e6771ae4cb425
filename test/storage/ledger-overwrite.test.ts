/** Starting anew: the old file is kept until there is something new, and after that as a backup. */
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Tell } from '../../src/domain/events.js';
import type { LedgerEventType } from '../../src/storage/ledger/ledger.js';
import {
  failedRecord,
  finishedIn,
  lineOf,
  newestIn,
  okRecord,
  open,
  resultsFile,
} from '../support/ledgers.js';

const OLD = lineOf(okRecord('old.png'));

test('the old file is set aside with the first record, beside older ones', async () => {
  const { folder, path } = resultsFile(OLD);
  writeFileSync(`${path}~`, 'an older backup');
  chmodSync(path, 0o640);
  const ledger = await open(path, { overwrite: true });
  expect([finishedIn(ledger, path), newestIn(ledger, 'old.png')]).toEqual([0, undefined]);
  expect(readFileSync(path, 'utf8')).toBe(OLD);
  expect(readFileSync(`${path}~`, 'utf8')).toBe('an older backup');
  await Promise.all(['a.png', 'b.png'].map((image) => ledger.append(okRecord(image))));
  await ledger.append(okRecord('c.png'));
  await ledger.close();
  expect(readFileSync(path, 'utf8')).toBe(
    ['a.png', 'b.png', 'c.png'].map((image) => lineOf(okRecord(image))).join(''),
  );
  expect(readFileSync(`${path}.~1~`, 'utf8')).toBe(OLD);
  expect(readFileSync(`${path}~`, 'utf8')).toBe('an older backup');
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(readdirSync(folder).sort()).toEqual([
    'captions.jsonl',
    'captions.jsonl.~1~',
    'captions.jsonl~',
  ]);
});

test('a run without a result leaves everything as it was', async () => {
  const { folder, path } = resultsFile(`${OLD}{"ima`);
  await (await open(path, { overwrite: true })).close();
  expect(readFileSync(path, 'utf8')).toBe(`${OLD}{"ima`);
  expect(readdirSync(folder)).toEqual(['captions.jsonl']);
});

test.each(['', '\n', '{"imag'])('there is no backup of %j', async (content) => {
  const { folder, path } = resultsFile(content);
  const ledger = await open(path, { overwrite: true });
  await ledger.append(okRecord('a.png'));
  await ledger.close();
  expect(readFileSync(path, 'utf8').trimStart()).toBe(lineOf(okRecord('a.png')));
  expect(readdirSync(folder)).toEqual(['captions.jsonl']);
});

test('no other run can write the file before, during and after the replacement', async () => {
  const { path } = resultsFile(OLD);
  const busy = { message: `${path} is being written by another run` };
  const ledger = await open(path, { overwrite: true });
  await expect(open(path)).rejects.toMatchObject(busy);
  const [, other] = await Promise.allSettled([ledger.append(okRecord('a.png')), open(path)]);
  expect(other).toMatchObject({ status: 'rejected', reason: busy });
  await expect(open(path)).rejects.toMatchObject(busy);
  await ledger.close();
  const next = await open(path);
  expect(finishedIn(next, path)).toBe(1);
  await next.close();
});

test('a replacement that was interrupted after its first step loses nothing', async () => {
  const { path } = resultsFile(OLD);
  // The old file has both names, as it has before the new one takes the first.
  linkSync(path, `${path}~`);
  const ledger = await open(path, { overwrite: true });
  await ledger.append(okRecord('a.png'));
  await ledger.close();
  expect(readFileSync(path, 'utf8')).toBe(lineOf(okRecord('a.png')));
  expect(readFileSync(`${path}~`, 'utf8')).toBe(OLD);
});

test('a link stays a link', async () => {
  const { folder, path } = resultsFile(OLD);
  symlinkSync('captions.jsonl', join(folder, 'link'));
  const ledger = await open(join(folder, 'link'), { overwrite: true });
  await ledger.append(okRecord('a.png'));
  await ledger.close();
  expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe(lineOf(okRecord('a.png')));
});

test('a folder with the first name is skipped', async () => {
  const { path } = resultsFile(OLD);
  mkdirSync(`${path}~`);
  const ledger = await open(path, { overwrite: true });
  await ledger.append(okRecord('a.png'));
  await ledger.close();
  expect(readFileSync(`${path}.~1~`, 'utf8')).toBe(OLD);
});

describe('a run without an answer', () => {
  test('sets nothing aside, however often it fails', async () => {
    const { folder, path } = resultsFile(OLD);
    for (let time = 0; time < 2; time += 1) {
      const ledger = await open(path, { overwrite: true });
      await ledger.append(failedRecord('old.png'));
      await ledger.close();
    }
    expect(readFileSync(path, 'utf8')).toBe(OLD);
    expect(readdirSync(folder)).toEqual(['captions.jsonl']);
  });

  test('keeps its failures for the file of the first answer', async () => {
    const { path } = resultsFile(OLD);
    const told: [number, string][] = [];
    const tell: Tell<LedgerEventType> = (event) => {
      if (event.type === 'ledgerSetAside') told.push([event.records, event.aside]);
    };
    const ledger = await open(path, { overwrite: true, tell });
    const records = [failedRecord('a.png'), failedRecord('b.png'), okRecord('c.png')];
    await Promise.all(records.map((record) => ledger.append(record)));
    await ledger.close();
    expect(readFileSync(path, 'utf8')).toBe(records.map(lineOf).join(''));
    expect(told).toEqual([[1, `${path}~`]]);
  });
});
