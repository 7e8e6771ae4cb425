import { getEventListeners } from 'node:events';
import { copyFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { contentOf } from '../../src/domain/content.js';
import { GeminiImageError } from '../../src/domain/error.js';
import type { Usage } from '../../src/domain/usage.js';
import type { Budget } from '../../src/engine/budget.js';
import { answerKey, answerOnce } from '../../src/engine/cached-answer.js';
import type { Task } from '../../src/engine/engine-task.js';
import { createEqualPictures } from '../../src/engine/equal-pictures.js';
import type { QuestionPictures } from '../../src/engine/prepare.js';
import { askQuestion } from '../../src/engine/question.js';
import type { GeminiClient } from '../../src/gemini/client.js';
import { referenceTo } from '../../src/images/find/reference.js';
import { type AnswerCache, openAnswerCache } from '../../src/storage/answer-cache.js';
import { failed, finished, piece } from '../support/answers.js';
import { clientOf, failureOf, stoppedBy } from '../support/ask.js';
import { briefAsking } from '../support/briefs.js';
import { fakeGemini, json, type Responder, sse } from '../support/fake-gemini.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { LOADING } from '../support/loading.js';
import { uploadServer } from '../support/upload-server.js';

const PNG = fixture('small.png');
const JPEG = fixture('small.jpg');
const TASK: Task = {
  model: 'gemini-3.5-flash-lite',
  brief: briefAsking('What is it?'),
  load: LOADING,
};

const usageMetadata = { promptTokenCount: 1130, candidatesTokenCount: 12, totalTokenCount: 1142 };
const USAGE: Usage = { inputTokens: 1130, outputTokens: 12, thoughtTokens: 0, cachedTokens: 0 };
const HARBOR = { ...finished('A harbor.'), usageMetadata };
const REFUSED = failed(403, 'PERMISSION_DENIED', 'No.');

const always = () => true;

function openCache(folder = temporaryFolder()): AnswerCache {
  return openAnswerCache(folder, ({ why }) => expect.unreachable(why));
}

async function askAbout(pictures: QuestionPictures, client: GeminiClient, task: Partial<Task>) {
  const result = await askQuestion(pictures, client, { ...TASK, ...task });
  return { ...result, cached: result.cached ?? false };
}

/** Asks about one picture. */
function ask(name: string, server: { url: string }, task: Partial<Task>) {
  return askAbout({ images: [referenceTo(name)], labelled: false }, clientOf(server), task);
}

/** Asks once about several pictures. */
function askTogether(names: readonly string[], server: { url: string }, task: Partial<Task>) {
  return askAbout({ images: names.map(referenceTo), labelled: true }, clientOf(server), task);
}

/** Tells what becomes of the money. */
function watchedBudget() {
  const story: unknown[] = [];
  const budget: Budget = {
    spentUsd: 0,
    reserve: async (inputTokens) => {
      story.push(inputTokens);
      return { settle: (usage) => void story.push(usage) };
    },
  };
  return { story, budget };
}

/** An answer that is given when it is told to. */
function heldBack(answer: Responder) {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const responder: Responder = async (response, request) => {
    arrive();
    await given;
    await answer(response, request);
  };
  return { responder, give, arrived };
}

describe('an answer is asked for once', () => {
  test('and then comes from the cache: nothing is billed, and no call is made', async () => {
    const server = await fakeGemini(json(HARBOR));
    const folder = temporaryFolder();
    const first = await ask(PNG, server, { cache: openCache(folder) });
    expect(first).toMatchObject({ cached: false, answer: { text: 'A harbor.', usage: USAGE } });
    const { story, budget } = watchedBudget();
    const second = await ask(PNG, server, { cache: openCache(folder), budget });
    expect(second.cached).toBe(true);
    const { usage: _, costUsd: __, ...answer } = first.answer;
    expect(second.answer).toEqual(answer);
    expect(second).toMatchObject({ costUsd: 0 });
    expect(second.answer).not.toHaveProperty('usage');
    expect(second.pictures).toEqual(first.pictures);
    expect(story).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  test('even if the picture has another name, folder and age', async () => {
    const server = await fakeGemini(json(HARBOR));
    const cache = openCache();
    const folder = temporaryFolder({ 'other.png': 'small.png' });
    await ask(PNG, server, { cache });
    expect((await ask(join(folder, 'other.png'), server, { cache })).cached).toBe(true);
    expect(server.requests).toHaveLength(1);
  });

  test.each<[what: string, name: string, task: Partial<Task>]>([
    ['another picture', JPEG, {}],
    ['another prompt', PNG, { brief: briefAsking('Who is it?') }],
    ['another model', PNG, { model: 'gemini-4-neon' }],
    ['another way to prepare it', PNG, { load: { ...LOADING, keepMetadata: true } }],
  ])('but again for %s', async (_, name, task) => {
    const server = await fakeGemini(json(HARBOR));
    const cache = openCache();
    await ask(PNG, server, { cache });
    expect((await ask(name, server, { ...task, cache })).cached).toBe(false);
    expect(server.requests).toHaveLength(2);
  });

  test('a stream has it as one piece', async () => {
    const server = await fakeGemini(sse(piece('A '), finished('harbor.')));
    const cache = openCache();
    const pieces: string[] = [];
    const onText = async (text: string, image: string) => void pieces.push(`${image}: ${text}`);
    await ask(PNG, server, { cache, onText });
    await ask(PNG, server, { cache, onText });
    expect(pieces).toEqual([`${PNG}: A `, `${PNG}: harbor.`, `${PNG}: A harbor.`]);
  });

  test('without a cache each time', async () => {
    const server = await fakeGemini(json(HARBOR));
    await ask(PNG, server, {});
    expect((await ask(PNG, server, {})).cached).toBe(false);
    expect(server.requests).toHaveLength(2);
  });

  test('an incomplete answer is not kept', async () => {
    const server = await fakeGemini(
      json(finished('A harb', 'MAX_TOKENS')),
      json(REFUSED, 403),
      json(HARBOR),
    );
    const cache = openCache();
    expect((await failureOf(ask(PNG, server, { cache }))).kind).toBe('answer');
    expect((await failureOf(ask(PNG, server, { cache }))).kind).toBe('auth');
    expect(await ask(PNG, server, { cache })).toMatchObject({ cached: false });
  });

  test('an unusable cache is not a failure', async () => {
    const server = await fakeGemini(json(HARBOR));
    const folder = join(temporaryFolder(), 'file');
    writeFileSync(folder, '');
    const trouble: string[] = [];
    const cache = openAnswerCache(folder, ({ why }) => trouble.push(why));
    for (const _ of [1, 2]) expect((await ask(PNG, server, { cache })).cached).toBe(false);
    expect(trouble).toHaveLength(1);
  });
});

describe('several callers with the same question at once', () => {
  test('wait for the first of them', async () => {
    const { responder, give, arrived } = heldBack(json(HARBOR));
    const server = await fakeGemini(responder);
    const cache = openCache();
    const { story, budget } = watchedBudget();
    const asking = [PNG, PNG, PNG].map((name) => ask(name, server, { cache, budget }));
    await arrived;
    give();
    const answered = await Promise.all(asking);
    expect(answered.map(({ cached }) => cached).sort()).toEqual([false, true, true]);
    expect(answered.filter(({ answer }) => answer.usage)).toHaveLength(1);
    expect(answered.every(({ answer }) => answer.text === 'A harbor.')).toBe(true);
    expect(server.requests).toHaveLength(1);
    expect(story).toEqual([expect.any(Number), CHARGE]);
  });

  test('ask themselves, one after the other, if the first fails', async () => {
    let open = 0;
    const alone = (answer: Responder): Responder => {
      return async (response, request) => {
        open += 1;
        expect(open).toBe(1);
        await new Promise(setImmediate);
        open -= 1;
        await answer(response, request);
      };
    };
    const server = await fakeGemini(alone(json(REFUSED, 403)), alone(json(HARBOR)));
    const cache = openCache();
    const asking = [PNG, PNG, PNG, PNG].map((name) => ask(name, server, { cache }));
    const outcomes = await Promise.allSettled(asking);
    const words = outcomes.map((one) => (one.status === 'fulfilled' ? one.value.cached : 'failed'));
    expect(words.map(String).sort()).toEqual(['failed', 'false', 'true', 'true']);
    expect(server.requests).toHaveLength(2);
  });

  test('can be interrupted while they wait', async () => {
    const cache = openCache();
    const answer = { text: 'A harbor.', finishReason: 'STOP', model: 'm' };
    let give = () => {};
    const given = new Promise<void>((resolve) => {
      give = resolve;
    });
    const first = answerOnce(cache, 'key', () => given.then(() => answer), always);
    const controller = new AbortController();
    const never = () => expect.unreachable();
    const second = failureOf(answerOnce(cache, 'key', never, always, controller.signal));
    const third = answerOnce(cache, 'key', never, always);
    controller.abort();
    expect((await second).kind).toBe('interrupted');
    give();
    expect(await first).toEqual({ answer, cached: false });
    expect(await third).toEqual({ answer, cached: true });
  });

  test('are not mixed up with those of another cache', async () => {
    const server = await fakeGemini(json(HARBOR));
    const answered = await Promise.all(
      [openCache(), openCache()].map((cache) => ask(PNG, server, { cache })),
    );
    expect(answered.map(({ cached }) => cached)).toEqual([false, false]);
  });
});

describe('a picture that is too large for a request', () => {
  /** A file of 20 MB that begins with a picture; with `original` all of it is sent. */
  const original = { load: { ...LOADING, original: true } };
  const large = () => {
    const path = join(temporaryFolder(), 'large.jpg');
    copyFileSync(JPEG, path);
    truncateSync(path, 20_000_000);
    return path;
  };

  test('is looked up before it is uploaded', async () => {
    const server = await uploadServer();
    const cache = openCache();
    const name = large();
    const first = await ask(name, server, { ...original, cache });
    expect(first.cached).toBe(false);
    expect(server.files.size).toBe(0);
    const calls = server.calls.length;
    expect((await ask(name, server, { ...original, cache })).cached).toBe(true);
    expect(server.calls).toHaveLength(calls);
  });

  test('is not uploaded any more once the run ends', async () => {
    const server = await uploadServer();
    const controller = new AbortController();
    const reason = new GeminiImageError({ kind: 'quota', message: 'the run ends' });
    const cache = {
      find: async () => void controller.abort(reason),
      keep: async () => {},
    };
    const signals = stoppedBy(controller);
    expect(await failureOf(ask(large(), server, { ...original, cache, signals }))).toBe(reason);
    expect(server.calls).toEqual([]);
  });

  test('is uploaded to its end where the run ends meanwhile, and deleted', async () => {
    const server = await uploadServer();
    const controller = new AbortController();
    const reason = new GeminiImageError({ kind: 'quota', message: 'the run ends' });
    const tell: Task['tell'] = ({ type }) => {
      if (type === 'upload') controller.abort(reason);
    };
    const signals = stoppedBy(controller);
    expect(await failureOf(ask(large(), server, { ...original, signals, tell }))).toBe(reason);
    const story = server.story();
    expect([story.at(0), story.at(-1)]).toEqual(['start', 'delete']);
    expect(story).not.toContain('ask');
    expect(server.files.size).toBe(0);
  });

  test('is uploaded once for all votes', async () => {
    const server = await uploadServer();
    await ask(large(), server, { ...original, votes: 3 });
    const story = server.story();
    expect(story.filter((command) => command === 'start')).toHaveLength(1);
    expect(story.slice(-4)).toEqual(['ask', 'ask', 'ask', 'delete']);
  });

  test('among others is uploaded right away, and then the question is looked up', async () => {
    const server = await uploadServer();
    const cache = openCache();
    const names = [PNG, large()];
    await askTogether(names, server, { ...original, cache });
    expect((await askTogether(names, server, { ...original, cache })).cached).toBe(true);
    expect(server.story().filter((command) => command === 'ask')).toHaveLength(1);
    expect(server.files.size).toBe(0);
  });
});

describe('one question about several pictures', () => {
  test('is identified by all of them, their order and their names', async () => {
    const server = await fakeGemini(json(HARBOR));
    const cache = openCache();
    const folder = temporaryFolder({ 'other.png': 'small.png' });
    const cached = async (...names: string[]) =>
      (await askTogether(names, server, { cache })).cached;
    expect(await cached(PNG, JPEG)).toBe(false);
    expect(await cached(PNG, JPEG)).toBe(true);
    expect(await cached(JPEG, PNG)).toBe(false);
    expect(await cached(join(folder, 'other.png'), JPEG)).toBe(false);
    expect(await cached(PNG)).toBe(false);
    expect((await ask(PNG, server, { cache })).cached).toBe(false);
  });
});

/** By the price of the default model. */
const CHARGE = { usage: USAGE, costUsd: 0.000369 };

describe('money', () => {
  test('is set aside before a call, and charged by its usage', async () => {
    const server = await fakeGemini(json(HARBOR));
    const { story, budget } = watchedBudget();
    await ask(PNG, server, { budget });
    expect(story).toEqual([1123, CHARGE]);
  });

  test('was spent even if the answer is wrong', async () => {
    const cut = { ...finished('A harb', 'MAX_TOKENS'), usageMetadata };
    const server = await fakeGemini(json(cut), json(REFUSED, 403));
    const { story, budget } = watchedBudget();
    await failureOf(ask(PNG, server, { budget }));
    await failureOf(ask(PNG, server, { budget }));
    expect(story).toEqual([1123, CHARGE, 1123, 'nothing']);
  });

  test('that is missing means no call: the run ends', async () => {
    const server = await fakeGemini(json(HARBOR));
    const empty = new GeminiImageError({ kind: 'quota', message: 'no money is left' });
    const reserve = () => {
      throw empty;
    };
    const budget = { spentUsd: 0, reserve };
    expect(await failureOf(ask(PNG, server, { budget, cache: openCache() }))).toBe(empty);
    expect(server.requests).toEqual([]);
  });

  test('is given back after a bug', async () => {
    const bug = new TypeError('a bug');
    const { story, budget } = watchedBudget();
    const client: GeminiClient = {
      ...clientOf('http://127.0.0.1:9'),
      ask: async (_, options) => {
        (await options?.account?.())?.();
        throw bug;
      },
    };
    const wanted = { images: [referenceTo(PNG)], labelled: false };
    await expect(askAbout(wanted, client, { budget })).rejects.toBe(bug);
    expect(story).toEqual([1123, 'nothing']);
  });
});

describe('a run that ends', () => {
  const reason = new GeminiImageError({ kind: 'auth', message: 'the key is wrong' });
  const controller = new AbortController();
  controller.abort(reason);
  const signals = stoppedBy(controller);

  test('loads nothing any more, and keeps its reason', async () => {
    const server = await fakeGemini(json(HARBOR));
    const cache = openCache();
    await ask(PNG, server, { cache });
    expect(await failureOf(ask('/nowhere.png', server, { signals, cache }))).toBe(reason);
    expect(await failureOf(askTogether(['/nowhere.png'], server, { signals }))).toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  describe.each<[what: string, shared: () => Partial<Task>]>([
    ['the cache', () => ({ cache: openCache() })],
    ['an equal picture', () => ({ equals: createEqualPictures() })],
  ])('while another question is on its way to the answer of %s', (_, shared) => {
    const both = async () => {
      const { responder, give, arrived } = heldBack(json(HARBOR));
      const server = await fakeGemini(responder);
      const task = shared();
      const first = ask(PNG, server, task);
      await arrived;
      const stop = new AbortController();
      const abort = new AbortController();
      const signals = { stop: stop.signal, abort: abort.signal };
      const second = ask(PNG, server, { ...task, signals });
      second.catch(() => undefined);
      while (getEventListeners(abort.signal, 'abort').length === 0) await new Promise(setImmediate);
      return { first, second, stop, abort, give };
    };

    test('waits for it after the stop', async () => {
      const { first, second, stop, give } = await both();
      stop.abort(reason);
      give();
      expect((await second).answer.text).toBe('A harbor.');
      await first;
    });

    test('waits no longer after the abort', async () => {
      const { first, second, stop, abort, give } = await both();
      stop.abort(reason);
      abort.abort();
      expect(await failureOf(second)).toMatchObject({ kind: 'interrupted' });
      give();
      await first;
    });
  });
});

describe('the key of an answer', () => {
  const keyOf = async (
    request: string,
    ...pictures: [bytes: string, mimeType?: string, label?: string][]
  ) => {
    const key = answerKey(request, 'What is it?');
    for (const [bytes, mimeType = 'image/png', label] of pictures) {
      await key.add(contentOf(Buffer.from(bytes)), mimeType, label);
    }
    return key.digest();
  };

  test('differs with everything that makes up a question', async () => {
    const keys = await Promise.all([
      keyOf('request', ['bytes']),
      keyOf('another', ['bytes']),
      keyOf('request', ['bytez']),
      keyOf('request', ['bytes', 'image/jpeg']),
      keyOf('request', ['bytes', 'image/png', 'a.png']),
      keyOf('request', ['bytes', 'image/png', 'b.png']),
      keyOf('request', ['bytes'], ['more']),
      keyOf('request', ['more'], ['bytes']),
      keyOf('request', ['bytesmore']),
      keyOf('request', ['byte'], ['smore']),
      keyOf('request', ['bytes'], ['']),
      // Bytes that look like what is put between two pictures.
      keyOf('request', ['bytes[null,"image/png"]\nmore']),
      keyOf('request', ['bytes[null,"image/png",4]\nmore']),
      keyOf('request'),
    ]);
    expect(new Set(keys).size).toBe(keys.length);
    expect(await keyOf('request', ['bytes'])).toBe(keys[0]);
    expect(keys[0]).toMatch(/^[\da-f]{64}$/);
  });

  test('is read a mebibyte at a time', async () => {
    const reads: number[] = [];
    const size = 2_500_000;
    const read = async (from: number, to: number) => {
      reads.push(to - from);
      return new Uint8Array(to - from);
    };
    const key = answerKey('request', 'What is it?');
    await key.add({ size, read }, 'image/png');
    expect(reads).toEqual([1_048_576, 1_048_576, 402_848]);
    const whole = answerKey('request', 'What is it?');
    await whole.add(contentOf(new Uint8Array(size)), 'image/png');
    expect(key.digest()).toBe(whole.digest());
  });
});
