/** What a ledger knows, adds and refuses. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { hasAnswer } from '../../src/storage/ledger/answers-in.js';
import { readLedger } from '../../src/storage/ledger/ledger.js';
import { ledgerKey } from '../../src/storage/ledger/ledger-key.js';
import { recordLine } from '../../src/storage/ledger/record-line.js';
import { onDataSync } from '../support/disk-syncs.js';
import { temporaryFolder } from '../support/files.js';
import {
  failedRecord,
  finishedIn,
  lineOf,
  namedPicture,
  newestIn,
  okRecord,
  open,
  resultsFile,
} from '../support/ledgers.js';

const usageError = (message: string) => ({ name: 'GeminiImageError', kind: 'usage', message });

describe('what is finished', () => {
  test('an answer, by the name of its picture, with the facts that tell whether it is the same picture', async () => {
    const first = okRecord('a.png');
    const second = okRecord('ü.png', { request: 'other', size: 3_000_000_000 });
    const { path } = resultsFile(lineOf(first) + lineOf(second));
    const ledger = await open(path);
    expect(finishedIn(ledger, path)).toBe(2);
    expect(newestIn(ledger, 'b.png')).toBeUndefined();
    const entry = newestIn(ledger, 'ü.png');
    expect(entry?.answersJust(['other'])).toBe(true);
    const [picture] = entry?.pictures ?? [];
    expect(picture).toMatchObject({
      size: 3_000_000_000,
      mtimeMs: Date.parse(second.mtime ?? ''),
      isIdentified: false,
    });
    expect(picture?.has('sha256', second.sha256)).toBe(true);
    expect(picture?.has('sha256', second.sha256.replace('0', '1'))).toBe(false);
    expect(entry && (await ledger.read(entry))).toEqual(second);
    await ledger.close();
  });

  test.each([
    ['failed', [failedRecord('a.png')], 0],
    ['an answer', [failedRecord('a.png'), okRecord('a.png')], 1],
    ['another answer', [okRecord('a.png'), okRecord('a.png', { request: 'newer' })], 1],
  ])('the newest answer of a picture counts: %s', async (_, records, finished) => {
    const { path } = resultsFile(records.map(lineOf).join(''));
    const ledger = await readLedger(path);
    expect(finishedIn(ledger, path)).toBe(finished);
    const last = records.at(-1);
    const request = last?.status === 'ok' ? last.request : '';
    expect(newestIn(ledger, 'a.png')?.answersJust([request]) ?? false).toBe(request !== '');
  });

  test('one question about several pictures, in their order', async () => {
    const images = [namedPicture('a.png'), { ...namedPicture('b.png'), size: 7 }];
    const { path } = resultsFile(
      lineOf({ images, status: 'ok', text: 'Two boats.', request: 'r', durationMs: 1 }),
    );
    const ledger = await readLedger(path);
    const entry = newestIn(ledger, ledgerKey(['a.png', 'b.png']));
    expect(entry?.pictures.map(({ size }) => size)).toEqual([1234, 7]);
    for (const others of [['b.png', 'a.png'], ['a.png'], ['a.pngb.png'], ['a.png,b.png']]) {
      expect(newestIn(ledger, ledgerKey(others))).toBeUndefined();
    }
  });

  test('records of builds before 0.1.0, which have neither request nor size', async () => {
    const { request: _, size: __, mtime: ___, ...old } = okRecord('a.png');
    const { path } = resultsFile(lineOf(old));
    const entry = newestIn(await readLedger(path), 'a.png');
    expect(entry?.answersJust([])).toBe(true);
    expect(entry?.pictures[0]).toMatchObject({ size: undefined, mtimeMs: undefined });
    expect(entry?.pictures[0]?.has('sha256', old.sha256)).toBe(true);
  });

  test('the answers to several styles, each under its own question', async () => {
    const answers = { title: 'A Boat', tags: ['boat'] };
    const set = { answers, request: 'both', requests: { title: 'of title', tags: 'of tags' } };
    const records = [
      okRecord('a.png', { ...set, asked: { style: 'title,tags', prompt: '' } }),
      okRecord('b.png', { request: 'of title' }),
      // Its own call asked for the tags alone.
      okRecord('b.png', { ...set, asked: { style: 'tags', prompt: '' } }),
    ];
    const { path } = resultsFile(records.map(lineOf).join(''));
    const ledger = await readLedger(path);
    const areOfBoth = (name: string, request: string) =>
      [...ledger.answersTo(name, request)].map((one) => one.answersJust(['of tags', 'of title']));
    expect(areOfBoth('a.png', 'of tags')).toEqual([true]);
    expect(areOfBoth('b.png', 'of title')).toEqual([true, false]);
    expect(areOfBoth('a.png', 'both')).toEqual([]);
    expect(ledger.hasAnswersTo('of tags')).toBe(true);
    const { sha256 = '' } = records[0] ?? {};
    // The newest answer to a question, in whatever set it stands.
    const newest = ledger.findByHash('sha256', sha256, 'of title');
    expect(newest?.at).toBe([...ledger.answersTo('b.png', 'of title')][0]?.at);
    const [first] = ledger.answersTo('a.png', 'of title');
    expect(first && (await ledger.textOf(first))).toBe('title: A Boat\ntags: boat');
    for (const asked of [['of tags', 'of title'], ['of tags']]) {
      expect(ledger.meanUsage(asked)).toEqual({ inputTokens: 100, outputTokens: 15 });
    }
    expect(ledger.meanUsage(['both'])).toBeUndefined();
  });

  test('the tokens of an answer: the mean of what was billed, thoughts included', async () => {
    const usage = { inputTokens: 300, outputTokens: 20, thoughtTokens: 0, cachedTokens: 0 };
    const { usage: _, ...silent } = okRecord('c.png');
    const records = [
      okRecord('a.png'),
      okRecord('b.png', { usage }),
      okRecord('d.png', { usage, cached: true }),
      failedRecord('e.png'),
      silent,
    ];
    const { path } = resultsFile(records.map(lineOf).join(''));
    expect((await readLedger(path)).meanUsage(['fedcba9876543210'])).toEqual({
      inputTokens: 200,
      outputTokens: 17.5,
    });
    expect((await readLedger(path)).meanUsage(['another'])).toBeUndefined();
    expect(
      (await readLedger(resultsFile('').path)).meanUsage(['fedcba9876543210']),
    ).toBeUndefined();
  });

  test('many records, whose lines do not end at the ends of chunks', async () => {
    const records = Array.from({ length: 4000 }, (_, index) =>
      okRecord(`${index}.png`, { text: '船'.repeat((index * 37) % 401) }),
    );
    records.push(okRecord('long.png', { text: 'x'.repeat(3_000_000) }));
    const { path } = resultsFile(records.map(lineOf).join(''));
    const ledger = await open(path);
    expect(finishedIn(ledger, path)).toBe(records.length);
    for (const record of records.filter((_, index) => index % 400 === 0)) {
      const entry = newestIn(ledger, record.image);
      expect(entry && (await ledger.read(entry))).toEqual(record);
    }
    await ledger.close();
  });
});

describe('a record is added', () => {
  test('at the end, in the order of the calls, one a line', async () => {
    const { path } = resultsFile(lineOf(okRecord('old.png')));
    const ledger = await open(path);
    const records = Array.from({ length: 200 }, (_, index) => okRecord(`${index}.png`));
    await Promise.all(records.map((record) => ledger.append(record)));
    await ledger.close();
    expect(readFileSync(path, 'utf8')).toBe([okRecord('old.png'), ...records].map(lineOf).join(''));
    expect(finishedIn(await readLedger(path), path)).toBe(201);
  });

  test('and is in the file before the call returns', async () => {
    const path = join(temporaryFolder(), 'new.jsonl');
    const ledger = await open(path);
    await ledger.append(okRecord('a.png'));
    expect(readFileSync(path, 'utf8')).toBe(lineOf(okRecord('a.png')));
    await ledger.close();
    await ledger.close();
  });
});

describe('a failure', () => {
  const broken = failedRecord('a.png');

  test('that is equal to the newest record of its picture is not added again', async () => {
    const content = lineOf(broken) + lineOf(failedRecord('b.png'));
    const { path } = resultsFile(content);
    for (let time = 0; time < 2; time += 1) {
      const ledger = await open(path);
      await ledger.append(failedRecord('b.png'));
      await ledger.append({ ...broken, costUsd: 0.01 });
      await ledger.close();
    }
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  test('that differs only in times is not added again', async () => {
    const told = (message: string, hint: string) => ({
      ...broken,
      error: { ...broken.error, message, hint },
    });
    const { path } = resultsFile('');
    const ledger = await open(path);
    await ledger.append(told('busy (after 7 attempts)', 'Please retry in 37.123s.'));
    await ledger.append(told('busy (after 12 attempts)', 'Please retry in 8 s.'));
    await ledger.append(told('page 8 is broken', 'Mend it.'));
    await ledger.append(told('page 9 is broken', 'Mend it.'));
    await ledger.close();
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(4);
  });

  test('that differs, or comes after an answer, is added', async () => {
    const other = { ...broken, error: { ...broken.error, message: 'another' } };
    const records = [broken, other, broken, okRecord('a.png'), broken, broken];
    const { path } = resultsFile('');
    for (const record of records) {
      const ledger = await open(path);
      await ledger.append(record);
      await ledger.close();
    }
    expect(readFileSync(path, 'utf8')).toBe(records.slice(0, -1).map(lineOf).join(''));
    expect((await readLedger(path)).hasFailed('a.png')).toBe(true);
  });
});

describe('an answer as large as any', () => {
  // Each letter of it takes six bytes in JSON.
  const large = okRecord('large.png', { text: '\u0001'.repeat(6 << 20) });

  test('is read again, first or last, and its file is recognised as a ledger', async () => {
    const { path } = resultsFile('');
    const first = await open(path);
    await first.append(large);
    await first.append(okRecord('a.png'));
    await first.close();
    const second = await open(path);
    expect(finishedIn(second, path)).toBe(2);
    const entry = newestIn(second, 'large.png');
    expect(entry && (await second.read(entry))).toEqual(large);
    await second.close();
    expect(await hasAnswer(path, () => true)).toBe(true);
  });

  test('is read again as the partial answer of a failure', async () => {
    const { path } = resultsFile(lineOf(okRecord('a.png')));
    const error = { kind: 'answer', message: 'cut', retryable: false } as const;
    const ledger = await open(path);
    await ledger.append({
      image: 'b.png',
      status: 'failed',
      error: { ...error, partialText: 'x'.repeat(17 << 20) },
    });
    await ledger.close();
    expect((await readLedger(path)).hasFailed('b.png')).toBe(true);
  });

  test('is refused by name above the limit of readers', () => {
    const record = okRecord('a.png');
    const { length } = Buffer.from(lineOf(record));
    expect(recordLine(record, length)).toBe(lineOf(record));
    expect(() => recordLine(record, length - 1)).toThrow(
      expect.objectContaining({ message: 'the answer to a.png is too large to be kept' }),
    );
  });
});

test('a file made for a run that has no result is removed', async () => {
  const folder = temporaryFolder();
  const ledger = await open(join(folder, 'new.jsonl'));
  expect(readdirSync(folder)).toEqual(['new.jsonl']);
  await ledger.close();
  expect(readdirSync(folder)).toEqual([]);
});

test('an empty file that was there stays', async () => {
  const { path } = resultsFile('\n');
  await (await open(path)).close();
  expect(readFileSync(path, 'utf8')).toBe('\n');
});

test('a link is followed', async () => {
  const { folder, path } = resultsFile(lineOf(okRecord('a.png')));
  symlinkSync('captions.jsonl', join(folder, 'link'));
  const ledger = await open(join(folder, 'link'));
  await ledger.append(okRecord('b.png'));
  await ledger.close();
  expect(finishedIn(await readLedger(path), path)).toBe(2);
});

test('reading alone makes no file and changes none', async () => {
  const missing = join(temporaryFolder(), 'missing.jsonl');
  expect(newestIn(await readLedger(missing), 'a.png')).toBeUndefined();
  const torn = lineOf(okRecord('a.png')) + lineOf(okRecord('b.png')).slice(0, 99);
  const { folder, path } = resultsFile(torn);
  const holder = await open(resultsFile(lineOf(okRecord('a.png'))).path);
  expect(finishedIn(await readLedger(path), path)).toBe(1);
  expect(readFileSync(path, 'utf8')).toBe(torn);
  expect(readdirSync(folder)).toEqual(['captions.jsonl']);
  await holder.close();
});

describe('a file that is not ours is refused and stays as it is', () => {
  const ours = lineOf(okRecord('a.png'));
  test.each<[string, string | Uint8Array, number]>([
    ['text', 'Dear diary,\n', 1],
    ['text without an end', 'Dear diary', 1],
    ['other JSON Lines', '{"image":"a.png","caption":"A boat."}\n', 1],
    ['JSON without an end', '{"images":[{"id":1}]}', 1],
    ['JSON on many lines', '[\n{"image":"a.png"}\n]\n', 1],
    ['an array of records', `[${ours.trim()}]`, 1],
    ['a broken opening', '{"image\n', 1],
    ['a record without a text', '{"image":"a","status":"ok"}\n', 1],
    ['a record without a digest', lineOf({ ...okRecord('a.png'), sha256: 'ff' }), 1],
    ['a question about no picture', '{"images":[],"status":"failed","error":{}}\n', 1],
    ['a note between records', `${ours}\nsee below\n${ours}`, 3],
    ['a note after records', `${ours}see above\n`, 2],
    ['other JSON after records', `${ours}{"note":1}`, 2],
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]), 1],
    ['bytes', Buffer.from([0, 0, 10, 1, 2, 10, 7]), 2],
    ['one endless line', Buffer.alloc(17 << 20, '{"image'), 1],
  ])('%s', async (_, content, line) => {
    const { folder, path } = resultsFile(content);
    const before = statSync(path, { bigint: true });
    const refusal = {
      ...usageError(`${path} is no results file of gemini-image: line ${line} is no record`),
      hint: 'Name another file with -o, or move this one away.',
    };
    for (const overwrite of [false, true]) {
      await expect(open(path, { overwrite })).rejects.toMatchObject(refusal);
    }
    await expect(readLedger(path)).rejects.toMatchObject(refusal);
    expect(readFileSync(path).equals(Buffer.from(content))).toBe(true);
    expect(statSync(path, { bigint: true })).toMatchObject({
      mtimeNs: before.mtimeNs,
      ino: before.ino,
    });
    expect(readdirSync(folder)).toEqual(['captions.jsonl']);
  });
});

describe('a file that cannot be written is refused when it is opened', () => {
  test.each([
    ['nowhere/a.jsonl', 'the folder does not exist'],
    ['captions.jsonl/a.jsonl', 'a part of the path is no folder'],
    ['folder', 'it is a folder'],
    ['new/', 'it is a folder'],
  ])('%s: %s', async (name, why) => {
    const { folder } = resultsFile(lineOf(okRecord('a.png')));
    mkdirSync(join(folder, 'folder'));
    const path = `${folder}/${name}`;
    await expect(open(path)).rejects.toMatchObject(usageError(`${path} cannot be written: ${why}`));
    expect(readdirSync(folder).sort()).toEqual(['captions.jsonl', 'folder']);
  });

  test('a file that is read', async () => {
    const { path } = resultsFile('');
    await expect(open(path, { untouchable: [path] })).rejects.toMatchObject(
      usageError(`${path} cannot be written: it is being read`),
    );
  });

  test.skipIf(process.getuid?.() === 0)('a file that may only be read', async () => {
    const { path } = resultsFile(lineOf(okRecord('a.png')));
    chmodSync(path, 0o400);
    await expect(open(path)).rejects.toMatchObject(
      usageError(`${path} cannot be written: permission denied`),
    );
  });
});

describe('records are brought to the disk', () => {
  test('within a second, and the rest at the end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { path } = resultsFile('');
    const lines: number[] = [];
    await onDataSync(() => lines.push(readFileSync(path, 'utf8').split('\n').length - 1));
    const ledger = await open(path);
    const before = lines.length;
    await ledger.append(okRecord('a.png'));
    await ledger.append(okRecord('b.png'));
    expect(lines).toHaveLength(before);
    await vi.advanceTimersByTimeAsync(1000);
    expect(lines.slice(before)).toEqual([2]);
    await ledger.append(okRecord('c.png'));
    await ledger.close();
    expect(lines.slice(before)).toEqual([2, 3]);
  });

  test('only once, if nothing was added since', async () => {
    const { path } = resultsFile(lineOf(okRecord('a.png')));
    let syncs = 0;
    await onDataSync(() => {
      syncs += 1;
    });
    const ledger = await open(path);
    await ledger.close();
    expect(syncs).toBe(0);
  });
});

describe('an answer is found', () => {
  const digestOf = (number: number) => createHash('sha256').update(String(number)).digest('hex');

  test('to each question under a name, the newest first, even after failures', async () => {
    const records = [
      okRecord('a.png', { size: 1 }),
      okRecord('a.png', { request: 'other' }),
      okRecord('b.png'),
      okRecord('./a.png', { size: 2 }),
      failedRecord('a.png'),
    ];
    const ledger = await readLedger(resultsFile(records.map(lineOf).join('')).path);
    const sizes = (request: string) =>
      [...ledger.answersTo('a.png', request)].map(({ pictures }) => pictures[0]?.size);
    expect(sizes('fedcba9876543210')).toEqual([2, 1]);
    expect(sizes('other')).toEqual([1234]);
    expect(sizes('none')).toEqual([]);
    expect([...ledger.answersTo('c.png', 'other')]).toEqual([]);
  });

  test('by either hash of its picture, under whatever name', async () => {
    const records = Array.from({ length: 1000 }, (_, number) => {
      const hashes = { sha256: digestOf(number), pictureSha256: digestOf(-number - 1) };
      return okRecord(`${number}.png`, number % 2 ? hashes : { sha256: hashes.sha256 });
    });
    const ledger = await open(resultsFile(records.map(lineOf).join('')).path);
    const found = async (...args: Parameters<typeof ledger.findByHash>) => {
      const entry = ledger.findByHash(...args);
      return entry && (await ledger.read(entry)).text;
    };
    for (const number of [0, 1, 500, 999]) {
      const entry = ledger.findByHash('sha256', digestOf(number), 'fedcba9876543210');
      expect(entry && (await ledger.read(entry))).toEqual(records[number]);
    }
    const seen = ledger.findByHash('pictureSha256', digestOf(-1000), 'fedcba9876543210');
    expect(seen && (await ledger.read(seen))).toEqual(records[999]);
    expect(await found('pictureSha256', digestOf(-501), 'fedcba9876543210')).toBeUndefined();
    expect(await found('pictureSha256', digestOf(1), 'fedcba9876543210')).toBeUndefined();
    expect(await found('sha256', digestOf(1), 'another')).toBeUndefined();
    await ledger.close();
  });

  test('to the right question, if equal pictures have answers to several', async () => {
    const records = ['one', 'two', 'one'].map((request, number) =>
      okRecord(`${number}.png`, { request, size: number }),
    );
    const ledger = await readLedger(resultsFile(records.map(lineOf).join('')).path);
    const { sha256 } = okRecord('0.png');
    const sizeOf = (request: string) =>
      ledger.findByHash('sha256', sha256, request)?.pictures[0]?.size;
    expect([sizeOf('one'), sizeOf('two')]).toEqual([2, 1]);
  });
});

test('lines that are written in another way than ours say the same', async () => {
  const records = [
    okRecord('a.png', { size: 1, page: 2 }),
    okRecord('ü"1".png', { request: 'ü', size: 2, pictureSha256: 'ab'.repeat(32) }),
    okRecord('./c.png', { answers: { tags: ['x'], alt: 'y' }, requests: { tags: 't', alt: 'a' } }),
    okRecord('d.png', { answers: { tags: ['x'], alt: 'y' }, requests: { tags: 't', alt: 'a' } }),
    { ...okRecord('e.png'), request: undefined, usage: undefined },
  ];
  const usual = resultsFile(records.map(lineOf).join(''));
  const spaced = resultsFile(records.map((record) => ` ${lineOf(record)}`).join(''));
  const [one, other] = [await readLedger(usual.path), await readLedger(spaced.path)];
  for (const key of ['a.png', 'ü"1".png', 'c.png', 'd.png', 'e.png']) {
    const facts = [one, other].map((ledger) => {
      const entry = newestIn(ledger, key);
      const [picture] = entry?.pictures ?? [];
      const requests = ['fedcba9876543210', 'ü', 't', 'a'];
      return {
        answers: requests.filter((request) => ledger.newestAnswerTo(key, request)),
        isNone: entry?.answersJust([]),
        isBoth: entry?.answersJust(['a', 't']),
        ...{ size: picture?.size, mtimeMs: picture?.mtimeMs },
        isIdentified: picture?.isIdentified,
        isSame: picture?.has('sha256', okRecord('').sha256),
        isAlike: picture?.has('pictureSha256', 'ab'.repeat(32)),
        byHash: requests.map(
          (request) => ledger.findByHash('sha256', okRecord('').sha256, request) !== undefined,
        ),
        mean: ledger.meanUsage(['a', 't']) ?? ledger.meanUsage([requests[0] ?? '']),
      };
    });
    expect(facts[0]?.size).toBeDefined();
    expect(facts[0]).toEqual(facts[1]);
  }
});
