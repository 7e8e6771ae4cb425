/** HTTP 200 is not success: what is a finished answer, and what is not. */
import { describe, expect, test } from 'vitest';
import { candidate, finished, piece } from '../support/answers.js';
import {
  ask,
  askInVain,
  askStreaming,
  clientOf,
  failureOf,
  QUESTION,
  words,
} from '../support/ask.js';
import { body, fakeGemini, json, sse } from '../support/fake-gemini.js';

/** Asks for a whole answer and for a stream of the same chunks. */
async function answerTo(...chunks: object[]) {
  const streamed = await askStreaming(await fakeGemini(sse(...chunks)));
  expect(streamed.error).toBeUndefined();
  if (chunks.length === 1) {
    expect(await ask(await fakeGemini(json(chunks[0])))).toEqual(streamed.answer);
  }
  expect(streamed.pieces.join('')).toBe(streamed.answer?.text);
  return streamed.answer;
}

async function errorOf(...chunks: object[]) {
  const { error } = await askStreaming(await fakeGemini(sse(...chunks)));
  if (!error) throw new Error('it did not fail');
  if (chunks.length === 1) {
    const whole = await askInVain(await fakeGemini(json(chunks[0])));
    expect(words(whole)).toBe(words(error));
    expect(whole.kind).toBe(error.kind);
    expect(whole.retryable).toBe(error.retryable);
  }
  return error;
}

describe('an answer is complete', () => {
  test('with STOP and text', async () => {
    expect(await answerTo(finished('A harbor.'))).toEqual({
      text: 'A harbor.',
      finishReason: 'STOP',
      model: QUESTION.model,
    });
  });

  test('as the exact text, whatever it holds', async () => {
    const text = ' \t"A" \\ <b>\r\n\n\u001b[31m \u202e 🏴󠁧󠁢󠁳󠁣󠁴󠁿 é \ud83c trailing \n';
    expect((await answerTo(finished(text)))?.text).toBe(text);
  });

  test('with the model that answered, if the service names it', async () => {
    const chunk = { ...finished('A harbor.'), modelVersion: 'gemini-3.5-flash-lite-001' };
    expect((await answerTo(chunk))?.model).toBe('gemini-3.5-flash-lite-001');
  });

  test('with thoughts left out', async () => {
    const answer = await answerTo(
      candidate([{ text: 'Let me see.', thought: true }]),
      candidate([{ text: 'Hm.', thought: true }, { text: 'A ' }]),
      finished('harbor.'),
    );
    expect(answer?.text).toBe('A harbor.');
  });

  test('with an empty last chunk that signs the thoughts', async () => {
    const last = candidate([{ text: '', thoughtSignature: 'c2ln' }], { finishReason: 'STOP' });
    expect((await answerTo(piece('A harbor.'), last))?.text).toBe('A harbor.');
  });

  test('with chunks that say STOP too early', async () => {
    const answer = await answerTo(finished('A '), finished('har'), finished('bor.'));
    expect(answer?.text).toBe('A harbor.');
  });

  test('with content without parts, or without content, in between', async () => {
    const answer = await answerTo(
      { candidates: [{ content: { role: 'model' } }] },
      piece('A harbor.'),
      { candidates: [{ index: 0 }] },
      {},
      { usageMetadata: { promptTokenCount: 1 } },
      { candidates: [{ content: { role: 'model' }, finishReason: 'STOP' }] },
    );
    expect(answer?.text).toBe('A harbor.');
  });

  test('with unknown kinds of parts and fields', async () => {
    const answer = await answerTo({
      ...candidate([{ executableCode: { code: '1' } }, { text: 'A harbor.' }, { text: 7 }], {
        finishReason: 'STOP',
        novelty: [],
      }),
      modelStatus: { message: 'x', retirementTime: '2027-05-07T00:00:00Z' },
      promptFeedback: {},
    });
    expect(answer?.text).toBe('A harbor.');
  });
});

