/** One process, many questions: what is shared, and what must not pile up. */

import { getEventListeners } from 'node:events';
import { createServer } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { withoutGrace } from '../../src/network/stop-signals.js';
import { finished, overloaded } from '../support/answers.js';
import {
  ask,
  askInVain,
  askStreaming,
  clientOf,
  failureOf,
  QUESTION,
  questionOf,
} from '../support/ask.js';
import {
  closedPort,
  event,
  fakeGemini,
  json,
  listenOnLoopback,
  packets,
  sse,
} from '../support/fake-gemini.js';

const harbor = json(finished('A harbor.'));

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

describe('connections', () => {
  test('are kept for the next question', async () => {
    const server = await fakeGemini(harbor, json(overloaded, 503), harbor);
    const client = await clientOf(server);
    for (let call = 0; call < 4; call += 1) {
      await client.ask(QUESTION).catch(() => undefined);
      await turn();
    }
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 1, 1]);
  });

  test('that switch to another protocol are an error', async () => {
    const server = await fakeGemini((response) => {
      const head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n';
      response.socket?.end(head);
    });
    const error = await askInVain(server);
    expect(error).toMatchObject({ kind: 'service', retryable: false });
    expect(error.message).toContain('HTTP 101');
    expect((await askStreaming(server)).error?.kind).toBe('service');
  });

  test('are kept after a stream that was read to its end', async () => {
    const server = await fakeGemini(sse(finished('A harbor.')));
    const client = await clientOf(server);
    for (let call = 0; call < 3; call += 1) {
      await client.ask(QUESTION, { onText: async () => {} });
      await turn();
    }
    expect(server.connections()).toBe(1);
  });

  test('that the server has closed meanwhile are replaced', async () => {
    const server = await fakeGemini((response, request) => {
      response.on('finish', () => response.socket?.destroySoon());
      return harbor(response, request);
    });
    const client = await clientOf(server, { retries: 1 });
    for (let call = 0; call < 3; call += 1) {
      expect(await client.ask(QUESTION)).toMatchObject({ text: 'A harbor.' });
      await turn();
    }
  });

  test('are closed if an answer is not read to its end', async () => {
    let closed = () => {};
    const connectionClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const server = await fakeGemini((response, request) => {
      response.on('close', closed);
      return packets([event(overloaded)], { ending: 'stay open' })(response, request);
    });
    expect((await askStreaming(server)).error).toMatchObject({ httpStatus: 503 });
    await connectionClosed;
  });

  test('may be refused before the request is sent completely', async () => {
    const server = createServer((request, response) => {
      response.writeHead(413, { 'content-type': 'text/html' }).end('<title>Too large</title>');
      request.on('error', () => {});
    });
    const port = await listenOnLoopback(server);
    const client = await clientOf(`http://127.0.0.1:${port}`, { retries: 1 });
    const error = await failureOf(client.ask(questionOf(new Uint8Array(15e6))));
    expect(error).toMatchObject({ kind: 'input', httpStatus: 413 });
  });

  test('are not made for a signal that is already aborted', async () => {
    const server = await fakeGemini(harbor);
    await askInVain(server, { retries: 4 }, { signals: withoutGrace(AbortSignal.abort()) });
    expect(server.connections()).toBe(0);
  });

  test.each(['127.0.0.1', 'localhost'])('that %s refuses name their address', async (host) => {
    const port = await closedPort();
    const error = await askInVain(`http://${host}:${port}`);
    expect(error).toMatchObject({ kind: 'service', retryable: true });
    expect(error.message).toMatch(/^the connection was refused \(ECONNREFUSED/);
    expect(error.message).toMatch(new RegExp(`(127\\.0\\.0\\.1|::1):${port}`));
  });
});

test('a thousand questions with one signal leave nothing behind', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  onTestFinished(() => void process.off('warning', note));

  const server = await fakeGemini((response, request) =>
    (request.path.includes('stream') ? sse(finished('A harbor.')) : harbor)(response, request),
  );
  const client = await clientOf(server);
  const controller = new AbortController();
  const { signal } = controller;
  const kept: WeakRef<object>[] = [];
  const askOne = async (call: number) => {
    const question = { ...QUESTION };
    const onText = async () => {};
    const answer = await client.ask(question, {
      signals: withoutGrace(signal),
      ...(call % 2 === 0 && { onText }),
    });
    kept.push(new WeakRef(question), new WeakRef(answer));
  };
  const hundred = () => Promise.all(Array.from({ length: 100 }, (_, call) => askOne(call)));

  await hundred();
  const before = activeTimers();
  for (let round = 1; round < 10; round += 1) await hundred();

  expect(server.requests).toHaveLength(1000);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(activeTimers()).toBeLessThan(before + 50);
  // What the last calls were about may still be on a stack or in a connection.
  await vi.waitFor(() => {
    collectGarbage();
    expect(kept.filter((object) => object.deref() !== undefined).length).toBeLessThan(100);
  });
  expect(warnings).toEqual([]);
  // Nobody listens any more, so this does nothing.
  controller.abort();
});

test('failed questions leave nothing behind either', async () => {
  const server = await fakeGemini(json(overloaded, 503));
  const { signal } = new AbortController();
  const before = activeTimers();
  for (let call = 0; call < 20; call += 1)
    await askInVain(server, { retries: 2 }, { signals: withoutGrace(signal) });
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(activeTimers()).toBeLessThan(before + 10);
});

test('questions of one client do not wait for each other', async () => {
  let waiting = 0;
  let open = () => {};
  const allThere = new Promise<void>((resolve) => {
    open = resolve;
  });
  const server = await fakeGemini(async (response, request) => {
    waiting += 1;
    if (waiting === 5) open();
    await allThere;
    await harbor(response, request);
  });
  const client = await clientOf(server);
  const answers = await Promise.all(Array.from({ length: 5 }, () => client.ask(QUESTION)));
  expect(answers).toHaveLength(5);
});

test('the global fetch is left alone, and others may replace it', async () => {
  const original = globalThis.fetch;
  const server = await fakeGemini(harbor);
  await ask(server);
  expect(globalThis.fetch).toBe(original);
});

/** A connection is free for the next question a moment after the last answer. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}
