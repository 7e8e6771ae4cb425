/** Where the key goes, and where it never does. */
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  candidate,
  debugInfo,
  errorInfo,
  failed,
  finished,
  help,
  overloaded,
  piece,
} from '../support/answers.js';
import { ask, askInVain, askStreaming, KEY } from '../support/ask.js';
import {
  body,
  event,
  fakeGemini,
  html,
  json,
  packets,
  type Responder,
  sse,
} from '../support/fake-gemini.js';
import { hearingRetries } from '../support/said.js';

describe('a redirect', () => {
  const statuses = [301, 302, 303, 307, 308];

  test.each(statuses)('with %i to another origin is not followed', async (status) => {
    const thief = await fakeGemini(json(finished('Thank you.')));
    const redirect: Responder = (response) => {
      response.writeHead(status, { location: `${thief.url}/v1beta/steal` }).end();
    };
    const server = await fakeGemini(redirect);

    for (const error of [
      await askInVain(server, { retries: 3 }),
      (await askStreaming(server, { retries: 3 })).error,
    ]) {
      expect(error).toMatchObject({
        kind: 'service',
        retryable: false,
        httpStatus: status,
        message: `the server redirects to ${thief.url} (HTTP ${status}); the key is not sent there`,
      });
    }
    expect(server.requests).toHaveLength(2);
    expect(thief.connections()).toBe(0);
  });

  test.each(statuses)('with %i inside the origin is not followed either', async (status) => {
    const redirect: Responder = (response) => {
      response.writeHead(status, { location: '/elsewhere' }).end('moved');
    };
    const server = await fakeGemini(redirect);
    const error = await askInVain(server);
    expect(error.message).toContain(`redirects to ${server.url}`);
    expect(server.requests).toHaveLength(1);
  });

  test.each([undefined, 'http://[', 'javascript:alert(1)'])(
    'to %s is described as far as possible',
    async (location) => {
      const server = await fakeGemini((response) => {
        response.writeHead(302, location === undefined ? {} : { location }).end();
      });
      const error = await askInVain(server);
      expect(error.message).toContain('redirects to another address (HTTP 302)');
    },
  );
});

test('the key is sent in its header, and nowhere else', async () => {
  const server = await fakeGemini(json(finished('A harbor.')), sse(finished('A harbor.')));
  await ask(server);
  await askStreaming(server);
  for (const { headers, path, body } of server.requests) {
    const { 'x-goog-api-key': sent, ...others } = headers;
    expect(sent).toBe(KEY);
    expect(path).not.toContain(KEY);
    expect(body).not.toContain(KEY);
    expect(JSON.stringify(others)).not.toContain(KEY);
  }
  expect(server.requests.map(({ path }) => path)).toEqual([
    '/v1beta/models/gemini-3.5-flash-lite:generateContent',
    '/v1beta/models/gemini-3.5-flash-lite:streamGenerateContent?alt=sse',
  ]);
});

/** Answers that repeat the key wherever one can. */
const echoes: [string, (key: string) => Responder][] = [
  [
    'in the message and the details of a 400',
    (key) => {
      const message = `API key not valid: ${key}. Pass a valid one (key=${key}).`;
      const details = [errorInfo('API_KEY_INVALID', { key }), debugInfo(`key ${key} is bad`)];
      return json(failed(400, 'INVALID_ARGUMENT', message, ...details), 400);
    },
  ],
  [
    'escaped for a URL',
    (key) => json(failed(503, '', `GET /x?key=${encodeURIComponent(key)} failed`), 503),
  ],
  [
    'at the place where a long message is cut',
    (key) => json(failed(500, '', `${'x'.repeat(380)} ${key} and more, ${'y'.repeat(200)}`), 500),
  ],
  [
    'with something invisible in it',
    (key) => json(failed(500, '', `${key[0]}\u200b${key.slice(1)}`), 500),
  ],
  [
    'in a link',
    (key) => {
      const details = [errorInfo('SERVICE_DISABLED'), help(`https://x.example/?key=${key}`)];
      return json(failed(403, '', 'x', ...details), 403);
    },
  ],
  ['in a suggested model', (key) => json(failed(404, '', `model: use models/${key} instead`), 404)],
  ['in the title of a page', (key) => html(`<title>${key}</title>`, 502)],
  ['as a finish reason', (key) => json(candidate([], { finishReason: key, finishMessage: key }))],
  ['in a block', (key) => json({ promptFeedback: { blockReason: key, blockReasonMessage: key } })],
  [
    'in a redirect',
    (key) => (response) => {
      response.writeHead(302, { location: `https://x.example/?key=${key}` }).end();
    },
  ],
  ['in broken JSON', (key) => body(`{"error": "${key}`, 200)],
];

