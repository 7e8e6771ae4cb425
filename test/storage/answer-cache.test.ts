import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/domain/record.js';
import { openAnswerCache } from '../../src/storage/answer-cache.js';
import { cacheSize, clearCache, entryPath } from '../../src/storage/cache-folder.js';
import { temporaryFolder } from '../support/files.js';
import { listening } from '../support/said.js';

const ANSWER: Answer = {
  text: 'A harbor — at dawn.\n',
  finishReason: 'STOP',
  model: 'gemini-3.5-flash-lite',
  usage: { inputTokens: 1130, outputTokens: 12, thoughtTokens: 0, cachedTokens: 3 },
};
const OTHER: Answer = { text: 'A boat.', finishReason: 'STOP', model: 'other' };

/** A cache in which nothing may go wrong. */
function open(folder = temporaryFolder(), service?: string) {
  const trouble: string[] = [];
  const cache = openAnswerCache(
    folder,
    listening((message) => trouble.push(message)),
    service,
  );
  return { ...cache, folder, trouble };
}

/** All files of a cache. */
function filesOf(folder: string): string[] {
  return readdirSync(join(folder, 'answers'), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, 'answers', name))
    .filter((path) => lstatSync(path).isFile());
}

/** Where the answer to the question 'a' is. */
const placeOf = (folder: string, key = 'a') => entryPath(folder, JSON.stringify(['', key]));

/** What a file holds whose content is in order. */
const sealed = (content: string) =>
  `${createHash('sha256').update(content).digest('hex')}\n${content}`;

describe('an answer', () => {
  test('is found as it was kept, by its key', async () => {
    const { find, keep, trouble, folder } = open();
    expect(await find('a')).toBeUndefined();
    await keep('a', ANSWER);
    await keep('b', OTHER);
    expect(await find('a')).toEqual(ANSWER);
    expect(await find('b')).toEqual(OTHER);
    expect(await find('c')).toBeUndefined();
    expect(await open(folder).find('a')).toEqual(ANSWER);
    expect(trouble).toEqual([]);
  });

  test('kept anew replaces the last one', async () => {
    const { find, keep } = open();
    await keep('a', ANSWER);
    await keep('a', OTHER);
    expect(await find('a')).toEqual(OTHER);
  });

  test('holds what the model said, and nothing else', async () => {
    const { find, keep, folder } = open();
    await keep('a', { ...OTHER, ...{ apiKey: 'secret' } });
    expect(await find('a')).toEqual(OTHER);
    for (const file of filesOf(folder)) expect(readFileSync(file, 'utf8')).not.toContain('secret');
  });

  test('of one service is not found for another', async () => {
    const { folder, keep } = open(undefined, 'https://a.example');
    await keep('a', ANSWER);
    expect(await open(folder, 'https://b.example').find('a')).toBeUndefined();
    expect(await open(folder).find('a')).toBeUndefined();
    expect(await open(folder, 'https://a.example').find('a')).toEqual(ANSWER);
  });

  test('can be read by its user alone', async () => {
    const { folder, keep } = open();
    await keep('a', ANSWER);
    expect(lstatSync(join(folder, 'answers')).mode & 0o077).toBe(0);
  });

  test('may be kept and found by many at once', async () => {
    const folder = temporaryFolder();
    const caches = Array.from({ length: 4 }, () => open(folder));
    const keys = Array.from({ length: 40 }, (_, index) => `key ${index % 10}`);
    await Promise.all(keys.map((key, index) => caches[index % 4]?.keep(key, ANSWER)));
    for (const key of keys) expect(await open(folder).find(key)).toEqual(ANSWER);
    expect(caches.flatMap(({ trouble }) => trouble)).toEqual([]);
  });
});

