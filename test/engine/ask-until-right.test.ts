import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Brief } from '../../src/domain/brief.js';
import { GeminiImageError } from '../../src/domain/error.js';
import type { Question } from '../../src/domain/question.js';
import type { Answer } from '../../src/domain/record.js';
import type { Usage } from '../../src/domain/usage.js';
import { askUntilRight } from '../../src/engine/call.js';
import { asFinished } from '../../src/engine/delivery.js';
import { askMany } from '../../src/engine/many-images.js';
import type { Outcome } from '../../src/engine/outcome.js';
import { createRunStop } from '../../src/engine/run-stop.js';
import { referenceTo } from '../../src/images/find/reference.js';
import { clientOf, failureOf, QUESTION } from '../support/ask.js';
import { briefAsking } from '../support/briefs.js';
import { fixture } from '../support/files.js';
import { dailyQuota } from '../support/judges.js';
import { LOADING } from '../support/loading.js';
import { answer, sendJson, serve } from '../support/scripted-server.js';

const usage = (tokens: number): Usage => ({
  inputTokens: 1000 * tokens,
  outputTokens: 10 * tokens,
  thoughtTokens: 100 * tokens,
  cachedTokens: tokens,
});

/** Takes nothing but "right". */
const BRIEF: Brief = {
  ...briefAsking('What is it?'),
  validate: (text) =>
    text === 'right'
      ? { ok: true, text: 'RIGHT', data: [1] }
      : { ok: false, problem: `it says "${text}"` },
};

type Reply = string | Error | Answer;

const answerOf = (text: string, used?: Usage): Answer => ({
  text,
  finishReason: 'STOP',
  model: 'gemini-3.5-flash-lite',
  ...(used && { usage: used }),
});

/** Asks somebody who gives these replies in turn. */
function asking(
  replies: readonly Reply[],
  {
    mayAskAgain = true,
    brief = BRIEF,
    reason,
  }: { mayAskAgain?: boolean; brief?: Brief; reason?: Error } = {},
) {
  const asked: Question[] = [];
  const problems: string[] = [];
  const outcome = askUntilRight(QUESTION, {
    brief,
    mayAskAgain: () => mayAskAgain,
    isCalledOff: (error) => error === reason,
    async ask(question) {
      const reply = replies[asked.length] ?? expect.unreachable('it asked too often');
      asked.push(question);
      if (reply instanceof Error) throw reply;
      return typeof reply === 'string' ? answerOf(reply, usage(asked.length)) : reply;
    },
    tell: ({ problem }) => void problems.push(problem),
  });
  return { asked, problems, outcome };
}

test('a correct answer is taken as it came, without a second call', async () => {
  const { asked, problems, outcome } = asking(['right']);
  expect(await outcome).toEqual(answerOf('right', usage(1)));
  expect(asked).toEqual([QUESTION]);
  expect(problems).toEqual([]);
});

test('a wrong answer is asked for once more, with the same parts and what is wrong', async () => {
  const { asked, problems, outcome } = asking(['wrong', 'right']);
  expect(await outcome).toEqual(answerOf('right', usage(3)));
  const [first, second] = asked;
  expect(first).toBe(QUESTION);
  expect(second?.parts.slice(0, -1)).toEqual(QUESTION.parts);
  expect({ ...second, parts: QUESTION.parts }).toEqual(QUESTION);
  const correction = second?.parts.at(-1) ?? {};
  expect('text' in correction && correction.text).toMatch(
    /because it says "wrong"\.[\s\S]*\nwrong\n/,
  );
  expect(problems).toEqual(['it says "wrong"']);
});

test('the question of the caller is not changed', async () => {
  const before = structuredClone(QUESTION.parts.length);
  await asking(['wrong', 'right']).outcome;
  expect(QUESTION.parts).toHaveLength(before);
});

test('a second wrong answer is an error with its text and the usage of both', async () => {
  const { asked, outcome } = asking(['first', ' second\n']);
  expect(await failureOf(outcome)).toMatchObject({
    kind: 'answer',
    message: 'the answer is not as it was asked for: it says " second\n"',
    hint: 'Another model may keep to it (-m); the record shows what it said (-f json).',
    partialText: ' second\n',
    finishReason: 'STOP',
    retryable: false,
    endsRun: false,
    usage: usage(3),
  });
  expect(asked).toHaveLength(2);
});

