import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ProgramEvent } from '../../src/domain/events.js';
import { createGeminiImage } from '../../src/library/client.js';
import { describeImageStream } from '../../src/library/describe-image.js';
import { find } from '../../src/library/find.js';
import type { ClientOptions } from '../../src/library/options.js';
import { finished } from '../support/answers.js';
import { failureOf, KEY } from '../support/ask.js';
import { closedPort, type FakeGemini, fakeGemini, json, silence } from '../support/fake-gemini.js';
import { fixture, fixtureBytes, temporaryFolder } from '../support/files.js';
import { readAll } from '../support/read-all.js';

const PICTURE = fixture('small.png');

const clientOf = (server: FakeGemini, more: Partial<ClientOptions> = {}) =>
  createGeminiImage({ apiKey: KEY, baseUrl: server.url, retries: 0, ...more });

const verdicts = { verdicts: [{ claim: 1, verdict: 'holds', evidence: 'It is.' }] };

describe('a client', () => {
  test('describes, judges claims and finds things, each by its own record', async () => {
    const boxes = { boxes: [{ label: 'boat', box_2d: [0, 0, 500, 500] }] };
    const server = await fakeGemini(
      json(finished('A boat.')),
      json(finished(JSON.stringify(boxes))),
    );
    const client = clientOf(server);
    expect((await client.describe(PICTURE)).text).toBe('A boat.');
    const found = await client.detect(PICTURE, ['Boat', 'dogs']);
    expect(found.data?.boxes).toEqual([
      {
        label: 'Boat',
        box: { x: 0, y: 0, width: 48, height: 32 },
        normalized: [0, 0, 500, 500],
      },
    ]);
  });

  test('judges claims by several votes', async () => {
    const server = await fakeGemini(json(finished(JSON.stringify(verdicts))));
    const { data } = await clientOf(server).check(PICTURE, 'a boat is there', { votes: 3 });
    expect(data?.verdicts).toMatchObject([
      { claim: 'a boat is there', verdict: 'holds', votes: { holds: 3, fails: 0, unclear: 0 } },
    ]);
    expect(server.requests).toHaveLength(3);
  });

  test('has one pace for all its calls', async () => {
    const server = await fakeGemini(json(finished('A boat.')));
    const client = clientOf(server, { rpm: 1 });
    const calls = new AbortController();
    const { signal } = calls;
    const all = Array.from({ length: 50 }, () => client.describe(PICTURE, { signal }));
    const outcomes = Promise.allSettled(all);
    await Promise.any(all);
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
    expect(server.requests).toHaveLength(1);
    calls.abort();
    const statuses = (await outcomes).map(({ status }) => status);
    expect(statuses.filter((status) => status === 'fulfilled')).toHaveLength(1);
    expect(server.requests).toHaveLength(1);
  });

  test('lets a call set options otherwise, and keeps those that it leaves undefined', async () => {
    const server = await fakeGemini(json(finished('A boat.')));
    const client = clientOf(server, { model: 'gemini-4-neon', system: 'Be brief.', maxEdge: 48 });
    await client.describe(PICTURE, { model: undefined, maxEdge: undefined });
    const other = await client.describe(PICTURE, { model: 'gemini-5-zinc', maxEdge: 0 });
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/v1beta/models/gemini-4-neon:generateContent',
      '/v1beta/models/gemini-5-zinc:generateContent',
    ]);
    expect(server.requests.every(({ body }) => body.includes('Be brief.'))).toBe(true);
    expect(other.sent.width).toBe(96);
  });

  test('tells the listener of a call, or else its own, and its own of pauses', async () => {
    const server = await fakeGemini(json(finished('A boat.')));
    const heard: [string, ProgramEvent['type']][] = [];
    const listener = (who: string) => (event: ProgramEvent) => void heard.push([who, event.type]);
    const client = clientOf(server, { onEvent: listener('client') });
    const wrong = fixture('mislabelled.png');
    await client.describe(wrong);
    await client.describe(wrong, { onEvent: listener('call') });
    expect(heard).toEqual([
      ['client', 'warning'],
      ['call', 'warning'],
    ]);
  });

  test('keeps answers in a cache, also for others, and asks once at a time', async () => {
    const server = await fakeGemini(json(finished('A boat.')));
    const cache = temporaryFolder();
    const client = clientOf(server, { cache });
    const [first, second] = await Promise.all([client.describe(PICTURE), client.describe(PICTURE)]);
    expect([first.cached, second.cached].filter((cached) => cached)).toHaveLength(1);
    const [third] = await readAll(clientOf(server).describeMany([PICTURE], { cache }));
    expect(third).toMatchObject({ text: 'A boat.', cached: true, costUsd: 0 });
    expect(server.requests).toHaveLength(1);
  });

  test('takes bytes with a name, and what find yields', async () => {
    const server = await fakeGemini(json(finished('A boat.')));
    const client = clientOf(server);
    const named = { name: 'upload.png', bytes: fixtureBytes('small.png') };
    expect((await client.describe(named)).image).toBe('upload.png');
    for await (const found of find(PICTURE)) {
      expect((await client.describe(found)).image).toBe(PICTURE);
    }
    for await (const found of find('/nowhere/*.png')) {
      expect(await failureOf(client.describe(found))).toMatchObject({ kind: 'input' });
    }
  });
});