describe('usage', () => {
  test('is counted by kind', async () => {
    const usageMetadata = {
      promptTokenCount: 1130,
      candidatesTokenCount: 12,
      thoughtsTokenCount: 34,
      cachedContentTokenCount: 5,
      totalTokenCount: 1176,
    };
    const answer = await answerTo({ ...finished('A harbor.'), usageMetadata });
    expect(answer?.usage).toEqual({
      inputTokens: 1130,
      outputTokens: 12,
      thoughtTokens: 34,
      cachedTokens: 5,
    });
  });

  test('may come as strings, and parts of it may be missing', async () => {
    const usageMetadata = { promptTokenCount: '1130', candidatesTokenCount: '12' };
    const answer = await answerTo({ ...finished('A harbor.'), usageMetadata });
    expect(answer?.usage).toEqual({
      inputTokens: 1130,
      outputTokens: 12,
      thoughtTokens: 0,
      cachedTokens: 0,
    });
  });

  test('grows during a stream: the last one counts', async () => {
    const answer = await answerTo(
      { ...piece('A '), usageMetadata: { promptTokenCount: 1130, candidatesTokenCount: 1 } },
      {
        ...finished('harbor.'),
        usageMetadata: { promptTokenCount: 1130, candidatesTokenCount: 3 },
      },
    );
    expect(answer?.usage).toMatchObject({ inputTokens: 1130, outputTokens: 3 });
  });

  test('is absent if the service sends none', async () => {
    expect(await answerTo(finished('A harbor.'))).not.toHaveProperty('usage');
  });
});

describe('a failed answer has the usage that it was billed for:', () => {
  const usageMetadata = {
    promptTokenCount: 1130,
    candidatesTokenCount: 12,
    thoughtsTokenCount: 34,
    cachedContentTokenCount: 5,
  };
  const usage = { inputTokens: 1130, outputTokens: 12, thoughtTokens: 34, cachedTokens: 5 };

  test.each<[what: string, last: object]>([
    ['a refusal', candidate([], { finishReason: 'SAFETY' })],
    ['a text that was cut short', finished('A harb', 'MAX_TOKENS')],
    ['a failure of the model that may pass', candidate([], { finishReason: 'OTHER' })],
    ['an empty answer', finished('')],
    ['thoughts alone', candidate([{ text: 'Hm.', thought: true }], { finishReason: 'STOP' })],
    ['a request that was blocked', { promptFeedback: { blockReason: 'SAFETY' } }],
    ['a text without an end', piece('A harb')],
  ])('%s', async (_what, last) => {
    expect((await errorOf({ ...last, usageMetadata })).usage).toEqual(usage);
    const whole = await askInVain(await fakeGemini(json({ ...last, usageMetadata })));
    expect(whole.usage).toEqual(usage);
  });

  test('the last one of a stream', async () => {
    const error = await errorOf(
      { ...piece('A '), usageMetadata: { promptTokenCount: 1130, candidatesTokenCount: 1 } },
      { ...piece('harb'), usageMetadata },
      finished('', 'RECITATION'),
    );
    expect(error.usage).toEqual(usage);
  });

  test('none if the service sent none', async () => {
    expect((await errorOf(finished('', 'SAFETY'))).usage).toBeUndefined();
  });
});

const REASONS = [
  'MAX_TOKENS',
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'OTHER',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'MALFORMED_FUNCTION_CALL',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_OTHER',
  'NO_IMAGE',
  'IMAGE_RECITATION',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
  'MALFORMED_RESPONSE',
  'ESCALATION',
  'CONTINUATION',
  'FINISH_REASON_UNSPECIFIED',
  'A_REASON_OF_2027',
];