test('a wrong answer that was shown is not asked for again', async () => {
  const { asked, problems, outcome } = asking(['wrong'], { mayAskAgain: false });
  expect(await failureOf(outcome)).toMatchObject({
    kind: 'answer',
    partialText: 'wrong',
    usage: usage(1),
  });
  expect(asked).toHaveLength(1);
  expect(problems).toEqual([]);
});

test('a wrong answer that the run leaves no time to repeat is a failure of its own', async () => {
  const reason = new GeminiImageError({ kind: 'quota', message: 'the daily quota is used up' });
  const { outcome } = asking(['wrong', reason], { reason });
  expect(await failureOf(outcome)).toMatchObject({
    kind: 'answer',
    partialText: 'wrong',
    usage: usage(1),
  });
});

test('a wrong answer in a run that another picture ends is a failed record with its cost', async () => {
  const [wrong, noQuota] = [fixture('small.png'), fixture('small.jpg')];
  const run = createRunStop();
  const ended = new Promise((resolve) => run.stop.addEventListener('abort', resolve));
  let isAsked = () => {};
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  const server = await serve(async (response, _at, { json }) => {
    if (json.contents[0].parts[0].inlineData.mimeType === 'image/jpeg') {
      await asked;
      return dailyQuota(response);
    }
    isAsked();
    await ended;
    sendJson(response, 200, answer('wrong'));
  });
  const outcomes: Outcome[] = [];
  const task = {
    ...{ model: 'gemini-3.5-flash-lite', brief: BRIEF, load: LOADING },
    ...{ concurrency: 2, signals: run },
  };
  const deliver = { outcome: async (outcome: Outcome) => void outcomes.push(outcome) };
  const pictures = Readable.from(
    [wrong, noQuota].map((name) => ({ kind: 'ask', asked: referenceTo(name) })),
  );
  await askMany(pictures, await clientOf(server), task, asFinished(deliver));
  const recordOf = (image: string) =>
    outcomes.find(({ record }) => 'image' in record && record.image === image)?.record;
  expect(recordOf(noQuota)).toMatchObject({ status: 'failed', error: { kind: 'quota' } });
  expect(recordOf(wrong)).toMatchObject({
    status: 'failed',
    error: { kind: 'answer', partialText: 'wrong', finishReason: 'STOP' },
    usage: { inputTokens: 1130, outputTokens: 12 },
    costUsd: 0.000369,
  });
  expect(server.requests).toHaveLength(2);
});

describe('usage', () => {
  test.each<[first: Usage | undefined, second: Usage | undefined, sum: Usage | undefined]>([
    [usage(1), undefined, usage(1)],
    [undefined, usage(2), usage(2)],
    [undefined, undefined, undefined],
  ])('is the sum of what is known: %#', async (first, second, sum) => {
    const right = asking([answerOf('wrong', first), answerOf('right', second)]);
    expect((await right.outcome).usage).toEqual(sum);
    const wrong = asking([answerOf('wrong', first), answerOf('wrong', second)]);
    expect((await failureOf(wrong.outcome)).usage).toEqual(sum);
  });
});

describe('a call that fails', () => {
  const overloaded = new GeminiImageError({
    kind: 'service',
    message: 'overloaded',
    reason: 'overloaded',
    httpStatus: 503,
  });

  test('first is the failure, and nothing is asked again', async () => {
    const { asked, outcome } = asking([overloaded]);
    expect(await failureOf(outcome)).toBe(overloaded);
    expect(asked).toHaveLength(1);
  });

  test('second is the failure, with what the first was billed', async () => {
    const error = await failureOf(asking(['wrong', overloaded]).outcome);
    expect(error).toMatchObject({
      kind: 'service',
      message: 'overloaded',
      retryable: true,
      httpStatus: 503,
      usage: usage(1),
    });
    expect(error.partialText).toBeUndefined();
  });

  test('second with an answer that was billed as well', async () => {
    const cut = new GeminiImageError({
      kind: 'answer',
      message: 'cut short',
      finishReason: 'MAX_TOKENS',
      partialText: 'half',
      usage: usage(2),
    });
    expect(await failureOf(asking(['wrong', cut]).outcome)).toMatchObject({
      finishReason: 'MAX_TOKENS',
      partialText: 'half',
      usage: usage(3),
    });
  });

  test('with a bug is that bug', async () => {
    const bug = new TypeError('x is not a function');
    await expect(asking(['wrong', bug]).outcome).rejects.toBe(bug);
  });
});
