import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../src/cli/program.js';
import { withoutGrace } from '../../src/network/stop-signals.js';
import type { CommandContext } from '../../src/run/context.js';
import { openAnswerCache } from '../../src/storage/answer-cache.js';
import { thumbnailPath } from '../../src/storage/cache-folder.js';
import { failureOf } from '../support/ask.js';
import { temporaryFolder } from '../support/files.js';
import { bare } from '../support/surroundings.js';

const ANSWER = { text: 'A harbor.', finishReason: 'STOP', model: 'm' };

/** A cache with so many answers. */
async function cacheOf(answers: number): Promise<string> {
  const folder = join(temporaryFolder(), 'gemini-image');
  const cache = openAnswerCache(folder, ({ why }) => expect.unreachable(why));
  for (let at = 0; at < answers; at += 1) await cache.keep(`key ${at}`, ANSWER);
  return folder;
}

/** What a command line prints. */
async function printed(folder: string, ...args: string[]): Promise<string> {
  const parsed = await parseCommandLine(args);
  if ('print' in parsed) return parsed.print;
  let text = '';
  const context: CommandContext = {
    surroundings: bare,
    stdin: { stream: () => Readable.from([]), isData: false },
    stdout: {
      isTerminal: false,
      write: async (more) => {
        text += more;
      },
    },
    tell: ({ type }) => expect.unreachable(type),
    showsTotal: false,
    args,
    signals: withoutGrace(new AbortController().signal),
    isUnread: () => false,
    allowGrace: () => {},
    today: new Date('2026-11-28'),
    settings: async () => ({
      model: 'm',
      baseUrl: () => expect.unreachable(),
      apiKey: () => expect.unreachable(),
      proxy: undefined,
      stepSummary: undefined,
      shardNumber: () => expect.unreachable('nothing is shared out'),
      cacheFolder: async () => folder,
    }),
  };
  expect(await parsed.work(context)).toEqual({ produced: 1, failures: [] });
  return text;
}

/** The error of a command line that is not understood. */
const misused = (...args: string[]) => failureOf(parseCommandLine(args));

/** The flags of one that is. */
async function flags(...args: string[]) {
  const parsed = await parseCommandLine(args);
  return 'flags' in parsed ? parsed.flags : undefined;
}

test('cache prints its folder, the number of answers and their size', async () => {
  const folder = await cacheOf(2);
  expect(await printed(folder, 'cache')).toMatch(/^\/.*\/gemini-image\n2 answers, [\d.]+ kB\n$/);
  const empty = await cacheOf(0);
  expect(await printed(empty, 'cache')).toBe(`${empty}\n0 answers, 0 kB\n`);
});

test('cache clear empties it and says what was removed', async () => {
  const folder = await cacheOf(1);
  const [, size] = (await printed(folder, 'cache')).split(', ');
  expect(await printed(folder, 'cache', 'clear', '--older-than', '1m')).toBe(
    'removed 0 answers, 0 kB\n',
  );
  expect(await printed(folder, 'cache', 'clear')).toBe(`removed 1 answer, ${size}`);
  expect(await printed(folder, 'cache')).toContain('0 answers, 0 kB');
});

test('both count the small pictures of review, which are removed too', async () => {
  const folder = await cacheOf(1);
  for (const name of ['boat', 'lighthouse']) {
    const path = thumbnailPath(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'x'.repeat(9000));
  }
  expect(await printed(folder, 'cache')).toContain('1 answer, 2 small pictures, ');
  expect(await printed(folder, 'cache', 'clear')).toContain('removed 1 answer, 2 small pictures, ');
  expect(await printed(folder, 'cache')).toContain('0 answers, 0 kB');
  expect(existsSync(join(folder, 'thumbnails'))).toBe(false);
});

test.each(['45m', '12h', '30d', '2w', '0d'])('%s is an age', async (age) => {
  const folder = await cacheOf(0);
  expect(await printed(folder, 'cache', 'clear', '--older-than', age)).toContain('0 answers');
});

test.each(['30', 'd', '', '-1d', '1.5h', '30 d', '30D', '1y', '1constructor', '9999999d'])(
  '%j is none',
  async (age) => {
    expect(await misused('cache', 'clear', `--older-than=${age}`)).toMatchObject({
      kind: 'usage',
      message: expect.stringContaining('such as 45m, 12h, 30d or 2w'),
    });
  },
);

describe('the command line', () => {
  test('has help for both commands', async () => {
    for (const words of [
      ['cache', '--help'],
      ['help', 'cache'],
    ]) {
      expect(await printed('', ...words)).toMatch(/^Usage: gemini-image cache [\s\S]*clear/);
    }
    expect(await printed('', 'cache', 'clear', '--help')).toMatch(
      /^Usage: gemini-image cache clear [\s\S]*--older-than/,
    );
  });

  test('refuses an unknown sub-command, and too many arguments', async () => {
    expect(await misused('cache', 'clera')).toMatchObject({
      kind: 'usage',
      message: "unknown command 'clera'",
      hint: 'Did you mean clear?',
    });
    for (const words of [
      ['clear', 'all'],
      ['clear', '--all'],
      ['--older-than', '30d'],
      ['--all'],
    ]) {
      expect((await misused('cache', ...words)).kind, words.join(' ')).toBe('usage');
    }
  });

  test('accepts -q, --debug and the like before and after the sub-command', async () => {
    for (const words of [['cache'], ['cache', 'clear']]) {
      expect(await flags(...words)).toMatchObject({ color: true });
      const talk = ['--quiet', '--debug', '--no-color'];
      expect(await flags(...words, ...talk)).toMatchObject({
        quiet: true,
        debug: true,
        color: false,
      });
    }
    expect(await flags('cache', '-q', 'clear')).toMatchObject({ quiet: true });
  });
});

test('a link in place of the folder of answers is not followed', async () => {
  const root = temporaryFolder();
  const folder = join(root, 'gemini-image');
  mkdirSync(folder);
  mkdirSync(join(root, 'other'));
  writeFileSync(join(root, 'other', 'mine'), 'x');
  symlinkSync(join(root, 'other'), join(folder, 'answers'));
  for (const args of [['cache', 'clear'], ['cache']]) {
    const error = await failureOf(printed(folder, ...args));
    expect(error).toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(/cannot be used: it is a link, which is not followed$/),
    });
  }
  expect(readdirSync(join(root, 'other'))).toEqual(['mine']);
});
