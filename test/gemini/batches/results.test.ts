/** The results of a job: how they are downloaded, and what their rows say. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { GeminiImageError } from '../../../src/domain/error.js';
import type { BatchJob } from '../../../src/gemini/batches/batch-job.js';
import { readJob } from '../../../src/gemini/batches/batch-job.js';
import { KEY, MODEL, testClock } from '../../support/ask.js';
import { fakeGemini, html, json, type Responder } from '../../support/fake-gemini.js';
import { temporaryFolder } from '../../support/files.js';
import { batchClient, batchWorld, rowsOf } from './support.js';

const keysOf = (rows: { key?: string }[]) => rows.map(({ key }) => key);

describe('the results of a job', () => {
  test('are downloaded and read', async () => {
    const { created, end, client, path } = await batchWorld();
    const job = await end((await created(['a', 'b', 'c'])).name);
    await client.download(job, path('r'));
    const rows = await rowsOf(client, path('r'));
    expect(keysOf(rows)).toEqual(['a', 'b', 'c']);
    expect(rows[0]).toMatchObject({
      place: 0,
      result: { text: expect.stringMatching(/^\[offline\]/), finishReason: 'STOP', model: MODEL },
    });
  });

  test('are begun anew where they broke off, on a server that cannot go on', async () => {
    const batchFaults = [{ kind: 'cut', nth: 1 }] as const;
    const { created, end, client, path } = await batchWorld({ batchFaults });
    const keys = Array.from({ length: 40 }, (_, at) => `k${at}`);
    const job = await end((await created(keys)).name);
    await client.download(job, path('r'));
    expect(keysOf(await rowsOf(client, path('r')))).toEqual(keys);
  });

  test('leave nothing where they broke off to the last', async () => {
    const { created, end, client, path, folder } = await batchWorld({
      batchFaults: [{ kind: 'cut' }],
    });
    const job = await end((await created(['a', 'b'])).name);
    await expect(client.download(job, path('r'))).rejects.toMatchObject({ reason: 'broken off' });
    expect(readdirSync(folder).filter((name) => name.startsWith('r'))).toEqual([]);
  });

  test('inside the job come in their order, also without keys', async () => {
    const response = {
      candidates: [{ content: { parts: [{ text: 'x' }] }, finishReason: 'STOP' }],
    };
    const rows = [{ response }, { response, metadata: { key: 'b' } }, { error: { code: 3 } }];
    const job = readJob({
      name: 'batches/x',
      done: true,
      metadata: { state: 'BATCH_STATE_SUCCEEDED' },
      response: { inlinedResponses: { inlinedResponses: rows } },
    });
    const path = join(temporaryFolder(), 'r');
    const client = batchClient('http://127.0.0.1:9');
    await client.download(job, path);
    const read = await rowsOf(client, path);
    expect(read.map(({ key, place }) => [key, place])).toEqual([
      [undefined, 0],
      ['b', 1],
      [undefined, 2],
    ]);
  });

  test('are not there before the end', async () => {
    const { created, client, path } = await batchWorld();
    const job = await created(['a']);
    await expect(client.download(job, path('r'))).rejects.toMatchObject({ kind: 'pending' });
    expect(existsSync(path('r'))).toBe(false);
  });
});

const TEXT = `${Array.from({ length: 3000 }, (_, at) => `{"key":"${at}"}`).join('\n')}\n`;
const JOB: BatchJob = readJob({
  name: 'batches/x',
  done: true,
  metadata: { state: 'BATCH_STATE_SUCCEEDED', output: { responsesFile: 'files/batch-x' } },
});

/** Where the download that runs puts what it has. */
let part = '';

/** Waits until this many bytes are in the file, since what is not read yet may be lost. */
async function arrived(bytes: number) {
  while (!existsSync(part) || statSync(part).size < bytes) await nextTurn();
}

/** Sends the bytes from the one that is asked for, and breaks off before `until`. */
const ranged =
  (until: number): Responder =>
  async (response, { headers }) => {
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    const status = from > 0 ? 206 : 200;
    response.writeHead(status, {
      'content-length': TEXT.length - from,
      ...(from > 0 && { 'content-range': `bytes ${from}-${TEXT.length - 1}/${TEXT.length}` }),
    });
    if (until === TEXT.length) response.end(TEXT.slice(from));
    else {
      response.write(TEXT.slice(from, until));
      await arrived(until);
      response.socket?.destroy();
    }
  };

