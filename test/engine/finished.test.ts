import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type Plan,
  type PlanOptions,
  planner,
  type RestoreOptions,
  restorer,
} from '../../src/engine/remaining.js';
import type { Sameness } from '../../src/engine/sameness.js';
import { type Sidecars, sidecarsOf } from '../../src/engine/sidecars.js';
import { referenceTo } from '../../src/images/find/reference.js';
import { readLedger } from '../../src/storage/ledger/ledger.js';
import { temporaryFolder } from '../support/files.js';
import {
  failedRecord,
  lineOf,
  namedPicture,
  okRecord,
  open,
  resultsFile,
} from '../support/ledgers.js';

const REQUEST = 'fedcba9876543210';
const BY_PICTURE: Sameness = { hash: 'pictureSha256', underAnyName: true };

/** Two pictures in a folder of their own. */
function pictures(): { folder: string; a: string; b: string } {
  const folder = temporaryFolder({ 'a.png': 'small.png', 'b.jpg': 'harbor.jpg' });
  return { folder, a: join(folder, 'a.png'), b: join(folder, 'b.jpg') };
}

/** What a record says of a file as it is now. */
function factsOf(path: string) {
  const { size, mtime } = statSync(path);
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  return { size, mtime: mtime.toISOString(), sha256 };
}

async function ledgerOf(...records: unknown[]) {
  const ledger = await open(resultsFile(records.map(lineOf).join('')).path);
  onTestFinished(() => ledger.close());
  return ledger;
}

/** A ledger in which one file is described as it is now. */
function ledgerKnowing(path: string) {
  return ledgerOf(okRecord(path, factsOf(path)));
}

type Known = Pick<PlanOptions, 'isWanted' | 'together'> & {
  request: string;
  /** One that is only looked at cannot be read from. */
  ledger: (PlanOptions['ledger'] & Partial<RestoreOptions['ledger']>) | undefined;
  sidecars: Sidecars;
};

async function planOf(
  { request = REQUEST, ...known }: Partial<Known>,
  ...names: string[]
): Promise<Plan> {
  const wanted = [{ style: undefined, request, sameness: BY_PICTURE }];
  const plan = await planner({ wanted, together: false, ...known });
  return plan(names.map(referenceTo));
}

/** Makes a plan and, where somebody does more than look, carries it out. */
async function isDone(known: Partial<Known>, ...names: string[]): Promise<boolean> {
  const plan = await planOf(known, ...names);
  if (plan.kind === 'ask') return false;
  const { ledger, sidecars } = known;
  const { read, append } = ledger ?? {};
  const restore = restorer({ ledger: read && append && { read, append }, sidecars });
  await restore(names.map(referenceTo), plan);
  return true;
}

/** Other bytes, as many as before, at another time. */
function rewrite(path: string): void {
  writeFileSync(path, 'x'.repeat(statSync(path).size));
  touch(path);
}

function keepingTime(path: string, change: () => void): void {
  const { atime, mtime } = statSync(path);
  change();
  utimesSync(path, atime, mtime);
}

function touch(path: string): void {
  utimesSync(path, new Date(), new Date('2020-02-02T02:02:02.002Z'));
}

describe('a file is finished', () => {
  test('if it is as the ledger knows it, and then it is not read', async () => {
    const { a, b } = pictures();
    const ledger = await ledgerKnowing(a);
    expect(await isDone({ ledger }, a)).toBe(true);
    expect(await isDone({ ledger }, b)).toBe(false);
    keepingTime(a, () => rewrite(a));
    expect(await isDone({ ledger }, a)).toBe(true);
  });

  test('if its time differs but its bytes are the same', async () => {
    const { a } = pictures();
    const ledger = await ledgerKnowing(a);
    touch(a);
    expect(await isDone({ ledger }, a)).toBe(true);
  });

  test('by its bytes, if the record has neither size nor time', async () => {
    const { a } = pictures();
    const { request: _, size: __, mtime: ___, ...old } = okRecord(a, factsOf(a));
    const ledger = await ledgerOf({ ...old, request: REQUEST });
    expect(await isDone({ ledger }, a)).toBe(true);
    writeFileSync(a, 'other bytes');
    expect(await isDone({ ledger }, a)).toBe(false);
  });

  test.each<[string, (path: string) => void]>([
    ['its size is another', (path) => keepingTime(path, () => appendFileSync(path, 'x'))],
    ['its bytes are others', (path) => rewrite(path)],
    ['it is gone', (path) => rmSync(path)],
  ])('no longer if %s', async (_, change) => {
    const { a } = pictures();
    const ledger = await ledgerKnowing(a);
    change(a);
    expect(await isDone({ ledger }, a)).toBe(false);
  });

  test('not if something else was asked', async () => {
    const { a } = pictures();
    const ledger = await ledgerKnowing(a);
    expect(await isDone({ ledger, request: '0123456789abcdef' }, a)).toBe(false);
  });

  test('not if it failed, or nothing is known', async () => {
    const { a } = pictures();
    expect(await isDone({ ledger: await ledgerOf(failedRecord(a)) }, a)).toBe(false);
    expect(await isDone({}, a)).toBe(false);
  });

  test('by any of its answers, and not only by its last record', async () => {
    const { a, b } = pictures();
    const ledger = await ledgerOf(
      okRecord(a, factsOf(a)),
      okRecord(a, { ...factsOf(a), request: '0123456789abcdef' }),
      // Of another picture that had this name for a while.
      okRecord(a, factsOf(b)),
      failedRecord(a),
    );
    expect(await isDone({ ledger }, a)).toBe(true);
    expect(await isDone({ ledger, request: '0123456789abcdef' }, a)).toBe(true);
    expect(await isDone({ ledger, request: 'aaaaaaaaaaaaaaaa' }, a)).toBe(false);
  });
});

