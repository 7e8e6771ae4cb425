/** The time limit of an attempt, on a clock that the tests move. */
import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { startAttempt } from '../../src/network/attempt.js';
import { withoutGrace } from '../../src/network/stop-signals.js';
import { finished, piece } from '../support/answers.js';
import { ask, askInVain, askStreaming, failureOf } from '../support/ask.js';
import { event, fakeGemini, json, type Responder, silence } from '../support/fake-gemini.js';

const LIMIT = 1000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  return () => void vi.useRealTimers();
});

/** Something to wait for. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** Lets everything happen that needs no time. */
async function settle() {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

describe('a server that is silent', () => {
  test.each<[string, Responder]>([
    ['from the start', silence],
    [
      'after its headers',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.flushHeaders();
      },
    ],
    [
      'after half of its answer',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"candidates":');
      },
    ],
    [
      'after the headers of an error',
      (response) => {
        response.writeHead(403, { 'content-type': 'application/json' });
        response.flushHeaders();
      },
    ],
  ])('%s times out when the time is over, and not before', async (_when, responder) => {
    const asked = gate();
    const server = await fakeGemini(async (response, request) => {
      await responder(response, request);
      asked.open();
    });
    const error = askInVain(server, { timeoutMs: LIMIT });
    let over = false;
    error.then(() => {
      over = true;
    });
    await asked.opened;
    await settle();
    vi.advanceTimersByTime(LIMIT - 1);
    await settle();
    expect(over).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await error).toMatchObject({
      kind: 'service',
      message: 'no answer within 1 s',
      hint: expect.stringContaining('--timeout'),
      retryable: true,
    });
  });

  test('is left by closing the connection', async () => {
    const asked = gate();
    const closed = gate();
    const server = await fakeGemini((response) => {
      response.on('close', closed.open);
      asked.open();
    });
    const error = askInVain(server, { timeoutMs: LIMIT });
    await asked.opened;
    vi.advanceTimersByTime(LIMIT);
    await error;
    await closed.opened;
  });

  test('has the whole time again in the next attempt', async () => {
    const asked = [gate(), gate()];
    let attempt = 0;
    const answer = gate();
    const server = await fakeGemini(
      () => asked[attempt++]?.open(),
      async (response, request) => {
        asked[attempt++]?.open();
        await answer.opened;
        await json(finished('A harbor.'))(response, request);
      },
    );
    const result = ask(server, { timeoutMs: LIMIT, retries: 1 });
    await asked[0]?.opened;
    vi.advanceTimersByTime(LIMIT);
    await asked[1]?.opened;
    await settle();
    vi.advanceTimersByTime(LIMIT - 1);
    await settle();
    answer.open();
    expect(await result).toMatchObject({ text: 'A harbor.' });
  });
});

describe('a stream', () => {
  /** A stream of which the test sends each part itself. */
  async function streamOnDemand() {
    const begun = gate();
    let current: ServerResponse | undefined;
    const server = await fakeGemini((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      current = response;
      begun.open();
    });
    return {
      server,
      begun: begun.opened,
      send: (text: string) => current?.write(text),
      end: () => current?.end(),
    };
  }

  test('may take longer than the time limit, if no silence in it does', async () => {
    const { server, begun, send, end } = await streamOnDemand();
    let heard = gate();
    const onText = async () => heard.open();
    const outcome = askStreaming(server, { timeoutMs: LIMIT }, { onText });
    await begun;
    for (let part = 0; part < 5; part += 1) {
      send(event(piece('la ')));
      await heard.opened;
      await settle();
      heard = gate();
      vi.advanceTimersByTime(LIMIT - 1);
      await settle();
    }
    send(event(finished('la')));
    await heard.opened;
    end();
    expect((await outcome).answer?.text).toBe('la la la la la la');
  });

  test('that falls silent after a piece times out', async () => {
    const { server, begun, send } = await streamOnDemand();
    const heard = gate();
    const onText = async () => heard.open();
    const outcome = askStreaming(server, { timeoutMs: LIMIT, retries: 3 }, { onText });
    await begun;
    send(event(piece('A harbor')));
    await heard.opened;
    await settle();
    vi.advanceTimersByTime(LIMIT);
    expect((await outcome).error).toMatchObject({
      kind: 'service',
      message: 'the answer fell silent for 1 s',
      partialText: 'A harbor',
    });
    expect(server.requests).toHaveLength(1);
  });

  test('is not blamed for the time that its reader takes', async () => {
    const taken = gate();
    const reading = gate();
    const server = await fakeGemini((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(event(piece('A ')));
      taken.opened.then(() => response.end(event(finished('harbor.'))));
    });
    const onText = async (text: string) => {
      if (text !== 'A ') return;
      reading.open();
      await taken.opened;
    };
    const outcome = askStreaming(server, { timeoutMs: LIMIT }, { onText });
    await reading.opened;
    vi.advanceTimersByTime(100 * LIMIT);
    await settle();
    taken.open();
    expect((await outcome).answer?.text).toBe('A harbor.');
  });
});

