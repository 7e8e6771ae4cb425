/** What Google's SDK does wrong, one letter each, and that the client does not. */

import { getEventListeners } from 'node:events';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { withoutGrace } from '../../src/network/stop-signals.js';
import { candidate, failed, finished, overloaded, piece, rateLimited } from '../support/answers.js';
import {
  ask,
  askInVain,
  askStreaming,
  failureOf,
  QUESTION,
  testClock,
  words,
} from '../support/ask.js';
import { bareSdk, endBareSdk } from '../support/bare-sdk.js';
import {
  closedPort,
  event,
  fakeGemini,
  hangUp,
  html,
  json,
  packets,
  silence,
  sse,
} from '../support/fake-gemini.js';

afterAll(endBareSdk);

/** Reads a stream as the SDK's documentation shows, and what it says is the whole of it. */
const READ_STREAM = `
  const { stream, response } = await model().generateContentStream(prompt);
  const pieces = [];
  for await (const chunk of stream) pieces.push(chunk.text());
`;

test('A: all parts of a chunk are there, each once', async () => {
  const server = await fakeGemini(
    sse(candidate([{ text: 'A harbor ' }, { text: 'at ' }]), finished('dusk.')),
  );

  const bare = await bareSdk(server, `${READ_STREAM} return (await response).text();`);
  expect(bare.value).toBe('at at dusk.');

  const { pieces, answer } = await askStreaming(server);
  expect(answer?.text).toBe('A harbor at dusk.');
  expect(pieces.join('')).toBe('A harbor at dusk.');
});

test('B: thoughts are not part of the text', async () => {
  const answer = candidate([{ text: 'Let me look.', thought: true }, { text: 'A harbor.' }], {
    finishReason: 'STOP',
  });
  const server = await fakeGemini(json(answer), json(answer), sse(answer));

  const bare = await bareSdk(
    server,
    'return (await model().generateContent(prompt)).response.text();',
  );
  expect(bare.value).toBe('Let me look.A harbor.');

  expect(await ask(server)).toMatchObject({ text: 'A harbor.' });
  expect(await askStreaming(server)).toMatchObject({ pieces: ['A harbor.'] });
});

test('C: an error event in mid-stream is an error', async () => {
  const server = await fakeGemini(sse(piece('A harbor'), overloaded));

  const bare = await bareSdk(server, `${READ_STREAM} return (await response).text();`);
  expect(bare).toEqual({ value: 'A harbor', unhandled: [] });

  const { error, answer } = await askStreaming(server);
  expect(answer).toBeUndefined();
  expect(error).toMatchObject({ kind: 'service', httpStatus: 503 });
});

test('D: a raw JSON error after the last event keeps its code and words', async () => {
  const server = await fakeGemini(
    packets([event(piece('A harbor')), JSON.stringify(overloaded, null, 2)]),
  );

  const bare = await bareSdk(server, READ_STREAM);
  expect(bare).toMatchObject({
    value: { message: expect.stringMatching(/Failed to parse stream$/) },
    unhandled: [expect.stringMatching(/Failed to parse stream$/)],
  });

  const { error } = await askStreaming(server);
  expect(error).toMatchObject({ kind: 'service', httpStatus: 503 });
  expect(error?.message).toContain('The model is overloaded');
});

test('E: a reset connection keeps its cause, and no rejection is left over', async () => {
  const server = await fakeGemini(packets([event(piece('A harbor'))], { ending: 'reset' }));

  const bare = await bareSdk(server, READ_STREAM);
  expect(bare).toEqual({
    value: { message: expect.stringMatching(/Error reading from the stream$/) },
    unhandled: [expect.stringMatching(/Error reading from the stream$/)],
  });

  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  try {
    const { error } = await askStreaming(server);
    expect(error).toMatchObject({ kind: 'service', retryable: true });
    expect(error?.message).toMatch(/ECONNRESET/);
    await new Promise(setImmediate);
    expect(unhandled).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
  }
});

