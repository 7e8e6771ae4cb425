/** Uploaded pictures: until they can be asked about, where their calls go, and how they end. */
import { inspect } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import type { UploadedFile } from '../../../src/domain/question.js';
import type { UploadOptions } from '../../../src/gemini/files/file-record.js';
import { errorInfo, failed, overloaded } from '../../support/answers.js';
import { clientOf, failureOf, KEY, MODEL, testClock } from '../../support/ask.js';
import {
  body,
  fakeGemini,
  html,
  json,
  type Responder,
  silence,
} from '../../support/fake-gemini.js';
import { GONE, SESSION_ID, uploadServer } from '../../support/upload-server.js';
import { largePicture, listening, upload, uploadInVain } from '../../support/uploads.js';

const PICTURE = largePicture(1000);

const FILE: UploadedFile = {
  name: 'files/abc',
  uri: 'https://x.example/abc',
  mimeType: 'image/png',
};

describe('a picture that the service prepares', () => {
  test('is waited for, with growing pauses', async () => {
    const states = [...Array(6).fill('PROCESSING'), 'STATE_UNSPECIFIED', 'ACTIVE'];
    const server = await uploadServer({ states });
    const clock = testClock();
    const file = await upload(server, PICTURE, { clock });
    expect(file.name).toBe('files/file-1');
    expect(clock.waits).toEqual([250, 500, 1000, 2000, 2000, 2000, 2000]);
    expect(server.story().slice(2)).toEqual(Array(7).fill('get'));
    expect(server.files.size).toBe(1);
  });

  test('is waited for until the time limit, and then deleted', async () => {
    const server = await uploadServer({ states: ['PROCESSING'] });
    const clock = testClock();
    const { told, options } = listening();
    const error = await uploadInVain(server, PICTURE, { clock, timeoutMs: 120_000 }, options);
    expect(error).toMatchObject({
      kind: 'service',
      message: 'Google was still preparing the picture after 120 s',
      hint: expect.stringContaining('--timeout'),
      retryable: false,
    });
    expect(clock.now()).toBe(120_000);
    expect(server.story().at(-1)).toBe('delete');
    expect(server.files.size).toBe(0);
    expect(told.copiesLeft).toBe(0);
  });

  test.each([
    ['at once', ['FAILED']],
    ['after a while', ['PROCESSING', 'PROCESSING', 'FAILED']],
  ])('and fails %s was a bad picture', async (_when, states) => {
    const server = await uploadServer({ states, reason: 'The image is\ncorrupt.' });
    const error = await uploadInVain(server, PICTURE, { retries: 4 });
    expect(error).toMatchObject({
      kind: 'input',
      message: 'Google could not read the uploaded picture: The image is corrupt',
      retryable: false,
    });
    expect(server.files.size).toBe(0);
  });

  test('and fails without a reason was a bad picture too', async () => {
    const error = await uploadInVain(await uploadServer({ states: ['FAILED'] }), PICTURE);
    expect(error.message).toBe('Google could not read the uploaded picture');
  });

  test('is asked for again after a temporary failure', async () => {
    const server = await uploadServer({
      states: ['PROCESSING', 'ACTIVE'],
      faults: { get: [json(overloaded, 503), 'lost reply'] },
    });
    const { told, options } = listening();
    await upload(server, PICTURE, { retries: 2 }, options);
    expect(server.story().slice(2)).toEqual(['get', 'get', 'get']);
    expect(told.retries).toHaveLength(2);
  });

  test.each<[string, Responder, string, string]>([
    ['that is no file', json({}), 'service', 'the service does not say whether'],
    ['that is a page', html('<title>Login</title>', 200), 'service', 'web page (HTTP 200: Login)'],
    ['that refuses the key', json(failed(401, '', 'No.'), 401), 'auth', 'the API key was refused'],
    ['that it is gone', json(failed(404, '', 'files/x not found'), 404), 'service', 'is gone'],
  ])('with an answer %s is deleted', async (_what, reply, kind, message) => {
    const server = await uploadServer({ states: ['PROCESSING'], faults: { get: [reply] } });
    const error = await uploadInVain(server, PICTURE, { retries: 4 });
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(message);
    expect(server.files.size).toBe(0);
  });

  test('is deleted after Ctrl-C', async () => {
    const controller = new AbortController();
    const clock = testClock();
    const sleep = async () => {
      controller.abort();
      throw new Error('the wait was called off');
    };
    const server = await uploadServer({ states: ['PROCESSING'] });
    const { signal } = controller;
    const error = await uploadInVain(server, PICTURE, { clock: { ...clock, sleep } }, { signal });
    expect(error.kind).toBe('interrupted');
    expect(server.story()).toEqual(['start', 'finalize 0', 'delete']);
    expect(server.files.size).toBe(0);
  });

  test('is deleted after Ctrl-C during a request for it', async () => {
    const controller = new AbortController();
    const server = await uploadServer({
      states: ['PROCESSING'],
      onCall: ({ command }) => command === 'get' && controller.abort(),
    });
    const { signal } = controller;
    const error = await uploadInVain(server, PICTURE, { retries: 4 }, { signal });
    expect(error.kind).toBe('interrupted');
    expect(server.story().at(-1)).toBe('delete');
    expect(server.files.size).toBe(0);
  });

  test('that cannot be deleted is reported', async () => {
    const server = await uploadServer({
      states: ['FAILED'],
      faults: { delete: [json(overloaded, 503)] },
    });
    const { told, options } = listening();
    expect((await uploadInVain(server, PICTURE, {}, options)).kind).toBe('input');
    expect(told.copiesLeft).toBe(1);
  });
});

