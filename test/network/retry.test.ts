/** The ladder of attempts: what is tried again, when, and how often. */
import { describe, expect, test } from 'vitest';
import { RETRY_BUDGET_MS } from '../../src/domain/error-policy.js';
import type { Retry } from '../../src/domain/events.js';
import { createClient } from '../../src/gemini/client.js';
import { delayBefore, retryLadder } from '../../src/network/retry.js';
import { withoutGrace } from '../../src/network/stop-signals.js';
import { failed, finished, overloaded, piece, rateLimited, retryInfo } from '../support/answers.js';
import {
  ask,
  askInVain,
  askStreaming,
  clientOf,
  failureOf,
  KEY,
  QUESTION,
  testClock,
} from '../support/ask.js';
import {
  closedPort,
  event,
  fakeGemini,
  hangUp,
  json,
  packets,
  type Responder,
  silence,
  sse,
} from '../support/fake-gemini.js';
import { hearingRetries } from '../support/said.js';

const harbor = json(finished('A harbor.'));
const busy = json(overloaded, 503);

/** How many requests a question costs that is never answered otherwise. */
async function attempts(responder: Responder, retries = 4) {
  const server = await fakeGemini(responder);
  await askInVain(server, { retries });
  return server.requests.length;
}

describe('a failure that may pass is retried as often as allowed:', () => {
  test.each([408, 429, 500, 502, 503, 504])('HTTP %i', async (status) => {
    expect(await attempts(json(failed(status, '', 'Later.'), status))).toBe(5);
  });

  test('a connection that breaks', async () => {
    expect(await attempts(hangUp)).toBe(5);
  });

  test('an answer that is cut off', async () => {
    const cut: Responder = (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"candidates":', () => response.socket?.destroy());
    };
    expect(await attempts(cut)).toBe(5);
  });

  test('silence', async () => {
    const server = await fakeGemini(silence);
    const error = await askInVain(server, { retries: 2, timeoutMs: 20 });
    expect(error.message).toBe('no answer within 0.02 s (after 3 attempts)');
    expect(server.requests.length).toBeLessThanOrEqual(3);
  });

  test('a refused connection', async () => {
    const clock = testClock();
    const port = await closedPort();
    await askInVain(`http://127.0.0.1:${port}`, { retries: 3, clock });
    expect(clock.waits).toHaveLength(3);
  });
});

describe('a failure that will not pass is not retried:', () => {
  test.each([400, 401, 402, 403, 404, 413, 418, 501])('HTTP %i', async (status) => {
    expect(await attempts(json(failed(status, '', 'No.'), status))).toBe(1);
  });

  test.each(['SAFETY', 'RECITATION', 'MAX_TOKENS', 'LANGUAGE', 'NEW'])('%s', async (reason) => {
    expect(await attempts(json(finished('', reason)))).toBe(1);
  });

  test('OTHER with text', async () => {
    expect(await attempts(json(finished('A harb', 'OTHER')))).toBe(1);
  });

  test('a redirect', async () => {
    const redirect: Responder = (response) => {
      response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
    };
    expect(await attempts(redirect)).toBe(1);
  });
});

describe('retries', () => {
  test('are not made with 0', async () => {
    expect(await attempts(busy, 0)).toBe(1);
  });

  test('stop with the first answer', async () => {
    const server = await fakeGemini(busy, hangUp, harbor);
    expect(await ask(server, { retries: 4 })).toMatchObject({ text: 'A harbor.' });
    expect(server.requests).toHaveLength(3);
  });

  test('stop with the first failure that will not pass', async () => {
    const server = await fakeGemini(busy, json(failed(403, '', 'No.'), 403));
    expect(await askInVain(server, { retries: 4 })).toMatchObject({ kind: 'auth' });
    expect(server.requests).toHaveLength(2);
  });

  test('send the same request', async () => {
    const server = await fakeGemini(busy, harbor);
    await ask(server, { retries: 1 });
    const [first, second] = server.requests;
    expect(second?.body).toBe(first?.body);
    expect(second?.path).toBe(first?.path);
    expect(second?.headers['x-goog-api-key']).toBe(first?.headers['x-goog-api-key']);
  });

  test('are counted in the last error, if there were any', async () => {
    const words =
      'the service is overloaded (503): The model is overloaded. Please try again later';
    expect((await askInVain(await fakeGemini(busy), { retries: 2 })).message).toBe(
      `${words} (after 3 attempts)`,
    );
    expect((await askInVain(await fakeGemini(busy), { retries: 0 })).message).toBe(words);
  });

  test('leave the facts of the last error as they are', async () => {
    const error = await askInVain(await fakeGemini(busy), { retries: 1 });
    expect(error).toMatchObject({
      kind: 'service',
      httpStatus: 503,
      retryable: true,
      hint: 'Try again later.',
    });
  });

  test('are reported with the number of the next attempt and the wait before it', async () => {
    const server = await fakeGemini(busy, json(rateLimited('x', retryInfo('2s')), 429), harbor);
    const told: Omit<Retry, 'error'>[] = [];
    const kinds: string[] = [];
    const tell = hearingRetries(({ error, ...rest }) => {
      told.push(rest);
      kinds.push(error.kind);
    });
    await ask(server, { retries: 4, clock: testClock(0.5) }, { tell });
    expect(told).toEqual([
      { attempt: 2, maxAttempts: 5, delayMs: 500 },
      { attempt: 3, maxAttempts: 5, delayMs: 2020 },
    ]);
    expect(kinds).toEqual(['service', 'quota']);
  });

  test('begin anew with each question', async () => {
    const server = await fakeGemini(busy, harbor, busy, harbor);
    const client = await clientOf(server, { retries: 1 });
    expect(await client.ask(QUESTION)).toMatchObject({ text: 'A harbor.' });
    expect(await client.ask(QUESTION)).toMatchObject({ text: 'A harbor.' });
  });
});

