/** What the service is known to say with 400, 401 and 429: whose fault it is, and who tries again. */
import { describe, expect, test } from 'vitest';
import {
  candidate,
  errorInfo,
  failed,
  finished,
  help,
  piece,
  quotaFailure,
  rateLimited,
  retryInfo,
} from '../support/answers.js';
import {
  ask,
  askInVain,
  askStreaming,
  clientOf,
  failureOf,
  QUESTION,
  testClock,
  words,
} from '../support/ask.js';
import { fakeGemini, json, sse } from '../support/fake-gemini.js';

const invalid = (message: string, ...details: object[]) =>
  failed(400, 'INVALID_ARGUMENT', message, ...details.map((detail) => ({ ...detail })));

const OAUTH =
  'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.';

describe('a 400 or 401 of the service:', () => {
  test.each([
    [
      'a bad key',
      invalid('API key not valid. Please pass a valid API key.', errorInfo('API_KEY_INVALID')),
      'auth',
      true,
      /key/,
    ],
    [
      'an expired key',
      invalid('API key expired. Please renew the API key.', errorInfo('API_KEY_INVALID')),
      'auth',
      true,
      /key/,
    ],
    [
      'a location',
      failed(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.'),
      'auth',
      true,
      /regions/,
    ],
    [
      'an old key',
      failed(401, 'UNAUTHENTICATED', OAUTH, errorInfo('ACCESS_TOKEN_TYPE_UNSUPPORTED')),
      'auth',
      true,
      /^Make a new one at/,
    ],
    ['no key at all', failed(401, 'UNAUTHENTICATED', OAUTH), 'auth', true, /key/],
    ['a bad picture', invalid('Provided image is not valid.'), 'input', false, /save it anew/],
    [
      'a picture that it cannot process',
      invalid('Unable to process input image. Please retry or report in https://x.example'),
      'input',
      false,
      /save it anew/,
    ],
    [
      'a large request',
      invalid('Request payload size exceeds the limit: 20971520 bytes.'),
      'input',
      false,
      /smaller/,
    ],
    ['anything', invalid('Request contains an invalid argument.'), 'usage', false, /--dry-run/],
    [
      'too many states',
      invalid('The specified schema produces a constraint that has too many states for serving.'),
      'usage',
      true,
      /simpler schema/,
    ],
    [
      'a deep schema',
      invalid('The response schema exceeds the maximum allowed nesting depth.'),
      'usage',
      true,
      /simpler schema/,
    ],
    [
      'JSON',
      invalid('JSON mode is not enabled for models/gemini-x'),
      'usage',
      true,
      /gemini-3\.5-flash-lite/,
    ],
    [
      'a system instruction',
      invalid('Developer instruction is not enabled for models/gemini-x'),
      'usage',
      true,
      /--system/,
    ],
    [
      'pictures',
      invalid('Image input modality is not enabled for models/gemini-x'),
      'usage',
      true,
      /gemini-3\.5-flash-lite/,
    ],
    [
      'a level',
      invalid(
        'Thinking level MINIMAL is not supported for this model. Please retry with other thinking level.',
      ),
      'usage',
      true,
      /--thinking/,
    ],
    [
      'a temperature',
      invalid('Temperature is not supported for this model.'),
      'usage',
      true,
      /--temperature/,
    ],
  ] as const)('%s', async (_what, answer, kind, endsRun, hint) => {
    const server = await fakeGemini(json(answer, answer.error.code));
    const error = await askInVain(server, { retries: 4 });
    expect(error).toMatchObject({ kind, endsRun, retryable: false, httpStatus: answer.error.code });
    expect(error.hint).toMatch(hint);
    expect(server.requests).toHaveLength(1);
  });

  test('an old key and a model without pictures are named', async () => {
    const old = failed(401, 'UNAUTHENTICATED', OAUTH, errorInfo('ACCESS_TOKEN_TYPE_UNSUPPORTED'));
    expect((await askInVain(await fakeGemini(json(old, 401)))).message).toMatch(
      /^this is a key of the old kind/,
    );
    const blind = invalid('Image input modality is not enabled for models/gemini-x');
    expect((await askInVain(await fakeGemini(json(blind, 400)))).message).toMatch(
      /^this model takes no pictures \(400\)/,
    );
  });
});

describe('a 429 of the service', () => {
  const PLAN = 'You exceeded your current quota, please check your plan and billing details.';

  test.each([
    [
      'a day',
      rateLimited(
        PLAN,
        quotaFailure('GenerateRequestsPerDayPerProjectPerModel-FreeTier'),
        retryInfo('40s'),
      ),
    ],
    [
      'a quota of zero',
      rateLimited(`${PLAN} * Quota exceeded for metric: x, limit: 0`, retryInfo('40s')),
    ],
    [
      'a month',
      rateLimited('Your project has exceeded its monthly spending cap.', retryInfo('40s')),
    ],
    ['credits', rateLimited('Your prepayment credits are depleted.')],
    ['prepaid credits', rateLimited('The prepaid balance is used up.')],
  ])('is final if it is about %s', async (_what, answer) => {
    const server = await fakeGemini(json(answer, 429));
    expect(await askInVain(server, { retries: 4 })).toMatchObject({
      ...{ kind: 'quota', retryable: false, endsRun: true },
    });
    expect(server.requests).toHaveLength(1);
  });

  const minute = quotaFailure('GenerateContentPaidTierInputTokensPerModelPerMinute');
  test.each([
    [
      'tokens a minute',
      rateLimited(`${PLAN} Please retry in 48.939935699s.`, minute, retryInfo('48s')),
    ],
    ['no details', rateLimited('Resource has been exhausted (e.g. check quota).')],
    ['a link', rateLimited(PLAN, help('https://ai.google.dev/gemini-api/docs/rate-limits'))],
    ['a reason', rateLimited(PLAN, errorInfo('RATE_LIMIT_EXCEEDED'))],
    ['a rate of spending', rateLimited('Spend rate of $10 in 10 minutes exceeded for this tier.')],
    ['a spending limit that passes', rateLimited('Spending limit reached for the rolling window.')],
    ['a cap of billing that passes', rateLimited('The billing cap of ten minutes is reached.')],
  ])('is waited for if it has %s', async (_what, answer) => {
    const server = await fakeGemini(
      json(answer, 429),
      json(answer, 429),
      json(finished('A boat.')),
    );
    expect((await ask(server, { retries: 4 })).text).toBe('A boat.');
  });

  test('a spending rate may take ten minutes, and its retries do not count', async () => {
    const answer = rateLimited('Spend rate of $10 in 10 minutes exceeded for this tier.');
    const refusals = Array.from({ length: 15 }, () => json(answer, 429));
    const server = await fakeGemini(...refusals, json(finished('A boat.')));
    expect((await ask(server, { retries: 1 })).text).toBe('A boat.');

    const clock = testClock();
    const always = await fakeGemini(json(answer, 429));
    expect(await askInVain(always, { retries: 1, clock })).toMatchObject({
      ...{ kind: 'quota', endsRun: true },
    });
    const waited = clock.waits.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeGreaterThan(540_000);
    expect(waited).toBeLessThanOrEqual(601_000);
  });
});

describe('an answer without text', () => {
  const nothing = { candidates: [{ content: { role: 'model' }, finishReason: 'STOP' }] };
  const thoughts = candidate([{ text: 'Hm.', thought: true }], { finishReason: 'STOP' });

  test.each([
    ['no parts', nothing],
    ['thoughts alone', thoughts],
  ])('of %s is asked for again', async (_what, empty) => {
    const server = await fakeGemini(json(empty), json(empty), json(finished('A boat.')));
    expect((await ask(server, { retries: 6 })).text).toBe('A boat.');
    const [first, , third] = server.requests.map(({ body }) => body);
    expect(third).toBe(first);
  });

  test('is asked for again in a stream', async () => {
    const server = await fakeGemini(sse(thoughts), sse(piece('A '), finished('boat.')));
    expect((await askStreaming(server, { retries: 6 })).pieces.join('')).toBe('A boat.');
  });

  test('is asked for at most twice more', async () => {
    const server = await fakeGemini(json(nothing));
    const error = await askInVain(server, { retries: 6 });
    expect(error).toMatchObject({ kind: 'answer', retryable: true, endsRun: false });
    expect(error.hint).toMatch(/same request often works/);
    expect(server.requests).toHaveLength(3);
  });
});

describe('the reason for a blocked answer', () => {
  const ratings = [
    { category: 'HARM_CATEGORY_HARASSMENT', probability: 'NEGLIGIBLE' },
    { category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true },
  ];
  const safety = { category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH' };

  test.each([
    ['an answer', candidate([], { finishReason: 'SAFETY', safetyRatings: ratings })],
    ['a prompt', { promptFeedback: { blockReason: 'SAFETY', safetyRatings: ratings } }],
  ])('%s is named, with --safety', async (_what, answer) => {
    const error = await askInVain(await fakeGemini(json(answer)));
    expect(error).toMatchObject({ kind: 'answer', safety });
    expect(error.message).toContain('dangerous content, probability HIGH');
    expect(error.hint).toContain('--safety');
  });

  test('does not mention --safety if that is already off', async () => {
    const server = await fakeGemini(json(candidate([], { finishReason: 'SAFETY' })));
    const question = { ...QUESTION, settings: { safety: 'off' as const } };
    const error = await failureOf(clientOf(server).ask(question));
    expect(error.safety).toBeUndefined();
    expect(error.hint).not.toContain('--safety');
  });

  test('for a transcript is recitation: another try or model helps', async () => {
    const server = await fakeGemini(json(candidate([], { finishReason: 'RECITATION' })));
    const copy = await failureOf(clientOf(server).ask({ ...QUESTION, isCopy: true }));
    expect(copy.hint).toMatch(/another model/);
    expect(copy.hint).not.toMatch(/own words/);
    expect((await askInVain(server)).hint).toMatch(/own words/);
  });
});

describe('an unrelated key is hidden', () => {
  const OLD = `AIza${'Sy-foreign_key0'.repeat(3).slice(0, 35)}`;
  const NEW = 'AQ.Ab8RN6-foreign_key_0123456789-abcdefghijklm';

  test.each([OLD, NEW])('in an error: %s', async (key) => {
    const server = await fakeGemini(json(invalid(`API key not valid: ${key}.`), 400));
    expect(words(await askInVain(server))).not.toContain(key.slice(5));
  });

  test.each([OLD, NEW])('in an answer, whole or streamed letter by letter: %s', async (key) => {
    const text = `A note: ${key} on a wall`;
    expect((await ask(await fakeGemini(json(finished(text))))).text).toBe(
      'A note: [key] on a wall',
    );
    const letters = [...text].map((letter) => piece(letter));
    const server = await fakeGemini(sse(...letters, finished('')));
    const { pieces, answer } = await askStreaming(server);
    expect(answer?.text).toBe('A note: [key] on a wall');
    expect(pieces.join('')).not.toContain(key.slice(5));
    expect(pieces.join('')).toMatch(/^A note: .{0,2}\[key\] on a wall$/);
  });

  test.each([OLD, NEW])('at the end of a stream: %s', async (key) => {
    const server = await fakeGemini(
      sse(piece(`note ${key.slice(0, 30)}`), finished(key.slice(30))),
    );
    expect((await askStreaming(server)).pieces.join('')).toBe('note [key]');
  });

  test('but words that only begin like one are not', async () => {
    const server = await fakeGemini(sse(piece('AIza'), finished(' and FAQ. More')));
    expect((await askStreaming(server)).pieces.join('')).toBe('AIza and FAQ. More');
  });
});
