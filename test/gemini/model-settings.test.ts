/** What is sent of a question besides its parts: what was asked for, that it is not kept, and nothing else. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contentOf } from '../../src/domain/content.js';
import {
  MEDIA_RESOLUTIONS,
  type ModelSettings,
  THINKING_LEVELS,
} from '../../src/domain/model-settings.js';
import type { Question } from '../../src/domain/question.js';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.js';
import { thinkingLevelsOf } from '../../src/gemini/models.js';
import { previewRequest } from '../../src/gemini/request.js';
import { finished, overloaded } from '../support/answers.js';
import { clientOf, failureOf, MODEL, QUESTION, questionOf } from '../support/ask.js';
import { fakeGemini, json, sse } from '../support/fake-gemini.js';

const SCHEMA = {
  type: 'object',
  properties: { title: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } } },
  required: ['title', 'tags'],
} as const;

const HARMS = [
  'HARM_CATEGORY_HARASSMENT',
  'HARM_CATEGORY_HATE_SPEECH',
  'HARM_CATEGORY_SEXUALLY_EXPLICIT',
  'HARM_CATEGORY_DANGEROUS_CONTENT',
];

const safety = (threshold: string) => ({
  safetySettings: HARMS.map((category) => ({ category, threshold })),
});

const CONTENTS = [
  {
    role: 'user',
    parts: [{ inlineData: { mimeType: 'image/png', data: 'AQID' } }, { text: 'What is it?' }],
  },
];

/** Asks, whole or streamed, and returns the body that arrived. */
async function bodyOf(asked: Partial<Question>, way = 'whole'): Promise<string> {
  const answer = finished('A harbor.');
  const server = await fakeGemini(way === 'whole' ? json(answer) : sse(answer));
  const client = await clientOf(server);
  const options = way === 'whole' ? {} : { onText: async () => {} };
  await client.ask({ ...QUESTION, ...asked }, options);
  return server.requests[0]?.body ?? '';
}

const ALL: ModelSettings = {
  system: 'You are brief.',
  thinking: 'low',
  mediaResolution: 'high',
  maxOutputTokens: 400,
  temperature: 0,
  seed: 0,
  safety: 'off',
};

const ALL_SENT = {
  systemInstruction: { parts: [{ text: 'You are brief.' }] },
  contents: CONTENTS,
  generationConfig: {
    responseMimeType: 'application/json',
    responseJsonSchema: SCHEMA,
    mediaResolution: 'MEDIA_RESOLUTION_HIGH',
    maxOutputTokens: 400,
    temperature: 0,
    seed: 0,
    thinkingConfig: { thinkingLevel: 'LOW' },
  },
  ...safety('BLOCK_NONE'),
  store: false,
};

const CASES: [what: string, asked: Partial<Question>, sent: object][] = [
  ['a system instruction', { settings: { system: 'Be brief.' } }, system('Be brief.')],
  ['the schema', { schema: SCHEMA }, config(pick('responseMimeType', 'responseJsonSchema'))],
  ['a limit', { settings: { maxOutputTokens: 400 } }, config(pick('maxOutputTokens'))],
  ['a temperature of 0', { settings: { temperature: 0 } }, config(pick('temperature'))],
  ['a seed of 0', { settings: { seed: 0 } }, config(pick('seed'))],
  ['safety, relaxed', { settings: { safety: 'relaxed' } }, safety('BLOCK_ONLY_HIGH')],
  ['safety, off', { settings: { safety: 'off' } }, safety('BLOCK_NONE')],
  ...MEDIA_RESOLUTIONS.map((mediaResolution): (typeof CASES)[number] => [
    `the resolution ${mediaResolution}`,
    { settings: { mediaResolution } },
    config({ mediaResolution: `MEDIA_RESOLUTION_${mediaResolution.toUpperCase()}` }),
  ]),
  ...THINKING_LEVELS.map((thinking): (typeof CASES)[number] => [
    `the thinking level ${thinking}`,
    { settings: { thinking } },
    config({ thinkingConfig: { thinkingLevel: thinking.toUpperCase() } }),
  ]),
];

function system(text: string) {
  return { systemInstruction: { parts: [{ text }] } };
}

function config(generationConfig: object) {
  return { generationConfig };
}

function pick(...names: (keyof typeof ALL_SENT.generationConfig)[]) {
  return Object.fromEntries(names.map((name) => [name, ALL_SENT.generationConfig[name]]));
}

describe.each(['whole', 'streamed'])('for an answer that comes %s', (way) => {
  test.each(CASES)('%s is sent alone', async (_what, asked, sent) => {
    const body = await bodyOf(asked, way);
    expect(JSON.parse(body)).toStrictEqual({ ...sent, contents: CONTENTS, store: false });
  });

  test('all are sent together', async () => {
    const body = await bodyOf({ settings: ALL, schema: SCHEMA }, way);
    expect(JSON.parse(body)).toStrictEqual(ALL_SENT);
  });

  test.each<[string, Partial<Question>]>([
    ['nothing', {}],
    ['settings that are all absent', { settings: {} }],
    ['the usual safety', { settings: { safety: 'default' } }],
    ['an empty system instruction', { settings: { system: '' } }],
    ['that an answer may be empty', { mayBeEmpty: true }],
    [
      'nothing, in as many words',
      { settings: { system: undefined, seed: undefined, safety: undefined }, schema: undefined },
    ],
  ])('if %s is asked for, not a byte is added', async (_what, asked) => {
    expect(await bodyOf(asked, way)).toBe(JSON.stringify({ contents: CONTENTS, store: false }));
  });
});

