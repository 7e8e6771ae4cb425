import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createGeminiImage } from '../../src/library/client.js';
import { find } from '../../src/library/find.js';
import type { ClientOptions, DescribeManyOptions } from '../../src/library/options.js';
import type { ImageInputs } from '../../src/library/picture.js';
import { failed, finished, rateLimited } from '../support/answers.js';
import { failureOf, KEY } from '../support/ask.js';
import { type FakeGemini, fakeGemini, json, silence } from '../support/fake-gemini.js';
import { fixture, fixtureBytes, temporaryFolder } from '../support/files.js';
import { readAll } from '../support/read-all.js';

const clientOf = (server: FakeGemini, more: Partial<ClientOptions> = {}) =>
  createGeminiImage({ apiKey: KEY, baseUrl: server.url, retries: 0, ...more });

/** Three pictures that differ. */
const PICTURES = [fixture('small.png'), fixture('harbor.jpg'), fixture('turned.jpg')];

const all = (server: FakeGemini, pictures: ImageInputs, options: DescribeManyOptions = {}) =>
  readAll(clientOf(server).describeMany(pictures, options));

/** Answers with a number, from 1. */
function counting() {
  let calls = 0;
  return fakeGemini((response, request) => {
    calls += 1;
    return json(finished(`Caption ${calls}.`))(response, request);
  });
}

const textsOf = (records: Awaited<ReturnType<typeof all>>) =>
  records.map((record) => (record.status === 'ok' ? record.text : record.error.message));

describe('records of many pictures', () => {
  test('come as they are finished, or in the order of the pictures', async () => {
    // The first call is answered once the second one is.
    const server = () => {
      let held: (() => void) | undefined;
      return fakeGemini((response, request) => {
        const reply = () => void json(finished('A boat.'))(response, request);
        if (held === undefined) held = reply;
        else {
          reply();
          setTimeout(held, 5);
        }
      });
    };
    const pictures = PICTURES.slice(0, 2);
    const images = async (inOrder: boolean) =>
      (await all(await server(), pictures, { inOrder, concurrency: 2 })).map(({ image }) => image);
    expect((await images(true)).join()).toBe(pictures.join());
    expect((await images(false)).sort()).toEqual([...pictures].sort());
  });

  test('name options in what they say about failures, and no flags', async () => {
    const server = await fakeGemini(json(finished('', 'SAFETY')));
    const [record] = await all(server, [fixture('small.png')]);
    const hint = 'With safety relaxed or safety off the service blocks less';
    expect(record).toMatchObject({ error: { hint: expect.stringContaining(hint) } });
    const busy = await fakeGemini(json(rateLimited('x'), 429));
    expect(await failureOf(clientOf(busy).describe(fixture('small.png')))).toMatchObject({
      hint: expect.stringMatching(/; rpm asks more slowly/),
    });
  });

  test('include failures, and the pictures after them', async () => {
    const server = await counting();
    const pictures = ['/nowhere/a.png', fixture('small.png'), Buffer.from('no picture')];
    const records = await all(server, pictures, { inOrder: true });
    expect(records.map(({ image, status }) => [image, status])).toEqual([
      ['/nowhere/a.png', 'failed'],
      [fixture('small.png'), 'ok'],
      ['image 3', 'failed'],
    ]);
    expect(records[0]).toMatchObject({ error: { kind: 'input', message: 'no such file' } });
  });

  test('are those of what find yields, also of names without a picture', async () => {
    const folder = temporaryFolder({ 'b.png': 'small.png', 'a.jpg': 'harbor.jpg' });
    const names = [folder, join(folder, '*.webp')];
    const records = await all(await counting(), find(names), { inOrder: true });
    expect(records.map(({ image }) => image)).toEqual([
      join(folder, 'a.jpg'),
      join(folder, 'b.png'),
      join(folder, '*.webp'),
    ]);
    expect(records[2]).toMatchObject({ status: 'failed', error: { kind: 'input' } });
  });

  test('of equal pictures take one call', async () => {
    const server = await counting();
    const bytes = fixtureBytes('small.png');
    const records = await all(server, [bytes, { name: 'b', bytes }], { inOrder: true });
    expect(records[1]).toMatchObject({ text: 'Caption 1.', copiedFrom: 'image 1', costUsd: 0 });
    expect(server.requests).toHaveLength(1);
  });

  test('have data by a schema', async () => {
    const server = await fakeGemini(json(finished('{"title":"Boats"}')));
    const records = await all(server, PICTURES.slice(0, 1), { fields: 'title' });
    expect(records).toMatchObject([{ status: 'ok', data: { title: 'Boats' } }]);
  });
});

