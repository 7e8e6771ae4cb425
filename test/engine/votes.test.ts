import { describe, expect, test } from 'vitest';
import { type ErrorKind, GeminiImageError } from '../../src/domain/error.js';
import type { Answer } from '../../src/domain/record.js';
import type { Usage } from '../../src/domain/usage.js';
import { collectVotes } from '../../src/engine/votes.js';
import { failureOf } from '../support/ask.js';

const usage = (tokens: number): Usage => ({
  inputTokens: 1000 * tokens,
  outputTokens: 10 * tokens,
  thoughtTokens: 0,
  cachedTokens: tokens,
});

const answerOf = (text: string, used: Usage | undefined = usage(1)): Answer => ({
  text,
  finishReason: 'STOP',
  model: 'gemini-3.5-flash-lite',
  ...(used && { usage: used }),
});

const errorOf = (kind: ErrorKind, billed?: Usage) =>
  new GeminiImageError({ kind, message: `no ${kind}`, usage: billed });

/** Puts a question that gets these replies, by the number of the vote. */
const votesOf = (...replies: readonly (Answer | Error)[]) =>
  collectVotes(replies.length, async (vote) => {
    const reply = replies[vote] ?? expect.unreachable(`vote ${vote}`);
    if (reply instanceof Error) throw reply;
    return reply;
  });

test('one vote is an answer', async () => {
  expect(await votesOf(answerOf('a'))).toEqual({ answer: answerOf('a'), texts: ['a'] });
});

test('all are asked at once, in order, and each knows its number', async () => {
  const put: number[] = [];
  const waiting: (() => void)[] = [];
  const votes = collectVotes(3, (vote) => {
    put.push(vote);
    return new Promise((resolve) => waiting.push(() => resolve(answerOf(`vote ${vote}`))));
  });
  expect(put).toEqual([0, 1, 2]);
  for (const answerNext of waiting.reverse()) answerNext();
  expect((await votes).texts).toEqual(['vote 0', 'vote 1', 'vote 2']);
});

test('the answer is the first one, with the usage of all', async () => {
  expect(await votesOf(answerOf('a'), answerOf('b', usage(2)), answerOf('c', usage(4)))).toEqual({
    answer: answerOf('a', usage(7)),
    texts: ['a', 'b', 'c'],
  });
});

test('the reason for the end of the run is thrown as it is', async () => {
  const reason = errorOf('quota');
  const stop = AbortSignal.abort(reason);
  const replies = [answerOf('a'), reason];
  const votes = collectVotes(
    2,
    async (vote) => {
      const reply = replies[vote];
      if (!reply || reply instanceof Error) throw reply;
      return reply;
    },
    stop,
  );
  expect(await votes.catch((error: unknown) => error)).toBe(reason);
});

test('without any usage there is none', async () => {
  const { answer } = await collectVotes(2, async () => {
    const { usage: _, ...unbilled } = answerOf('a');
    return unbilled;
  });
  expect(answer).not.toHaveProperty('usage');
});

describe('a vote that the model does not give', () => {
  test('is lost, in its place, and counted if it was billed', async () => {
    const given = await votesOf(errorOf('answer', usage(2)), answerOf('b'), errorOf('answer'));
    expect(given).toEqual({
      answer: answerOf('b', usage(3)),
      texts: [undefined, 'b', undefined],
    });
  });

  test('is the failure if all are lost, with the usage of all', async () => {
    const first = errorOf('answer', usage(1)).with({ partialText: 'half' });
    const error = await failureOf(votesOf(first, errorOf('answer', usage(2))));
    expect(error).toMatchObject({ kind: 'answer', partialText: 'half', usage: usage(3) });
  });
});

describe('any other failure fails all of them', () => {
  test.each<ErrorKind>(['service', 'quota', 'auth', 'input', 'usage', 'interrupted'])(
    '%s, with what was billed, also beside votes that are there and lost',
    async (kind) => {
      const votes = votesOf(answerOf('a'), errorOf('answer', usage(2)), errorOf(kind, usage(4)));
      expect(await failureOf(votes)).toMatchObject({
        kind,
        message: `no ${kind}`,
        usage: usage(7),
      });
    },
  );

  test('a refusal by the model, if it ends the run', async () => {
    const ending = errorOf('answer').with({ about: 'run' });
    expect(await failureOf(votesOf(answerOf('a'), ending))).toMatchObject({ endsRun: true });
  });

  test('a bug is that bug', async () => {
    const bug = new TypeError('x is not a function');
    await expect(votesOf(answerOf('a'), errorOf('answer'), bug)).rejects.toBe(bug);
  });

  test('no call is left in progress', async () => {
    let open = 0;
    const votes = collectVotes(3, async (vote) => {
      open += 1;
      for (let turn = 0; turn < vote; turn += 1) await Promise.resolve();
      open -= 1;
      throw errorOf('service');
    });
    await failureOf(votes);
    expect(open).toBe(0);
  });
});
