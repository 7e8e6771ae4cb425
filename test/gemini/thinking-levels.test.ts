/** Refused settings, above all thinking levels, which differ from model to model. */
import { describe, expect, test } from 'vitest';
import { thinkingLevelsOf } from '../../src/gemini/models.js';
import { failed, piece } from '../support/answers.js';
import { clientOf, failureOf, QUESTION } from '../support/ask.js';
import { fakeGemini, json, sse } from '../support/fake-gemini.js';

const WORDS =
  'Thinking level MINIMAL is not supported for this model. Please retry with other thinking level.';

const ANY = '--thinking takes minimal, low, medium, high or xhigh; each model knows some of them.';

const refusal = (message: string) => failed(400, 'INVALID_ARGUMENT', message);

async function errorOf(message: string, model = QUESTION.model) {
  const client = await clientOf(await fakeGemini(json(refusal(message), 400)), { retries: 3 });
  return failureOf(client.ask({ ...QUESTION, model, settings: { thinking: 'minimal' } }));
}

test.each([
  ['gemini-3.5-flash-lite', 'minimal (its default), low, medium or high'],
  ['gemini-3.1-flash-lite', 'minimal (its default), low, medium or high'],
  ['gemini-3.6-flash', 'medium (its default), minimal, low or high'],
  ['gemini-3.8-flash', 'medium (its default), low or high'],
  ['gemini-4-carbon', 'medium (its default), low or high'],
  ['gemini-4-hydrogen', 'high (its default), low, medium or xhigh'],
  ['gemini-4-neon', 'high (its default), low, medium or xhigh'],
  ['gemini-3.1-pro-preview', 'high (its default), low or medium'],
])('a refused level names those that %s takes', async (model, levels) => {
  expect(await errorOf(WORDS, model)).toMatchObject({
    kind: 'usage',
    message: `the service does not take the thinking level (400): ${WORDS.slice(0, -1)}`,
    hint: `${model} takes --thinking ${levels}.`,
    retryable: false,
    endsRun: true,
    httpStatus: 400,
  });
});

test.each(['gemini-2.5-flash', 'gemini-2.5-pro', 'gemini-2.5-flash-lite'])(
  '%s is known to take none',
  async (model) => {
    const hint = `${model} takes no thinking levels: leave out --thinking.`;
    expect(await errorOf(WORDS, model)).toMatchObject({ kind: 'usage', hint, endsRun: true });
  },
);

test.each(['gemini-5-argon', 'gemini-flash-latest', 'gemini-pro-latest', 'constructor'])(
  'of %s nobody knows more than which levels there are',
  async (model) => {
    expect(thinkingLevelsOf(model)).toBeUndefined();
    expect(await errorOf(WORDS, model)).toMatchObject({ kind: 'usage', hint: ANY, endsRun: true });
  },
);

test('the levels of a model are known by its full name too', () => {
  expect(thinkingLevelsOf('models/gemini-4-carbon')).toEqual(['medium', 'low', 'high']);
});

test('a level that is refused in mid-stream is explained as well', async () => {
  const client = await clientOf(await fakeGemini(sse(piece('A '), refusal(WORDS))));
  const question = { ...QUESTION, model: 'gemini-4-carbon' };
  const error = await failureOf(client.ask(question, { onText: async () => {} }));
  expect(error.hint).toBe('gemini-4-carbon takes --thinking medium (its default), low or high.');
});

describe('other messages for it:', () => {
  test.each([
    'Thinking is not enabled for this model.',
    'You can only set only one of thinking budget and thinking level.',
    'Invalid value at \'generation_config.thinking_config.thinking_level\' (TYPE_ENUM), "XHIGH"',
    'Thinking level LOW is not supported for this image model.',
  ])('%s', async (message) => {
    const hint = 'gemini-4-neon takes --thinking high (its default), low, medium or xhigh.';
    expect(await errorOf(message, 'gemini-4-neon')).toMatchObject({ kind: 'usage', hint });
  });
});

describe('a setting that the service refuses is named:', () => {
  const unknown = (name: string, path: string) =>
    `Invalid JSON payload received. Unknown name "${name}"${path}: Cannot find field.`;
  const inConfig = " at 'generation_config'";

  test.each([
    [unknown('x', inConfig), 'a setting', true],
    [unknown('seed', inConfig), '--seed', true],
    [unknown('temperature', inConfig), '--temperature', true],
    [unknown('mediaResolution', inConfig), '--media-resolution', true],
    [unknown('thinkingConfig', inConfig), '--thinking', true],
    [unknown('thinkingLevel', " at 'generation_config.thinking_config'"), '--thinking', true],
    [unknown('systemInstruction', ''), '--system', true],
    [unknown('x', " at 'safety_settings[0]'"), '--safety', true],
    ['* GenerateContentRequest.generation_config.seed: bad.\n', '--seed', true],
    ['max_output_tokens must be at least 1.', '--max-output-tokens', true],
    ['Temperature is not supported for this model.', '--temperature', true],
  ])('%s', async (message, what, endsRun) => {
    const error = await errorOf(message);
    expect(error).toMatchObject({ kind: 'usage', retryable: false, endsRun, httpStatus: 400 });
    expect(error.message).toContain(
      `the service does not take ${what} (400): ${message.slice(0, 9)}`,
    );
    const hint = `Leave out ${what}, or use another model; --dry-run shows the request.`;
    expect(error.hint).toBe(hint);
  });

  test.each([
    [unknown('responseJsonSchema', inConfig), true],
    [unknown('x', " at 'generation_config.response_json_schema.properties[thinking_level]'"), true],
    ['* GenerateContentRequest.generation_config.response_schema.properties: empty.\n', true],
    ['The specified schema has too many states for serving.', true],
  ])('the schema: %s', async (message, endsRun) => {
    const error = await errorOf(message);
    expect(error).toMatchObject({ kind: 'usage', endsRun, httpStatus: 400 });
    expect(error.message).toContain('the service does not take the schema of the answer (400): ');
    expect(error.hint).toMatch(/^A simpler schema may help/);
  });

  test.each([
    [unknown('x', " at 'contents[0].parts[0]'"), 'usage'],
    ['Request contains an invalid argument.', 'usage'],
    ['Provided image is not valid.', 'input'],
    ['API key not valid. Please pass a valid API key.', 'auth'],
  ])('but not if the message is about something else: %s', async (message, kind) => {
    const error = await errorOf(message);
    expect(error.kind).toBe(kind);
    expect(error.message).not.toContain('does not take');
    if (kind === 'usage')
      expect(error).toMatchObject({ endsRun: false, hint: expect.stringMatching(/setting/) });
  });
});
