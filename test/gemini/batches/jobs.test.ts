/** Batch jobs: how they are created, looked at, listed, cancelled and deleted. */
import { describe, expect, test } from 'vitest';
import { readJob } from '../../../src/gemini/batches/batch-job.js';
import { KEY, MODEL, testClock } from '../../support/ask.js';
import { closedPort, fakeGemini, hangUp, html, json } from '../../support/fake-gemini.js';
import { serve } from '../../support/scripted-server.js';
import { all, batchClient, batchWorld } from './support.js';

const JOB = { model: MODEL, displayName: 'mine', inputFile: 'files/abc' };
const refused = (code: number, message: string, status = 'INVALID_ARGUMENT') =>
  json({ error: { code, message, status } }, code);

describe('a job that is created', () => {
  test('is pending, and known by its name', async () => {
    const { created, client } = await batchWorld();
    const job = await created(['a', 'b']);
    expect(job).toMatchObject({
      name: expect.stringMatching(/^batches\/\w+$/),
      state: 'pending',
      isFinal: false,
      displayName: 'mine',
      model: MODEL,
      requests: 2,
      created: '2026-11-28T12:00:00.000Z',
      inputFile: expect.stringMatching(/^files\//),
      results: undefined,
    });
    expect(await client.get(job.name)).toEqual(job);
  });

  test('is asked for once, in the words of the API', async () => {
    const server = await serve((response) => {
      response.setHeader('content-type', 'application/json');
      response.end('{"name":"batches/x1","metadata":{"state":"BATCH_STATE_PENDING"}}');
    });
    const creation = await batchClient(server.url).create(JOB);
    expect(creation).toMatchObject({ outcome: 'created', job: { name: 'batches/x1' } });
    const [{ url, json: sent, headers } = expect.fail('nothing was sent')] = server.requests;
    expect(url).toBe(`/v1beta/models/${MODEL}:batchGenerateContent`);
    expect(headers['x-goog-api-key']).toBe(KEY);
    expect(sent).toEqual({
      batch: { displayName: 'mine', inputConfig: { fileName: 'files/abc' } },
    });
  });

  test.each([
    ['its reply is lost', hangUp],
    ['the service fails inside', refused(500, 'Internal error encountered.', 'INTERNAL')],
    ['the service is overloaded', refused(503, 'Overloaded.', 'UNAVAILABLE')],
    ['the reply is no job', json({})],
    ['a web page comes', html('<html><title>Log in</title></html>', 200)],
  ])('may be there although %s, and is not asked for twice', async (_, answer) => {
    const server = await fakeGemini(answer);
    expect(await batchClient(server.url).create(JOB)).toMatchObject({
      outcome: 'in doubt',
      error: { kind: 'service' },
    });
    expect(server.requests).toHaveLength(1);
  });

  test('is found by its name after a lost reply', async () => {
    const { client, create } = await batchWorld({ batchFaults: [{ kind: 'lost', nth: 1 }] });
    expect(await create(['a'])).toMatchObject({ outcome: 'in doubt' });
    const jobs = await all(client.list());
    expect(jobs.map(({ displayName }) => displayName)).toEqual(['mine']);
  });

  test('is asked for again if nobody was reached', async () => {
    const clock = testClock();
    const client = batchClient(`http://127.0.0.1:${await closedPort()}`, { clock });
    await expect(client.create(JOB)).rejects.toMatchObject({ reason: 'unreachable' });
    expect(clock.waits).toHaveLength(2);
  });

  test('has to wait while the queue is full', async () => {
    const { create } = await batchWorld({ batchFaults: [{ kind: '429', nth: 1 }] });
    expect(await create(['a'])).toMatchObject({
      outcome: 'queue full',
      error: {
        kind: 'quota',
        message: expect.stringMatching(/^no more batch jobs are taken now \(429\): Resource/),
      },
    });
    expect(await create(['a'])).toMatchObject({ outcome: 'created' });
  });

  test.each([
    [
      'no quota',
      refused(429, 'Quota exceeded for metric: x, limit: 0, model: y', 'RESOURCE_EXHAUSTED'),
    ],
    ['a free key', refused(400, 'Batch is not available on the free tier.', 'FAILED_PRECONDITION')],
    ['a free key', refused(403, 'Please enable billing.', 'PERMISSION_DENIED')],
  ])('is refused for good with %s', async (_, answer) => {
    const server = await fakeGemini(answer);
    await expect(batchClient(server.url).create(JOB)).rejects.toMatchObject({
      kind: 'quota',
      retryable: false,
      endsRun: true,
      message: expect.stringContaining(`may not create batch jobs with ${MODEL}: `),
      hint: expect.stringContaining('paid tier'),
    });
    expect(server.requests).toHaveLength(1);
  });

  test('is refused for a bad line, which is named', async () => {
    const line = "Error on line 3: invalid JSON, near column 4: no such field: 'x'";
    const server = await fakeGemini(refused(400, line));
    await expect(batchClient(server.url).create(JOB)).rejects.toMatchObject({
      kind: 'usage',
      message: `the service refuses the questions of the job: ${line}`,
    });
  });

  test('is refused by a server that does not know how to store nothing', async () => {
    const line = "Error on line 1: invalid JSON, near column 9: no such field: 'store'";
    const server = await fakeGemini(refused(400, line));
    await expect(batchClient(server.url).create(JOB)).rejects.toMatchObject({
      hint: expect.stringContaining('--store'),
    });
  });

  test('is refused if its questions have expired', async () => {
    const words = 'You do not have permission to access the File abc or it may not exist.';
    const server = await fakeGemini(refused(403, words, 'PERMISSION_DENIED'));
    await expect(batchClient(server.url).create(JOB)).rejects.toMatchObject({
      kind: 'service',
      message: expect.stringMatching(/^the uploaded questions are gone \(403\)/),
    });
  });

  test('needs a key that is not refused', async () => {
    const server = await fakeGemini(refused(400, `API key not valid: ${KEY}`));
    const error = await batchClient(server.url)
      .create(JOB)
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ kind: 'auth' });
    expect(error.message).not.toContain(KEY);
  });
});