describe('a ledger', () => {
  test('gives the records that it has, without a call, wherever the pictures are now', async () => {
    const folder = temporaryFolder({ 'a.png': 'small.png' });
    const ledger = join(folder, 'captions.jsonl');
    const bytes = { name: 'upload', bytes: fixtureBytes('turned.jpg') };
    const first = await counting();
    const pictures = () => [join(folder, 'a.png'), fixture('harbor.jpg'), bytes];
    const before = await all(first, pictures(), { ledger, inOrder: true, concurrency: 1 });
    expect(first.requests).toHaveLength(3);
    expect(readFileSync(ledger, 'utf8').trim().split('\n')).toHaveLength(3);

    const second = await fakeGemini(silence);
    const moved = [fixture('small.png'), fixture('harbor.jpg'), fixtureBytes('turned.jpg')];
    const after = await all(second, moved, { ledger, inOrder: true });
    expect(second.requests).toHaveLength(0);
    expect(textsOf(after)).toEqual(textsOf(before));
    expect(after.map(({ image }) => image)).toEqual([...moved.slice(0, 2), 'image 3']);
    for (const record of after) {
      expect(record).toMatchObject({ status: 'ok', costUsd: 0, durationMs: 0 });
      expect(record).not.toHaveProperty('usage');
    }
    const lines = readFileSync(ledger, 'utf8').trim().split('\n').length;
    await all(second, moved, { ledger });
    expect(readFileSync(ledger, 'utf8').trim().split('\n')).toHaveLength(lines);
  });

  test('does not answer another question, nor a picture that failed', async () => {
    const ledger = join(temporaryFolder(), 'captions.jsonl');
    const server = await fakeGemini(
      json(finished('', 'SAFETY')),
      json(finished('Caption 2.')),
      json(finished('Caption 3.')),
    );
    const [picture = ''] = PICTURES;
    for (const prompt of ['What?', 'What?', 'Why?'])
      await all(server, [picture], { ledger, prompt });
    expect(server.requests).toHaveLength(3);
    expect(textsOf(await all(server, [picture], { ledger, prompt: 'Why?' }))).toEqual([
      'Caption 3.',
    ]);
    expect(server.requests).toHaveLength(3);
  });

  test('is asked only for those of several styles that it does not have', async () => {
    const ledger = join(temporaryFolder(), 'captions.jsonl');
    const server = await fakeGemini(
      json(finished('{"title":"Red Boat","product":"A red boat."}')),
      json(finished('a red boat on the sea')),
    );
    const [picture = ''] = PICTURES;
    await all(server, [picture], { ledger, style: ['title', 'product'] });
    const [record] = await all(server, [picture], { ledger, style: ['title', 'dataset'] });
    expect(record).toMatchObject({
      answers: { title: 'Red Boat', dataset: 'a red boat on the sea' },
    });
    expect(server.requests).toHaveLength(2);
    expect(server.requests[1]?.body).not.toContain('title');
  });

  test('keeps what a reader who leaves has paid for', async () => {
    const ledger = join(temporaryFolder(), 'captions.jsonl');
    const server = await counting();
    for await (const record of clientOf(server).describeMany(PICTURES, {
      ledger,
      concurrency: 2,
    })) {
      expect(record.status).toBe('ok');
      break;
    }
    const kept = readFileSync(ledger, 'utf8').trim().split('\n');
    expect(kept).toHaveLength(server.requests.length);
    // It is not locked any more.
    expect(await all(server, PICTURES, { ledger })).toHaveLength(3);
    expect(server.requests).toHaveLength(3);
  });

  test('is written by one run at a time', async () => {
    const ledger = join(temporaryFolder(), 'captions.jsonl');
    const server = await counting();
    const first = clientOf(server).describeMany(PICTURES, { ledger });
    await first.next();
    const failure = await failureOf(all(server, PICTURES, { ledger }));
    expect(failure.message).toBe(`${ledger} is being written by another run`);
    expect(failure.hint).toBe('Wait until that is finished, or name another file with ledger.');
    await first.return();
    expect(await all(server, PICTURES, { ledger })).toHaveLength(3);
  });

  test('that is none of ours is left as it is', async () => {
    const folder = temporaryFolder({ 'a.jsonl': 'small.png' });
    const server = await counting();
    const failure = await failureOf(all(server, PICTURES, { ledger: join(folder, 'a.jsonl') }));
    expect(failure.kind).toBe('usage');
    expect(readFileSync(join(folder, 'a.jsonl'))).toEqual(fixtureBytes('small.png'));
    expect(server.requests).toHaveLength(0);
  });
});