/** What a download leaves. */
async function downloaded(...script: Responder[]) {
  const server = await fakeGemini(...script);
  const path = join(temporaryFolder(), 'r');
  part = `${path}.part`;
  const clock = testClock();
  const client = batchClient(server.url, { clock });
  const error = await client.download(JOB, path).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const text = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  const ranges = server.requests.map(({ headers }) => headers.range);
  return { text, error, ranges, requests: server.requests, waits: clock.waits.length };
}

describe('a download that breaks off', () => {
  test('goes on where it was', async () => {
    const { text, ranges, requests } = await downloaded(
      ranged(10_000),
      ranged(20_001),
      ranged(TEXT.length),
    );
    expect(text === TEXT).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=10000-', 'bytes=20001-']);
    expect(requests[0]).toMatchObject({
      path: '/download/v1beta/files/batch-x:download?alt=media',
      headers: { 'x-goog-api-key': KEY },
    });
  });

  test('may break off more often than a call fails, as long as it goes on', async () => {
    const steps = Array.from({ length: 8 }, (_, at) => ranged((at + 1) * 1000));
    const { text } = await downloaded(...steps, ranged(TEXT.length));
    expect(text === TEXT).toBe(true);
  });

  test.each<[string, Responder]>([
    [
      'another part than the one asked for',
      (response) => {
        response.writeHead(206, { 'content-range': `bytes 0-1/${TEXT.length}` });
        response.end('{"');
      },
    ],
    ['that there is no such part', (response) => void response.writeHead(416).end()],
    ['the whole', (response) => void response.writeHead(200).end(TEXT)],
  ])('begins anew if the server answers %s', async (_, answer) => {
    const { text, error } = await downloaded(ranged(10_000), answer, ranged(TEXT.length));
    expect(error).toBeUndefined();
    expect(text === TEXT).toBe(true);
  });

  test('is not taken where a server ends it within a row', async () => {
    const short: Responder = (response) => void response.writeHead(200).end(TEXT.slice(0, 10_003));
    const { text, error } = await downloaded(short);
    expect(text).toBeUndefined();
    expect(error).toMatchObject({ kind: 'service', reason: 'broken off' });
    const later = await downloaded(short, ranged(TEXT.length));
    expect(later.text === TEXT).toBe(true);
  });

  test('may lack the last line break', async () => {
    const body = TEXT.trimEnd();
    expect((await downloaded((response) => void response.end(body))).text).toBe(body);
  });

  test.each([
    ['a login page', html('<html><title>Log in</title></html>', 200), 'service'],
    ['a refusal', json({ error: { code: 400, message: 'No.', status: 'X' } }, 400), 'usage'],
  ])('is not what %s is', async (_, answer, kind) => {
    const { text, error, requests } = await downloaded(answer);
    expect(text).toBeUndefined();
    expect(error).toMatchObject({ kind });
    expect(requests).toHaveLength(1);
  });
});

/** What these lines are read as. */
async function read(lines: readonly (object | string)[], options = {}) {
  const path = join(temporaryFolder(), 'r');
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  writeFileSync(path, text.join('\n'));
  return rowsOf(batchClient('http://127.0.0.1:9'), path, options);
}

const answering = (text: string, more: object = {}) => ({
  candidates: [{ content: { parts: [{ text }] }, finishReason: 'STOP' }],
  usageMetadata: {
    promptTokenCount: 1_000_000,
    candidatesTokenCount: 100_000,
    thoughtsTokenCount: 100_000,
    serviceTier: 'SERVICE_TIER_STANDARD',
  },
  modelVersion: MODEL,
  ...more,
});

