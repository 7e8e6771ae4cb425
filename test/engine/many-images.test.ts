import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { GeminiImageError } from '../../src/domain/error.js';
import type { CaptionEvent } from '../../src/domain/events.js';
import { asFinished, inOrder } from '../../src/engine/delivery.js';
import { askMany as captionPending, type RunTask } from '../../src/engine/many-images.js';
import type { Outcome } from '../../src/engine/outcome.js';
import type { Pending } from '../../src/engine/remaining.js';
import { createRunStop, type RunStop } from '../../src/engine/run-stop.js';
import type { GeminiClient } from '../../src/gemini/client.js';
import { referenceTo } from '../../src/images/find/reference.js';
import { withoutGrace } from '../../src/network/stop-signals.js';
import { failed, finished, overloaded, piece } from '../support/answers.js';
import { clientOf, failureOf } from '../support/ask.js';
import { briefAsking } from '../support/briefs.js';
import { fakeGemini, json, sse } from '../support/fake-gemini.js';
import { LOADING } from '../support/loading.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const PNG = fixture('small.png');
const JPEG = fixture('small.jpg');

interface Wanted extends Partial<RunTask> {
  inOrder?: boolean;
  onOutcome?: (outcome: Outcome) => void;
  abort?: AbortController;
}

/** Captions pictures and collects what is delivered. */
async function caption(
  names: readonly (string | Pending)[],
  client: GeminiClient,
  wanted: Wanted = {},
) {
  const { abort = new AbortController(), onOutcome, onText, inOrder: ordered, ...rest } = wanted;
  const run = createRunStop(withoutGrace(abort.signal));
  const task: RunTask = {
    model: 'gemini-3.5-flash-lite',
    brief: briefAsking('What is it?'),
    load: LOADING,
    concurrency: 1,
    signals: run,
    onText,
    ...rest,
  };
  const outcomes: Outcome[] = [];
  const deliver = {
    async outcome(one: Outcome) {
      outcomes.push(one);
      onOutcome?.(one);
    },
    text: onText,
  };
  const pictures = names.map(
    (one): Pending => (typeof one === 'string' ? { kind: 'ask', asked: referenceTo(one) } : one),
  );
  const delivery = ordered ? inOrder(deliver) : asFinished(deliver);
  await captionPending(Readable.from(pictures), client, task, delivery);
  return { outcomes, records: outcomes.map(({ record }) => record), run };
}

/** Answers each request when it is told to, by its number from 0. */
function heldServer() {
  const held: (() => void)[] = [];
  const server = fakeGemini(async (response, request) => {
    const { parts } = JSON.parse(request.body).contents[0];
    await new Promise<void>((resolve) => held.push(resolve));
    await json(finished(parts.at(-1).text))(response, request);
  });
  return { server, held, answer: (number: number) => held[number]?.() };
}

describe('pictures are captioned', () => {
  test('one after the other if one at a time is wanted', async () => {
    let open = 0;
    const server = await fakeGemini(async (response, request) => {
      open += 1;
      expect(open).toBe(1);
      await new Promise(setImmediate);
      open -= 1;
      await json(finished(`answer ${server.requests.length}`))(response, request);
    });
    const { records } = await caption([PNG, JPEG, PNG], clientOf(server));
    expect(records).toMatchObject([
      { image: PNG, status: 'ok', text: 'answer 1', mimeType: 'image/png' },
      { image: JPEG, status: 'ok', text: 'answer 2', mimeType: 'image/jpeg' },
      { image: PNG, status: 'ok', text: 'answer 3' },
    ]);
  });

  test('with as many at once as wanted, and no more', async () => {
    const { server, held, answer } = heldServer();
    const done = caption([PNG, JPEG, PNG, JPEG, PNG], clientOf(await server), { concurrency: 2 });
    const { requests } = await server;
    for (let number = 0; number < 5; number += 1) {
      while (held.length <= Math.min(number + 1, 4)) await new Promise(setImmediate);
      expect(requests.length).toBe(Math.min(number + 2, 5));
      answer(number);
    }
    expect((await done).records).toHaveLength(5);
  });

  test('although some of them fail, with a record for each', async () => {
    const server = await fakeGemini(
      json(finished('A harbor.')),
      json(failed(400, 'INVALID_ARGUMENT', 'Provided image is not valid.'), 400),
      json(finished('A harb', 'MAX_TOKENS')),
    );
    const images = [PNG, '/nowhere.png', JPEG, JPEG];
    const { outcomes, records } = await caption(images, clientOf(server));
    expect(records).toMatchObject([
      { image: PNG, status: 'ok' },
      {
        image: '/nowhere.png',
        status: 'failed',
        error: { kind: 'input', message: 'no such file', retryable: false },
      },
      { image: JPEG, status: 'failed', error: { kind: 'input', httpStatus: 400 } },
      { image: JPEG, status: 'failed', error: { kind: 'answer', partialText: 'A harb' } },
    ]);
    const kinds = outcomes.map(({ error }) => error?.kind);
    expect(kinds).toEqual([undefined, 'input', 'input', 'answer']);
    expect(server.requests).toHaveLength(3);
  });

  test('with the cost of the answer, and the fingerprint of the question', async () => {
    const usageMetadata = { promptTokenCount: 1000, candidatesTokenCount: 100 };
    const server = await fakeGemini(json({ ...finished('A harbor.'), usageMetadata }));
    const { records } = await caption([PNG], clientOf(server));
    expect(records).toMatchObject([
      { costUsd: 0.00055, request: expect.stringMatching(/^\w{16}$/) },
    ]);
  });

  test('with the cost of an answer that failed', async () => {
    const usageMetadata = { promptTokenCount: 1000, candidatesTokenCount: 100 };
    const server = await fakeGemini(json({ ...finished('A har', 'MAX_TOKENS'), usageMetadata }));
    const { records } = await caption([PNG], clientOf(server));
    expect(records).toMatchObject([
      { status: 'failed', usage: { inputTokens: 1000, outputTokens: 100 }, costUsd: 0.00055 },
    ]);
  });

  test('piece by piece if that is wanted, each piece with its picture', async () => {
    const server = await fakeGemini(
      sse(piece('A '), finished('harbor.')),
      sse(finished('A boat.')),
    );
    const pieces: [string, string][] = [];
    const onText = async (text: string, image: string) => {
      pieces.push([image, text]);
    };
    await caption([PNG, JPEG], clientOf(server), { onText });
    expect(pieces).toEqual([
      [PNG, 'A '],
      [PNG, 'harbor.'],
      [JPEG, 'A boat.'],
    ]);
  });

  test('with warnings and retries, each with its picture', async () => {
    const wrong = fixture('mislabelled.png');
    const server = await fakeGemini(json(overloaded, 503), json(finished('A harbor.')));
    const events: CaptionEvent[] = [];
    const tell = (one: CaptionEvent) => void events.push(one);
    await caption([wrong, PNG], clientOf(server, { retries: 1 }), { tell });
    expect(events).toMatchObject([
      { type: 'warning', image: wrong },
      { type: 'retry', image: wrong, attempt: 2 },
    ]);
  });
});