describe('a job that is looked at', () => {
  test('goes from pending over running to its end', async () => {
    const { created, client, pass, end } = await batchWorld();
    const { name } = await created(['a']);
    pass(500);
    expect(await client.get(name)).toMatchObject({ state: 'running', isFinal: false });
    expect(await end(name)).toMatchObject({
      state: 'succeeded',
      isFinal: true,
      ended: expect.any(String),
      results: { file: name.replace('batches/', 'files/batch-') },
    });
  });

  test.each([
    ['expired', 'expired'],
    ['failed', 'failed'],
  ] as const)('may have %s', async (kind, state) => {
    const { created, end } = await batchWorld({ batchFaults: [{ kind }] });
    const job = await end((await created(['a'])).name);
    expect(job).toMatchObject({ state, isFinal: true, results: undefined });
    expect(job.problem).toMatch(/failed without error$/);
  });

  test('may have its results later than its end', async () => {
    const { created, end, client } = await batchWorld({ batchFaults: [{ kind: 'late' }] });
    const { name } = await created(['a']);
    expect(await end(name)).toMatchObject({ state: 'succeeded', results: undefined });
    await client.get(name);
    expect(await client.get(name)).toMatchObject({ results: { file: expect.any(String) } });
  });

  test('is looked at again after a failure that passes', async () => {
    const { created, client } = await batchWorld({ batchFaults: [{ kind: '503', nth: 1 }] });
    expect(await client.get((await created(['a'])).name)).toMatchObject({ state: 'pending' });
  });

  test('of another key, or none, is not there', async () => {
    const { created, url, client } = await batchWorld();
    const { name } = await created(['a']);
    const other = batchClient(url, { apiKey: 'another-key-of-a-project' });
    for (const call of [other.get, other.cancel, other.delete]) {
      await expect(call(name)).rejects.toMatchObject({
        kind: 'usage',
        endsRun: false,
        message: `there is no job ${name} for this key (404)`,
      });
    }
    await expect(client.get('../files/x')).rejects.toMatchObject({ kind: 'usage' });
  });

  test('may be refused with 403 too', async () => {
    const words = 'You do not have permission to access the batch or it may not exist.';
    const server = await fakeGemini(refused(403, words, 'PERMISSION_DENIED'));
    await expect(batchClient(server.url).get('batches/x')).rejects.toMatchObject({
      message: 'there is no job batches/x for this key (403)',
    });
  });

  test.each([
    ['BATCH_STATE_SUCCEEDED', false, 'succeeded'],
    ['JOB_STATE_SUCCEEDED', true, 'succeeded'],
    ['JOB_STATE_PARTIALLY_SUCCEEDED', true, 'succeeded'],
    ['BATCH_STATE_CANCELLED', true, 'cancelled'],
    ['JOB_STATE_EXPIRED', true, 'expired'],
    ['BATCH_STATE_RUNNING', false, 'running'],
    ['BATCH_STATE_PAUSED_BY_MARS', false, 'running'],
    ['BATCH_STATE_PAUSED_BY_MARS', true, 'succeeded'],
    [undefined, false, 'running'],
  ])('with the state %s, done %s, is %s', (state, done, expected) => {
    expect(readJob({ name: 'batches/x', metadata: { state }, done }).state).toBe(expected);
  });
});

test('all jobs are listed, the newest first, over several pages', async () => {
  const { client, upload } = await batchWorld();
  expect(await all(client.list())).toEqual([]);
  const inputFile = await upload(['a']);
  const names = Array.from({ length: 23 }, (_, at) => `job ${at}`);
  for (const displayName of names) await client.create({ ...JOB, displayName, inputFile });
  const listed = await all(client.list());
  expect(listed.map(({ displayName }) => displayName)).toEqual(names.toReversed());
});

test('a job is cancelled, also if it is final already', async () => {
  const { client, created, end } = await batchWorld();
  const { name } = await created(['a']);
  await client.cancel(name);
  expect(await client.get(name)).toMatchObject({ state: 'cancelled', isFinal: true });
  const other = await created(['a']);
  await end(other.name);
  await client.cancel(other.name);
  expect(await client.get(other.name)).toMatchObject({ state: 'succeeded' });
  const final = json({ name: 'batches/x', metadata: { state: 'BATCH_STATE_EXPIRED' }, done: true });
  const strict = await fakeGemini(refused(400, 'It is over.', 'FAILED_PRECONDITION'), final);
  await batchClient(strict.url).cancel('batches/x');
  expect(strict.requests).toHaveLength(2);
});

test('a job is deleted, and then is not there', async () => {
  const { client, created } = await batchWorld();
  const { name } = await created(['a']);
  await client.delete(name);
  await expect(client.get(name)).rejects.toMatchObject({ httpStatus: 404 });
});

test('uploaded questions say when they expire, and can be deleted', async () => {
  const { client, path, url } = await batchWorld();
  const input = await client.openInput(path('q.jsonl'), { bytes: 1e6, requests: 9, model: MODEL });
  await input.close();
  await expect(client.upload(path('nothing.jsonl'))).rejects.toMatchObject({ kind: 'usage' });
  const { name, expires } = await client.upload(path('q.jsonl'));
  expect(Date.parse(expires)).toBe(Date.parse('2026-11-30T12:00:00Z'));
  expect(await client.deleteInput(name)).toBe(true);
  expect(await batchClient(url).deleteInput(name)).toBe(true);
});
