/** Service tiers: what is asked, what served, what it costs, and what happens where flex has no room. */
import { describe, expect, test } from 'vitest';
import {
  failed,
  finished,
  overloaded,
  piece,
  quotaFailure,
  rateLimited,
} from '../support/answers.js';
import { ask, askInVain, askStreaming, clientOf, QUESTION, testClock } from '../support/ask.js';
import { fakeGemini, json, silence, sse } from '../support/fake-gemini.js';
import { hearingWarnings } from '../support/said.js';

const usageMetadata = { promptTokenCount: 1_000_000, candidatesTokenCount: 0 };
const served = (serviceTier?: string) => ({
  ...finished('A boat.'),
  usageMetadata: { ...usageMetadata, ...(serviceTier && { serviceTier }) },
});
const flex = { tier: 'flex', timeoutMs: 600_000 } as const;
const shed = rateLimited('Resource has been exhausted (e.g. check quota).');
const bodies = (server: { requests: readonly { body: string }[] }) =>
  server.requests.map(({ body }) => JSON.parse(body));

describe('a request', () => {
  test('names its tier in lower case, and with flex how long it waits', async () => {
    const server = await fakeGemini(json(served('flex')));
    await ask(server, flex);
    expect(bodies(server)[0]).toMatchObject({ serviceTier: 'flex', store: false });
    expect(server.requests[0]?.headers['x-server-timeout']).toBe('600');
  });

  test('names none if none is asked for', async () => {
    const server = await fakeGemini(json(served()));
    expect(await ask(server)).not.toHaveProperty('tier');
    expect(bodies(server)[0]).not.toHaveProperty('serviceTier');
    expect(server.requests[0]?.headers).not.toHaveProperty('x-server-timeout');
  });
});

describe('the tier that served is taken from the answer', () => {
  test.each([
    ['flex', 'flex', 0.15],
    ['standard', 'standard', 0.3],
    ['SERVICE_TIER_STANDARD', 'standard', 0.3],
    ['priority', 'priority', 0.6],
  ])('%s', async (said, tier, costUsd) => {
    expect(await ask(await fakeGemini(json(served(said))), flex)).toMatchObject({ tier, costUsd });
    const { answer } = await askStreaming(await fakeGemini(sse(served(said))), flex);
    expect(answer).toMatchObject({ tier, costUsd });
  });

  test('or else from the header', async () => {
    const headers = { 'x-gemini-service-tier': 'standard' };
    const server = await fakeGemini(json(served(), 200, headers));
    expect(await ask(server, flex)).toMatchObject({ tier: 'standard', costUsd: 0.3 });
  });

  test('or else the price is that of the requested tier', async () => {
    const answer = await ask(await fakeGemini(json(served())), flex);
    expect(answer).toMatchObject({ costUsd: 0.15 });
    expect(answer).not.toHaveProperty('tier');
  });
});

test.each([
  'Service tier flex is not supported for models/gemini-x.',
  'Flex inference is not available for this model.',
])('a model without the tier ends the run: %s', async (message) => {
  const server = await fakeGemini(json(failed(400, 'INVALID_ARGUMENT', message), 400));
  const error = await askInVain(server, { ...flex, retries: 4 });
  expect(error).toMatchObject({ kind: 'usage', endsRun: true });
  expect(error.message).toMatch(/^the model does not offer this tier \(400\)/);
  expect(error.hint).toMatch(/--tier/);
  expect(server.requests).toHaveLength(1);
});