describe('an attempt', () => {
  test('starts its time anew whenever something is heard', () => {
    const attempt = startAttempt(LIMIT);
    for (let time = 0; time < 10; time += 1) {
      vi.advanceTimersByTime(LIMIT - 1);
      attempt.heard();
    }
    expect(attempt.signal.aborted).toBe(false);
    vi.advanceTimersByTime(LIMIT);
    expect(attempt.signal.aborted).toBe(true);
    attempt.end();
  });

  test('ends after ten times the limit, whatever is heard; the time of the caller does not count', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const attempt = startAttempt(LIMIT);
    const talk = (ms: number) => {
      for (let time = 0; time < ms; time += LIMIT / 4) {
        attempt.heard();
        vi.advanceTimersByTime(LIMIT / 4);
      }
    };
    talk(5 * LIMIT);
    const taken = gate();
    const offTheClock = attempt.offTheClock(taken.opened);
    vi.advanceTimersByTime(100 * LIMIT);
    taken.open();
    await offTheClock;
    talk(4.5 * LIMIT);
    expect(attempt.signal.aborted).toBe(false);
    talk(LIMIT);
    expect(attempt.signal.reason).toMatchObject({
      kind: 'service',
      message: `the answer was not finished within ${LIMIT / 100} s`,
    });
    attempt.end();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends soon after the end of an answer, unless more follows', () => {
    const attempt = startAttempt(LIMIT);
    attempt.finishing();
    vi.advanceTimersByTime(Math.min(LIMIT, 5000) - 1);
    attempt.heard();
    attempt.finishing();
    vi.advanceTimersByTime(Math.min(LIMIT, 5000) - 1);
    expect(attempt.isOver).toBe(false);
    vi.advanceTimersByTime(1);
    expect(attempt).toMatchObject({ isOver: true, signal: { aborted: true } });
    attempt.end();
  });

  test('leaves no timer behind, however it ends', async () => {
    const attempt = startAttempt(LIMIT);
    attempt.heard();
    await attempt.offTheClock(Promise.resolve());
    attempt.heard();
    attempt.end();
    expect(vi.getTimerCount()).toBe(0);
    attempt.heard();
    expect(vi.getTimerCount()).toBe(0);

    const late = startAttempt(LIMIT);
    vi.advanceTimersByTime(LIMIT);
    late.heard();
    late.end();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('may have no limit', async () => {
    const server = await fakeGemini(json(finished('A harbor.')));
    for (const timeoutMs of [Number.POSITIVE_INFINITY, 2 ** 31, 1e12]) {
      expect(await ask(server, { timeoutMs })).toMatchObject({ text: 'A harbor.' });
      const attempt = startAttempt(timeoutMs);
      vi.advanceTimersByTime(3_600_000);
      expect(attempt.signal.aborted).toBe(false);
      attempt.end();
    }
  });

  test('that is over before it began is never started', async () => {
    const error = await failureOf(
      (async () => startAttempt(LIMIT, AbortSignal.abort(new Error('enough'))))(),
    );
    expect(error).toMatchObject({ kind: 'interrupted', cause: { message: 'enough' } });
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('an interruption is not called a timeout, nor the other way round', async () => {
  const asked = [gate(), gate()];
  let attempt = 0;
  const server = await fakeGemini(() => asked[attempt++]?.open());
  const controller = new AbortController();

  const late = askInVain(
    server,
    { timeoutMs: LIMIT },
    { signals: withoutGrace(controller.signal) },
  );
  await asked[0]?.opened;
  vi.advanceTimersByTime(LIMIT);
  expect(await late).toMatchObject({ kind: 'service', message: 'no answer within 1 s' });

  const calledOff = askInVain(
    server,
    { timeoutMs: LIMIT },
    { signals: withoutGrace(controller.signal) },
  );
  await asked[1]?.opened;
  controller.abort();
  vi.advanceTimersByTime(LIMIT);
  expect(await calledOff).toMatchObject({ kind: 'interrupted', message: 'interrupted' });
});