describe('a stream', () => {
  test('is tried again before its first character', async () => {
    const server = await fakeGemini(busy, sse(overloaded), sse(finished('A harbor.')));
    const { pieces, answer } = await askStreaming(server, { retries: 2 });
    expect(pieces).toEqual(['A harbor.']);
    expect(answer?.text).toBe('A harbor.');
  });

  test.each<[string, Responder]>([
    ['by an error event', sse(piece('A'), overloaded)],
    ['by its end', sse(piece('A'))],
    ['by what is no JSON', packets([event(piece('A')), 'data: {\n\n'])],
  ])('is never tried again after its first character, when broken off %s', async (_how, first) => {
    const server = await fakeGemini(first, sse(finished('A harbor.')));
    const { answer, error } = await askStreaming(server, { retries: 4 });
    expect(answer).toBeUndefined();
    expect(error).toMatchObject({ kind: 'service', retryable: true });
    expect(error?.message).not.toContain('attempts');
    expect(server.requests).toHaveLength(1);
  });

  test('is never tried again after its first character, when the connection breaks', async () => {
    const server = await fakeGemini(
      async (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(event(piece('A')));
        await taken;
        response.socket?.resetAndDestroy();
      },
      sse(finished('A harbor.')),
    );
    let take = () => {};
    const taken = new Promise<void>((resolve) => {
      take = resolve;
    });
    const { error } = await askStreaming(server, { retries: 4 }, { onText: async () => take() });
    expect(error).toMatchObject({ kind: 'service', partialText: 'A' });
    expect(server.requests).toHaveLength(1);
  });

  test('is tried again after thoughts, which are not shown', async () => {
    const thinking = {
      candidates: [{ content: { parts: [{ text: 'Hm.', thought: true }] } }],
    };
    const server = await fakeGemini(sse(thinking, overloaded), sse(finished('A harbor.')));
    expect((await askStreaming(server, { retries: 1 })).answer?.text).toBe('A harbor.');
  });
});

