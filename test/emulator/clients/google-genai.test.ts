/** Google's own client against the emulator: what people test with it works as it does at Google. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
  type ServiceTier,
  ThinkingLevel,
  Type,
} from '@google/genai';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../support/files.js';
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

  test.each(['flex', 'standard', 'priority'])('at the tier %s', async (name) => {
    const { text, usageMetadata, sdkHttpResponse } = await ask({
      serviceTier: name as ServiceTier,
    });
    expect(text).toMatch(HARBOR_TEXT);
    expect(usageMetadata).toMatchObject({ serviceTier: name });
    expect(sdkHttpResponse?.headers).toMatchObject({ 'x-gemini-service-tier': name });
  });

  test('at a tier that is not spelled as the service does fail', async () => {
    const asking = ask({ serviceTier: 'FLEX' as ServiceTier });
    await expect(asking).rejects.toMatchObject({ status: 400 });
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

describe('batches', () => {
  const contents = [{ role: 'user', parts: [picture, { text: 'Describe it.' }] }];

  test('are created, looked at, listed, cancelled and deleted', async () => {
    const { batches } = client();
    const src = { inlinedRequests: [{ contents, metadata: { key: 'a' } }] };
    const { name = '', state } = await batches.create({
      model: MODEL,
      src,
      config: { displayName: 'one' },
    });
    expect(state).toBe('JOB_STATE_PENDING');
    await expect.poll(async () => (await batches.get({ name })).state).toBe('JOB_STATE_SUCCEEDED');
    const { dest } = await batches.get({ name });
    const answer = dest?.inlinedResponses?.[0]?.response?.candidates?.[0]?.content?.parts?.[0];
    expect(answer?.text).toMatch(HARBOR_TEXT);
    const names: (string | undefined)[] = [];
    for await (const job of await batches.list({ config: { pageSize: 1 } })) names.push(job.name);
    expect(names).toContain(name);
    await batches.cancel({ name });
    await batches.delete({ name });
    await expect(batches.get({ name })).rejects.toMatchObject({ status: 404 });
  });

  test('are made of a file, and their results are downloaded', async () => {
    const { batches, files } = client();
    const lines = `${JSON.stringify({ key: 'a', request: { contents, store: false } })}\n`;
    const file = await files.upload({ file: new Blob([lines], { type: 'application/jsonl' }) });
    const { name = '' } = await batches.create({ model: MODEL, src: file.name ?? '' });
    await expect
      .poll(async () => (await batches.get({ name })).dest?.fileName)
      .toBe(`files/${name.replace('batches/', 'batch-')}`);
    const downloadPath = join(temporaryFolder(), 'results.jsonl');
    const { dest } = await batches.get({ name });
    await files.download({ file: dest?.fileName ?? '', downloadPath });
    await expect
      .poll(() => (existsSync(downloadPath) ? readFileSync(downloadPath, 'utf8') : ''))
      .toMatch(/"key":"a"}\n$/);
  });
});