test('a question refers to a picture by its address', async () => {
  const server = await uploadServer();
  const client = clientOf(server);
  const file = await client.upload(PICTURE);
  const answer = await client.ask({ model: MODEL, parts: [{ file }, { text: 'What is it?' }] });
  expect(answer.text).toBe('A harbor.');
  expect(JSON.parse(server.calls.at(-1)?.body ?? '').contents[0].parts).toEqual([
    { fileData: { mimeType: 'image/jpeg', fileUri: file.uri } },
    { text: 'What is it?' },
  ]);
  expect(await client.deleteFile(file)).toBe(true);
  expect(server.files.size).toBe(0);
});

describe('a question about a picture that is gone', () => {
  const gone = /^the uploaded picture is gone, or belongs to another key's project \(40[34]\): /;

  test.each([
    [403, 'You do not have permission to access the File abc or it may not exist.'],
    [404, 'The File abc does not exist.'],
    [404, 'files/abc was not found.'],
  ])('is not about the key: %i %s', async (code, message) => {
    const server = await fakeGemini(json(failed(code, 'PERMISSION_DENIED', message), code));
    const question = { model: MODEL, parts: [{ file: FILE }, { text: 'What is it?' }] };
    const error = await failureOf(clientOf(server).ask(question));
    expect(error).toMatchObject({ kind: 'service', retryable: false, httpStatus: code });
    expect(error.message).toMatch(gone);
    expect(error.hint).toContain('48 hours');
  });

  test.each([
    [403, 'The caller does not have permission', []],
    [403, 'Method google.ai.generativelanguage.v1beta.FileService.CreateFile is blocked.', []],
    [403, 'Files API has not been used before.', [errorInfo('SERVICE_DISABLED')]],
    [403, 'This API key does not have permission to use the Files API.', []],
    [401, 'No access to the File abc.', []],
  ])('unlike one about the key: %i %s', async (code, message, details) => {
    const server = await fakeGemini(json(failed(code, '', message, ...details), code));
    const error = await failureOf(clientOf(server).ask({ model: MODEL, parts: [{ file: FILE }] }));
    expect(error.kind).toBe('auth');
  });
});

