/** 429: which limits pass, and how long to wait for them. */
import { describe, expect, test } from 'vitest';
import {
  errorInfo,
  finished,
  help,
  overloaded,
  quotaFailure,
  rateLimited,
  retryInfo,
} from '../support/answers.js';
import { ask, askInVain, testClock } from '../support/ask.js';
import { body, fakeGemini, html, json } from '../support/fake-gemini.js';
import { hearingWarnings } from '../support/said.js';

const PER_MINUTE = 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier';
const PER_DAY = 'GenerateRequestsPerDayPerProjectPerModel-FreeTier';

describe('a temporary limit is waited for:', () => {
  test.each([
    ['no details', rateLimited('Resource has been exhausted (e.g. check quota).')],
    [
      'the advice to check plan and billing',
      rateLimited('You exceeded your current quota, please check your plan and billing details.'),
    ],
    ['Help alone', rateLimited('Quota exceeded.', help('https://ai.google.dev/rate-limits'))],
    ['RATE_LIMIT_EXCEEDED', rateLimited('Quota exceeded.', errorInfo('RATE_LIMIT_EXCEEDED'))],
    ['a quota per minute', rateLimited('Quota exceeded.', quotaFailure(PER_MINUTE))],
    ['a limit that is not 0', rateLimited('Quota exceeded for metric: requests, limit: 15.')],
    ['a limit that only begins with 0', rateLimited('Quota exceeded for metric: x, limit: 05')],
  ])('%s', async (_what, answer) => {
    const server = await fakeGemini(json(answer, 429), json(finished('A harbor.')));
    expect(await ask(server, { retries: 1 })).toMatchObject({ text: 'A harbor.' });
  });
});