describe('a damaged entry counts as missing, and can be kept again', () => {
  const damages: Record<string, (folder: string) => void> = {
    'a flipped bit': (folder) => {
      const bytes = readFileSync(placeOf(folder));
      bytes[120] = (bytes[120] ?? 0) ^ 1;
      writeFileSync(placeOf(folder), bytes);
    },
    'a flipped bit in the hash': (folder) => {
      const bytes = readFileSync(placeOf(folder));
      bytes[10] = (bytes[10] ?? 0) ^ 1;
      writeFileSync(placeOf(folder), bytes);
    },
    'an answer cut short': (folder) => {
      truncateSync(placeOf(folder), readFileSync(placeOf(folder)).length - 1);
    },
    'an answer cut within its hash': (folder) => truncateSync(placeOf(folder), 20),
    'an empty file': (folder) => truncateSync(placeOf(folder), 0),
    'more behind the answer': (folder) => writeFileSync(placeOf(folder), 'x', { flag: 'a' }),
    'no file': (folder) => rmSync(placeOf(folder)),
    'a folder in place of the answer': (folder) => {
      rmSync(placeOf(folder));
      mkdirSync(placeOf(folder));
    },
    'a link in place of the answer': (folder) => {
      writeFileSync(join(folder, 'elsewhere'), readFileSync(placeOf(folder)));
      rmSync(placeOf(folder));
      symlinkSync(join(folder, 'elsewhere'), placeOf(folder));
    },
    'everything gone': (folder) => rmSync(join(folder, 'answers'), { recursive: true }),
  };

  test.each(Object.entries(damages))('%s', async (_, damage) => {
    const { find, keep, folder, trouble } = open();
    await keep('a', ANSWER);
    expect(await find('a')).toEqual(ANSWER);
    damage(folder);
    expect(await find('a')).toBeUndefined();
    await keep('a', OTHER);
    expect(await find('a')).toEqual(OTHER);
    expect(trouble).toEqual([]);
  });

  test('a link is not read, and its target is unchanged', async () => {
    const { keep, folder } = open();
    writeFileSync(join(folder, 'mine'), 'mine');
    mkdirSync(dirname(placeOf(folder)), { recursive: true });
    symlinkSync(join(folder, 'mine'), placeOf(folder));
    await keep('a', ANSWER);
    expect(readFileSync(join(folder, 'mine'), 'utf8')).toBe('mine');
    expect(lstatSync(placeOf(folder)).isFile()).toBe(true);
  });

  const key = JSON.stringify(['', 'a']);
  const usage = { inputTokens: 1, outputTokens: 1, thoughtTokens: 0, cachedTokens: 0 };
  test.each<[what: string, content: unknown]>([
    ['no JSON', undefined],
    ['null', null],
    ['a list', []],
    ['of another key', { key: 'b', answer: ANSWER }],
    ['without an answer', { key }],
    ['without a text', { key, answer: { ...ANSWER, text: undefined } }],
    ['without a finish reason', { key, answer: { ...ANSWER, finishReason: 1 } }],
    ['without a model', { key, answer: { ...ANSWER, model: null } }],
    ['with half a usage', { key, answer: { ...ANSWER, usage: { inputTokens: 1 } } }],
    ['with negative tokens', { key, answer: { ...ANSWER, usage: { ...usage, outputTokens: -1 } } }],
    ['with usage in words', { key, answer: { ...ANSWER, usage: 'much' } }],
  ])('an entry %s', async (_, content) => {
    const { find, folder, trouble } = open();
    mkdirSync(dirname(placeOf(folder)), { recursive: true });
    writeFileSync(placeOf(folder), sealed(JSON.stringify(content) ?? '{"key":'));
    expect(await find('a')).toBeUndefined();
    // That the entry is where the cache looks is shown by one that is whole.
    writeFileSync(placeOf(folder), sealed(JSON.stringify({ key, answer: ANSWER })));
    expect(await find('a')).toEqual(ANSWER);
    expect(trouble).toEqual([]);
  });
});

describe('a cache that cannot be used is reported once, and the run goes on', () => {
  test('a file where its folder should be', async () => {
    const folder = join(temporaryFolder(), 'file');
    writeFileSync(folder, '');
    const { find, keep, trouble } = open(folder);
    for (const key of ['a', 'b']) {
      expect(await find(key)).toBeUndefined();
      await keep(key, ANSWER);
    }
    expect(trouble).toEqual([
      `the cache is not used: ${folder}/answers cannot be written: a part of the path is no folder`,
    ]);
  });

  test('a file where the folder of an answer should be', async () => {
    const { keep, trouble, folder } = open();
    mkdirSync(join(folder, 'answers'));
    writeFileSync(dirname(placeOf(folder)), '');
    await keep('a', ANSWER);
    expect(trouble).toEqual([expect.stringMatching(/a part of the path is no folder$/)]);
  });

  test.skipIf(process.getuid?.() === 0)('a folder that is read-only', async () => {
    const { find, keep, trouble, folder } = open();
    chmodSync(folder, 0o500);
    await keep('a', ANSWER);
    expect(await find('a')).toBeUndefined();
    expect(trouble).toEqual([expect.stringContaining('permission denied')]);
  });
});