describe('deleting', () => {
  const missing = 'You do not have permission to access the File abc or it may not exist.';

  test.each<[string, boolean, Responder]>([
    ['{}', true, json({})],
    ['nothing', true, body('', 200)],
    ['that it is gone', true, json(failed(403, 'PERMISSION_DENIED', missing), 403)],
    ['404', true, body('', 404)],
    ['that the key may not', false, json(failed(403, '', 'The caller may not.'), 403)],
    ['401', false, json(failed(401, '', 'Who are you?'), 401)],
    ['500', false, json(failed(500, '', 'Oops.'), 500)],
    ['a page', false, html('<title>Login</title>', 200)],
    ['a redirect', false, body('', 302, { location: '/elsewhere' })],
  ])('if the server answers %s: %s', async (_what, gone, reply) => {
    const server = await fakeGemini(reply);
    expect(await clientOf(server).deleteFile(FILE)).toBe(gone);
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'DELETE', path: '/v1beta/files/abc', body: '' });
  });

  test('is tried again a few times', async () => {
    const down = json(overloaded, 503);
    const server = await fakeGemini(down, down, json({}));
    expect(await clientOf(server, { retries: 4 }).deleteFile(FILE)).toBe(true);
    const other = await fakeGemini(down);
    expect(await clientOf(other, { retries: 9 }).deleteFile(FILE)).toBe(false);
    expect(other.requests).toHaveLength(3);
  });

  test('ends with its signal, and does not begin after it', async () => {
    const controller = new AbortController();
    const server = await fakeGemini(() => controller.abort());
    const { signal } = controller;
    expect(await clientOf(server).deleteFile(FILE, { signal })).toBe(false);
    expect(await clientOf(server).deleteFile(FILE, { signal })).toBe(false);
    expect(server.requests).toHaveLength(1);
  });

  test('does not wait long for a silent server', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const server = await fakeGemini((response, request) => {
        vi.advanceTimersByTime(3000);
        return silence(response, request);
      });
      expect(await clientOf(server, { retries: 4 }).deleteFile(FILE)).toBe(false);
      expect(server.requests).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the bytes and the key go', () => {
  test.each<[string, (url: string) => string]>([
    ['on another host', (url) => url.replace('127.0.0.1', 'storage.example')],
    [
      'with another scheme and port',
      (url) => url.replace(/^http:\/\/[^/]*/, 'https://x.example:8443'),
    ],
    ['as a path alone', (url) => new URL(url).pathname + new URL(url).search],
  ])('to the base URL where the upload is said to be %s', async (_where, sessionUrl) => {
    const server = await uploadServer({ sessionUrl });
    await upload(server, PICTURE);
    expect(server.files.get('files/file-1')?.sha256).toBe(PICTURE.sha256);
  });

  test('to no other server, though it listens', async () => {
    const thief = await fakeGemini(json({}));
    const sessionUrl = (url: string) => url.replace(/^http:\/\/[^/]*/, thief.url);
    await upload(await uploadServer({ sessionUrl }), PICTURE);
    expect(thief.connections()).toBe(0);
  });

  test.each<[string, (url: string) => string]>([
    ['has it', (url) => url],
    ['lacks it', (url) => url.replace('/gateway/v2', '')],
    ['lacks it, on another host', (url) => url.replace(/^.*\/v2/, 'https://google.example')],
  ])("through the path of the base URL, if the upload's %s", async (_what, sessionUrl) => {
    const server = await uploadServer({
      prefix: '/gateway/v2',
      sessionUrl,
      states: ['PROCESSING', 'ACTIVE'],
    });
    const client = clientOf(server);
    const file = await client.upload(PICTURE);
    expect(await client.deleteFile(file)).toBe(true);
    expect(server.story()).toEqual(['start', 'finalize 0', 'get', 'delete']);
  });

  test('through the path of the base URL, though that of the upload begins with the same letters', async () => {
    const sessionUrl = (url: string) => url.replace('/up/', '/');
    const server = await uploadServer({ prefix: '/up', sessionUrl });
    await upload(server, PICTURE);
    expect(server.files.size).toBe(1);
  });

  test('nowhere if the server has no Files API', async () => {
    const server = await fakeGemini(body('', 404));
    const error = await failureOf(clientOf(server).upload(PICTURE));
    expect(error).toMatchObject({ kind: 'usage', hint: expect.stringContaining('Files API') });
  });

  test('nowhere by a redirect', async () => {
    const thief = await fakeGemini(json({}));
    const redirect: Responder = (response) => {
      response.writeHead(307, { location: `${thief.url}/${SESSION_ID}` }).end();
    };
    for (const command of ['start', 'finalize', 'get'] as const) {
      const server = await uploadServer({
        states: ['PROCESSING'],
        faults: { [command]: [redirect] },
      });
      const error = await uploadInVain(server, PICTURE, { retries: 4 });
      expect(error.message).toContain(`redirects to ${thief.url} (HTTP 307)`);
      expectNoSecret(error);
    }
    expect(thief.connections()).toBe(0);
  });

  test.each([undefined, '', 'http://[', 'javascript:alert(1)'])(
    'nowhere where the upload is said to be at %s',
    async (address) => {
      const headers = address === undefined ? {} : { 'x-goog-upload-url': address };
      const server = await fakeGemini(json({}, 200, headers as Record<string, string>));
      const error = await failureOf(clientOf(server, { retries: 4 }).upload(PICTURE));
      expect(error).toMatchObject({ kind: 'service', retryable: false });
      expect(error.message).toContain('began no upload');
      expect(server.requests).toHaveLength(1);
    },
  );

  test('the key in its header alone', async () => {
    const server = await uploadServer({ states: ['PROCESSING', 'ACTIVE'] });
    const client = clientOf(server);
    await client.deleteFile(await client.upload(PICTURE));
    expect(server.calls).toHaveLength(4);
    for (const { headers, path, body } of server.calls) {
      const { 'x-goog-api-key': sent, ...others } = headers;
      expect(sent).toBe(KEY);
      expect(JSON.stringify([others, path, body])).not.toContain(KEY);
    }
  });
});