describe('an answer with another finish reason is an error, even with text:', () => {
  test.each(REASONS)('%s', async (reason) => {
    const error = await errorOf(finished('A harb', reason));
    expect(error.kind).toBe('answer');
    expect(error.finishReason).toBe(reason);
    expect(error.retryable).toBe(false);
    expect(error.message).toContain(`(${reason})`);
    expect(error.message).not.toContain('A harb');
    expect(error.hint).toBeTruthy();
  });

  test('a detail of the service is passed on, as one line', async () => {
    const error = await errorOf(
      candidate([], { finishReason: 'SAFETY', finishMessage: 'Too\nspicy.\u001b[2J' }),
    );
    expect(error.message).toContain('(SAFETY: Too spicy');
    expect(error.message).toMatch(/^[\x20-\x7e]*$/);
  });

  test('an invalid reason cannot break the line', async () => {
    const error = await errorOf(candidate([], { finishReason: 'ODD\n\u001b[2J' }));
    expect(error.message).toMatch(/^[\x20-\x7e]*$/);
    expect(error.message).toContain('ODD');
    expect(error.finishReason).toBe('ODD [2J');
  });

  test('RECITATION after eight good chunks', async () => {
    const chunks = Array.from({ length: 8 }, (_, index) => piece(`line ${index}\n`));
    const server = await fakeGemini(sse(...chunks, candidate([], { finishReason: 'RECITATION' })));
    const { pieces, error } = await askStreaming(server, { retries: 3 });
    expect(pieces).toHaveLength(8);
    expect(error).toMatchObject({ kind: 'answer', retryable: false });
    expect(error?.message).toContain('RECITATION');
    expect(server.requests).toHaveLength(1);
  });

  test('STOP in an early chunk does not hide SAFETY in the last one', async () => {
    const error = await errorOf(finished('A '), finished('harb'), finished('', 'SAFETY'));
    expect(error.message).toContain('SAFETY');
  });
});

describe('MAX_TOKENS', () => {
  test('keeps the text so far, and says that thinking counts', async () => {
    const error = await errorOf(piece('A harbor '), finished('at du', 'MAX_TOKENS'));
    expect(error).toMatchObject({ kind: 'answer', partialText: 'A harbor at du' });
    expect(error.hint).toBe(
      'Ask for less, or allow more with --max-output-tokens; thinking counts against it too.',
    );
  });

  test('with only thoughts keeps nothing', async () => {
    const error = await errorOf(
      candidate([{ text: 'Hm', thought: true }], { finishReason: 'MAX_TOKENS' }),
    );
    expect(error).toMatchObject({ kind: 'answer', partialText: undefined });
  });

  test('at a limit set by the caller names the option', async () => {
    const server = await fakeGemini(json(finished('A harb', 'MAX_TOKENS')));
    const client = await clientOf(server);
    const settings = { maxOutputTokens: 9 };
    expect(await failureOf(client.ask({ ...QUESTION, settings }))).toMatchObject({
      hint: 'Raise --max-output-tokens; thinking counts against it too.',
      finishReason: 'MAX_TOKENS',
      partialText: 'A harb',
    });
  });

  test('is the only reason that names the limit', async () => {
    const client = await clientOf(await fakeGemini(json(finished('', 'SAFETY'))));
    const error = await failureOf(client.ask({ ...QUESTION, settings: { maxOutputTokens: 9 } }));
    expect(error.hint).not.toContain('--max-output-tokens');
  });
});

describe('OTHER', () => {
  const internal = {
    candidates: [
      {
        finishReason: 'OTHER',
        finishMessage: 'Model failed to generate content due to internal error.',
      },
    ],
  };

  test('without text is retried', async () => {
    const unary = await fakeGemini(json(internal), json(finished('A harbor.')));
    expect(await ask(unary, { retries: 1 })).toMatchObject({ text: 'A harbor.' });
    const stream = await fakeGemini(sse(internal), sse(finished('A harbor.')));
    expect((await askStreaming(stream, { retries: 1 })).answer?.text).toBe('A harbor.');
  });

  test('keeps its words if the retry did not help', async () => {
    const error = await askInVain(await fakeGemini(json(internal)), { retries: 2 });
    expect(error).toMatchObject({ kind: 'answer', retryable: true, finishReason: 'OTHER' });
    expect(error.message).toContain('internal error');
    expect(error.message).toContain('after 3 attempts');
  });
});