describe('a run ends early', () => {
  test('by its signal, with the reason as the cause', async () => {
    const controller = new AbortController();
    const server = await fakeGemini(json(finished('A boat.')), () => controller.abort('enough'));
    const seen: string[] = [];
    const run = async () => {
      const options = { signal: controller.signal, concurrency: 1 };
      for await (const { image } of clientOf(server).describeMany(PICTURES, options)) {
        seen.push(image);
      }
    };
    expect(await failureOf(run())).toMatchObject({ kind: 'interrupted', cause: 'enough' });
    expect(seen).toEqual(PICTURES.slice(0, 1));
  });

  test('when no other call could succeed, after the record that says so', async () => {
    const refused = failed(400, 'INVALID_ARGUMENT', 'API key not valid.');
    const server = await fakeGemini(json(refused, 400));
    const seen: unknown[] = [];
    const run = async () => {
      for await (const record of clientOf(server).describeMany(PICTURES, { concurrency: 1 })) {
        seen.push(record);
      }
    };
    expect(await failureOf(run())).toMatchObject({ kind: 'auth' });
    expect(seen).toMatchObject([{ status: 'failed', error: { kind: 'auth' } }]);
    expect(server.requests).toHaveLength(1);
  });

  test('before a call that might cost too much', async () => {
    const usageMetadata = { promptTokenCount: 1000, candidatesTokenCount: 40 };
    const server = await fakeGemini(json({ ...finished('A boat.'), usageMetadata }));
    const failure = await failureOf(all(server, PICTURES, { maxCostUsd: 0.0015, concurrency: 1 }));
    expect(failure).toMatchObject({ kind: 'quota' });
    expect(failure.message).toContain('(maxCostUsd)');
    expect(server.requests.length).toBeLessThan(3);
    const unknown = all(server, PICTURES, { maxCostUsd: 1, model: 'gemini-9-tin' });
    expect((await failureOf(unknown)).message).toContain('no price is known for gemini-9-tin');
  });

  test('although the next picture never comes', async () => {
    const server = await counting();
    let isLeft = false;
    async function* slowly() {
      try {
        yield fixture('small.png');
        await new Promise(() => undefined);
      } finally {
        isLeft = true;
      }
    }
    for await (const _ of clientOf(server).describeMany(slowly())) break;
    expect(server.requests).toHaveLength(1);
    expect(isLeft).toBe(false);
  });

  test('by what its source throws, after what was finished', async () => {
    const server = await counting();
    async function* broken() {
      yield fixture('small.png');
      throw new Error('the list is broken');
    }
    const seen: string[] = [];
    const run = async () => {
      for await (const { image } of clientOf(server).describeMany(broken())) seen.push(image);
    };
    await expect(run()).rejects.toThrow('the list is broken');
    expect(seen.length).toBeLessThanOrEqual(1);
  });
});

test('a run may have a pace of its own', async () => {
  const server = await counting();
  const controller = new AbortController();
  const options = { rpm: 1, signal: controller.signal };
  const records = clientOf(server).describeMany(PICTURES, options);
  expect((await records.next()).value).toMatchObject({ status: 'ok' });
  const rest = records.next();
  controller.abort();
  expect(await failureOf(rest)).toMatchObject({ kind: 'interrupted' });
  expect(server.requests).toHaveLength(1);
});
