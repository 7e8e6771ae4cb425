import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { captionImages as captionFound } from '../../src/captions/caption-images.js';
import type { CaptionTask } from '../../src/captions/caption-task.js';
import type { Outcome } from '../../src/captions/outcome.js';
import { GeminiImageError } from '../../src/domain/error.js';
import type { CaptionEvent } from '../../src/domain/events.js';
import type { GeminiClient } from '../../src/gemini/client.js';
import { referenceTo } from '../../src/images/find/reference.js';
import { failed, finished, overloaded, piece } from '../support/answers.js';
import { clientOf, failureOf } from '../support/ask.js';
import { fakeGemini, json, sse } from '../support/fake-gemini.js';
import { LOADING } from '../support/loading.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const PNG = fixture('small.png');
const JPEG = fixture('small.jpg');
const TASK: CaptionTask = {
  model: 'gemini-3.5-flash-lite',
  prompt: 'What is it?',
  load: LOADING,
};

/** Captions pictures that were found already. */
function captionImages(names: readonly string[], client: GeminiClient, task: CaptionTask) {
  return captionFound(Readable.from(names.map(referenceTo)), client, task);
}

async function all(outcomes: AsyncIterable<Outcome>) {
  const list: Outcome[] = [];
  for await (const outcome of outcomes) list.push(outcome);
  return list;
}

describe('pictures are captioned', () => {
  test('one after the other, in their order', async () => {
    let open = 0;
    const server = await fakeGemini(async (response, request) => {
      open += 1;
      expect(open).toBe(1);
      await new Promise(setImmediate);
      open -= 1;
      await json(finished(`answer ${server.requests.length}`))(response, request);
    });
    const outcomes = await all(captionImages([PNG, JPEG, PNG], await clientOf(server), TASK));
    expect(outcomes.map(({ record }) => record)).toMatchObject([
      { image: PNG, status: 'ok', text: 'answer 1', mimeType: 'image/png' },
      { image: JPEG, status: 'ok', text: 'answer 2', mimeType: 'image/jpeg' },
      { image: PNG, status: 'ok', text: 'answer 3' },
    ]);
    expect(outcomes.every(({ error }) => error === undefined)).toBe(true);
  });

  test('although some of them fail, with a record for each', async () => {
    const server = await fakeGemini(
      json(finished('A harbor.')),
      json(failed(403, 'PERMISSION_DENIED', 'No.'), 403),
      json(finished('A harb', 'MAX_TOKENS')),
    );
    const images = [PNG, '/nowhere.png', JPEG, JPEG];
    const outcomes = await all(captionImages(images, await clientOf(server), TASK));
    expect(outcomes.map(({ record }) => record)).toMatchObject([
      { image: PNG, status: 'ok' },
      {
        image: '/nowhere.png',
        status: 'failed',
        error: { kind: 'input', message: 'no such file', retryable: false },
      },
      { image: JPEG, status: 'failed', error: { kind: 'auth', httpStatus: 403 } },
      { image: JPEG, status: 'failed', error: { kind: 'answer', partialText: 'A harb' } },
    ]);
    expect(outcomes.map(({ error }) => error?.kind)).toEqual([
      undefined,
      'input',
      'auth',
      'answer',
    ]);
    expect(server.requests).toHaveLength(3);
  });

  test('piece by piece where that is wanted, each piece with its picture', async () => {
    const server = await fakeGemini(
      sse(piece('A '), finished('harbor.')),
      sse(finished('A boat.')),
    );
    const pieces: [string, string][] = [];
    const onText = async (text: string, image: string) => {
      pieces.push([image, text]);
    };
    await all(captionImages([PNG, JPEG], await clientOf(server), { ...TASK, onText }));
    expect(pieces).toEqual([
      [PNG, 'A '],
      [PNG, 'harbor.'],
      [JPEG, 'A boat.'],
    ]);
  });

  test('with warnings and retries told, each with its picture', async () => {
    const wrong = fixture('mislabelled.png');
    const server = await fakeGemini(json(overloaded, 503), json(finished('A harbor.')));
    const events: CaptionEvent[] = [];
    const listener = (one: CaptionEvent) => void events.push(one);
    const client = await clientOf(server, { retries: 1 });
    await all(captionImages([wrong, PNG], client, { ...TASK, listener }));
    expect(events).toMatchObject([
      { type: 'warning', image: wrong },
      { type: 'retry', image: wrong, attempt: 2 },
    ]);
  });

  test('until the signal is aborted: what is finished has been given', async () => {
    const controller = new AbortController();
    const server = await fakeGemini(json(finished('A harbor.')));
    const { signal } = controller;
    const images = captionImages([PNG, JPEG], await clientOf(server), { ...TASK, signal });
    expect((await images.next()).value?.record).toMatchObject({ image: PNG, status: 'ok' });
    controller.abort();
    expect((await failureOf(images.next())).kind).toBe('interrupted');
    expect(server.requests).toHaveLength(1);
  });

  test('until a request is called off, which is no failure of its picture', async () => {
    const controller = new AbortController();
    const server = await fakeGemini(() => controller.abort());
    const { signal } = controller;
    const images = captionImages([PNG, JPEG], await clientOf(server), { ...TASK, signal });
    expect((await failureOf(all(images))).kind).toBe('interrupted');
    expect(server.requests).toHaveLength(1);
  });

  test('until there is a bug, which is no failure of a picture either', async () => {
    const bug = new TypeError('a bug');
    const client = { ...(await clientOf('http://127.0.0.1:9')), ask: () => Promise.reject(bug) };
    await expect(all(captionImages([PNG, JPEG], client, TASK))).rejects.toBe(bug);
  });
});

test('no pictures are no outcomes', async () => {
  const server = await fakeGemini(json(finished('A harbor.')));
  expect(await all(captionImages([], await clientOf(server), TASK))).toEqual([]);
});

test('a name that leads to no picture is a failure in its place', async () => {
  const server = await fakeGemini(json(finished('A harbor.')));
  const error = new GeminiImageError({ kind: 'input', message: 'no file matches' });
  const found = Readable.from([{ kind: 'failed', name: '*.gif', error }, referenceTo(PNG)]);
  const outcomes = await all(captionFound(found, await clientOf(server), TASK));
  expect(outcomes.map(({ record }) => record)).toMatchObject([
    { image: '*.gif', status: 'failed', error: { kind: 'input', message: 'no file matches' } },
    { image: PNG, status: 'ok' },
  ]);
});
