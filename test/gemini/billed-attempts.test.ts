/** Every attempt that was billed counts, whatever came of it. */
import { describe, expect, test } from 'vitest';
import { GeminiImageError } from '../../src/domain/error.js';
import type { Answer } from '../../src/domain/record.js';
import { candidate, failed, finished, overloaded, piece } from '../support/answers.js';
import { ask, askInVain, askStreaming, failureOf } from '../support/ask.js';
import { body, event, fakeGemini, json, sse } from '../support/fake-gemini.js';

const usageMetadata = { promptTokenCount: 1000, thoughtsTokenCount: 2000 };
const billed = (answer: object) => ({ ...answer, usageMetadata });
const times = (count: number) => ({
  usage: {
    inputTokens: count * 1000,
    outputTokens: 0,
    thoughtTokens: count * 2000,
    cachedTokens: 0,
  },
});

const lost = billed(candidate([], { finishReason: 'OTHER' }));
const answer = billed(finished('A boat.'));

describe('the usage of an answer', () => {
  test('is that of all attempts, each of which is counted', async () => {
    const server = await fakeGemini(json(lost), json(overloaded, 503), json(lost), json(answer));
    const outcomes: (Answer | GeminiImageError | undefined)[] = [];
    const account = async () => (outcome?: Answer | GeminiImageError) => {
      outcomes.push(outcome);
    };
    expect(await ask(server, { retries: 5 }, { account })).toMatchObject(times(3));
    expect(outcomes.map((outcome) => outcome?.usage?.thoughtTokens)).toEqual([
      2000,
      undefined,
      2000,
      2000,
    ]);
  });

  test('is that of an error of the service too', async () => {
    const server = await fakeGemini(json(billed(overloaded), 503), json(answer));
    expect(await ask(server, { retries: 1 })).toMatchObject(times(2));
  });

  test('is that of streams that broke, also in an error', async () => {
    const broken = body(event(billed(piece('A '))), 200, { 'content-type': 'text/event-stream' });
    const server = await fakeGemini(broken, sse(piece('A '), billed(overloaded)), sse(answer));
    const { answer: whole } = await askStreaming(server, { retries: 5 }, { isUnseen: true });
    expect(whole).toMatchObject(times(3));
  });
});

describe('impossible figures are ignored', () => {
  test.each([
    ['negative', { promptTokenCount: 1000, candidatesTokenCount: -5 }],
    ['no numbers', { promptTokenCount: 1000, candidatesTokenCount: 'NaN' }],
    ['fractions', { promptTokenCount: 1000.5 }],
    ['objects', { promptTokenCount: 1000, thoughtsTokenCount: {} }],
    ['beyond all models', { promptTokenCount: 1e300, candidatesTokenCount: 5 }],
    ['of nothing', {}],
  ])('%s', async (_, figures) => {
    const server = await fakeGemini(json({ ...finished('A boat.'), usageMetadata: figures }));
    expect((await ask(server)).usage).toBeUndefined();
  });

  test('strings of digits are figures, but null is not', async () => {
    const figures = {
      promptTokenCount: '1000',
      thoughtsTokenCount: '2000',
      candidatesTokenCount: null,
    };
    const server = await fakeGemini(json({ ...finished('A boat.'), usageMetadata: figures }));
    expect(await ask(server)).toMatchObject(times(1));
  });
});

describe('the usage of a failure', () => {
  test('is that of all attempts', async () => {
    const server = await fakeGemini(json(lost));
    expect(await askInVain(server, { retries: 2 })).toMatchObject(times(3));
  });

  test('names the model that was billed', async () => {
    const server = await fakeGemini(json({ ...lost, modelVersion: 'gemini-4-neon' }));
    expect(await askInVain(server)).toMatchObject({ ...times(1), model: 'gemini-4-neon' });
  });

  test('is reported if there is no money for another attempt', async () => {
    const server = await fakeGemini(json(lost), json(answer));
    const empty = new GeminiImageError({ kind: 'quota', message: 'the budget is empty' });
    let asked = 0;
    const account = async () => {
      asked += 1;
      if (asked > 1) throw empty;
      return () => {};
    };
    expect(await askInVain(server, { retries: 3 }, { account })).toMatchObject({
      kind: 'answer',
      ...times(1),
    });
    expect(server.requests).toHaveLength(1);
  });

  test('is absent if nothing was billed, and the budget is the reason', async () => {
    const server = await fakeGemini(json(failed(400, 'INVALID_ARGUMENT', 'No.'), 400));
    const empty = new GeminiImageError({ kind: 'quota', message: 'the budget is empty' });
    const account = () => Promise.reject(empty);
    expect(await failureOf(ask(server, {}, { account }))).toBe(empty);
    expect(server.requests).toHaveLength(0);
  });
});
