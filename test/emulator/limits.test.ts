/** What a hostile client, or a page in a browser, cannot do to the emulator. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { Files } from '../../src/emulator/files/files.js';
import { createFaultSchedule } from '../../src/emulator/files/upload-faults.js';
import { Uploads } from '../../src/emulator/files/uploads.js';
import { OpenBodies } from '../../src/emulator/http/body.js';
import { request as asking, inJson, textOf } from './asked.js';
import { about, emulatorForFile, fixture } from './client.js';

const { url, get, generate } = emulatorForFile();

/** The status of a request that calls the emulator by some name. */
function statusAs(host: string): Promise<{ status: number | undefined; body: string }> {
  const { hostname, port } = new URL(url());
  return new Promise((resolve, reject) => {
    request(
      { hostname, port, path: '/v1beta/models', headers: { host, 'x-goog-api-key': 'k' } },
      (response) => {
        text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
      },
    )
      .once('error', reject)
      .end();
  });
}

describe('the name that it is called by', () => {
  test.each(['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])('%s is answered', async (name) => {
    const { port } = new URL(url());
    expect((await statusAs(`${name}:${port}`)).status).toBe(200);
  });

  test.each(['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example'])(
    '%s is refused: its page must not reach a service of this machine',
    async (name) => {
      const { port } = new URL(url());
      const { status, body } = await statusAs(`${name}:${port}`);
      expect(status).toBe(403);
      expect(JSON.parse(body).error.message).toContain('127.0.0.1');
      expect((await statusAs(name)).status).toBe(403);
    },
  );
});

describe('schemas', () => {
  const small: [string, Buffer] = ['image/png', fixture('small.png')];
  const MOST_ANSWER = 8_000_000;

  test('one that is too large is refused', async () => {
    const schema = { type: 'string', enum: ['x'.repeat(300_000)] };
    const { status, json } = await generate(asking([small], 'Look.', inJson(schema)));
    expect(status).toBe(400);
    expect(json.error.message).toContain('too many states');
  });

  test.each<[what: string, schema: object]>([
    [
      'a long choice, often',
      { type: 'array', minItems: 1e6, items: { enum: ['x'.repeat(200_000)] } },
    ],
    [
      'a long name, often',
      {
        type: 'array',
        minItems: 1e6,
        items: { type: 'object', required: ['x'.repeat(100_000)] },
      },
    ],
    [
      'many fields that are left out, often',
      {
        type: 'array',
        minItems: 1e6,
        items: {
          type: 'object',
          properties: Object.fromEntries(Array.from({ length: 15_000 }, (_, n) => [n, false])),
        },
      },
    ],
  ])('%s makes an answer that is cut short', async (_, schema) => {
    const { status, json } = await generate(asking([small], 'Look.', inJson(schema)));
    expect(status).toBe(200);
    const [{ content, finishReason }] = json.candidates;
    expect(finishReason).toBe('MAX_TOKENS');
    expect(content.parts[0].text.length).toBeLessThan(MOST_ANSWER);
  });

  test.each<[what: string, schema: object]>([
    ['a long text', { type: 'STRING', minLength: '1000000000' }],
    [
      'many long texts',
      { type: 'ARRAY', minItems: '1000000', items: { type: 'STRING', minLength: '200000' } },
    ],
  ])('%s, asked for in the older way, is cut short as well', async (_, responseSchema) => {
    const config = { responseMimeType: 'application/json', responseSchema };
    const { status, json } = await generate(asking([small], 'Look.', config));
    expect([status, json.error]).toEqual([200, undefined]);
    const [{ content, finishReason }] = json.candidates;
    expect(finishReason).toBe('MAX_TOKENS');
    expect(content.parts[0].text.length).toBeLessThan(MOST_ANSWER);
  });

  test('one of usual size is answered to its end', async () => {
    const schema = {
      type: 'array',
      minItems: 500,
      items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
    };
    const answer = await textOf(generate(asking([small], 'Look.', inJson(schema))));
    expect(JSON.parse(answer)).toHaveLength(500);
  });
});

test('a picture that takes long to decode holds up no other request', async () => {
  const create = { width: 11_000, height: 11_000, channels: 3, background: '#345' } as const;
  const large = await sharp({ create }).png().toBuffer();
  const ends: string[] = [];
  const slow = generate(about(['image/png', large])).then(({ status }) => {
    ends.push('large');
    return status;
  });
  for (let count = 0; count < 5; count += 1) {
    await get('/v1beta/models');
    ends.push('models');
  }
  expect(await slow).toBe(200);
  expect(ends.at(-1)).toBe('large');
});

test('no more uploads are open than a machine can keep', () => {
  const origin = 'http://127.0.0.1:1';
  const files = new Files({ origin, processingMs: 0, now: () => 0 });
  const uploads = new Uploads(files, { origin, faults: createFaultSchedule([]), now: () => 0 });
  const headers = {
    'x-goog-upload-protocol': 'resumable',
    'x-goog-upload-command': 'start',
    'x-goog-upload-header-content-type': 'image/png',
    'x-goog-upload-header-content-length': '1',
  };
  for (let count = 0; count < 1000; count += 1) uploads.start(`key ${count}`, headers, {});
  expect(() => uploads.start('another key', headers, {})).toThrow(
    expect.objectContaining({ code: 429 }),
  );
});

test('no more bodies are read at a time than fit into the memory', () => {
  const overloaded = expect.objectContaining({ code: 503 });
  const bodies = new OpenBodies();
  bodies.open();
  bodies.hold(500_000_000);
  expect(() => bodies.hold(100_000_000)).toThrow(overloaded);
  bodies.close(500_000_000);
  for (let count = 0; count < 2000; count += 1) bodies.open();
  expect(() => bodies.open()).toThrow(overloaded);
  bodies.close(0);
  bodies.open();
});