describe('neither the key nor the address of an upload is shown', () => {
  const echo = (status: number): Responder =>
    json(
      failed(status, '', `POST /upload/v1beta/files?upload_id=${SESSION_ID}0 (key ${KEY})`),
      status,
    );

  test.each(['finalize', 'query'] as const)('from a failed %s', async (command) => {
    for (const status of [400, 403, 500]) {
      const lost = command === 'query' && { finalize: ['lost reply' as const] };
      const server = await uploadServer({ faults: { ...lost, [command]: [echo(status)] } });
      const told: unknown[] = [];
      const tell: UploadOptions['tell'] = (event) =>
        event.type === 'retry' && told.push(event.error);
      const client = clientOf(server, { retries: 1 });
      const ended = await client.upload(PICTURE, { tell }).catch((error: unknown) => error);
      for (const one of [ended, ...told]) expectNoSecret(one);
    }
  });

  test('from a failed start', async () => {
    const server = await uploadServer({ faults: { start: [json(failed(400, '', KEY), 400)] } });
    expectNoSecret(await uploadInVain(server, PICTURE));
  });

  test('from the reason why a picture failed', async () => {
    const server = await uploadServer({ states: ['FAILED'], reason: `Bad key ${KEY}` });
    expectNoSecret(await uploadInVain(server, PICTURE));
  });

  test('from an upload that the server no longer knows', async () => {
    const server = await uploadServer({ faults: { finalize: [GONE, GONE] } });
    expectNoSecret(await uploadInVain(server, PICTURE));
  });
});

function expectNoSecret(error: unknown) {
  const shown = inspect(error, { depth: 10, showHidden: true });
  expect(shown).not.toContain(KEY);
  expect(shown).not.toContain(SESSION_ID);
}
