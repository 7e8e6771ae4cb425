/** How questions end that wait for their turn, or for a repetition. */
import { expect, test } from 'vitest';
import { GeminiImageError } from '../../src/domain/error.js';
import { createClient } from '../../src/gemini/client.js';
import { withoutGrace } from '../../src/network/stop-signals.js';
import { finished, overloaded, rateLimited, retryInfo } from '../support/answers.js';
import { clientOf, failureOf, KEY, QUESTION, stoppedBy } from '../support/ask.js';
import { closedPort, fakeGemini, json } from '../support/fake-gemini.js';

const harbor = json(finished('A harbor.'));

/** The clock is the real one: whatever is waited for here does not come. */
function realClient(where: { url: string }, pace = {}) {
  const { url: baseUrl } = where;
  return createClient({ apiKey: KEY, baseUrl, timeoutMs: 60_000, retries: 4, pace });
}

const enough = () => new GeminiImageError({ kind: 'quota', message: 'enough' });

/** The very error that a promise is rejected with. */
function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test('a run that is stopped begins nothing', async () => {
  const server = await fakeGemini(harbor);
  const reason = enough();
  const stop = new AbortController();
  stop.abort(reason);
  const asked = clientOf(server).ask(QUESTION, { signals: stoppedBy(stop) });
  expect(await rejection(asked)).toBe(reason);
  expect(server.requests).toEqual([]);
});

test('a question that waits for a turn gets the reason at once', async () => {
  const server = await fakeGemini(harbor);
  const client = realClient(server, { requestsPerMinute: 0.01 });
  await client.ask(QUESTION);
  const stop = new AbortController();
  const reason = enough();
  const waiting = [1, 2].map(() => rejection(client.ask(QUESTION, { signals: stoppedBy(stop) })));
  setImmediate(() => stop.abort(reason));
  expect(await Promise.all(waiting)).toEqual([reason, reason]);
  expect(server.requests).toHaveLength(1);
});

test('a question that waits in a pause gets the reason at once', async () => {
  const server = await fakeGemini(json(rateLimited('x', retryInfo('500s')), 429));
  const stop = new AbortController();
  const reason = enough();
  const tell = () => void setImmediate(() => stop.abort(reason));
  const asked = realClient(server).ask(QUESTION, { signals: stoppedBy(stop), tell });
  expect(await rejection(asked)).toBe(reason);
});

test('a question that waits before a retry gets the reason at once', async () => {
  const client = realClient({ url: `http://127.0.0.1:${await closedPort()}` });
  const stop = new AbortController();
  const reason = enough();
  const tell = () => void setImmediate(() => stop.abort(reason));
  expect(await rejection(client.ask(QUESTION, { signals: stoppedBy(stop), tell }))).toBe(reason);
});

test('a call in progress goes on, and its answer counts', async () => {
  const stop = new AbortController();
  const server = await fakeGemini((response, request) => {
    stop.abort(enough());
    return harbor(response, request);
  });
  const answer = await clientOf(server).ask(QUESTION, { signals: stoppedBy(stop) });
  expect(answer.text).toBe('A harbor.');
});

test('a call in progress that fails is not repeated', async () => {
  const stop = new AbortController();
  const server = await fakeGemini((response, request) => {
    stop.abort(enough());
    return json(overloaded, 503)(response, request);
  });
  const asked = clientOf(server, { retries: 4 }).ask(QUESTION, { signals: stoppedBy(stop) });
  expect(await failureOf(asked)).toMatchObject({ httpStatus: 503 });
  expect(server.requests).toHaveLength(1);
});

test('Ctrl-C ends the wait for a turn', async () => {
  const server = await fakeGemini(harbor);
  const client = realClient(server, { requestsPerMinute: 0.01 });
  await client.ask(QUESTION);
  const controller = new AbortController();
  const asked = failureOf(client.ask(QUESTION, { signals: withoutGrace(controller.signal) }));
  setImmediate(() => controller.abort());
  expect((await asked).kind).toBe('interrupted');
  expect(server.requests).toHaveLength(1);
});
