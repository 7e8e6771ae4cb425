/** The AI SDK against the emulator: what people test with it works as it does at Google. */
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { generateObject, generateText, jsonSchema, streamText } from 'ai';
import { describe, expect, test } from 'vitest';
import { emulatorForFile, fixture, MODEL } from '../client.js';

const { url } = emulatorForFile();
const modelOf = (name = MODEL) =>
  createGoogleGenerativeAI({ apiKey: 'k', baseURL: `${url()}/v1beta` })(name);

const HARBOR_TEXT = /^\[offline\] A JPEG picture of 1280 × 853 pixels/;
const messages = [
  {
    role: 'user' as const,
    content: [
      { type: 'image' as const, image: fixture('harbor.jpg') },
      { type: 'text' as const, text: 'Describe it.' },
    ],
  },
];

describe('calls', () => {
  test('in one piece, with settings', async () => {
    const { text, usage } = await generateText({
      model: modelOf(),
      system: 'Be brief.',
      messages,
      seed: 7,
      providerOptions: {
        google: {
          mediaResolution: 'MEDIA_RESOLUTION_LOW',
          thinkingConfig: { thinkingLevel: 'low' },
        },
      },
    });
    expect(text).toMatch(HARBOR_TEXT);
    expect(usage.inputTokens).toBeLessThan(300);
  });

  test('as a stream', async () => {
    const pieces: string[] = [];
    for await (const piece of streamText({ model: modelOf(), messages }).textStream) {
      pieces.push(piece);
    }
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toMatch(HARBOR_TEXT);
  });

  test('by a schema', async () => {
    const schema = jsonSchema<{ title: string; tags: string[] }>({
      type: 'object',
      properties: { title: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } } },
      required: ['title', 'tags'],
    });
    const { object } = await generateObject({ model: modelOf(), messages, schema });
    expect(object.title).toContain('[offline]');
    expect(object.tags).toContain('jpeg');
  });

  test('with the turns of a chat', async () => {
    const answer = { role: 'assistant' as const, content: 'A harbor.' };
    const next = { role: 'user' as const, content: 'And then?' };
    const { text } = await generateText({
      model: modelOf(),
      messages: [...messages, answer, next],
    });
    expect(text).toMatch(HARBOR_TEXT);
  });

  test.each(['flex', 'standard', 'priority'] as const)('at the tier %s', async (serviceTier) => {
    const { text, providerMetadata } = await generateText({
      model: modelOf(),
      messages,
      providerOptions: { google: { serviceTier } },
    });
    expect(text).toMatch(HARBOR_TEXT);
    expect(providerMetadata?.google).toMatchObject({ usageMetadata: { serviceTier } });
  });

  test('fail as they do at Google', async () => {
    const asking = generateText({
      model: modelOf('gemini-1.5-flash'),
      prompt: 'Hello.',
      maxRetries: 0,
    });
    await expect(asking).rejects.toMatchObject({ statusCode: 404 });
  });
});
