import { getEventListeners } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ProgramEvent } from '../../src/domain/events.js';
import {
  type DescribeImageOptions,
  describeImage,
  describeImageStream,
} from '../../src/library/describe-image.js';
import { failed, finished, overloaded, piece, rateLimited, retryInfo } from '../support/answers.js';
import { failureOf, KEY, words } from '../support/ask.js';
import {
  event,
  type FakeGemini,
  fakeGemini,
  json,
  packets,
  silence,
  sse,
} from '../support/fake-gemini.js';
import { atOwnAddress } from '../support/own-address.js';
import { webServer } from '../support/web-server.js';

const PICTURE = fileURLToPath(new URL('../../fixtures/small.png', import.meta.url));

const options = (
  server: FakeGemini,
  more: Partial<DescribeImageOptions> = {},
): DescribeImageOptions => ({
  apiKey: KEY,
  baseUrl: server.url,
  retries: 0,
  ...more,
});

/** Reads a stream to its end, or as far as `read` says. */
async function readAll(
  stream: AsyncIterable<string>,
  read: (text: string) => boolean = () => true,
) {
  const pieces: string[] = [];
  for await (const text of stream) {
    pieces.push(text);
    if (!read(text)) break;
  }
  return pieces;
}

describe('describeImage', () => {
  test('gives the answer with facts about the picture and the call', async () => {
    const usageMetadata = { promptTokenCount: 1130, candidatesTokenCount: 3 };
    const server = await fakeGemini(json({ ...finished('A harbor.'), usageMetadata }));
    expect(await describeImage(PICTURE, options(server))).toEqual({
      image: PICTURE,
      status: 'ok',
      text: 'A harbor.',
      finishReason: 'STOP',
      model: 'gemini-3.5-flash-lite',
      usage: { inputTokens: 1130, outputTokens: 3, thoughtTokens: 0, cachedTokens: 0 },
      mimeType: 'image/png',
      width: expect.any(Number),
      height: expect.any(Number),
      size: statSync(PICTURE).size,
      mtime: statSync(PICTURE).mtime.toISOString(),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      pictureSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      sent: {
        mimeType: 'image/png',
        width: 96,
        height: 64,
        bytes: expect.any(Number),
        changes: [],
      },
      asked: {
        prompt: 'Write a caption for this image in one or two plain sentences:…',
      },
      request: expect.stringMatching(/^[0-9a-f]{16}$/),
      costUsd: 0.0003465,
      durationMs: expect.any(Number),
    });
  });

  test('makes the picture fit as it is told to', async () => {
    const server = await fakeGemini(json(finished('A harbor.')));
    const described = await describeImage(PICTURE, { ...options(server), maxEdge: 48 });
    expect(described).toMatchObject({
      width: 96,
      sent: { width: 48, height: 32, changes: ['shrunk'] },
    });
    const turned = fileURLToPath(new URL('../../fixtures/turned.jpg', import.meta.url));
    const original = await describeImage(turned, { ...options(server), original: true });
    expect(original.sent.changes).toEqual([]);
  });

  test('fetches an address, and private ones only if that is allowed', async () => {
    const server = await fakeGemini(json(finished('A harbor.')));
    const { url } = await webServer({ '/a.png': { file: PICTURE } });
    const address = `${url}/a.png`;
    const refusal = await failureOf(describeImage(`${address}?key=s3cr3t`, options(server)));
    expect(refusal).toMatchObject({
      kind: 'input',
      hint: expect.stringContaining('allowPrivateHosts'),
    });
    expect(refusal.message.startsWith(`${address}: `)).toBe(true);
    expect(words(refusal)).not.toContain('s3cr3t');
    const allowed = { ...options(server), allowPrivateHosts: true };
    for (const image of [address, new URL(address)]) {
      expect(await describeImage(image, allowed)).toMatchObject({ image: address, width: 96 });
    }
  });

  test('gives the same for the bytes as for the file, and sends them as they are', async () => {
    const server = await fakeGemini(json(finished('A harbor.')));
    const bytes = readFileSync(PICTURE);
    const { image, durationMs, ...fromBytes } = await describeImage(bytes, options(server));
    const {
      image: path,
      durationMs: _,
      mtime,
      ...fromFile
    } = await describeImage(PICTURE, options(server));
    expect(fromBytes).toEqual(fromFile);
    expect([image, path, mtime]).toEqual(['image', PICTURE, statSync(PICTURE).mtime.toISOString()]);
    for (const { body } of server.requests) {
      const { inlineData } = JSON.parse(body).contents[0].parts[0];
      expect(inlineData).toEqual({ mimeType: 'image/png', data: bytes.toString('base64') });
    }
  });

  test('asks the default model for a caption, unless told otherwise', async () => {
    const server = await fakeGemini(json(finished('A harbor.')));
    await describeImage(PICTURE, options(server));
    await describeImage(
      PICTURE,
      options(server, { model: 'models/gemini-4-neon', prompt: 'Why?' }),
    );
    const [first, second] = server.requests;
    expect(first?.path).toBe('/v1beta/models/gemini-3.5-flash-lite:generateContent');
    expect(first?.body).toContain('caption');
    expect(second?.path).toBe('/v1beta/models/gemini-4-neon:generateContent');
    expect(JSON.parse(second?.body ?? '').contents[0].parts[1]).toEqual({ text: 'Why?' });
  });

  test('removes from the key what copying leaves around it', async () => {
    const server = await fakeGemini(json(finished('A harbor.')));
    await describeImage(PICTURE, options(server, { apiKey: `\ufeff "${KEY}"\n` }));
    expect(server.requests[0]?.headers['x-goog-api-key']).toBe(KEY);
  });

  test.each<[string, Partial<DescribeImageOptions>, string]>([
    ['no key', { apiKey: '' }, 'auth'],
    [
      'an undefined key, as a program without types may pass',
      { apiKey: undefined as never },
      'auth',
    ],
    ['a key with a line break', { apiKey: 'first\nsecond' }, 'auth'],
    ['a base URL that would send the key in clear text', { baseUrl: 'http://a.example' }, 'usage'],
    ['a model that is none', { model: '../x' }, 'usage'],
    [
      'a proxy that is none',
      { baseUrl: 'https://a.example', proxy: { httpsProxy: 'socks5://s3cr3t@a' } },
      'usage',
    ],
  ])('refuses %s without a request', async (_what, more, kind) => {
    const server = await fakeGemini(json(finished('A harbor.')));
    const error = await failureOf(describeImage(PICTURE, options(server, more)));
    expect(error.kind).toBe(kind);
    expect(words(error)).not.toMatch(/first|second|s3cr3t/);
    expect(server.connections()).toBe(0);
  });

  test.each<[string, string | Uint8Array]>([
    ['a file that is not there', '/nowhere/photo.png'],
    ['no bytes', new Uint8Array()],
    ['bytes that are no picture', Buffer.from('Hello, this is text.')],
    ['half of a header', readFileSync(PICTURE).subarray(0, 12)],
    ['a picture of a type that Gemini does not take', Buffer.from('GIF89a\x01\0\x01\0\0\0\0;')],
  ])('refuses %s without a request', async (_what, image) => {
    const server = await fakeGemini(json(finished('A harbor.')));
    const error = await failureOf(describeImage(image, options(server)));
    expect(error).toMatchObject({ kind: 'input', retryable: false });
    expect(server.connections()).toBe(0);
  });

  test('tells of warnings and of retries', async () => {
    const wrong = fileURLToPath(new URL('../../fixtures/mislabelled.png', import.meta.url));
    const server = await fakeGemini(
      json(rateLimited('x', retryInfo('0s')), 429),
      json(finished('A harbor.')),
    );
    const events: ProgramEvent[] = [];
    const onEvent = (one: ProgramEvent) => void events.push(one);
    await describeImage(wrong, options(server, { retries: 1, onEvent }));
    expect(events).toMatchObject([
      { type: 'warning', image: wrong, message: expect.stringContaining('image/jpeg') },
      { type: 'pause', error: { kind: 'quota' } },
      { type: 'retry', image: wrong, attempt: 2, maxAttempts: 2, error: { kind: 'quota' } },
    ]);
  });

  test('fails with facts for a program to branch on', async () => {
    const server = await fakeGemini(json(overloaded, 503));
    expect(await failureOf(describeImage(PICTURE, options(server)))).toMatchObject({
      name: 'GeminiImageError',
      kind: 'service',
      httpStatus: 503,
      retryable: true,
    });
  });

  test('refuses a prompt that leaves no room for a picture', async () => {
    const server = await fakeGemini(silence);
    const prompt = 'x'.repeat(21_000_000);
    const error = await failureOf(describeImage(PICTURE, options(server, { prompt })));
    expect(error).toMatchObject({ kind: 'usage' });
    expect(error.message).toContain('the prompt is too long');
    expect(server.connections()).toBe(0);
  });

  test('is aborted by its signal, with the reason as the cause', async () => {
    const controller = new AbortController();
    const server = await fakeGemini(() => controller.abort('enough'));
    const { signal } = controller;
    const error = await failureOf(describeImage(PICTURE, options(server, { signal })));
    expect(error).toMatchObject({ kind: 'interrupted', cause: 'enough' });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('an answer with rules', () => {
  test('is asked for once more if it breaks one, with the usage of both calls', async () => {
    const usageMetadata = { promptTokenCount: 1000, candidatesTokenCount: 40 };
    const server = await fakeGemini(
      json({ ...finished('Image of a boat.'), usageMetadata }),
      json({ ...finished('A red boat.'), usageMetadata }),
    );
    const events: ProgramEvent[] = [];
    const onEvent = (event: ProgramEvent) => void events.push(event);
    const wanted = options(server, { style: 'alt', lang: 'en', onEvent });
    const { text, usage } = await describeImage(PICTURE, wanted);
    expect(text).toBe('A red boat.');
    expect(usage).toMatchObject({ inputTokens: 2000, outputTokens: 80 });
    expect(events).toEqual([
      { type: 'again', image: PICTURE, problem: 'it begins with "Image of"' },
    ]);
    expect(server.requests).toHaveLength(2);
  });

  test('has its value as data if it is JSON by a schema', async () => {
    const server = await fakeGemini(json(finished('{ "title": "Boats", "count": 2 }')));
    const schema = {
      type: 'object',
      properties: { title: { type: 'string' }, count: { type: 'integer' } },
      required: ['title', 'count'],
    };
    expect(await describeImage(PICTURE, options(server, { schema }))).toMatchObject({
      text: '{"title":"Boats","count":2}',
      data: { title: 'Boats', count: 2 },
    });
  });

  test('is not streamed if it is JSON', async () => {
    const server = await fakeGemini();
    const { description } = describeImageStream(PICTURE, options(server, { style: 'tags' }));
    expect(await failureOf(description)).toMatchObject({ kind: 'usage' });
    expect(server.requests).toHaveLength(0);
  });

  test.each<[what: string, given: Partial<DescribeImageOptions>]>([
    ['a schema that Gemini does not take', { schema: { type: 'string', enum: [''] } }],
    ['an unknown placeholder', { prompt: 'What is in {nope}?' }],
    ['a style beside a prompt', { prompt: 'What is it?', style: 'alt' }],
    ['an unknown language', { lang: '!' }],
  ])('is not asked for with %s', async (_what, given) => {
    const server = await fakeGemini();
    const failure = await failureOf(describeImage(PICTURE, options(server, given)));
    expect(failure.kind).toBe('usage');
    expect(server.requests).toHaveLength(0);
  });

  test('goes out with the settings of the model', async () => {
    const server = await fakeGemini(json(finished('A boat.')));
    await describeImage(
      PICTURE,
      options(server, { system: 'Be brief.', seed: 7, safety: 'default' }),
    );
    const { contents: _, ...settings } = JSON.parse(server.requests[0]?.body ?? '');
    expect(settings).toEqual({
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      generationConfig: { seed: 7 },
      store: false,
    });
  });

  test('is asked not to be kept, unless the program allows it; a server that cannot be asked is reported', async () => {
    const kept = await fakeGemini(json(finished('A boat.')));
    await describeImage(PICTURE, options(kept, { store: true }));
    expect(JSON.parse(kept.requests[0]?.body ?? '')).not.toHaveProperty('store');
    const unknown = failed(400, 'INVALID_ARGUMENT', 'Unknown name "store": Cannot find field.');
    const old = atOwnAddress(await fakeGemini(json(unknown, 400), json(finished('A boat.'))));
    const events: object[] = [];
    await describeImage(PICTURE, options(old, { onEvent: (event) => events.push(event) }));
    expect(events).toEqual([expect.objectContaining({ type: 'warning', topic: 'storage' })]);
  });
});

describe('describeImageStream', () => {
  test('gives the text as it arrives, and then the description', async () => {
    const server = await fakeGemini(sse(piece('A '), piece('har'), finished('bor.')));
    const stream = describeImageStream(PICTURE, options(server));
    expect(await readAll(stream)).toEqual(['A ', 'har', 'bor.']);
    expect(await stream.description).toMatchObject({ status: 'ok', text: 'A harbor.' });
    expect(server.requests[0]?.path).toMatch(/:streamGenerateContent\?alt=sse$/);
  });

  test('fails in the loop and in the description, after the text that came', async () => {
    const server = await fakeGemini(sse(piece('A '), overloaded));
    const stream = describeImageStream(PICTURE, options(server));
    const pieces: string[] = [];
    const reading = (async () => {
      for await (const text of stream) pieces.push(text);
    })();
    const inLoop = await failureOf(reading);
    const inDescription = await failureOf(stream.description);
    expect(inLoop).toBe(inDescription);
    expect(inLoop).toMatchObject({ kind: 'service', httpStatus: 503, partialText: 'A ' });
    expect(pieces).toEqual(['A ']);
  });

  test('fails before any text if the picture cannot be used', async () => {
    const server = await fakeGemini(silence);
    const stream = describeImageStream('/nowhere/photo.png', options(server));
    expect(await failureOf(readAll(stream))).toMatchObject({ kind: 'input' });
    expect(await failureOf(stream.description)).toMatchObject({ kind: 'input' });
  });

  test('leaves no unhandled rejection if only the text is read', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const server = await fakeGemini(sse(piece('A '), overloaded));
    await failureOf(readAll(describeImageStream(PICTURE, options(server))));
    await new Promise(setImmediate);
    expect(unhandled).toEqual([]);
  });

  test('aborts the request when the loop is left, even while the server is silent', async () => {
    let closed = () => {};
    const connectionClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const server = await fakeGemini((response, request) => {
      response.on('close', closed);
      return packets([event(piece('A '))], { ending: 'stay open' })(response, request);
    });
    const stream = describeImageStream(PICTURE, options(server));
    expect(await readAll(stream, () => false)).toEqual(['A ']);
    await connectionClosed;
    expect(await failureOf(stream.description)).toMatchObject({ kind: 'interrupted' });
  });

  test('is aborted by its signal, in the loop and in the description', async () => {
    const server = await fakeGemini(packets([event(piece('A '))], { ending: 'stay open' }));
    const controller = new AbortController();
    const { signal } = controller;
    const stream = describeImageStream(PICTURE, options(server, { signal }));
    const reading = readAll(stream, () => {
      controller.abort('enough');
      return true;
    });
    expect(await failureOf(reading)).toMatchObject({ kind: 'interrupted', cause: 'enough' });
    expect(await failureOf(stream.description)).toMatchObject({ kind: 'interrupted' });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('has its description even if nobody reads the text', async () => {
    const server = await fakeGemini(sse(piece('A '), piece('harbor'), finished('.')));
    const { description } = describeImageStream(PICTURE, options(server));
    expect(await description).toMatchObject({ text: 'A harbor.' });
  });

  test('is aborted by its signal while nobody reads it', async () => {
    const pieces = Array.from({ length: 50 }, () => event(piece('A ')));
    const server = await fakeGemini(packets(pieces, { ending: 'stay open' }));
    const controller = new AbortController();
    const { signal } = controller;
    const { description } = describeImageStream(PICTURE, options(server, { signal }));
    const failure = failureOf(description);
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    setTimeout(() => controller.abort('enough'), 50);
    expect(await failure).toMatchObject({ kind: 'interrupted' });
  });

  test('asks nothing if its signal is already aborted', async () => {
    const server = await fakeGemini(silence);
    const signal = AbortSignal.abort('enough');
    const stream = describeImageStream(PICTURE, options(server, { signal }));
    expect(await failureOf(readAll(stream))).toMatchObject({ kind: 'interrupted' });
    expect(server.connections()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('can share a signal with many others without a warning', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    const server = await fakeGemini(sse(finished('A harbor.')));
    const { signal } = new AbortController();
    const texts = await Promise.all(
      Array.from({ length: 20 }, () =>
        readAll(describeImageStream(PICTURE, options(server, { signal }))),
      ),
    );
    expect(texts.flat()).toEqual(Array.from({ length: 20 }, () => 'A harbor.'));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
  });
});
