/** Google's own client against the emulator: what people test with it works as it does at Google. */
import { fileURLToPath } from 'node:url';
import {
  createPartFromUri,
  createUserContent,
  type GenerateContentConfig,
  GoogleGenAI,
  HarmBlockThreshold,
  HarmCategory,
  MediaResolution,
  type PartMediaResolutionLevel,
  ThinkingLevel,
  Type,
} from '@google/genai';
import { describe, expect, test } from 'vitest';
import { emulatorForFile, fixture, MODEL } from '../client.js';

const { url } = emulatorForFile();
const clientWith = (apiKey: string) =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url(), retryOptions: { attempts: 1 } } });
const client = () => clientWith('k');

const HARBOR = fileURLToPath(new URL('../../../fixtures/harbor.jpg', import.meta.url));
const picture = {
  inlineData: { mimeType: 'image/jpeg', data: fixture('harbor.jpg').toString('base64') },
};
const HARBOR_TEXT = /^\[offline\] A JPEG picture of 1280 × 853 pixels/;

const ask = (config: GenerateContentConfig, contents: unknown[] = [picture, 'Describe it.']) =>
  client().models.generateContent({ model: MODEL, contents: contents as string[], config });

describe('calls', () => {
  test('in one piece, with settings', async () => {
    const { text, usageMetadata } = await ask({
      systemInstruction: 'Be brief.',
      maxOutputTokens: 200,
      seed: 7,
      mediaResolution: MediaResolution.MEDIA_RESOLUTION_LOW,
      thinkingConfig: { thinkingLevel: ThinkingLevel.LOW },
      safetySettings: [
        {
          category: HarmCategory.HARM_CATEGORY_HARASSMENT,
          threshold: HarmBlockThreshold.BLOCK_NONE,
        },
      ],
    });
    expect(text).toMatch(HARBOR_TEXT);
    expect(usageMetadata?.promptTokensDetails).toContainEqual({
      modality: 'IMAGE',
      tokenCount: 280,
    });
  });

  test('as a stream', async () => {
    const pieces: string[] = [];
    const stream = await client().models.generateContentStream({
      model: MODEL,
      contents: [picture, 'Describe it.'],
    });
    for await (const { text } of stream) pieces.push(text ?? '');
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toMatch(HARBOR_TEXT);
  });

  test.each<[what: string, config: GenerateContentConfig]>([
    [
      'a JSON Schema',
      {
        responseJsonSchema: {
          type: 'object',
          properties: { title: { $ref: '#/$defs/title' }, note: { type: ['string', 'null'] } },
          required: ['title'],
          $defs: { title: { type: 'string' } },
        },
      },
    ],
    [
      'a schema of the OpenAPI kind',
      {
        responseSchema: {
          type: Type.OBJECT,
          properties: { title: { type: Type.STRING } },
          required: ['title'],
        },
      },
    ],
  ])('by %s', async (_, config) => {
    const { text = '' } = await ask({ responseMimeType: 'application/json', ...config });
    expect(JSON.parse(text)).toMatchObject({ title: expect.stringContaining('[offline]') });
  });

  test('in a chat', async () => {
    const chat = client().chats.create({ model: MODEL });
    await chat.sendMessage({ message: [picture, 'Describe it.'] });
    expect((await chat.sendMessage({ message: 'And then?' })).text).toMatch(HARBOR_TEXT);
    expect(chat.getHistory()).toHaveLength(4);
  });

  test('that are not to be kept', async () => {
    const { text } = await ask({ httpOptions: { extraBody: { store: false } } });
    expect(text).toMatch(HARBOR_TEXT);
  });

  test.each([
    ['LOW', 280],
    ['MEDIUM', 560],
    ['HIGH', 1120],
    ['ULTRA_HIGH', 2240],
  ])('with a picture of resolution %s cost %i tokens', async (name, tokens) => {
    const level = `MEDIA_RESOLUTION_${name}` as PartMediaResolutionLevel;
    const one = { ...picture, mediaResolution: { level } };
    const { usageMetadata } = await ask({}, [one, picture, 'Compare them.']);
    expect(usageMetadata?.promptTokensDetails).toContainEqual({
      modality: 'IMAGE',
      tokenCount: tokens + 1120,
    });
  });

  test('fail as they do at Google', async () => {
    const asking = (key: string, model: string) =>
      clientWith(key).models.generateContent({ model, contents: 'Hello.' });
    await expect(asking('invalid', MODEL)).rejects.toMatchObject({
      name: 'ApiError',
      status: 400,
      message: expect.stringContaining('API_KEY_INVALID'),
    });
    await expect(asking('k', 'gemini-1.5-flash')).rejects.toMatchObject({ status: 404 });
  });
});

test('models are listed page by page, and found by name', async () => {
  const names: (string | undefined)[] = [];
  for await (const { name } of await client().models.list({ config: { pageSize: 3 } })) {
    names.push(name);
  }
  expect(names).toContain(`models/${MODEL}`);
  expect(names.length).toBeGreaterThan(6);
  expect(await client().models.get({ model: MODEL })).toMatchObject({ name: `models/${MODEL}` });
});

test('tokens are counted', async () => {
  const counted = await client().models.countTokens({
    model: MODEL,
    contents: [picture, 'Describe it.'],
  });
  expect(counted.totalTokens).toBe(1120 + 3);
});

describe('files', () => {
  test('are active at once, asked about, listed and deleted', async () => {
    const { files, models } = client();
    const file = await files.upload({ file: HARBOR, config: { displayName: 'harbor' } });
    expect(file).toMatchObject({ state: 'ACTIVE', mimeType: 'image/jpeg', displayName: 'harbor' });
    const { name = '', uri = '', mimeType = '' } = file;
    const contents = createUserContent([createPartFromUri(uri, mimeType), 'Describe it.']);
    expect((await models.generateContent({ model: MODEL, contents })).text).toMatch(HARBOR_TEXT);
    expect(await files.get({ name })).toMatchObject({ name, state: 'ACTIVE' });
    expect((await files.list()).page.map((one) => one.name)).toContain(name);
    await files.delete({ name });
    await expect(files.get({ name })).rejects.toMatchObject({ status: 403 });
  });

  test('that are documents are active at once as well', async () => {
    const file = new Blob(['%PDF-1.4\n'], { type: 'application/pdf' });
    expect(await client().files.upload({ file })).toMatchObject({ state: 'ACTIVE' });
  });
});