describe('options are refused before any call', () => {
  const cases: [what: string, given: object, message: string, hint?: string][] = [
    ['a slip', { promt: 'x' }, 'unknown option promt: did you mean prompt?'],
    ['another spelling', { max_edge: 1 }, 'unknown option max_edge: did you mean maxEdge?'],
    ['a beginning', { context2: 'x' }, 'unknown option context2: did you mean context?'],
    ['a name like no other', { foo: 1 }, 'unknown option "foo"', 'describe takes system, '],
    [
      'one of the client',
      { apiKey: 's3cr3t' },
      'apiKey is no option of describe',
      'createGeminiImage has the option apiKey.',
    ],
    [
      'one of the command',
      { timeout: 3 },
      'timeout is no option of describe',
      'createGeminiImage has the option timeoutMs.',
    ],
    [
      'a wrong number',
      { maxWords: '9' },
      'maxWords must be a whole number, 1 or more, and not "9"',
    ],
    ['a wrong word', { thinking: 'much' }, 'thinking must be one of minimal, low, medium, high, '],
    ['an empty text', { prompt: ' ' }, 'prompt must be a text that is not empty, and not " "'],
    ['a wrong style', { style: ['alt', 'caps'] }, 'style must be one of caption, alt, '],
    ['an own style without a prompt', { style: { name: 'x' } }, 'style must be one of'],
    ['good answers of one style', { style: 'alt', keepGood: true }, 'keepGood keeps the right'],
    ['a wrong signal', { signal: {} }, 'signal must be an AbortSignal, and not {}'],
    ['a wrong listener', { onEvent: true }, 'onEvent must be a function, and not true'],
    ['a schema and a style', { schema: {}, style: 'alt' }, 'schema and style both say'],
    ['a schema and fields', { schema: {}, fields: 'a' }, 'schema and fields both say'],
    ['fields and a limit', { fields: 'a', maxWords: 3 }, 'fields and maxWords both say'],
    ['wrong fields', { fields: 'a:zebra' }, 'the field "a" has an unknown type, "zebra"'],
    ['an unknown language', { lang: '!' }, ''],
  ];
  test.each(cases)('%s', async (_, given, message, hint = '') => {
    const server = await fakeGemini();
    const failure = await failureOf(clientOf(server).describe(PICTURE, given));
    expect(failure.kind).toBe('usage');
    expect(failure.message).toContain(message);
    expect(failure.hint ?? '').toContain(hint);
    expect(server.connections()).toBe(0);
  });

  test('of every other function too', async () => {
    const server = await fakeGemini();
    const client = clientOf(server);
    const wrong: object = { concurrency: 0 };
    const calls: [Promise<unknown>, string][] = [
      [client.describeMany([PICTURE], wrong).next(), 'concurrency must be'],
      [client.describe(PICTURE, wrong), 'describeMany has the option concurrency.'],
      [client.check(PICTURE, 'x', wrong), 'concurrency is no option of check'],
      [client.check(PICTURE, []), 'claims must be'],
      [client.check(PICTURE, ['a', ' ']), 'claims must be'],
      [client.detect(PICTURE, ' , '), 'what must name things'],
      [client.detect(PICTURE, 'x', wrong), 'concurrency is no option of detect'],
      [client.describeStream(PICTURE, wrong).description, 'concurrency is no option'],
      [describeImageStream(PICTURE, { apiKey: KEY, ...wrong }).description, 'concurrency is no'],
      [find('a', wrong).next(), 'concurrency is no option of find'],
      [client.describeMany([PICTURE], { ledger: '' }).next(), 'ledger must be'],
    ];
    for (const [call, words] of calls) {
      const { kind, message, hint = '' } = await failureOf(call);
      expect({ kind, words: `${message} ${hint}` }).toMatchObject({ kind: 'usage' });
      expect(`${message} ${hint}`).toContain(words);
    }
    expect(server.connections()).toBe(0);
  });

  test.each<[what: string, given: object, words: string]>([
    ['a misspelt one', { apikey: KEY }, 'did you mean apiKey?'],
    ['a wrong tier', { apiKey: KEY, tier: 'fast' }, 'tier must be one of standard, flex, priority'],
    ['a key that is no text', { apiKey: 42 }, 'apiKey must be a text'],
    ['a proxy that is no object', { apiKey: KEY, proxy: 'http://u:s3cr3t@p' }, 'proxy must be'],
    ['an address for the key in clear text', { apiKey: KEY, baseUrl: 'http://a.example' }, 'clear'],
    ['no options', [], 'options of createGeminiImage must be an object'],
  ])('of the client at once: %s', (_, given, words) => {
    const make = () => createGeminiImage(given as ClientOptions);
    expect(make).toThrow(words);
    expect(make).not.toThrow(/s3cr3t|42/);
  });

  test('and wrong pictures', async () => {
    const client = clientOf(await fakeGemini(silence));
    for (const picture of [3, {}, { name: 'a' }, new URL('ftp://a/b.png'), null]) {
      const failure = await failureOf(client.describe(picture as never));
      expect(failure.message).toContain('a picture must be a path');
    }
    for (const pictures of ['photos', fixtureBytes('small.png'), 3, undefined]) {
      const failure = await failureOf(client.describeMany(pictures as never).next());
      expect(failure).toMatchObject({ kind: 'usage', hint: expect.stringContaining('find(') });
    }
  });
});

test('errors name options in place of the flags and variables of the command', async () => {
  const thrown = (options: Partial<ClientOptions>) => {
    try {
      return createGeminiImage({ apiKey: KEY, ...options });
    } catch (error) {
      return error;
    }
  };
  expect(thrown({ baseUrl: 'http://example.com' })).toMatchObject({
    hint: 'Use https://…, or http://127.0.0.1:PORT for a server on this machine (baseUrl).',
  });
  const nobody = `http://127.0.0.1:${await closedPort()}`;
  const client = createGeminiImage({ apiKey: KEY, baseUrl: nobody, retries: 0 });
  expect(await failureOf(client.describe(fixture('small.png')))).toMatchObject({
    hint: 'Check the network, the base URL and proxy.httpsProxy.',
  });
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'sub'));
  for await (const found of find(folder)) {
    expect(await failureOf(client.describe(found))).toMatchObject({
      hint: 'Give recursive to look into its sub-folders as well.',
    });
  }
});
