/** The life of batch jobs, as the facts of the Batch API tell it. */
import { get } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type EmulatorOptions, startEmulator } from '../../src/emulator/emulator.js';
import { fixture, MODEL, send } from './client.js';
import { upload } from './upload-client.js';

const picture = {
  inlineData: { mimeType: 'image/png', data: fixture('small.png').toString('base64') },
};
const asking = (text: string, rest: object = {}) => ({
  contents: [{ role: 'user', parts: [picture, { text }] }],
  ...rest,
});
const line = (key: string, rest?: object) => JSON.stringify({ key, request: asking(key, rest) });
const linesOf = (...keys: string[]) => `${keys.map((key) => line(key)).join('\n')}\n`;

/** An emulator for one test, whose jobs take 1,000 ms, which pass only on request. */
async function emulator(options: EmulatorOptions = {}) {
  let time = Date.parse('2026-11-28T12:00:00Z');
  const { url, close } = await startEmulator({ batchMs: 1000, now: () => time, ...options });
  onTestFinished(close);
  const ask = (method: string, path: string, body?: object, key = 'k') =>
    send(`${url}${path}`, {
      method,
      headers: { 'x-goog-api-key': key },
      ...(body && { body: JSON.stringify(body) }),
    });
  const create = (inputConfig: object, displayName = 'photos') =>
    ask('POST', `/v1beta/models/${MODEL}:batchGenerateContent`, {
      batch: { displayName, inputConfig },
    });
  const fileOf = async (text: string) =>
    (await upload(url, 'application/jsonl', Buffer.from(text))).name as string;
  const look = async (name: string) => (await ask('GET', `/v1beta/${name}`)).json;
  return {
    url,
    ask,
    create,
    fileOf,
    look,
    createFrom: async (text: string) => (await create({ fileName: await fileOf(text) })).json,
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
    /** Waits until every request is answered, which takes its own time. */
    async end(name: string) {
      time += 1000;
      for (;;) {
        const job = await look(name);
        if (job.done) return job;
      }
    },
    download: async (name: string) => {
      const { status, text } = await ask('GET', `/download/v1beta/${name}:download?alt=media`);
      expect(status).toBe(200);
      return text
        .split('\n')
        .slice(0, -1)
        .map((row) => JSON.parse(row));
    },
  };
}

/** What comes of a download until it breaks off, and how long it was announced to be. */
async function received(url: string): Promise<{ got: string; length: number }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers: { 'x-goog-api-key': 'k' } }, (response) => {
      let got = '';
      response.on('data', (chunk) => {
        got += chunk;
      });
      const length = Number(response.headers['content-length']);
      response.once('close', () => resolve({ got, length }));
      response.on('error', () => {});
    });
    request.once('error', reject);
  });
}

const keysOf = (rows: { key: string }[]) => rows.map(({ key }) => key);