describe('a blocked request is an error, whatever else the answer holds:', () => {
  test.each([
    'SAFETY',
    'OTHER',
    'BLOCKLIST',
    'PROHIBITED_CONTENT',
    'IMAGE_SAFETY',
    'MODEL_ARMOR',
    'JAILBREAK',
    'BLOCK_REASON_UNSPECIFIED',
    'A_REASON_OF_2027',
  ])('%s', async (blockReason) => {
    const error = await errorOf({ promptFeedback: { blockReason } });
    expect(error).toMatchObject({ kind: 'answer', retryable: false, finishReason: undefined });
    expect(error.message).toMatch(/^the service blocked the request for /);
    expect(error.message).toContain(`(${blockReason})`);
  });

  test('a message without a reason', async () => {
    const error = await errorOf({ promptFeedback: { blockReasonMessage: 'Not\nhere.' } });
    expect(error.message).toBe('the service blocked the request (Not here)');
  });

  test('a reason and a message', async () => {
    const error = await errorOf({
      promptFeedback: { blockReason: 'SAFETY', blockReasonMessage: 'Not here.' },
    });
    expect(error.message).toBe('the service blocked the request for safety (SAFETY: Not here)');
  });

  test('an invalid reason', async () => {
    const error = await errorOf({ promptFeedback: { blockReason: 'ODD\n\u001b[2J' } });
    expect(error.message).toMatch(/^[\x20-\x7e]*$/);
  });

  test('a reason beside an answer', async () => {
    const error = await errorOf({
      ...finished('A harbor.'),
      promptFeedback: { blockReason: 'SAFETY' },
    });
    expect(error.message).toMatch(/blocked/);
  });

  test('a reason in mid-stream', async () => {
    const error = await errorOf(piece('A '), { promptFeedback: { blockReason: 'SAFETY' } });
    expect(error.message).toMatch(/blocked/);
  });

  test('but ratings alone do not block', async () => {
    const safetyRatings = [{ category: 'HARM_CATEGORY_HARASSMENT', probability: 'NEGLIGIBLE' }];
    const answer = { ...finished('A harbor.'), promptFeedback: { safetyRatings } };
    expect((await answerTo(answer))?.text).toBe('A harbor.');
  });
});

describe('an answer without content is an error:', () => {
  test.each([
    ['no text', finished('')],
    ['blanks', finished(' \n\t')],
    [
      'content without parts',
      { candidates: [{ content: { role: 'model' }, finishReason: 'STOP' }] },
    ],
    ['no content', { candidates: [{ finishReason: 'STOP' }] }],
  ])('%s', async (_what, answer) => {
    expect(await errorOf(answer)).toMatchObject({
      kind: 'answer',
      message: 'the model said nothing',
      finishReason: 'STOP',
      retryable: true,
      hint: expect.stringMatching(/^The same request often works/),
    });
  });

  test('thoughts alone', async () => {
    const answer = candidate([{ text: 'Hm.', thought: true }], { finishReason: 'STOP' });
    expect(await errorOf(answer)).toMatchObject({
      kind: 'answer',
      message: 'the model thought about the picture, but said nothing',
    });
  });

  test.each([
    ['an empty object', {}],
    ['no candidates', { candidates: [] }],
    ['usage alone', { usageMetadata: { promptTokenCount: 1 } }],
    ['candidates that are no array', { candidates: 'x' }],
    ['a candidate that is nothing', { candidates: [null] }],
  ])('%s, which is retried', async (_what, answer) => {
    expect(await errorOf(answer)).toMatchObject({
      kind: 'service',
      message: 'the service sent no answer and no reason for it',
      finishReason: undefined,
      retryable: true,
    });
  });

  test('text without a finish reason, which is retried', async () => {
    const error = await errorOf(piece('A harbor at du'));
    expect(error).toMatchObject({
      kind: 'service',
      message: 'the answer broke off before it was finished',
      retryable: true,
      partialText: 'A harbor at du',
    });
  });
});

