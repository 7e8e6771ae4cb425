/** What Google may keep: `"store": false` with every request, unless the user or the server says no. */
import { describe, expect, test } from 'vitest';
import { failed, finished, overloaded } from '../support/answers.js';
import { ask, askInVain, askStreaming, clientOf, QUESTION } from '../support/ask.js';
import { fakeGemini, json, sse } from '../support/fake-gemini.js';
import { atOwnAddress } from '../support/own-address.js';
import { hearingWarnings } from '../support/said.js';

const UNKNOWN = failed(
  400,
  'INVALID_ARGUMENT',
  'Invalid JSON payload received. Unknown name "store": Cannot find field.',
);
const refusal = json(UNKNOWN, 400);

/** What each request said of storage, in turn. */
function stored(server: { requests: readonly { body: string }[] }): unknown[] {
  return server.requests.map(({ body }) => JSON.parse(body).store);
}

describe('a request', () => {
  test('asks not to be kept, whole or streamed, and in retries', async () => {
    const whole = await fakeGemini(json(overloaded, 503), json(finished('A harbor.')));
    await ask(whole, { retries: 1 });
    expect(stored(whole)).toEqual([false, false]);
    const streamed = await fakeGemini(sse(finished('A harbor.')));
    await askStreaming(streamed);
    expect(stored(streamed)).toEqual([false]);
  });

  test('does not say so if the user allows it to be kept', async () => {
    const server = await fakeGemini(json(finished('A harbor.')));
    await ask(server, { store: true });
    expect(stored(server)).toEqual([undefined]);
  });
});

describe('a server that does not know the field', () => {
  test.each(['whole', 'streamed'])(
    'gets the same request once more without it, %s',
    async (way) => {
      const good = way === 'whole' ? json(finished('A harbor.')) : sse(finished('A harbor.'));
      const server = atOwnAddress(await fakeGemini(refusal, good));
      const notices: string[] = [];
      const options = { tell: hearingWarnings((message) => notices.push(message)) };
      if (way === 'whole') await ask(server, {}, options);
      else expect((await askStreaming(server, {}, options)).answer?.text).toBe('A harbor.');
      expect(stored(server)).toEqual([false, undefined]);
      const [first = '', second = ''] = server.requests.map(({ body }) => body);
      expect({ ...JSON.parse(second), store: false }).toEqual(JSON.parse(first));
      expect(notices).toEqual([expect.stringContaining('"store": false')]);
    },
  );

  test('is remembered by its address, and reported once per client', async () => {
    const server = atOwnAddress(await fakeGemini(refusal, json(finished('A harbor.'))));
    const notices: string[] = [];
    const tell = hearingWarnings((message) => notices.push(message));
    for (const client of [clientOf(server), clientOf(server)]) {
      await client.ask(QUESTION, { tell });
      await client.ask(QUESTION, { tell });
    }
    expect(stored(server)).toEqual([false, undefined, undefined, undefined, undefined]);
    expect(notices).toHaveLength(2);
    const other = await fakeGemini(json(finished('A harbor.')));
    await ask(other, {}, { tell });
    expect(stored(other)).toEqual([false]);
    expect(notices).toHaveLength(2);
  });

  test('is not asked a third time if it refuses the shorter request too', async () => {
    const server = atOwnAddress(await fakeGemini(refusal));
    const error = await askInVain(server, { retries: 3 });
    expect(error).toMatchObject({ kind: 'usage', httpStatus: 400 });
    expect(stored(server)).toEqual([false, undefined]);
  });

  test('is not recognized by a field of that name elsewhere, or by another error', async () => {
    const inSchema = UNKNOWN.error.message.replace('"store"', '"store" at \'generation_config\'');
    const server = await fakeGemini(
      json(failed(400, 'INVALID_ARGUMENT', inSchema), 400),
      json(failed(404, 'NOT_FOUND', UNKNOWN.error.message), 404),
    );
    await askInVain(server);
    await askInVain(server);
    expect(stored(server)).toEqual([false, false]);
  });
});