test('F: no timer is left after an answer', async () => {
  const server = await fakeGemini(json(finished('A harbor.')));

  const bare = await bareSdk(
    server,
    `const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout');
     const before = timers().length;
     await model({ timeout: 600_000 }).generateContent(prompt);
     return timers().length - before;`,
  );
  expect(bare.value).toBeGreaterThanOrEqual(1);

  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  await ask(server);
  expect(vi.getTimerCount()).toBe(0);
});

test('G: an already aborted signal is obeyed', async () => {
  const server = await fakeGemini(json(finished('A harbor.')));

  const bare = await bareSdk(
    server,
    `const signal = AbortSignal.abort();
     return (await model().generateContent(prompt, { signal })).response.text();`,
  );
  expect(bare.value).toBe('A harbor.');
  expect(server.requests).toHaveLength(1);

  const error = await askInVain(server, {}, { signals: withoutGrace(AbortSignal.abort()) });
  expect(error.kind).toBe('interrupted');
  expect(server.requests).toHaveLength(1);
});

test('H: no listener stays on a shared signal', async () => {
  const server = await fakeGemini(json(finished('A harbor.')));

  const bare = await bareSdk(
    server,
    `const { getEventListeners } = await import('node:events');
     const { signal } = new AbortController();
     for (let call = 0; call < 5; call += 1) await model().generateContent(prompt, { signal });
     return getEventListeners(signal, 'abort').length;`,
  );
  expect(bare.value).toBe(5);

  const { signal } = new AbortController();
  for (let call = 0; call < 5; call += 1) await ask(server, {}, { signals: withoutGrace(signal) });
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('I: an abort and a timeout can be told apart', async () => {
  const server = await fakeGemini(silence);

  const bare = await bareSdk(
    server,
    `const failure = (options) =>
       model().generateContent(prompt, options).catch((error) => [error.name, error.message]);
     return [
       await failure({ timeout: 20 }),
       await failure({ signal: AbortSignal.timeout(20) }),
     ];`,
  );
  const [timeout, abort] = bare.value as [unknown, unknown];
  expect(timeout).toEqual(abort);

  const timedOut = await askInVain(server, { timeoutMs: 20 });
  expect(timedOut).toMatchObject({ kind: 'service', message: 'no answer within 0.02 s' });
  const interrupted = await askInVain(
    server,
    {},
    { signals: withoutGrace(AbortSignal.timeout(20)) },
  );
  expect(interrupted).toMatchObject({ kind: 'interrupted', message: 'interrupted' });
});

test.each([
  ['U+2028', '\u2028'],
  ['U+2029', '\u2029'],
])('J: %s inside the text does not break a stream', async (_name, separator) => {
  const text = `one${separator}two`;
  const server = await fakeGemini(sse(finished(text)));

  const bare = await bareSdk(server, READ_STREAM);
  expect(bare.value).toMatchObject({ message: expect.stringMatching(/Failed to parse stream$/) });

  expect((await askStreaming(server)).answer?.text).toBe(text);
});

test('K: a key with a line break is not printed', async () => {
  const server = await fakeGemini(json(finished('A harbor.')));
  const key = 'first-half\nsecond-half';

  const bare = await bareSdk(server, 'return model().generateContent(prompt);', key);
  expect(bare.value).toMatchObject({ message: expect.stringContaining(key) });

  const error = await askInVain(server, { apiKey: key });
  expect(words(error)).not.toMatch(/first-half|second-half/);
  expect(String((error.cause as Error | undefined) ?? '')).not.toMatch(/first-half|second-half/);
  expect(server.requests).toEqual([]);
});

test('L: a temporary failure is retried', async () => {
  const server = await fakeGemini(json(overloaded, 503));
  const bare = await bareSdk(server, 'return model().generateContent(prompt);');
  expect(bare.value).toMatchObject({ message: expect.stringContaining('[503') });
  expect(server.requests).toHaveLength(1);

  const other = await fakeGemini(json(overloaded, 503), json(finished('A harbor.')));
  expect(await ask(other, { retries: 1, clock: testClock() })).toMatchObject({ text: 'A harbor.' });
  expect(other.requests).toHaveLength(2);
});

test('M: a network failure names its cause', async () => {
  const port = await closedPort();

  const bare = await bareSdk(
    { url: `http://127.0.0.1:${port}` },
    'return model().generateContent(prompt);',
  );
  expect(bare.value).toEqual({ message: expect.stringMatching(/: fetch failed$/) });

  const error = await askInVain(`http://127.0.0.1:${port}`);
  expect(error.message).toContain('ECONNREFUSED');
  expect(error.message).toContain(`127.0.0.1:${port}`);
});

test.each([
  ['PROHIBITED_CONTENT', { candidates: [{ finishReason: 'PROHIBITED_CONTENT' }] }],
  ['SPII', { candidates: [{ finishReason: 'SPII' }] }],
  ['BLOCKLIST', { candidates: [{ finishReason: 'BLOCKLIST' }] }],
  ['OTHER', { candidates: [{ finishReason: 'OTHER' }] }],
  ['MAX_TOKENS', { candidates: [{ finishReason: 'MAX_TOKENS' }] }],
  ['no candidates at all', { candidates: [] }],
])('N: an answer without text is an error (%s)', async (name, answer) => {
  const server = await fakeGemini(json(answer));

  const bare = await bareSdk(
    server,
    'return (await model().generateContent(prompt)).response.text();',
  );
  expect(bare.value).toBe('');

  const error = await askInVain(server);
  expect(error.kind).toBe(name === 'no candidates at all' ? 'service' : 'answer');
});

test.each([
  ['a comment', [': keep-alive\r\n\r\n', event(finished('A harbor.'))]],
  ['data without a blank', [event(finished('A harbor.')).replace('data: ', 'data:')]],
  ['no empty line at the end', [event(finished('A harbor.')).trimEnd()]],
])('O: a stream with %s is read', async (_name, pieces) => {
  const server = await fakeGemini(packets(pieces));

  const bare = await bareSdk(server, READ_STREAM);
  expect(bare.value).toMatchObject({ message: expect.stringMatching(/Failed to parse stream$/) });

  expect((await askStreaming(server)).answer?.text).toBe('A harbor.');
});

test('P: an error body that is an array keeps its message', async () => {
  const server = await fakeGemini(json([rateLimited('Slow down.')], 429));

  const bare = await bareSdk(server, 'return model().generateContent(prompt);');
  expect(bare.value).toMatchObject({ message: expect.stringMatching(/\[429 [^\]]+\] $/) });

  expect(await askInVain(server)).toMatchObject({
    kind: 'quota',
    message: 'too many requests (429): Slow down',
  });
});

test('Q: a web page is reported as one, whatever its status', async () => {
  const page = '<!DOCTYPE html><html><head><title>Log in</title></head></html>';
  const server = await fakeGemini(
    html(page, 502),
    html(page, 200),
    html(page, 502),
    html(page, 200),
  );

  const bare = await bareSdk(
    server,
    `const failure = () => model().generateContent(prompt).catch((error) => error.message);
     return [await failure(), await failure()];`,
  );
  expect(bare.value).toEqual([
    expect.stringMatching(/\[502 Bad Gateway\] $/),
    expect.stringMatching(/^Unexpected token .*is not valid JSON$/),
  ]);

  for (const status of [502, 200]) {
    const error = await askInVain(server);
    expect(error).toMatchObject({
      kind: 'service',
      httpStatus: status,
      message: `a proxy or gateway answered with a web page (HTTP ${status}: Log in)`,
    });
  }
});

test('a server that hangs up instead of answering is named as the cause, not the SDK', async () => {
  const server = await fakeGemini(hangUp);
  const error = await askInVain(server);
  expect(error.message).toMatch(/ECONNRESET/);
  expect(error.message).not.toContain('GoogleGenerativeAI');
});

test('an error body instead of an answer keeps its status, although HTTP says 200', async () => {
  const server = await fakeGemini(json(failed(500, 'INTERNAL', 'An internal error has occurred.')));
  expect(await failureOf(ask(server))).toMatchObject({ kind: 'service', httpStatus: 500 });
  expect(server.requests[0]?.path).toBe(`/v1beta/models/${QUESTION.model}:generateContent`);
});