test('a repeated request is the same to the byte', async () => {
  const server = await fakeGemini(json(overloaded, 503), json(finished('{}')));
  const client = await clientOf(server, { retries: 1 });
  await client.ask({ ...QUESTION, settings: ALL, schema: SCHEMA });
  expect(server.requests).toHaveLength(2);
  expect(server.requests[1]?.body).toBe(server.requests[0]?.body);
  expect(JSON.parse(server.requests[1]?.body ?? '')).toStrictEqual(ALL_SENT);
});

test('simultaneous questions keep their own settings', async () => {
  const server = await fakeGemini(json(finished('A harbor.')));
  const client = await clientOf(server);
  const seeds = [1, 2, 3, 4, 5];
  await Promise.all(seeds.map((seed) => client.ask({ ...QUESTION, settings: { seed } })));
  const arrived = server.requests.map(({ body }) => JSON.parse(body).generationConfig);
  expect(arrived.map(({ seed }) => seed).sort()).toEqual(seeds);
  await client.ask(QUESTION);
  expect(JSON.parse(server.requests.at(-1)?.body ?? '')).toStrictEqual({
    contents: CONTENTS,
    store: false,
  });
});

const line = 'A "quote", \\ a tab\t, \u2028\u2029 é 🏴‍☠️ \u0000 {name} 0/0/ \ud83c alone\r\n';
const LONG = line.repeat(Math.ceil(10_240 / line.length));

test.each(['whole', 'streamed'])('texts of 10 KB arrive as they are, %s', async (way) => {
  const schema = {
    type: 'object',
    description: LONG,
    properties: JSON.parse('{"__proto__":{"type":"string"},"a \\"b\\"":{"enum":["\\u2028"]}}'),
  };
  const asked = { ...questionOf(new Uint8Array([1, 2, 3]), LONG), settings: { system: LONG } };
  const body = JSON.parse(await bodyOf({ ...asked, schema }, way));
  expect(body.systemInstruction).toStrictEqual({ parts: [{ text: LONG }] });
  expect(body.contents[0].parts[0].inlineData.data).toBe('AQID');
  expect(body.contents[0].parts[1].text).toBe(LONG);
  expect(JSON.stringify(body.generationConfig.responseJsonSchema)).toBe(JSON.stringify(schema));
});

test('the preview is what is sent, with bytes as a count', async () => {
  const asked = { parts: QUESTION.parts, settings: ALL, schema: SCHEMA };
  const [{ parts }] = CONTENTS as [(typeof CONTENTS)[number]];
  const shown = [{ inlineData: { mimeType: 'image/png', data: '<3 bytes>' } }, ...parts.slice(1)];
  const contents = [{ role: 'user', parts: shown }];
  expect(previewRequest(asked)).toStrictEqual({ ...ALL_SENT, contents });
  expect(previewRequest({ parts: QUESTION.parts, settings: {} })).toStrictEqual({
    contents,
    store: false,
  });
});

describe('the strict emulator', () => {
  const bytes = readFileSync('fixtures/harbor.jpg');
  const inline = { content: contentOf(bytes), mimeType: 'image/jpeg' };
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  afterAll(() => emulator.close());

  async function ask(asked: Partial<Question>) {
    const client = await clientOf(emulator);
    return client.ask({ model: MODEL, parts: [{ inline }, { text: 'What is it?' }], ...asked });
  }

  const taken = CASES.filter(([, { settings }]) => settings?.thinking !== 'xhigh');
  const together: (typeof CASES)[number] = ['all', { settings: ALL, schema: SCHEMA }, {}];

  test.each([...taken, together])('takes %s', async (_what, asked) => {
    expect(await ask(asked)).toMatchObject({ finishReason: 'STOP' });
  });

  const models = ['gemini-3.6-flash', 'gemini-3.8-flash', 'gemini-4-carbon', 'gemini-4-neon'];

  test.each(models)('takes and refuses the levels of %s as the table says', async (model) => {
    const levels = thinkingLevelsOf(model) ?? [];
    for (const thinking of THINKING_LEVELS) {
      const answer = ask({ model, settings: { thinking } });
      if (levels.includes(thinking)) await answer;
      else {
        expect((await failureOf(answer)).hint).toContain(`${model} takes --thinking ${levels[0]}`);
      }
    }
  });

  test.each<[string, ModelSettings]>([
    ['--temperature', { temperature: 3 }],
    ['--max-output-tokens', { maxOutputTokens: 0 }],
    ['--seed', { seed: 0.5 }],
  ])('refuses %s with an explanation', async (option, settings) => {
    const error = await failureOf(ask({ settings }));
    expect(error).toMatchObject({ kind: 'usage', httpStatus: 400, endsRun: true });
    expect(error.hint).toContain(option);
  });
});