test('a job from a file is pending, running, and then has a row for each line', async () => {
  const { createFrom, look, pass, end, download } = await emulator();
  const { name, ...created } = await createFrom(linesOf('a', 'b'));
  expect(created).toEqual({
    metadata: {
      '@type': 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch',
      model: `models/${MODEL}`,
      displayName: 'photos',
      inputConfig: { fileName: expect.stringMatching(/^files\//) },
      createTime: '2026-11-28T12:00:00.000Z',
      updateTime: '2026-11-28T12:00:00.000Z',
      batchStats: { requestCount: '2', pendingRequestCount: '2' },
      state: 'BATCH_STATE_PENDING',
      name,
    },
  });
  expect(name).toMatch(/^batches\/[a-z0-9]{36}$/);
  pass(999);
  const running = await look(name);
  expect(running.metadata.state).toBe('BATCH_STATE_RUNNING');
  expect(running).not.toHaveProperty('done');
  const ended = await end(name);
  const responsesFile = `files/${name.replace('batches/', 'batch-')}`;
  expect(ended).toMatchObject({
    done: true,
    metadata: {
      state: 'BATCH_STATE_SUCCEEDED',
      output: { responsesFile },
      batchStats: { requestCount: '2', successfulRequestCount: '2' },
    },
    response: { responsesFile },
  });
  const rows = await download(responsesFile);
  expect(keysOf(rows)).toEqual(['a', 'b']);
  expect(rows[0].response).toMatchObject({
    candidates: [{ finishReason: 'STOP' }],
    modelVersion: MODEL,
    usageMetadata: { serviceTier: 'SERVICE_TIER_STANDARD' },
  });
});

test('a job from requests in the call has its answers in the job', async () => {
  const { create, end } = await emulator();
  const requests = ['a', 'b'].map((key) => ({ request: asking(key), metadata: { key } }));
  const { json } = await create({ requests: { requests } });
  const { metadata, response } = await end(json.name);
  const { inlinedResponses } = response.inlinedResponses;
  expect(inlinedResponses.map((row: { metadata: object }) => row.metadata)).toEqual([
    { key: 'a' },
    { key: 'b' },
  ]);
  expect(metadata.output.inlinedResponses.inlinedResponses).toEqual(inlinedResponses);
});

test('a file may be deleted while its job runs', async () => {
  const { create, fileOf, ask, end, download } = await emulator();
  const fileName = await fileOf(linesOf('a', 'b', 'c'));
  const { json } = await create({ fileName });
  expect((await ask('DELETE', `/v1beta/${fileName}`)).status).toBe(200);
  const { response } = await end(json.name);
  expect(await download(response.responsesFile)).toHaveLength(3);
});

describe('a whole file is checked when its job is created', () => {
  test('and every line at fault is named', async () => {
    const { createFrom } = await emulator();
    const { error } = await createFrom(
      [
        line('a'),
        '{"key":"b","request":{"contents":[],"foo":1}}',
        '{"key":',
        '{"id":"d"}',
        line('e', { serviceTier: 'flex' }),
        line('f', { systemInstruction: { parts: [] } }),
        line('g', { store: false, generation_config: { max_output_tokens: 0 } }),
        '',
      ].join('\n'),
    );
    expect(error.code).toBe(400);
    expect(error.message.split('\n')).toEqual([
      "Error on line 2: invalid JSON, near column 37: no such field: 'foo'",
      'Error on line 3: invalid JSON, near column 7: syntax error.',
      "Error on line 4: invalid JSON, near column 2: no such field: 'id'",
      'Error on line 5: serviceTier is not supported in a batch.',
      'Error on line 6: system_instruction must not be empty.',
      expect.stringMatching(/^Error on line 7: .*max_output_tokens/),
    ]);
  });

  test.each([
    ['a byte order mark', `\ufeff${line('a')}\n`, /line 1: invalid JSON, near column 1/],
    ['an empty line', `${line('a')}\n\n${line('b')}\n`, /line 2: invalid JSON/],
    ['nothing', '', /is empty/],
  ])('with %s', async (_, text, problem) => {
    const { createFrom } = await emulator();
    expect((await createFrom(text)).error.message).toMatch(problem);
  });

  test('of its own project, and of lines', async () => {
    const { create, ask } = await emulator();
    expect((await create({ fileName: 'files/nothere' })).status).toBe(403);
    expect((await create({})).status).toBe(400);
    const path = `/v1beta/models/${MODEL}:batchGenerateContent`;
    const unknown = await ask('POST', path, { batch: { displayName: 'd', inputConfg: {} } });
    expect(unknown.json.error.message).toContain('Unknown name "inputConfg"');
  });
});

test('jobs are listed page by page, the newest first, each key its own', async () => {
  const { create, ask } = await emulator();
  expect((await ask('GET', '/v1beta/batches')).json).toEqual({});
  const requests = [{ request: asking('a') }];
  for (const name of ['one', 'two', 'three']) await create({ requests: { requests } }, name);
  const first = (await ask('GET', '/v1beta/batches?pageSize=2')).json;
  const rest = (await ask('GET', `/v1beta/batches?pageToken=${first.nextPageToken}`)).json;
  const names = [...first.operations, ...rest.operations].map(
    ({ metadata }: { metadata: { displayName: string } }) => metadata.displayName,
  );
  expect(names).toEqual(['three', 'two', 'one']);
  expect((await ask('GET', '/v1beta/batches', undefined, 'other')).json).toEqual({});
  const path = `/v1beta/${first.operations[0].name}`;
  expect((await ask('GET', path, undefined, 'other')).status).toBe(404);
});

test('a job is cancelled at once, and a deleted one is gone', async () => {
  const { createFrom, ask, look } = await emulator();
  const { name } = await createFrom(linesOf('a'));
  const cancelled = await ask('POST', `/v1beta/${name}:cancel`, {});
  expect([cancelled.status, cancelled.json]).toEqual([200, {}]);
  expect(await look(name)).toMatchObject({
    done: true,
    metadata: { state: 'BATCH_STATE_CANCELLED' },
    error: { code: 13, message: expect.stringContaining('failed without error.') },
  });
  expect((await ask('DELETE', `/v1beta/${name}`)).json).toEqual({});
  expect((await ask('GET', `/v1beta/${name}`)).status).toBe(404);
});

test('results are downloaded, and cannot be looked at', async () => {
  const { createFrom, end, ask } = await emulator();
  const { name } = await createFrom(linesOf('a'));
  const { response } = await end(name);
  const looked = await ask('GET', `/v1beta/${response.responsesFile}`);
  expect(looked.status).toBe(400);
  const path = `/v1beta/${response.responsesFile}:download?alt=media`;
  expect((await ask('GET', path)).status).toBe(200);
  expect((await ask('GET', `/download${path}`, undefined, 'other')).status).toBe(403);
});

describe('on request, jobs go wrong as real ones did:', () => {
  const withFault = (kind: string, nth?: number) =>
    emulator({ batchFaults: [{ kind, ...(nth && { nth }) } as never] });
  const rowsWith = async (kind: string, ...keys: string[]) => {
    const { createFrom, end, download } = await withFault(kind);
    const { name } = await createFrom(linesOf(...keys));
    return download((await end(name)).response.responsesFile);
  };

  test('the queue is full, once', async () => {
    const { create } = await withFault('429', 1);
    const input = { requests: { requests: [{ request: asking('a') }] } };
    const { status, json } = await create(input);
    expect(status).toBe(429);
    expect(JSON.stringify(json.error.details)).not.toContain('RetryInfo');
    expect((await create(input)).status).toBe(200);
  });

  test('a key has no quota for jobs', async () => {
    const { createFrom } = await withFault('limit0');
    expect((await createFrom(linesOf('a'))).error.message).toContain('limit: 0');
  });

  test('the reply is lost, and the job is there', async () => {
    const { create, ask } = await withFault('lost');
    const input = { requests: { requests: [{ request: asking('a') }] } };
    await expect(create(input, 'mine')).rejects.toThrow('fetch failed');
    const { operations } = (await ask('GET', '/v1beta/batches')).json;
    expect(operations[0].metadata.displayName).toBe('mine');
  });

  test('results come later than the end', async () => {
    const { createFrom, end, look } = await withFault('late');
    const { name } = await createFrom(linesOf('a'));
    expect(await end(name)).not.toHaveProperty('response');
    expect(await look(name)).not.toHaveProperty('response');
    expect(await look(name)).toHaveProperty('response.responsesFile');
  });

  test('rows are in disorder, missing, doubled, or errors', async () => {
    expect(keysOf(await rowsWith('unordered', 'a', 'b', 'c'))).toEqual(['c', 'b', 'a']);
    expect(keysOf(await rowsWith('missing', 'a', 'b', 'c'))).toEqual(['a', 'b']);
    expect(keysOf(await rowsWith('doubled', 'a', 'b'))).toEqual(['a', 'b', 'a']);
    expect(await rowsWith('rows', 'a', 'b', 'c')).toMatchObject([
      { response: {} },
      { response: {} },
      { key: 'c', error: { code: 13 } },
    ]);
  });

  test('a schema in camelCase is ignored, one in snake_case is not', async () => {
    const schema = { type: 'object', properties: { title: { type: 'string' } } };
    const { createFrom, end, download } = await withFault('schema');
    const { name } = await createFrom(
      [
        line('camel', {
          generationConfig: { responseMimeType: 'application/json', responseJsonSchema: schema },
        }),
        line('snake', {
          generationConfig: { responseMimeType: 'application/json', response_json_schema: schema },
        }),
      ].join('\n'),
    );
    const rows = await download((await end(name)).response.responsesFile);
    const texts = rows.map(({ response }) => response.candidates[0].content.parts[0].text);
    expect(texts[0]).toMatch(/^\[offline\]/);
    expect(JSON.parse(texts[1])).toHaveProperty('title');
  });

  test('a job ends without results', async () => {
    for (const [kind, state] of [
      ['expired', 'EXPIRED'],
      ['failed', 'FAILED'],
    ] as const) {
      const { createFrom, end } = await withFault(kind);
      const job = await end((await createFrom(linesOf('a'))).name);
      expect(job.metadata).toMatchObject({ state: `BATCH_STATE_${state}` });
      expect(job).not.toHaveProperty('response');
      expect(job).toHaveProperty('error');
    }
  });

  test('a cancelled job keeps the rows that it had', async () => {
    const { createFrom, ask, look, download, pass } = await withFault('partial');
    const { name } = await createFrom(linesOf('a', 'b', 'c', 'd'));
    pass(500);
    // Its rows are answered while it waits for its time.
    await expect
      .poll(async () => {
        await ask('POST', `/v1beta/${name}:cancel`, {});
        return (await look(name)).metadata.state;
      })
      .toBe('BATCH_STATE_CANCELLED');
    const { response } = await look(name);
    expect((await download(response.responsesFile)).length).toBeLessThan(4);
  });

  test.each([
    ['a', 'b'],
    ['a', 'b', 'c'],
  ])('a download breaks off within a row', async (...keys) => {
    const { createFrom, end, url } = await withFault('cut');
    const { response } = await end((await createFrom(linesOf(...keys))).name);
    const { got, length } = await received(
      `${url}/download/v1beta/${response.responsesFile}:download?alt=media`,
    );
    expect(got.length).toBeLessThan(length);
    const last = got.slice(got.lastIndexOf('\n') + 1);
    expect(last).toMatch(/^\{/);
    expect(() => JSON.parse(last)).toThrow(SyntaxError);
  });

  test('a look fails, and a download breaks off', async () => {
    const { createFrom, ask } = await withFault('503', 1);
    const { name } = await createFrom(linesOf('a'));
    expect((await ask('GET', `/v1beta/${name}`)).status).toBe(503);
    expect((await ask('GET', `/v1beta/${name}`)).status).toBe(200);
    await expect(rowsWith('cut', 'a', 'b')).rejects.toThrow('terminated');
  });

  test('a moment before the first is refused', async () => {
    const start = startEmulator({ batchFaults: [{ kind: 'late', nth: 0 }] });
    await expect(start).rejects.toThrow(RangeError);
  });
});