describe('a run ends early', () => {
  test('when it is interrupted, and finished pictures have been delivered', async () => {
    const abort = new AbortController();
    const server = await fakeGemini(json(finished('A harbor.')));
    const onOutcome = () => abort.abort();
    const { records, run } = await caption([PNG, JPEG], clientOf(server), { abort, onOutcome });
    expect(records).toMatchObject([{ image: PNG, status: 'ok' }]);
    expect(run.reason?.kind).toBe('interrupted');
    expect(server.requests).toHaveLength(1);
  });

  test('when a request is interrupted, which is not a failure of its picture', async () => {
    const abort = new AbortController();
    const server = await fakeGemini(() => abort.abort());
    const { records, run } = await caption([PNG, JPEG], clientOf(server), { abort });
    expect(records).toEqual([]);
    expect(run.reason?.kind).toBe('interrupted');
    expect(server.requests).toHaveLength(1);
  });

  test('by a wrong key: nothing is asked after the calls in progress', async () => {
    const refused = failed(400, 'INVALID_ARGUMENT', 'API key not valid.');
    const server = await fakeGemini(json(refused, 400));
    const names = Array.from({ length: 40 }, () => PNG);
    const { records, run } = await caption(names, clientOf(server), { concurrency: 4 });
    expect(server.requests.length).toBeLessThanOrEqual(4);
    expect(records).toHaveLength(server.requests.length);
    expect(run.reason).toMatchObject({ kind: 'auth', endsRun: true });
  });

  test('by its listener, while calls in progress may finish', async () => {
    const { server, held, answer } = heldServer();
    const stop = new GeminiImageError({ kind: 'quota', message: 'enough' });
    const runs: RunStop[] = [];
    const run = createRunStop();
    runs.push(run);
    const done = caption([PNG, JPEG, PNG], clientOf(await server), {
      concurrency: 2,
      signals: run,
    });
    while (held.length < 2) await new Promise(setImmediate);
    run.end(stop);
    answer(0);
    answer(1);
    expect((await done).records).toMatchObject([{ status: 'ok' }, { status: 'ok' }]);
    expect((await server).requests).toHaveLength(2);
  });

  test('by a bug, which is not a failure of a picture', async () => {
    const bug = new TypeError('a bug');
    const client = { ...clientOf('http://127.0.0.1:9'), ask: () => Promise.reject(bug) };
    await expect(caption([PNG, JPEG], client, { concurrency: 2 })).rejects.toBe(bug);
  });

  test('by results that cannot be written', async () => {
    const server = await fakeGemini(json(finished('A harbor.')));
    const full = new GeminiImageError({ kind: 'usage', message: 'no space is left on the disk' });
    const onOutcome = () => {
      throw full;
    };
    const names = [PNG, JPEG, PNG, JPEG, PNG];
    expect(await failureOf(caption(names, clientOf(server), { onOutcome }))).toBe(full);
    expect(server.requests).toHaveLength(1);
  });
});

test('no pictures are no outcomes', async () => {
  const server = await fakeGemini(json(finished('A harbor.')));
  expect((await caption([], clientOf(server))).outcomes).toEqual([]);
});

test('a name without a picture is a failure in its place', async () => {
  const server = await fakeGemini(json(finished('A harbor.')));
  const error = new GeminiImageError({ kind: 'input', message: 'no file matches' });
  const record = {
    image: '*.gif',
    status: 'failed',
    error: { kind: 'input', message: 'no file matches', retryable: false },
  } as const;
  const over: Pending = { kind: 'failed', about: { image: '*.gif' }, images: [], error };
  const { records } = await caption([over, PNG], clientOf(server));
  expect(records).toMatchObject([record, { image: PNG, status: 'ok' }]);
});