describe('who chose no number of retries', () => {
  const patient = { retries: 4, waitsForLimits: true };
  const refusal = json(rateLimited('Resource has been exhausted (e.g. check quota).'), 429);

  test('has a limit waited for beyond them, and hears of it once', async () => {
    const server = await fakeGemini(...Array(9).fill(refusal), json(finished('A harbor.')));
    const told: string[] = [];
    const tell = hearingWarnings((message) => told.push(message));
    expect((await ask(server, patient, { tell })).text).toBe('A harbor.');
    expect(told).toEqual([expect.stringMatching(/\(429\).*Waiting .* ten minutes \(--retries 0/)]);
  });

  test('hears nothing where the limit passes within them', async () => {
    const server = await fakeGemini(...Array(4).fill(refusal), json(finished('A harbor.')));
    const told: string[] = [];
    await ask(server, patient, { tell: hearingWarnings((message) => told.push(message)) });
    expect(told).toEqual([]);
  });

  test('waits ten minutes and no longer', async () => {
    const clock = testClock();
    const error = await askInVain(await fakeGemini(refusal), { ...patient, clock });
    expect(error).toMatchObject({ kind: 'quota', retryable: true, endsRun: true });
    expect(clock.now()).toBeGreaterThan(550_000);
    expect(clock.now()).toBeLessThanOrEqual(600_000);
  });

  test('does not wait for what asks for more than that', async () => {
    const told: string[] = [];
    const tell = hearingWarnings((message) => told.push(message));
    const server = await fakeGemini(json(rateLimited('x', retryInfo('601s')), 429));
    await expect(ask(server, patient, { tell })).rejects.toMatchObject({ kind: 'quota' });
    expect(server.requests).toHaveLength(1);
    expect(told).toEqual([]);
  });
});

test('a limit per minute is temporary, whatever else the message names', async () => {
  const message = 'Limit of 10 requests per minute passed (your plan: 500 per day).';
  const answer = rateLimited(message, quotaFailure(PER_MINUTE), retryInfo('1s'));
  const server = await fakeGemini(json(answer, 429), json(finished('A harbor.')));
  expect(await ask(server, { retries: 1 })).toMatchObject({ text: 'A harbor.' });
});

describe('a limit that waiting does not lift is final, even with RetryInfo:', () => {
  test.each([
    ['a quota per day', rateLimited('Quota exceeded.', quotaFailure(PER_DAY), retryInfo('40s'))],
    [
      'a quota per day among others',
      rateLimited('Quota exceeded.', quotaFailure(PER_MINUTE), quotaFailure(PER_DAY)),
    ],
    ['a day in words', rateLimited('Quota exceeded: 500 requests per day.', retryInfo('40s'))],
    ['a day in the name of a metric', rateLimited('Exceeded: requests_per_day, limit: 250')],
    ['a day, all of it as JSON in a string', JSON.stringify(rateLimited('limit: 0'))],
    [
      'a limit of zero',
      rateLimited(
        'You exceeded your current quota, please check your plan and billing details.\n* Quota ' +
          'exceeded for metric: generativelanguage.googleapis.com/requests, limit: 0, model: x\n' +
          'Please retry in 40.02s.',
        retryInfo('40s'),
      ),
    ],
    [
      'a limit of zero at the end of a long message',
      rateLimited(
        'You exceeded your current quota, please check your plan and billing details. For more ' +
          'information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.\n' +
          ['input_token_count, limit: 250000', 'requests, limit: 15', 'images, limit: 0']
            .map((quota) => `* Quota exceeded for metric: googleapis.com/free_tier_${quota}\n`)
            .join(`model: ${'x'.repeat(150)}\n`),
        retryInfo('40s'),
      ),
    ],
    [
      'a spend limit',
      rateLimited('Your project has exceeded its monthly spending cap.', retryInfo('40s')),
    ],
  ])('%s', async (_what, answer) => {
    const server = await fakeGemini(json(answer, 429));
    const error = await askInVain(server, { retries: 4 });
    expect(error).toMatchObject({ kind: 'quota', retryable: false, httpStatus: 429 });
    expect(error.hint).toBeTruthy();
    expect(server.requests).toHaveLength(1);
  });

  test('used-up prepaid credits, whatever RetryInfo says', async () => {
    const answer = rateLimited('Your prepayment credits are depleted.', retryInfo('40s'));
    const server = await fakeGemini(json({ error: { ...answer.error, code: 402 } }, 402));
    expect(await askInVain(server, { retries: 4 })).toMatchObject({
      kind: 'quota',
      retryable: false,
    });
    expect(server.requests).toHaveLength(1);
  });

  test('each has a message of its own', async () => {
    const answers = [
      rateLimited('x', quotaFailure(PER_DAY)),
      rateLimited('limit: 0'),
      rateLimited('spending cap'),
      rateLimited('x'),
    ];
    const messages = new Set<string>();
    const hints = new Set<string | undefined>();
    for (const answer of answers) {
      const error = await askInVain(await fakeGemini(json(answer, 429)));
      messages.add(error.message);
      hints.add(error.hint);
    }
    expect(messages.size).toBe(4);
    expect(hints.size).toBe(4);
  });
});

/** Where the server names no time and chance adds none, calls are kept apart by this much. */
const APART = [500];

/** How long a client waits after this answer, where chance adds nothing. */
async function waitAfter(...[answer]: Parameters<typeof fakeGemini>) {
  if (!answer) throw new Error('no answer');
  const clock = testClock(0);
  const server = await fakeGemini(answer, json(finished('A harbor.')));
  await ask(server, { retries: 1, clock });
  return clock.waits;
}

describe('the time that the server gives is waited for:', () => {
  test.each([
    ['40s', 40_000],
    ['34.07s', 34_070],
    ['34.074824224s', 34_075],
    ['900ms', 900],
    ['0.5s', 500],
    [' 7s ', 7000],
  ])('RetryInfo "%s"', async (delay, ms) => {
    expect(await waitAfter(json(rateLimited('x', retryInfo(delay)), 429))).toEqual([ms]);
  });

  test.each(['0s', '', 'soon', '-5s', '5', 'in 5 min', '1e3s', '. s', 'NaNs'])(
    'not a RetryInfo that is none: "%s"',
    async (delay) => {
      expect(await waitAfter(json(rateLimited('x', retryInfo(delay)), 429))).toEqual(APART);
    },
  );

  test('the precise figure in the message', async () => {
    const answer = rateLimited('Quota exceeded.\nPlease retry in 40.025771073s.', retryInfo('40s'));
    expect(await waitAfter(json(answer, 429))).toEqual([40_026]);
  });

  test('the message alone, in milliseconds too', async () => {
    expect(await waitAfter(json(rateLimited('Please retry in 811.5ms.'), 429))).toEqual([812]);
    expect(await waitAfter(json(rateLimited('Please retry in 3s'), 429))).toEqual([3000]);
  });

  test('RetryInfo whose keys have blanks', async () => {
    const detail = { ' @type': 'type.googleapis.com/google.rpc.RetryInfo', ' retryDelay': '7s' };
    expect(await waitAfter(json(rateLimited('x', detail), 429))).toEqual([7000]);
  });

  test('RetryInfo inside a double-encoded error', async () => {
    const message = JSON.stringify(rateLimited('x', retryInfo('7s')));
    expect(await waitAfter(json({ error: { code: 429, message } }, 429))).toEqual([7000]);
  });

  test('RetryInfo with a status other than 429', async () => {
    const error = { ...overloaded.error, details: [retryInfo('9s')] };
    expect(await waitAfter(json({ error }, 503))).toEqual([9000]);
  });

  test('Retry-After in seconds', async () => {
    expect(await waitAfter(json(overloaded, 503, { 'retry-after': '12' }))).toEqual([12_000]);
  });

  test('Retry-After as a date', async () => {
    const date = new Date(Date.now() + 300_000).toUTCString();
    const [ms = 0] = await waitAfter(json(overloaded, 503, { 'retry-after': date }));
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThanOrEqual(300_000);
  });

  test('Retry-After as a date in the past: at once', async () => {
    const date = new Date(0).toUTCString();
    expect(await waitAfter(json(overloaded, 503, { 'retry-after': date }))).toEqual([0]);
  });

  test('not an invalid Retry-After', async () => {
    expect(await waitAfter(json(overloaded, 503, { 'retry-after': 'later' }))).toEqual([0]);
  });

  test.each([
    ['a web page', html('<title>Busy</title>', 503, { 'retry-after': '12' })],
    ['an empty body', body('', 429, { 'retry-after': '12' })],
  ])('Retry-After beside %s', async (_what, answer) => {
    expect(await waitAfter(answer)).toEqual([12_000]);
  });
});