const streamEchoes: [string, (key: string) => Responder][] = [
  ['in an event', (key) => sse(piece('A'), failed(500, 'INTERNAL', key))],
  [
    'in a raw tail',
    (key) => packets([event(piece('A')), JSON.stringify(overloadedWith(key), null, 2)]),
  ],
  ['in an event that is no JSON', (key) => packets([event(piece('A')), `data: ${key}\n\n`])],
  ['in a line that is no event', (key) => packets([event(piece('A')), `${key}\n`])],
];

function overloadedWith(key: string) {
  return { error: { ...overloaded.error, message: key } };
}

describe.each([
  ['a key', KEY],
  ['a key with signs', 'AQ.Ab8/+=~$&-_x*y'],
  ['a key of eight characters', 'q7Xz-09w'],
  ['a key of three characters', 'q7z'],
])('%s that the service repeats is hidden', (_what, key) => {
  test.each(echoes)('%s', async (_where, echo) => {
    const server = await fakeGemini(echo(key));
    for (const retries of [0, 1]) {
      const error = await askInVain(server, { apiKey: key, retries });
      expectWithout(error, key);
    }
  });

  test.each(streamEchoes)('%s of a stream', async (_where, echo) => {
    const { error } = await askStreaming(await fakeGemini(echo(key)), { apiKey: key });
    expectWithout(error, key);
  });

  test('in a retry event', async () => {
    const server = await fakeGemini(json(overloadedWith(key), 503), json(finished('A harbor.')));
    const told: unknown[] = [];
    await ask(
      server,
      { apiKey: key, retries: 1 },
      { tell: hearingRetries(({ error }) => told.push(error)) },
    );
    expect(told).toHaveLength(1);
    expectWithout(told[0], key);
  });
});

/** Neither the words nor anything that a program prints of an error holds the key, or half of it. */
function expectWithout(error: unknown, key: string) {
  expect(error).toBeInstanceOf(Error);
  const shown = inspect(error, { depth: 10, showHidden: true });
  const half = key.slice(0, Math.max(3, Math.ceil(key.length / 3)));
  expect(shown).not.toContain(half);
  expect(shown).not.toContain(encodeURIComponent(key));
}

test('a one-letter key does not make words unreadable', async () => {
  const failure = failed(404, '', 'No such model. The key was k (key=k).');
  const error = await askInVain(await fakeGemini(json(failure, 404)), { apiKey: 'k' });
  expect(error.message).toBe(
    'there is no such model (404): No such model. The key was [key] (key=[key])',
  );
});

describe('a server that repeats the key in an answer', () => {
  const spelt = KEY.replaceAll('a', '\\u0061');

  test.each([
    ['its text', finished(`The key is ${KEY}.`)],
    ['its text, in capitals', finished(KEY.toUpperCase())],
    ['JSON that spells it otherwise', finished(`{"key":"${spelt}"}`)],
    ['its version', { ...finished('A boat.'), modelVersion: `models/${KEY}` }],
    ['a message', candidate([], { finishReason: 'OTHER', finishMessage: KEY })],
    ['half an answer', candidate([{ text: KEY }], { finishReason: 'MAX_TOKENS' })],
    ['a block', { promptFeedback: { blockReason: KEY, blockReasonMessage: KEY } }],
  ])('has it hidden in %s', async (_, answer) => {
    for (const responder of [json(answer), sse(answer)]) {
      const server = await fakeGemini(responder);
      const isStream = responder !== undefined;
      const whole = await ask(server).catch((error: unknown) => error);
      const streamed = isStream ? await askStreaming(server) : undefined;
      const shown = inspect([whole, streamed], { depth: 9 });
      const plain = shown.replaceAll('\\\\u0061', 'a').replaceAll('\\u0061', 'a').toLowerCase();
      expect(plain).not.toContain(KEY.toLowerCase());
    }
  });

  test('has it hidden across pieces too, and nothing else', async () => {
    for (let cut = 1; cut < KEY.length; cut += 1) {
      const parts = [`The ${KEY.slice(0, cut)}`, `${KEY.slice(cut)} is`, ` ${KEY.slice(0, 9)}`];
      const server = await fakeGemini(sse(...parts.map(piece), finished('')));
      const { pieces, answer } = await askStreaming(server);
      // One or two characters of it are in many words, and shown at once.
      const begun = cut <= 2 ? KEY.slice(0, cut) : '';
      expect(pieces.join('')).toBe(`The ${begun}[key] is ${KEY.slice(0, 9)}`);
      expect(answer?.text).toBe(`The [key] is ${KEY.slice(0, 9)}`);
    }
  });
});