describe('if an answer may be empty', () => {
  async function answersTo(chunk: object) {
    const question = { ...QUESTION, mayBeEmpty: true };
    const whole = await clientOf(await fakeGemini(json(chunk)));
    const stream = await clientOf(await fakeGemini(sse(chunk)));
    return Promise.all([whole.ask(question), stream.ask(question, { onText: async () => {} })]);
  }

  test.each([
    ['no text', finished(''), ''],
    ['blanks, which are kept', finished(' \n\t'), ' \n\t'],
    ['text', finished(' EXIT\n'), ' EXIT\n'],
  ])('%s alone is an empty answer', async (_what, chunk, text) => {
    const answer = { text, finishReason: 'STOP', model: QUESTION.model };
    expect(await answersTo(chunk)).toStrictEqual([answer, answer]);
  });

  test('its usage is counted', async () => {
    const chunk = { ...finished(''), usageMetadata: { promptTokenCount: 7 } };
    expect((await answersTo(chunk))[0]?.usage?.inputTokens).toBe(7);
  });

  test.each([
    ['a refusal', finished('', 'SAFETY'), 'answer'],
    ['a limit', finished('', 'MAX_TOKENS'), 'answer'],
    ['a block', { promptFeedback: { blockReason: 'SAFETY' } }, 'answer'],
    ['no parts', { candidates: [{ content: { role: 'model' }, finishReason: 'STOP' }] }, 'answer'],
    ['no content', { candidates: [{ finishReason: 'STOP' }] }, 'answer'],
    ['a thought', candidate([{ text: 'Hm.', thought: true }], { finishReason: 'STOP' }), 'answer'],
    [
      'a thought before no text',
      candidate([{ text: 'Hm.', thought: true }, { text: '' }], { finishReason: 'STOP' }),
      'answer',
    ],
    [
      'no text that signs a thought',
      candidate([{ text: '', thoughtSignature: 'c2ln' }], { finishReason: 'STOP' }),
      'answer',
    ],
    ['no end', piece(''), 'service'],
    ['nothing', {}, 'service'],
  ])('%s is still an error', async (_what, chunk, kind) => {
    expect((await failureOf(answersTo(chunk))).kind).toBe(kind);
  });
});

describe('a success that is not from the API is an error of the service:', () => {
  test.each(['', ' ', 'ok', '7', 'null', 'true', '"text"', '[]', '[1]', '{"candidates":', '{]'])(
    'the body %j',
    async (text) => {
      const type = { 'content-type': 'application/json' };
      const unary = await askInVain(await fakeGemini(body(text, 200, type)));
      expect(unary.kind).toBe('service');
      expect(unary.message).not.toMatch(/error that can be read/);
      expect(unary.hint).toBeTruthy();
      const stream = await askStreaming(await fakeGemini(body(text, 200, type)));
      expect(stream.error?.kind).toBe('service');
    },
  );

  test.each(['7', 'null', 'true', '"text"', '[null]', 'ok', '[DONE]'])(
    'the event %s',
    async (data) => {
      const server = await fakeGemini(body(`data: ${data}\r\n\r\n`, 200));
      expect((await askStreaming(server)).error?.kind).toBe('service');
    },
  );

  test('bytes that are not UTF-8, which would spoil a caption', async () => {
    const [before = '', after = ''] = JSON.stringify(finished('A ? harbor.')).split('?');
    const bytes = Buffer.concat([Buffer.from(before), Buffer.of(0xff), Buffer.from(after)]);
    const server = await fakeGemini(body(bytes, 200, { 'content-type': 'application/json' }));
    expect(await askInVain(server)).toMatchObject({ kind: 'service', retryable: true });
  });

  test('but a stream sent as one JSON array is read', async () => {
    const chunks = JSON.stringify([piece('A '), finished('harbor.')], null, 2);
    const server = await fakeGemini(body(chunks, 200, { 'content-type': 'application/json' }));
    expect((await askStreaming(server)).answer?.text).toBe('A harbor.');
  });
});
