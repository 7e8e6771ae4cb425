import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { type EmulatorOptions, startEmulator } from '../../src/emulator/emulator.js';
import { MODEL, type Reply, saying, send } from './client.js';
import { beginChunk, KIB_256, open } from './upload-client.js';

async function ask(url: string, init: RequestInit = {}): Promise<Reply> {
  return send(`${url}/v1beta/models/${MODEL}:generateContent`, {
    method: 'POST',
    headers: { 'x-goog-api-key': 'k' },
    body: JSON.stringify(saying('a')),
    ...init,
  });
}

/** The answers to that many requests, one after the other. */
async function run(options: EmulatorOptions, count: number): Promise<Reply[]> {
  const emulator = await startEmulator(options);
  try {
    const replies: Reply[] = [];
    for (let sent = 0; sent < count; sent += 1) replies.push(await ask(emulator.url));
    return replies;
  } finally {
    await emulator.close();
  }
}

test('it listens on loopback only, on a free port, until it is closed', async () => {
  const emulator = await startEmulator();
  expect(emulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect((await ask(emulator.url)).status).toBe(200);
  await emulator.close();
  await emulator.close();
  await expect(ask(emulator.url)).rejects.toThrow('fetch failed');
});

test('a port that is taken is an error of Node', async () => {
  const emulator = await startEmulator();
  const port = Number(new URL(emulator.url).port);
  await expect(startEmulator({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await emulator.close();
  const successor = await startEmulator({ port });
  expect(successor.url).toBe(emulator.url);
  await successor.close();
});

test('impossible settings are refused', async () => {
  await expect(startEmulator({ port: 70_000 })).rejects.toThrow(RangeError);
  const rule = (status: number, share: number) => ({ fail: [{ status, share }] });
  await expect(startEmulator(rule(200, 0.5))).rejects.toThrow(RangeError);
  await expect(startEmulator(rule(500, 1.5))).rejects.toThrow(RangeError);
  await expect(startEmulator(rule(500, Number.NaN))).rejects.toThrow(RangeError);
});

test('closing ends a connection that still waits for its answer', async () => {
  const emulator = await startEmulator({ latency: 600_000 });
  const answer = ask(emulator.url).catch((error: unknown) => error);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await emulator.close();
  expect(await answer).toBeInstanceOf(TypeError);
});

test('closing ends an upload that is not finished', async () => {
  const emulator = await startEmulator();
  const chunk = await beginChunk(await open(emulator.url, 'image/png', KIB_256), 0, KIB_256);
  const closed = new Promise((resolve) => chunk.on('close', resolve));
  chunk.write(Buffer.alloc(1000));
  await emulator.close();
  await closed;
});

test('a share of the requests fails, evenly and every time the same', async () => {
  const options = { fail: [{ status: 503, share: 0.3 }] };
  const statuses = (await run(options, 20)).map(({ status }) => status);
  const tenth = [200, 200, 200, 503, 200, 200, 503, 200, 200, 503];
  expect(statuses).toEqual([...tenth, ...tenth]);
});

test('shares of several errors add up', async () => {
  const failures = [
    { status: 429, share: 0.5 },
    { status: 500, share: 0.5 },
  ];
  const statuses = (await run({ fail: failures }, 10)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 429)).toHaveLength(5);
  expect(statuses.filter((status) => status === 500).length).toBeGreaterThanOrEqual(4);
});

test.each([
  [400, 'INVALID_ARGUMENT'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [408, 'DEADLINE_EXCEEDED'],
  [418, 'INVALID_ARGUMENT'],
  [500, 'INTERNAL'],
  [503, 'UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
  [599, 'INTERNAL'],
])('failure %i has the status %s', async (code, status) => {
  const [reply] = await run({ fail: [{ status: code, share: 1 }] }, 1);
  expect(reply?.status).toBe(code);
  expect(reply?.type).toBe('application/json; charset=UTF-8');
  expect(reply?.json.error).toMatchObject({ code, status });
  if (code === 503) {
    expect(reply?.json.error.message).toBe('The model is overloaded. Please try again later.');
  }
});

test('failure 429 says how long to wait, twice, and which quota it was', async () => {
  const [reply] = await run({ fail: [{ status: 429, share: 1 }] }, 1);
  const { message, status, details } = reply?.json.error ?? {};
  expect(reply?.status).toBe(429);
  expect(status).toBe('RESOURCE_EXHAUSTED');
  expect(message).toMatch(/Please retry in 0\.5s\.$/);
  expect(details.map((detail: { '@type': string }) => detail['@type'].split('.').at(-1))).toEqual([
    'QuotaFailure',
    'Help',
    'RetryInfo',
  ]);
  expect(details[0].violations[0]).toMatchObject({
    quotaId: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier',
    quotaDimensions: { model: MODEL },
  });
  expect(details[2].retryDelay).toBe('0.5s');
});

test('failure 502 is a page of HTML', async () => {
  const [reply] = await run({ fail: [{ status: 502, share: 1 }] }, 1);
  expect(reply?.status).toBe(502);
  expect(reply?.type).toBe('text/html; charset=UTF-8');
  expect(reply?.text).toMatch(/^<!DOCTYPE html>/);
});

test('a list of models never fails on request', async () => {
  const emulator = await startEmulator({ fail: [{ status: 500, share: 1 }] });
  const headers = { 'x-goog-api-key': 'k' };
  expect((await send(`${emulator.url}/v1beta/models`, { headers })).status).toBe(200);
  await emulator.close();
});

/** Sends raw bytes and leaves, or waits for the other side to close. */
function raw(url: string, bytes: string, leave: boolean): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write(bytes, () => leave && setTimeout(() => socket.resetAndDestroy(), 20));
    });
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}

test('clients that break off or talk nonsense do no harm', async () => {
  const emulator = await startEmulator({ latency: 50 });
  const head = `POST /v1beta/models/${MODEL}:streamGenerateContent?alt=sse HTTP/1.1\r\nhost: x\r\n`;
  const body = JSON.stringify(saying('a'));
  await raw(emulator.url, `${head}content-length: 1000\r\n\r\n{"contents":`, true);
  await raw(emulator.url, `${head}transfer-encoding: chunked\r\n\r\nzz\r\n`, false);
  await raw(
    emulator.url,
    `${head}x-goog-api-key: k\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    true,
  );
  expect(await raw(emulator.url, 'nonsense\r\n\r\n', false)).toMatch(/^HTTP\/1\.1 400 /);
  const signal = AbortSignal.timeout(20);
  await expect(ask(emulator.url, { signal })).rejects.toThrow();
  expect((await ask(emulator.url)).status).toBe(200);
  await emulator.close();
});
