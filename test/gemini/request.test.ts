import { describe, expect, test } from 'vitest';
import {
  buildRequest,
  MAX_REQUEST_BYTES,
  maxInlineBytes,
  previewRequest,
} from '../../src/gemini/request.js';
import { finished } from '../support/answers.js';
import { clientOf, QUESTION } from '../support/ask.js';
import { fakeGemini, json, sse } from '../support/fake-gemini.js';

const question = (bytes: Uint8Array, prompt = 'What is it?', mimeType = 'image/png') => ({
  ...QUESTION,
  prompt,
  picture: { ...QUESTION.picture, bytes, mimeType },
});

describe('what is sent', () => {
  test.each(['unary', 'streamed'])(
    'is the picture, then the prompt, and nothing else: %s',
    async (way) => {
      const server = await fakeGemini(
        way === 'unary' ? json(finished('A harbor.')) : sse(finished('A harbor.')),
      );
      const client = await clientOf(server);
      const bytes = new Uint8Array([0, 1, 2, 253, 254, 255]);
      const prompt = 'What\u2028is "it"?\n🏴‍☠️ é';
      await client.ask(
        question(bytes, prompt, 'image/webp'),
        way === 'unary' ? {} : { onText: async () => {} },
      );
      const [request] = server.requests;
      expect(JSON.parse(request?.body ?? '')).toEqual({
        contents: [
          {
            role: 'user',
            parts: [{ inlineData: { mimeType: 'image/webp', data: 'AAEC/f7/' } }, { text: prompt }],
          },
        ],
      });
      expect(request?.method).toBe('POST');
      expect(request?.headers).toMatchObject({
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(request?.body ?? '')),
      });
    },
  );

  test('is what the preview shows, with the bytes as a count', async () => {
    const asked = question(new Uint8Array(1234));
    const [preview] = previewRequest(asked).contents;
    expect(preview.parts[0].inlineData.data).toBe('<1234 bytes>');
    const [built] = buildRequest(asked).contents;
    expect({ ...preview, parts: preview.parts[1] }).toEqual({ ...built, parts: built.parts[1] });
  });

  test('are the bytes of the picture alone, where they are a part of a larger buffer', () => {
    const bytes = new Uint8Array([9, 9, 0, 1, 2, 9]).subarray(2, 5);
    const [content] = buildRequest(question(bytes)).contents;
    expect(content.parts[0].inlineData.data).toBe('AAEC');
  });

  test('names the client in a header that Google knows, and no machine or user', async () => {
    const server = await fakeGemini(json(finished('A harbor.')));
    await (await clientOf(server)).ask(QUESTION);
    expect(server.requests[0]?.headers['x-goog-api-client']).toMatch(/^genai-js\/[\d.]+$/);
  });
});

describe('the largest picture', () => {
  /** The bytes of a request's body, counted where they arrive. */
  async function bodyBytes(pictureBytes: number, prompt: string, mimeType: string) {
    const server = await fakeGemini(json(finished('A harbor.')));
    await (await clientOf(server)).ask(question(new Uint8Array(pictureBytes), prompt, mimeType));
    return Buffer.byteLength(server.requests[0]?.body ?? '');
  }

  test.each(['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif'])(
    'fits into a request, as %s',
    async (mimeType) => {
      const prompt = 'What is "it"? 🏴‍☠️\n';
      const asked = question(new Uint8Array(0), prompt, mimeType);
      const envelope = Buffer.byteLength(JSON.stringify(buildRequest(asked)));
      expect(await bodyBytes(0, prompt, mimeType)).toBe(envelope);

      const size = envelope + 4 * Math.ceil(maxInlineBytes(prompt) / 3);
      expect(size).toBeLessThanOrEqual(MAX_REQUEST_BYTES);
      // Not much is given away: three bytes of a picture are four of a request.
      expect(size).toBeGreaterThan(MAX_REQUEST_BYTES - 8);
    },
  );

  test('really fits', async () => {
    const prompt = 'What is it?';
    const size = await bodyBytes(maxInlineBytes(prompt), prompt, 'image/webp');
    expect(size).toBeLessThanOrEqual(MAX_REQUEST_BYTES);
    expect(size).toBeGreaterThan(MAX_REQUEST_BYTES - 8);
  });

  test('is smaller with a longer prompt, by what the prompt is as JSON', () => {
    expect(maxInlineBytes('')).toBeGreaterThan(maxInlineBytes('x'.repeat(4)));
    expect(maxInlineBytes('x'.repeat(400))).toBeGreaterThan(maxInlineBytes('é'.repeat(400)));
    expect(maxInlineBytes('x'.repeat(400))).toBeGreaterThan(maxInlineBytes('"'.repeat(400)));
  });

  test('is none beside a prompt that fills the request', () => {
    expect(maxInlineBytes('x'.repeat(MAX_REQUEST_BYTES))).toBe(0);
  });
});