describe('a row', () => {
  test('is read as a single answer is, at half its price and without a tier', async () => {
    const [row] = await read([{ response: answering('A cat.'), key: 'a' }]);
    expect(row).toEqual({
      key: 'a',
      place: 0,
      result: {
        text: 'A cat.',
        finishReason: 'STOP',
        model: MODEL,
        usage: {
          inputTokens: 1_000_000,
          outputTokens: 100_000,
          thoughtTokens: 100_000,
          cachedTokens: 0,
        },
        costUsd: (0.3 + 2.5 * 0.2) / 2,
      },
    });
  });

  test('costs what its model costs on the day when the job ended', async () => {
    const response = answering('x', { modelVersion: 'gemini-3.8-flash' });
    const options = { model: 'gemini-3.7-flash', pricesAt: new Date('2027-01-02') };
    const [row] = await read([{ key: 'a', response }], options);
    expect(row?.result).toMatchObject({
      model: 'gemini-3.8-flash',
      askedModel: 'gemini-3.7-flash',
      costUsd: (1.5 + 7.5 * 0.2) / 2,
    });
  });

  test('that was cut short or blocked is an error with its price', async () => {
    const cut = { content: { parts: [{ text: 'A c' }] }, finishReason: 'MAX_TOKENS' };
    const rows = await read([
      { key: 'a', response: answering('', { candidates: [cut] }) },
      { key: 'b', response: { promptFeedback: { blockReason: 'SAFETY' } } },
      { key: 'c', response: answering('', { candidates: [{ finishReason: 'OTHER' }] }) },
    ]);
    expect(rows.map(({ result }) => result)).toMatchObject([
      { kind: 'answer', finishReason: 'MAX_TOKENS', partialText: 'A c', costUsd: 0.4 },
      { kind: 'answer', message: expect.stringContaining('SAFETY'), retryable: false },
      { kind: 'answer', finishReason: 'OTHER', retryable: true, tier: undefined },
    ]);
  });

  test('may be empty only where that is an answer', async () => {
    const row = { key: 'a', response: answering('') };
    const [strict] = await read([row]);
    expect(strict?.result).toMatchObject({ kind: 'answer', message: 'the model said nothing' });
    const expect_ = (key: string | undefined) => ({ mayBeEmpty: key === 'a' });
    const [free] = await read([row], { expect: expect_ });
    expect(free?.result).toMatchObject({ text: '' });
  });

  test.each<[number, string, string, boolean]>([
    [1, '', 'service', true],
    [2, '', 'service', true],
    [3, 'Provided image is not valid.', 'input', false],
    [3, 'Request contains an invalid argument.', 'usage', false],
    [4, '', 'service', true],
    [7, 'You do not have permission to access the File x or it may not exist.', 'service', false],
    [7, 'The caller does not have permission', 'auth', false],
    [8, 'Resource has been exhausted (e.g. check quota).', 'quota', true],
    [8, 'Quota exceeded: GenerateRequestsPerDay', 'quota', false],
    [10, '', 'service', true],
    [13, 'Internal error encountered.', 'service', true],
    [14, '', 'service', true],
    [16, '', 'auth', false],
    [503, 'Overloaded.', 'service', true],
    [99, '', 'service', true],
  ])(
    'with the gRPC code %i and "%s" is an error of kind %s',
    async (code, message, kind, passes) => {
      const [row] = await read([{ error: { code, message }, key: 'a' }]);
      const result = row?.result;
      if (!(result instanceof GeminiImageError)) return expect.fail('it is an answer');
      expect([result.kind, result.retryable]).toEqual([kind, passes]);
      expect(result.message).toContain(message.replace(/\.$/, ''));
    },
  );

  test('that cannot be read does not hide the others', async () => {
    const rows = await read([
      'garbage',
      '',
      '[1]',
      { key: 'b' },
      { key: 7, response: answering('x') },
      { key: 'c', response: answering('y') },
    ]);
    expect(keysOf(rows)).toEqual([undefined, undefined, 'b', undefined, 'c']);
    expect(rows.map(({ place }) => place)).toEqual([0, 1, 2, 3, 4]);
    expect(rows.slice(0, 3).every(({ result }) => result instanceof Error)).toBe(true);
    expect(rows.at(-1)?.result).toMatchObject({ text: 'y' });
  });

  test('never shows the key', async () => {
    const [one, two] = await read([
      { key: 'a', response: answering(`It says ${KEY}.`) },
      { key: 'b', error: { code: 3, message: `Bad key ${KEY}` } },
    ]);
    expect(one?.result).toMatchObject({ text: 'It says [key].' });
    expect(JSON.stringify([one, two, String(two?.result)])).not.toContain(KEY);
  });
});
