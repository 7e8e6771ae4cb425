import { describe, expect, test } from 'vitest';
import { contentOf } from '../../src/domain/content.js';
import { GeminiImageError } from '../../src/domain/error.js';
import type { QuestionPart } from '../../src/domain/question.js';
import { packRequest } from '../../src/gemini/packed-request.js';
import { previewRequest } from '../../src/gemini/request.js';
import { finished, overloaded } from '../support/answers.js';
import { clientOf, failureOf, MODEL, QUESTION, questionOf } from '../support/ask.js';
import { fakeGemini, json, sse } from '../support/fake-gemini.js';

const FILE = {
  name: 'files/abc',
  uri: 'https://x.example/v1beta/files/abc',
  mimeType: 'image/heic',
};
const FILE_PART = { fileData: { mimeType: 'image/heic', fileUri: FILE.uri } };

/** The request's body as it would be sent. */
async function bodyOf(parts: readonly QuestionPart[]) {
  const { request, unpack } = await packRequest({ parts });
  return JSON.parse(textOf(unpack(JSON.stringify(request))));
}

function textOf(pieces: readonly (string | Uint8Array)[]): string {
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString();
}

/** Asks, whole or streamed, and returns what arrived. */
async function arrived(parts: readonly QuestionPart[], way: string) {
  const server = await fakeGemini(
    way === 'whole' ? json(finished('A harbor.')) : sse(finished('A harbor.')),
  );
  const client = await clientOf(server);
  const options = way === 'whole' ? {} : { onText: async () => {} };
  expect(await client.ask({ model: MODEL, parts }, options)).toMatchObject({ text: 'A harbor.' });
  return server.requests[0];
}

describe.each(['whole', 'streamed'])('what is sent for an answer that comes %s', (way) => {
  test('is the picture, then the prompt, and nothing else', async () => {
    const prompt = 'What\u2028is "it"?\n🏴‍☠️ é';
    const { parts } = questionOf(new Uint8Array([0, 1, 2, 253, 254, 255]), prompt, 'image/webp');
    const request = await arrived(parts, way);
    expect(JSON.parse(request?.body ?? '')).toEqual({
      store: false,
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
  });

  test('is all parts in order: inline, uploaded, and text', async () => {
    const request = await arrived(
      [
        { text: 'a.png' },
        { inline: { content: contentOf(new Uint8Array([1])), mimeType: 'image/png' } },
        { text: 'b.heic' },
        { file: FILE },
        { text: 'Which one is older?' },
      ],
      way,
    );
    expect(JSON.parse(request?.body ?? '').contents[0].parts).toEqual([
      { text: 'a.png' },
      { inlineData: { mimeType: 'image/png', data: 'AQ==' } },
      { text: 'b.heic' },
      FILE_PART,
      { text: 'Which one is older?' },
    ]);
  });
});

test('the preview is what is sent, with bytes as a count', async () => {
  const inline = { content: contentOf(new Uint8Array(1234)), mimeType: 'image/png' };
  const upload = { size: 30_000_000, mimeType: 'image/jpeg' };
  const parts = [{ inline }, { file: FILE }, { text: 'What is it?' }];
  const preview = previewRequest({ parts: [...parts, { upload }] });
  expect(preview).toEqual({
    store: false,
    contents: [
      {
        role: 'user',
        parts: [
          { inlineData: { mimeType: 'image/png', data: '<1234 bytes>' } },
          FILE_PART,
          { text: 'What is it?' },
          { fileData: { mimeType: 'image/jpeg', fileUri: '<uploaded first: 30000000 bytes>' } },
        ],
      },
    ],
  });
  expect(previewRequest({ parts }, { store: true })).not.toHaveProperty('store');
  const built = await bodyOf(parts);
  expect(built.contents[0].parts.slice(1)).toEqual(preview.contents[0].parts.slice(1, 3));
});

test('only the bytes of the picture are sent from a larger buffer', async () => {
  const bytes = new Uint8Array([9, 9, 0, 1, 2, 9]).subarray(2, 5);
  const request = await bodyOf(questionOf(bytes).parts);
  expect(request.contents[0].parts[0]).toMatchObject({ inlineData: { data: 'AAEC' } });
});

test('a picture is read once, however often it is asked about', async () => {
  const server = await fakeGemini(json(overloaded, 503), json(finished('A harbor.')));
  const reads: number[][] = [];
  const content = {
    size: 3,
    read: async (from: number, to: number) => {
      reads.push([from, to]);
      return new Uint8Array([1, 2, 3]);
    },
  };
  const client = await clientOf(server, { retries: 1 });
  await client.ask({ model: MODEL, parts: [{ inline: { content, mimeType: 'image/png' } }] });
  expect(reads).toEqual([[0, 3]]);
  expect(server.requests).toHaveLength(2);
  expect(server.requests[1]?.body).toBe(server.requests[0]?.body);
});

test('an unreadable picture is not asked about', async () => {
  const server = await fakeGemini(json(finished('A harbor.')));
  const content = {
    size: 3,
    read: () => Promise.reject(new GeminiImageError({ kind: 'input', message: 'it is gone' })),
  };
  const client = await clientOf(server, { retries: 4 });
  const parts = [{ inline: { content, mimeType: 'image/png' } }];
  const error = await failureOf(client.ask({ model: MODEL, parts }));
  expect(error).toMatchObject({ kind: 'input', message: 'it is gone' });
  expect(server.requests).toEqual([]);
});

test('the client is named in a header that Google knows, but not the machine or user', async () => {
  const server = await fakeGemini(json(finished('A harbor.')));
  await (await clientOf(server)).ask(QUESTION);
  expect(server.requests[0]?.headers['x-goog-api-client']).toMatch(/^genai-js\/[\d.]+$/);
});

test('pictures are kept out of JSON written by others, and put back exactly', async () => {
  const pictures = [0, 1, 2].map((seed) =>
    Uint8Array.from({ length: 500 + seed }, (_, at) => at * seed),
  );
  const inline = pictures.map((bytes) => ({
    inline: { content: contentOf(bytes), mimeType: 'image/png' },
  }));
  const prompt = 'A "quote", a \n line, an emoji 🚤, \u2028 and 0123/0/ what looks like a mark';
  const parts = [...inline, { text: prompt }, ...inline.slice(1)];
  const { request, unpack } = await packRequest({ parts });
  const small = JSON.stringify(request);
  expect(small.length).toBeLessThan(1000);
  const data = pictures.map((bytes) => Buffer.from(bytes).toString('base64'));
  const sent = data.map((letters) => ({ inlineData: { mimeType: 'image/png', data: letters } }));
  const all = [...sent, { text: prompt }, ...sent.slice(1)];
  expect(textOf(unpack(small))).toBe(
    JSON.stringify({ contents: [{ role: 'user', parts: all }], store: false }),
  );
});

test.each([0, 1, 2, 3, 12_287, 12_288, 12_289, 786_431, 786_432, 786_433, 1_600_000])(
  'a picture of %i bytes is sent to the last bit',
  async (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, at) => at * 7 + (at >> 8));
    const { contents } = await bodyOf(questionOf(bytes).parts);
    expect(contents[0].parts[0].inlineData.data).toBe(Buffer.from(bytes).toString('base64'));
  },
);