describe('the size of a cache', () => {
  test('is zero if there is no cache', async () => {
    expect(await cacheSize(join(temporaryFolder(), 'gone'))).toEqual({
      answers: 0,
      pictures: 0,
      bytes: 0,
    });
  });

  test('counts each answer once, and the room of all files on the disk', async () => {
    const { keep, folder } = open();
    await keep('a', ANSWER);
    await keep('a', ANSWER);
    await keep('b', ANSWER);
    const bytes = filesOf(folder).reduce((sum, file) => sum + lstatSync(file).blocks * 512, 0);
    expect(bytes).toBeGreaterThan(0);
    expect(await cacheSize(folder)).toEqual({ answers: 2, pictures: 0, bytes });
  });

  test('fails if the path is no folder', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'answers'), '');
    await expect(cacheSize(folder)).rejects.toMatchObject({
      kind: 'usage',
      message: `the cache in ${folder}/answers cannot be used: it is no folder`,
    });
  });
});

describe('clearing', () => {
  const HOUR = 3_600_000;
  /** Lets everything in the cache so far have been written hours ago. */
  const age = (folder: string, hours: number) => {
    const then = new Date(Date.now() - hours * HOUR);
    for (const file of filesOf(folder)) utimesSync(file, then, then);
  };

  test('removes the whole cache, and nothing else', async () => {
    const { keep, find, folder } = open();
    writeFileSync(join(folder, 'mine.txt'), 'mine');
    mkdirSync(join(folder, 'more'));
    await keep('a', ANSWER);
    await keep('a', OTHER);
    await keep('b', ANSWER);
    truncateSync(placeOf(folder), 10);
    writeFileSync(join(dirname(placeOf(folder)), '0123.tmp'), 'left by a crash');
    symlinkSync(join(folder, 'more'), join(folder, 'answers', 'link'));
    const size = await cacheSize(folder);
    expect(await clearCache(folder)).toEqual(size);
    expect(size.answers).toBe(2);
    expect(readdirSync(folder).sort()).toEqual(['mine.txt', 'more']);
    expect(await find('b')).toBeUndefined();
    await keep('b', ANSWER);
    expect(await find('b')).toEqual(ANSWER);
  });

  test('of a missing cache removes nothing', async () => {
    const folder = join(temporaryFolder(), 'gone');
    expect(await clearCache(folder)).toEqual({ answers: 0, pictures: 0, bytes: 0 });
    expect(await clearCache(folder, { olderThanMs: 0 })).toEqual({
      answers: 0,
      pictures: 0,
      bytes: 0,
    });
    expect(existsSync(folder)).toBe(false);
  });

  test('leaves younger answers and their folders', async () => {
    const { keep, find, folder } = open();
    await keep('old', ANSWER);
    age(folder, 48);
    await keep('new', ANSWER);
    expect((await clearCache(folder, { olderThanMs: 72 * HOUR })).answers).toBe(0);
    expect((await clearCache(folder, { olderThanMs: 24 * HOUR })).answers).toBe(1);
    expect(await find('old')).toBeUndefined();
    expect(await find('new')).toEqual(ANSWER);
    expect(filesOf(folder)).toHaveLength(1);
    expect(
      (await clearCache(folder, { olderThanMs: HOUR, now: Date.now() + 2 * HOUR })).answers,
    ).toBe(1);
    expect(existsSync(join(folder, 'answers'))).toBe(false);
  });

  test('removes the cache of earlier builds, which is never read', async () => {
    const { keep, find, folder } = open();
    const earlier = ['index-v5/2f/a1/03', 'content-v2/sha512/9c/44/ab', 'tmp/5f0c'];
    for (const name of earlier) {
      const path = join(folder, 'answers', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(
        path,
        sealed(JSON.stringify({ key: JSON.stringify(['', 'a']), answer: OTHER })),
      );
    }
    age(folder, 48);
    expect(await find('a')).toBeUndefined();
    await keep('a', ANSWER);
    expect(await find('a')).toEqual(ANSWER);
    const { answers, bytes } = await cacheSize(folder);
    expect(answers).toBe(1);
    const removed = await clearCache(folder, { olderThanMs: 24 * HOUR });
    expect(removed.answers).toBe(0);
    expect(removed.bytes).toBeGreaterThan(0);
    expect(removed.bytes).toBeLessThan(bytes);
    expect(filesOf(folder)).toEqual([placeOf(folder)]);
    expect(await find('a')).toEqual(ANSWER);
  });

  test('does not disturb a run that keeps answers meanwhile', async () => {
    const { keep, find, folder, trouble } = open();
    for (let round = 0; round < 4; round += 1) {
      const keys = Array.from({ length: 20 }, (_, index) => `${round}-${index}`);
      const keeping = Promise.all(keys.map((key) => keep(key, ANSWER)));
      await Promise.all([clearCache(folder), clearCache(folder), keeping]);
      await Promise.all(keys.map((key) => find(key)));
    }
    expect(trouble).toEqual([]);
    await keep('last', ANSWER);
    expect(await find('last')).toEqual(ANSWER);
  });
});