test('a web address is assumed not to change, and standard input is never known', async () => {
  const ledger = await ledgerOf(okRecord('https://host/a.png'), okRecord('-'));
  expect(await isDone({ ledger }, 'https://host/a.png')).toBe(true);
  expect(await isDone({ ledger }, '-')).toBe(false);
});

test('one question about several is finished while each of them is as it was', async () => {
  const { a, b } = pictures();
  const images = [a, b].map((path) => ({ ...namedPicture(path), ...factsOf(path) }));
  const ledger = await ledgerOf({
    images,
    status: 'ok',
    text: 'Two pictures.',
    request: REQUEST,
    durationMs: 1,
  });
  expect(await isDone({ ledger }, a, b)).toBe(true);
  expect(await isDone({ ledger }, b, a)).toBe(false);
  expect(await isDone({ ledger }, a)).toBe(false);
  touch(b);
  expect(await isDone({ ledger }, a, b)).toBe(true);
  appendFileSync(b, 'x');
  expect(await isDone({ ledger }, a, b)).toBe(false);
});

describe('with sidecars', () => {
  const settings = {
    ...{ extension: 'txt', prefix: '', suffix: '', overwrite: false },
    ...{ requests: [REQUEST], isOffline: false },
  };

  test('an existing one is enough, whatever the ledger says', async () => {
    const { folder, a } = pictures();
    writeFileSync(join(folder, 'a.txt'), 'mine');
    expect(await isDone({ sidecars: sidecarsOf(settings) }, a)).toBe(true);
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('mine');
  });

  test('a missing one is written from the ledger', async () => {
    const { folder, a, b } = pictures();
    const ledger = await ledgerKnowing(a);
    const sidecars = sidecarsOf(settings);
    expect(await isDone({ ledger, sidecars }, a)).toBe(true);
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('Ein Boot – 小さな船.\n');
    expect(await isDone({ ledger, sidecars }, b)).toBe(false);
    expect(existsSync(join(folder, 'b.txt'))).toBe(false);
  });

  test('none is written for a picture that has changed, or by a plan alone', async () => {
    const { folder, a } = pictures();
    const { path } = resultsFile(lineOf(okRecord(a, factsOf(a))));
    expect(
      await isDone({ ledger: await readLedger(path), sidecars: sidecarsOf(settings) }, a),
    ).toBe(true);
    appendFileSync(a, 'x');
    const ledger = await open(path);
    expect(await isDone({ ledger, sidecars: sidecarsOf(settings) }, a)).toBe(false);
    await ledger.close();
    expect(existsSync(join(folder, 'a.txt'))).toBe(false);
  });

  test('a picture that can have none is refused', async () => {
    const sidecars = sidecarsOf(settings);
    await expect(isDone({ sidecars }, 'https://host/a.png')).rejects.toMatchObject({
      kind: 'input',
    });
  });
});

describe('a plan', () => {
  const sidecars = () =>
    sidecarsOf({
      ...{ extension: 'txt', prefix: '', suffix: '', overwrite: false },
      ...{ requests: [REQUEST], isOffline: false },
    });

  test('to ask says where the answer goes', async () => {
    const { folder, a } = pictures();
    expect(await planOf({ sidecars: sidecars() }, a)).toEqual({
      kind: 'ask',
      sidecar: join(folder, 'a.txt'),
    });
    expect(await planOf({}, a)).toEqual({ kind: 'ask' });
  });

  test('writes nothing', async () => {
    const { folder, a, b } = pictures();
    const { path } = resultsFile(lineOf(okRecord('elsewhere.png', factsOf(a))));
    const ledger = await open(path);
    onTestFinished(() => ledger.close());
    const before = readFileSync(path, 'utf8');
    expect(await planOf({ ledger, sidecars: sidecars() }, a)).toMatchObject({
      kind: 'restore',
      before: { isAnswered: true, isCopied: true },
      answer: { copyFor: { image: a } },
      sidecar: join(folder, 'a.txt'),
    });
    expect(await planOf({ ledger, sidecars: sidecars() }, b)).toMatchObject({ kind: 'ask' });
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readdirSync(folder).sort()).toEqual(['a.png', 'b.jpg']);
  });

  test('leaves out unwanted pictures, unless there is an answer', async () => {
    const { a, b } = pictures();
    const ledger = await ledgerKnowing(a);
    const isWanted = () => false;
    expect(await planOf({ ledger, isWanted }, a)).toMatchObject({
      kind: 'skip',
      before: { isAnswered: true },
    });
    expect(await planOf({ ledger, isWanted }, b)).toEqual({ kind: 'skip' });
  });

  test('of a question about all pictures depends on their names', async () => {
    const { folder, a } = pictures();
    const image = { ...namedPicture(a), ...factsOf(a) };
    const record = { images: [image], status: 'ok', text: 'One.', request: REQUEST, durationMs: 1 };
    const ledger = await ledgerOf(record);
    expect(await planOf({ ledger, together: true }, a)).toMatchObject({ kind: 'skip' });
    const renamed = join(folder, 'c.png');
    renameSync(a, renamed);
    expect(await planOf({ ledger, together: true }, renamed)).toEqual({ kind: 'ask' });
  });
});