describe('waits', () => {
  test('double up to 32 s, and a random part of them is waited', () => {
    for (const [repetition, most] of [1, 2, 4, 8, 16, 32, 32, 32].entries()) {
      expect(delayBefore(repetition, undefined, 0)).toBe(0);
      expect(delayBefore(repetition, undefined, 0.5)).toBe(most * 500);
      expect(delayBefore(repetition, undefined, 1)).toBe(most * 1000);
    }
  });

  test("are never shorter than the server's time, and spread a little beyond it", () => {
    for (const repetition of [0, 1, 5, 20]) {
      for (const serverMs of [0, 900, 40_026]) {
        expect(delayBefore(repetition, serverMs, 0)).toBe(serverMs);
        const most = delayBefore(repetition, serverMs, 1);
        expect(most).toBeGreaterThan(serverMs);
        expect(most).toBeLessThanOrEqual(serverMs + 8000);
      }
    }
  });

  test('are taken on the clock', async () => {
    const clock = testClock(0.5);
    await askInVain(await fakeGemini(busy), { retries: 4, clock });
    expect(clock.waits).toEqual([500, 1000, 2000, 4000]);
  });

  test('end when the budget is used up', async () => {
    const clock = testClock(0);
    const server = await fakeGemini(json(rateLimited('x', retryInfo('200s')), 429));
    const error = await askInVain(server, { retries: 100, clock });
    // The pace may add a moment to a pause.
    expect(clock.waits.reduce((sum, ms) => sum + ms)).toBeLessThan(RETRY_BUDGET_MS + 1000);
    expect(server.requests).toHaveLength(4);
    expect(error.message).toMatch(/after 4 attempts\)$/);
  });

  test('do not begin if the server asks for more than the budget', async () => {
    const clock = testClock(0);
    const server = await fakeGemini(json(rateLimited('x', retryInfo('601s')), 429));
    expect(await askInVain(server, { retries: 4, clock })).toMatchObject({
      kind: 'quota',
      retryAfterMs: 601_000,
      hint: 'The server asks to wait 11 min. Try again then.',
    });
    expect(clock.waits).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  test('share the budget with the attempts themselves', async () => {
    let now = 0;
    const clock = { ...testClock(0), now: () => now };
    const waitForNextAttempt = retryLadder({ retries: 4, clock });
    const failure = await askInVain(await fakeGemini(busy));
    now = RETRY_BUDGET_MS;
    await waitForNextAttempt(failure);
    now += 1;
    expect((await failureOf(waitForNextAttempt(failure))).message).toMatch(/after 2 attempts\)$/);
  });

  test('count the budget from the last answer of the run, if that came later', async () => {
    let now = 0;
    const clock = { ...testClock(0), now: () => now };
    const waitForNextAttempt = retryLadder({ retries: 9, clock });
    const failure = await askInVain(await fakeGemini(busy));
    now = 3 * RETRY_BUDGET_MS;
    await waitForNextAttempt(failure, { since: now - RETRY_BUDGET_MS });
    expect(
      (await failureOf(waitForNextAttempt(failure, { since: now - RETRY_BUDGET_MS - 1 }))).message,
    ).toMatch(/after 2 attempts\)$/);
    // An answer from before the first attempt does not take any of its time.
    const late = retryLadder({ retries: 9, clock });
    await late(failure, { since: 0 });
  });

  test('take real time, and end with an abort', async () => {
    const server = await fakeGemini(json(rateLimited('x', retryInfo('500s')), 429));
    const controller = new AbortController();
    const { url: baseUrl } = server;
    // No clock is given, so it is the real one.
    const client = await createClient({ apiKey: KEY, baseUrl, timeoutMs: 60_000, retries: 4 });
    const error = await failureOf(
      client.ask(QUESTION, {
        signals: withoutGrace(controller.signal),
        tell: () => setImmediate(() => controller.abort(new Error('enough'))),
      }),
    );
    expect(error).toMatchObject({ kind: 'interrupted', message: 'interrupted' });
    expect(error.cause).toMatchObject({ message: 'enough' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('an abort', () => {
  test('before the request leaves the server alone', async () => {
    const server = await fakeGemini(harbor);
    const error = await askInVain(
      server,
      { retries: 4 },
      { signals: withoutGrace(AbortSignal.abort('why')) },
    );
    expect(error).toMatchObject({ kind: 'interrupted', cause: 'why', retryable: false });
    expect(server.requests).toEqual([]);
    expect(server.connections()).toBe(0);
  });

  test('during the request closes the connection, and nothing is tried again', async () => {
    const controller = new AbortController();
    let closed = () => {};
    const connectionClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const server = await fakeGemini((response) => {
      response.on('close', closed);
      controller.abort();
    });
    const error = await askInVain(
      server,
      { retries: 4 },
      { signals: withoutGrace(controller.signal) },
    );
    expect(error.kind).toBe('interrupted');
    await connectionClosed;
    expect(server.requests).toHaveLength(1);
  });

  test('during a wait ends the wait', async () => {
    const controller = new AbortController();
    const clock = {
      ...testClock(),
      sleep: async (_ms: number, signal?: AbortSignal) => {
        controller.abort();
        signal?.throwIfAborted();
      },
    };
    const server = await fakeGemini(busy);
    const { signal } = controller;
    expect(
      (await askInVain(server, { retries: 4, clock }, { signals: withoutGrace(signal) })).kind,
    ).toBe('interrupted');
    expect(server.requests).toHaveLength(1);
  });

  test('during a stream closes the connection', async () => {
    const controller = new AbortController();
    let closed = () => {};
    const connectionClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const server = await fakeGemini((response) => {
      response.on('close', closed);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(event(piece('A')));
    });
    const onText = async () => controller.abort();
    const { signal } = controller;
    const { error } = await askStreaming(
      server,
      { retries: 4 },
      { signals: withoutGrace(signal), onText },
    );
    expect(error?.kind).toBe('interrupted');
    await connectionClosed;
  });

  test('during a stream that has fully arrived holds back the rest of it', async () => {
    const controller = new AbortController();
    const pieces: string[] = [];
    const onText = async (text: string) => {
      pieces.push(text);
      // Long enough for all the rest to arrive.
      await answered;
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
      controller.abort();
    };
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const server = await fakeGemini(async (response, request) => {
      await sse(piece('A '), piece('har'), finished('bor.'))(response, request);
      answer();
    });
    const { signal } = controller;
    const { error } = await askStreaming(server, {}, { signals: withoutGrace(signal), onText });
    expect(error?.kind).toBe('interrupted');
    expect(pieces).toEqual(['A ']);
  });
});
