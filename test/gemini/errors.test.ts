/** Each way in which the service says no, and what becomes of it. */
import { describe, expect, test } from 'vitest';
import { debugInfo, errorInfo, failed, finished, help, overloaded } from '../support/answers.js';
import { ask, askInVain } from '../support/ask.js';
import { body, closedPort, fakeGemini, hangUp, html, json } from '../support/fake-gemini.js';
import { hearingRetries } from '../support/said.js';

/** What a question fails with where this is the answer. */
async function errorOf(answer: unknown, status: number) {
  return askInVain(await fakeGemini(json(answer, status)));
}

describe('each status has its kind, and is retried or not:', () => {
  test.each([
    [400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.', 'usage', false],
    [400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.', 'auth', false],
    [401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.', 'auth', false],
    [402, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.', 'quota', false],
    [403, 'PERMISSION_DENIED', 'The caller does not have permission', 'auth', false],
    [404, 'NOT_FOUND', 'models/gemini-x is not found for API version v1beta', 'usage', false],
    [408, 'CANCELLED', 'The request timed out.', 'service', true],
    [413, 'INVALID_ARGUMENT', 'Too large.', 'input', false],
    [418, 'UNKNOWN', 'I am a teapot.', 'service', false],
    [429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted.', 'quota', true],
    [499, 'CANCELLED', 'The operation was cancelled.', 'service', false],
    [500, 'INTERNAL', 'An internal error has occurred.', 'service', true],
    [501, 'UNIMPLEMENTED', 'Not implemented.', 'service', false],
    [502, 'UNAVAILABLE', 'Bad gateway.', 'service', true],
    [503, 'UNAVAILABLE', 'The model is overloaded.', 'service', true],
    [504, 'DEADLINE_EXCEEDED', 'Deadline expired.', 'service', true],
  ] as const)('%i %s "%s"', async (code, status, message, kind, retryable) => {
    const error = await errorOf(failed(code, status, message), code);
    expect(error).toMatchObject({ kind, retryable, httpStatus: code });
    expect(error.message).toContain(String(code));
    expect(error.message.endsWith(message.replace(/\.$/, ''))).toBe(true);
    expect(error.hint).not.toBe('');
  });

  test.each([400, 401, 402, 403, 404, 408, 413, 429, 500, 502, 503, 504])(
    '%i without any body has the same kind',
    async (status) => {
      const bare = await askInVain(await fakeGemini(body('', status)));
      const whole = await errorOf(failed(status, '', 'models/x'), status);
      expect(bare).toMatchObject({
        message: expect.stringContaining(String(status)),
        kind: whole.kind,
        retryable: whole.retryable,
        httpStatus: status,
      });
    },
  );
});

describe('the key', () => {
  const notValid = 'API key not valid. Please pass a valid API key.';

  test.each([
    ['with its reason', failed(400, 'INVALID_ARGUMENT', notValid, errorInfo('API_KEY_INVALID'))],
    ['in words alone', failed(400, 'INVALID_ARGUMENT', notValid)],
    ['as a reason alone', failed(400, 'INVALID_ARGUMENT', '', errorInfo('API_KEY_INVALID'))],
    ['as expired', failed(400, 'INVALID_ARGUMENT', 'API key expired. Please renew the API key.')],
    [
      'after other details',
      failed(400, 'INVALID_ARGUMENT', notValid, debugInfo('…'), errorInfo('API_KEY_INVALID')),
    ],
  ])('is refused %s: auth, with the place to get one', async (_how, answer) => {
    const error = await errorOf(answer, 400);
    expect(error).toMatchObject({ kind: 'auth', retryable: false });
    expect(error.message).toMatch(/^the API key was refused \(400\)/);
    expect(error.hint).toContain('https://aistudio.google.com/apikey');
  });

  test('is known as leaked', async () => {
    const message = 'Your API key was reported as leaked. Please use another API key.';
    const error = await errorOf(failed(403, 'PERMISSION_DENIED', message), 403);
    expect(error.kind).toBe('auth');
    expect(error.message).toMatch(/^the API key was reported as leaked \(403\)/);
    expect(error.hint).toMatch(/new one/);
  });

  test('is suspended', async () => {
    const message = "Permission denied: Consumer 'api_key:…' has been suspended.";
    const answer = failed(403, 'PERMISSION_DENIED', message, errorInfo('CONSUMER_SUSPENDED'));
    expect(await errorOf(answer, 403)).toMatchObject({ kind: 'auth', retryable: false });
  });

  test('belongs to a project without the API: the link to enable it is passed on', async () => {
    const url = 'https://console.developers.google.com/apis/api/x/overview?project=1';
    const message = 'Generative Language API has not been used in project 1 before.';
    for (const details of [
      [errorInfo('SERVICE_DISABLED', { activationUrl: url })],
      [help(url), errorInfo('SERVICE_DISABLED')],
    ]) {
      const error = await errorOf(failed(403, 'PERMISSION_DENIED', message, ...details), 403);
      expect(error.kind).toBe('auth');
      expect(error.message).toContain('not enabled');
      expect(error.hint).toBe(`Enable it at ${url}`);
    }
  });

  test('belongs to a project without the API, and the link is not trustworthy', async () => {
    for (const url of ['http://plain.example', 'javascript:alert(1)', 'https://x\n\u001b[31my']) {
      const answer = failed(
        403,
        'PERMISSION_DENIED',
        'x',
        errorInfo('SERVICE_DISABLED'),
        help(url),
      );
      const error = await errorOf(answer, 403);
      expect(error.hint).toBe("Enable it in the project's Google Cloud console.");
    }
  });
});

test('a place that the API does not serve is not a fault of the request', async () => {
  const answer = failed(
    400,
    'FAILED_PRECONDITION',
    'User location is not supported for the API use.',
  );
  expect(await errorOf(answer, 400)).toMatchObject({
    kind: 'auth',
    message: expect.stringMatching(/^the API is not offered at this location/),
    hint: expect.stringContaining('available-regions'),
  });
});

describe('the picture', () => {
  test.each([
    'Provided image is not valid.',
    'Unable to process input image. Please retry or report in https://developers.example',
    'Unsupported MIME type: image/jpg',
  ])('is refused with "%s"', async (message) => {
    const error = await errorOf(failed(400, 'INVALID_ARGUMENT', message), 400);
    expect(error).toMatchObject({ kind: 'input', retryable: false });
    expect(error.message).toMatch(/^the service cannot use this picture/);
  });

  test('is too large, said in JSON', async () => {
    const message = 'Request payload size exceeds the limit: 20971520 bytes.';
    const error = await errorOf(failed(400, 'INVALID_ARGUMENT', message), 400);
    expect(error).toMatchObject({ kind: 'input', hint: 'Send a smaller picture.' });
    expect(error.message).toMatch(/too large/);
  });

  test('a gateway that sends only a sentence is quoted', async () => {
    const server = await fakeGemini(json({ error: 'upstream is down' }, 503));
    const error = await askInVain(server);
    expect(error).toMatchObject({ kind: 'service', retryable: true, httpStatus: 503 });
    expect(error.message).toContain('upstream is down');
  });

  test.each([401, 403, 404])(
    'a web page with %i is not about the key or the model',
    async (status) => {
      const page = '<html><title>Access denied</title></html>';
      const error = await askInVain(await fakeGemini(html(page, status)));
      expect(error).toMatchObject({ kind: 'service', retryable: false, httpStatus: status });
      expect(error.message).toContain(`web page (HTTP ${status}: Access denied)`);
      expect(error.hint).toContain('proxy');
    },
  );

  test('is too large, by a web page with 413', async () => {
    const page = '<html><title>Error 413 (Request Entity Too Large)!!1</title></html>';
    const error = await askInVain(await fakeGemini(html(page, 413)));
    expect(error).toMatchObject({
      kind: 'input',
      retryable: false,
      httpStatus: 413,
      hint: 'Send a smaller picture.',
    });
    expect(error.message).toContain('Request Entity Too Large');
  });
});

describe('the model', () => {
  test('does not exist: the default is named', async () => {
    const message =
      'models/gemini-x is not found for API version v1beta, or is not supported for ' +
      'generateContent. Call ListModels to see the list of available models.';
    const error = await errorOf(failed(404, 'NOT_FOUND', message), 404);
    expect(error.kind).toBe('usage');
    expect(error.message).toMatch(/^there is no such model \(404\)/);
    expect(error.hint).toBe('Use the default model, gemini-3.5-flash-lite.');
  });

  test('is retired: the suggestion of the service and the default are named', async () => {
    const message =
      'This model models/gemini-2.5-flash is no longer available to new users. Please update ' +
      'your code to use models/gemini-3.6-flash for the latest features.';
    const error = await errorOf(failed(404, 'NOT_FOUND', message), 404);
    expect(error.kind).toBe('usage');
    expect(error.message).toMatch(/^the model is retired \(404\)/);
    expect(error.hint).toBe(
      'Use -m gemini-3.6-flash, as the service suggests, or the default, gemini-3.5-flash-lite.',
    );
  });

  test('is retired, and the suggestion ends a sentence, or the default is named', async () => {
    const retired = (name: string) =>
      failed(404, 'NOT_FOUND', `models/x is no longer available. Please use models/${name}.`);
    expect((await errorOf(retired('gemini-3.8-flash'), 404)).hint).toContain(
      '-m gemini-3.8-flash,',
    );
    expect((await errorOf(retired('gemini-3.5-flash-lite'), 404)).hint).toBe(
      'Use the default model, gemini-3.5-flash-lite.',
    );
  });

  test('is not the subject of a 404: the base URL is', async () => {
    const error = await errorOf(failed(404, 'NOT_FOUND', 'Requested entity was not found.'), 404);
    expect(error).toMatchObject({
      kind: 'usage',
      hint: 'Check the base URL, which goes without /v1beta.',
    });
  });
});

describe('an error body is read', () => {
  test('from an array', async () => {
    expect(await errorOf([overloaded], 503)).toMatchObject({ httpStatus: 503, kind: 'service' });
  });

  test('with spaces around its keys', async () => {
    const answer = {
      ' error': {
        ' code': 400,
        'message ': 'No.',
        ' details': [{ ' @type': 'ErrorInfo', ' reason': 'API_KEY_INVALID' }],
      },
    };
    expect(await errorOf(answer, 400)).toMatchObject({ kind: 'auth' });
  });

  test.each([
    ['once', (inner: string) => inner],
    ['pretty-printed', (inner: string) => JSON.stringify(JSON.parse(inner), null, 2)],
    ['twice', (inner: string) => JSON.stringify({ error: { code: 502, message: inner } })],
    ['in an array', (inner: string) => `[${inner}]`],
  ])('from the message of another, encoded %s', async (_how, encode) => {
    const message = encode(JSON.stringify(failed(429, 'RESOURCE_EXHAUSTED', 'Slow down.')));
    const error = await errorOf({ error: { code: 500, message, status: 'INTERNAL' } }, 500);
    expect(error).toMatchObject({
      kind: 'quota',
      httpStatus: 429,
      message: 'too many requests (429): Slow down',
    });
  });

  test('with a message that only looks like JSON', async () => {
    const error = await errorOf(failed(500, 'INTERNAL', '{oops'), 500);
    expect(error.message).toBe('the service failed inside (500): {oops');
  });

  test('with the code of a gateway, or as a string, or without any', async () => {
    for (const code of [13, '503', undefined, null, 'UNAVAILABLE']) {
      expect(await errorOf({ error: { code, message: 'Busy.' } }, 503)).toMatchObject({
        httpStatus: 503,
        retryable: true,
      });
    }
  });

  test.each([
    ['a number', 7],
    ['nothing', null],
    ['an empty array', []],
    ['an object without an error', { message: 'no' }],
    ['an error that is a string', { error: 'no' }],
    ['an error that is empty', { error: {} }],
    ['details that are no array', { error: { details: { reason: 1 } } }],
    ['details that are no objects', { error: { details: [null, 1, 'x', []] } }],
  ])('as far as possible: %s', async (_what, answer) => {
    expect(await errorOf(answer, 503)).toMatchObject({
      kind: 'service',
      httpStatus: 503,
      retryable: true,
    });
  });

  test('with a message of several lines and escape sequences as one harmless line', async () => {
    const message = 'One.\n\tTwo.\u001b[31m \u202eThree.\u2028Four.\u0000';
    const error = await errorOf(failed(500, 'INTERNAL', message), 500);
    expect(error.message).toMatch(/^[\x20-\x7e]*$/);
    expect(error.message).toContain('One. Two.');
  });

  test('with a very long message, which is cut', async () => {
    const error = await errorOf(failed(500, 'INTERNAL', 'a long story '.repeat(10_000)), 500);
    expect(error.message.length).toBeLessThan(600);
    expect(error.message).toMatch(/…$/);
  });
});

describe('a response that is not from the API', () => {
  test('a web page with 502 is retried, and its title is passed on', async () => {
    const page = '<!doctype html>\n<title>\n 502\n Bad Gateway </title>';
    const server = await fakeGemini(html(page, 502), json(finished('A harbor.')));
    const messages: string[] = [];
    const tell = hearingRetries(({ error }) => messages.push(error.message));
    await ask(server, { retries: 1 }, { tell });
    expect(messages).toEqual([
      'a proxy or gateway answered with a web page (HTTP 502: 502 Bad Gateway)',
    ]);
  });

  test('a web page without a content type is known by its start', async () => {
    const error = await askInVain(await fakeGemini(body('  <!DOCTYPE HTML><p>Hi', 503)));
    expect(error.message).toBe('a proxy or gateway answered with a web page (HTTP 503)');
  });

  test('a web page with 200 is not an answer, and is not retried', async () => {
    const page = '<html><head><title>Hotel Wi-Fi</title></head></html>';
    const server = await fakeGemini(html(page, 200));
    const error = await askInVain(server, { retries: 3 });
    expect(error).toMatchObject({
      kind: 'service',
      retryable: false,
      httpStatus: 200,
      message: 'a proxy or gateway answered with a web page (HTTP 200: Hotel Wi-Fi)',
      hint: expect.stringContaining('login'),
    });
    expect(server.requests).toHaveLength(1);
  });

  test('plain text is not quoted', async () => {
    const error = await askInVain(await fakeGemini(body('upstream connect error', 503)));
    expect(error).toMatchObject({ kind: 'service', retryable: true });
  });
});

describe('no other call of a run can succeed, either,', () => {
  const denied = failed(403, 'PERMISSION_DENIED', 'The caller does not have permission');
  const quota = (message: string) => failed(429, 'RESOURCE_EXHAUSTED', message);

  test.each([
    ['a wrong key', 400, failed(400, 'INVALID_ARGUMENT', 'API key not valid.')],
    ['a place', 400, failed(400, 'FAILED_PRECONDITION', 'User location is not supported.')],
    ['a missing key', 401, failed(401, 'UNAUTHENTICATED', 'No credentials.')],
    ['a key that is not allowed', 403, denied],
    ['a leaked key', 403, failed(403, 'PERMISSION_DENIED', 'Your API key was leaked.')],
    ['credits that are gone', 402, failed(402, 'RESOURCE_EXHAUSTED', 'Depleted.')],
    ['a model that is none', 404, failed(404, 'NOT_FOUND', 'models/x is not found')],
    ['a retired model', 404, failed(404, 'NOT_FOUND', 'models/x is no longer available')],
    ['an address that is none', 404, failed(404, 'NOT_FOUND', 'Not here.')],
    ['a daily quota', 429, quota('Quota exceeded: 500 requests per day.')],
    ['a quota of zero', 429, quota('Quota exceeded for metric: requests, limit: 0')],
    ['a spending limit', 429, quota('Your monthly spending cap is reached.')],
    ['a wait of hours', 429, quota('Please retry in 3h.')],
    ['a limit that was not lifted', 429, quota('Later.')],
  ])('after %s', async (_what, status, answer) => {
    expect(await errorOf(answer, status)).toMatchObject({ endsRun: true, httpStatus: status });
  });

  test.each([
    ['a web page', html('<title>Log in</title>', 200)],
    ['a web page that forbids', html('<title>Blocked</title>', 403)],
    ['a web page that requires', html('<title>Pay</title>', 402)],
    ['what is no JSON', body('hello', 200)],
    ['a status that the API does not have', body('', 451)],
    ['a redirect', body('', 307, { location: 'http://127.0.0.1:1/' })],
  ])('after %s', async (_what, answer) => {
    expect((await askInVain(await fakeGemini(answer), { retries: 2 })).endsRun).toBe(true);
  });

  test('if nobody answers', async () => {
    const error = await askInVain(`http://127.0.0.1:${await closedPort()}`, { retries: 2 });
    expect(error).toMatchObject({ endsRun: true, retryable: true });
  });
});

describe('other calls of a run may succeed', () => {
  test.each([
    ['an invalid request', 400, failed(400, 'INVALID_ARGUMENT', 'Invalid argument.')],
    ['a broken picture', 400, failed(400, 'INVALID_ARGUMENT', 'Image is not valid.')],
    ['a file that is gone', 403, failed(403, 'PERMISSION_DENIED', 'No access to the file x.')],
    ['a large picture', 413, failed(413, 'INVALID_ARGUMENT', 'Too large.')],
    ['a failure inside', 500, failed(500, 'INTERNAL', 'Oops.')],
    ['an overload', 503, overloaded],
    ['a refusal', 200, finished('', 'SAFETY')],
  ])('after %s', async (_what, status, answer) => {
    expect((await errorOf(answer, status)).endsRun).toBe(false);
  });

  test.each([
    ['a connection that breaks', hangUp],
    ['an empty answer', body('', 200)],
    ['a web page of a gateway', html('<title>Bad gateway</title>', 502)],
  ])('after %s', async (_what, answer) => {
    expect((await askInVain(await fakeGemini(answer))).endsRun).toBe(false);
  });
});