describe('if flex has no room', () => {
  test.each([
    ['429', json(shed, 429)],
    ['503', json(overloaded, 503)],
  ])('a retry after %s waits, and is not counted', async (_status, refusal) => {
    const server = await fakeGemini(...Array.from({ length: 12 }, () => refusal), json(served()));
    expect((await ask(server, { ...flex, retries: 1 })).text).toBe('A boat.');
  });

  test('retries go on for an hour', async () => {
    const clock = testClock();
    const server = await fakeGemini(json(shed, 429));
    const error = await askInVain(server, { ...flex, retries: 1, clock });
    expect(error).toMatchObject({ kind: 'quota', retryable: true });
    expect(error.hint).toMatch(/--tier-fallback/);
    const waited = clock.waits.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeGreaterThan(3_500_000);
    expect(waited).toBeLessThanOrEqual(3_600_000);
  });

  test('other calls are not slowed down or paused', async () => {
    const told: string[] = [];
    const server = await fakeGemini(json(shed, 429), json(served()));
    const tell = ({ type }: { type: string }) => told.push(type);
    const client = clientOf(server, { ...flex, retries: 1, tell });
    await Promise.all([client.ask(QUESTION), client.ask(QUESTION), client.ask(QUESTION)]);
    expect(told).toEqual([]);
  });

  test('a quota is still a quota', async () => {
    const minute = rateLimited('Quota exceeded.', quotaFailure('RequestsPerMinute'));
    const server = await fakeGemini(json(minute, 429));
    await askInVain(server, { ...flex, retries: 2 });
    expect(server.requests).toHaveLength(3);
  });

  test('the standard tier is asked once, if allowed, and counted', async () => {
    const server = await fakeGemini(json(shed, 429), json(served('standard')));
    const told: string[] = [];
    const tell = (event: { type: string; message?: string }) => told.push(event.message ?? '');
    const answer = await ask(server, { ...flex, tierFallback: true }, { tell });
    expect(answer).toMatchObject({ tier: 'standard', costUsd: 0.3 });
    expect(bodies(server).map(({ serviceTier }) => serviceTier)).toEqual(['flex', undefined]);
    expect(told).toEqual([expect.stringContaining('--tier-fallback')]);

    const full = await fakeGemini(json(overloaded, 503));
    expect((await askInVain(full, { ...flex, tierFallback: true })).kind).toBe('service');
    expect(full.requests).toHaveLength(2);
  });

  test.each([
    ['no answer within the time limit', silence],
    ['a deadline that the service names', json(failed(504, 'DEADLINE_EXCEEDED', 'Late.'), 504)],
  ])('after %s, the standard tier is asked once as well', async (_what, late) => {
    const server = await fakeGemini(late, late, json(served('standard')));
    const told: string[] = [];
    const tell = hearingWarnings((message) => told.push(message));
    const settings = { ...flex, timeoutMs: 300, tierFallback: true, retries: 1 };
    expect(await ask(server, settings, { tell })).toMatchObject({ tier: 'standard' });
    expect(bodies(server).map(({ serviceTier }) => serviceTier)).toEqual([
      'flex',
      'flex',
      undefined,
    ]);
    expect(told).toEqual([expect.stringMatching(/no answer in time .*--tier-fallback/)]);
  });

  test('after no answer, the hint names the fallback, and without flex there is none', async () => {
    const server = await fakeGemini(silence);
    expect((await askInVain(server, { ...flex, timeoutMs: 300 })).hint).toMatch(/--tier-fallback/);
    const error = await askInVain(server, { timeoutMs: 300, tierFallback: true });
    expect(error.hint).not.toMatch(/--tier-fallback/);
    expect(server.requests).toHaveLength(2);
  });

  test('a stream that has begun is not asked anew at the standard price', async () => {
    const server = await fakeGemini(sse(piece('A bo'), overloaded), sse(served('standard')));
    const { pieces, error } = await askStreaming(server, { ...flex, tierFallback: true });
    expect(pieces.join('')).toBe('A bo');
    expect(error).toMatchObject({ kind: 'service' });
    expect(server.requests).toHaveLength(1);
  });

  test('what flex has billed is counted where the standard tier fails, too', async () => {
    const shedBilled = { ...overloaded, usageMetadata };
    const refused = { ...failed(400, 'INVALID_ARGUMENT', 'No.'), usageMetadata };
    const server = await fakeGemini(json(shedBilled, 503), json(refused, 400));
    const error = await askInVain(server, { ...flex, tierFallback: true });
    expect(error).toMatchObject({ costUsd: 0.45, usage: { inputTokens: 2_000_000 } });
  });
});
