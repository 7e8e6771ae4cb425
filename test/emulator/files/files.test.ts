import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type EmulatorOptions, startEmulator } from '../../../src/emulator/emulator.js';
import { temporaryFolder } from '../../support/files.js';
import { about, fixture, MODEL, send } from '../client.js';
import { aboutFiles, command, open, upload } from '../upload-client.js';

const HOUR_MS = 3_600_000;
const PICTURE = fixture('harbor.jpg');

/** An emulator for one test, whose files take their time, and whose time passes only on request. */
async function emulator(options: EmulatorOptions = {}) {
  let time = Date.parse('2026-11-22T12:00:00Z');
  const { url, close } = await startEmulator({ now: () => time, processingMs: 50, ...options });
  onTestFinished(close);
  const ask = (method: string, path: string, key = 'k', body?: object) =>
    send(`${url}/v1beta/${path}`, {
      method,
      headers: { 'x-goog-api-key': key },
      ...(body && { body: JSON.stringify(body) }),
    });
  return {
    url,
    ask,
    generate: (body: object, key?: string) =>
      ask('POST', `models/${MODEL}:generateContent`, key, body),
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

const denied = (id: string) => ({
  error: {
    code: 403,
    message: `You do not have permission to access the File ${id} or it may not exist.`,
    status: 'PERMISSION_DENIED',
  },
});

const notActive = (id: string) => ({
  error: {
    code: 400,
    message: `The File ${id} is not in an ACTIVE state and usage is not allowed.`,
    status: 'INVALID_ARGUMENT',
  },
});

test('without a word, a file is ready at once, as it was in recorded answers', async () => {
  const { url, close } = await startEmulator();
  onTestFinished(close);
  expect((await upload(url, 'image/jpeg', PICTURE)).state).toBe('ACTIVE');
  expect((await upload(url, 'application/pdf', Buffer.from('%PDF-1.4'))).state).toBe('ACTIVE');
});

test('a file is PROCESSING, then ACTIVE, and of use only then', async () => {
  const { url, ask, generate, pass } = await emulator({ processingMs: 2000 });
  const { name, uri, state } = await upload(url, 'image/jpeg', PICTURE);
  const id = name.slice('files/'.length);
  const request = aboutFiles({ fileUri: uri, mimeType: 'image/jpeg' });
  expect(state).toBe('PROCESSING');
  pass(1999);
  expect((await ask('GET', name)).json.state).toBe('PROCESSING');
  expect((await generate(request)).json).toEqual(notActive(id));
  pass(1);
  const { json } = await ask('GET', name);
  expect(json).toMatchObject({
    state: 'ACTIVE',
    createTime: '2026-11-22T12:00:00.000Z',
    updateTime: '2026-11-22T12:00:02.000Z',
    expirationTime: '2026-11-24T12:00:00.000Z',
  });
  expect(json).not.toHaveProperty('error');
  const [uploaded, inline] = await Promise.all([
    generate(request),
    generate(about(['image/jpeg', PICTURE])),
  ]);
  expect(uploaded.json.candidates).toEqual(inline.json.candidates);
  expect(uploaded.json.usageMetadata).toEqual(inline.json.usageMetadata);
});

test('a deleted file is gone', async () => {
  const { url, ask, generate, pass } = await emulator();
  const { name, uri } = await upload(url, 'image/png', fixture('small.png'));
  pass(1000);
  expect((await generate(aboutFiles({ fileUri: uri }))).status).toBe(200);
  const deleted = await ask('DELETE', name);
  expect([deleted.status, deleted.json]).toEqual([200, {}]);
  const gone = denied(name.slice('files/'.length));
  expect((await ask('GET', name)).json).toEqual(gone);
  expect((await ask('DELETE', name)).json).toEqual(gone);
  expect((await generate(aboutFiles({ fileUri: uri }))).json).toEqual(gone);
});

test('a file is gone after 48 hours, and so is an upload', async () => {
  const { url, ask, pass } = await emulator();
  const to = await open(url, 'image/png', 5);
  const { name } = await upload(url, 'image/png', fixture('small.png'));
  pass(48 * HOUR_MS - 1);
  expect((await ask('GET', name)).status).toBe(200);
  expect((await command(to, 'query')).status).toBe(200);
  pass(1);
  expect((await ask('GET', name)).json).toEqual(denied(name.slice('files/'.length)));
  expect((await command(to, 'query')).status).toBe(404);
});

test('a file of another project is not found', async () => {
  const { url, ask, generate, pass } = await emulator();
  const { name, uri } = await upload(url, 'image/png', fixture('small.png'), 'mine');
  pass(1000);
  const foreign = denied(name.slice('files/'.length));
  expect((await ask('GET', name, 'yours')).json).toEqual(foreign);
  expect((await ask('DELETE', name, 'yours')).json).toEqual(foreign);
  expect((await generate(aboutFiles({ fileUri: uri }), 'yours')).json).toEqual(foreign);
  expect((await ask('GET', 'files', 'yours')).json).toEqual({});
  expect((await generate(aboutFiles({ fileUri: uri }), 'mine')).status).toBe(200);
  expect((await ask('GET', 'files/unknown', 'mine')).json).toEqual(denied('unknown'));
});

test('only the URI itself leads to a file', async () => {
  const { url, generate, pass } = await emulator();
  const { name, uri } = await upload(url, 'image/png', fixture('small.png'));
  pass(1000);
  const google = `https://generativelanguage.googleapis.com/v1beta/${name}`;
  for (const fileUri of [google, name, `${uri}?x=1`, uri.toUpperCase(), `/v1beta/${name}`, '']) {
    expect((await generate(aboutFiles({ fileUri }))).status).toBe(403);
  }
  expect((await generate(aboutFiles({ fileUri: uri }))).status).toBe(200);
});

test('with the origin of another, all URLs are of that one', async () => {
  const origin = 'https://generativelanguage.googleapis.com';
  const { url, generate, pass } = await emulator({ origin });
  const to = await open(url, 'image/png', fixture('small.png').length);
  expect(to.startsWith(`${origin}/upload/v1beta/files?`)).toBe(true);
  const here = to.replace(origin, url);
  const { json } = await command(here, 'upload, finalize', 0, fixture('small.png'));
  expect(json.file.uri).toBe(`${origin}/v1beta/${json.file.name}`);
  pass(1000);
  expect((await generate(aboutFiles({ fileUri: json.file.uri }))).status).toBe(200);
});

test('a MIME type that is not that of the file is refused', async () => {
  const { url, generate, pass } = await emulator();
  const { uri } = await upload(url, 'image/png', fixture('small.png'));
  pass(1000);
  const { status, json } = await generate(aboutFiles({ fileUri: uri, mimeType: 'image/jpeg' }));
  expect(status).toBe(400);
  expect(json.error.message).toMatch(/ has the MIME type image\/png, and not image\/jpeg\.$/);
});

test.each([
  ['a TIFF', 'image/tiff', fixture('refused.tiff')],
  ['a GIF', 'image/gif', fixture('refused.gif')],
  ['a JPEG under the wrong spelling', 'image/jpg', fixture('small.jpg')],
  ['a PNG that is a JPEG', 'image/png', fixture('small.jpg')],
  ['a picture that is cut off', 'image/jpeg', fixture('broken/cut-body.jpg')],
  ['nothing', 'image/jpeg', Buffer.alloc(0)],
])('%s uploads, and then fails', async (_, mimeType, bytes) => {
  const { url, ask, generate, pass } = await emulator();
  const { name, uri, state } = await upload(url, mimeType, bytes);
  expect(state).toBe('PROCESSING');
  pass(1000);
  const { json } = await ask('GET', name);
  expect(json.state).toBe('FAILED');
  expect(json.error).toEqual({
    code: 3,
    message: expect.stringMatching(/^Unable to process input image\./),
  });
  const id = name.slice('files/'.length);
  expect((await generate(aboutFiles({ fileUri: uri }))).json).toEqual(notActive(id));
});

test('other files are kept, but are no picture to be asked about', async () => {
  const { url, ask, generate, pass } = await emulator();
  const { name, uri } = await upload(url, 'application/jsonl', Buffer.from('{}\n'));
  pass(1000);
  expect((await ask('GET', name)).json.state).toBe('ACTIVE');
  const { json } = await generate(aboutFiles({ fileUri: uri }));
  expect(json.error.message).toBe('Unsupported MIME type: application/jsonl');
});

test('files are listed, the newest first, page by page', async () => {
  const { url, ask } = await emulator();
  expect((await ask('GET', 'files')).json).toEqual({});
  const names: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    names.unshift((await upload(url, 'text/plain', Buffer.from('a'))).name);
  }
  const first = (await ask('GET', 'files?pageSize=2')).json;
  const second = (await ask('GET', `files?pageToken=${first.nextPageToken}`)).json;
  expect(first.files).toHaveLength(2);
  expect(second).not.toHaveProperty('nextPageToken');
  expect([...first.files, ...second.files].map(({ name }) => name)).toEqual(names);
  const { nextPageToken } = (await ask('GET', 'models?pageSize=1')).json;
  expect((await ask('GET', `files?pageToken=${nextPageToken}`)).status).toBe(400);
});

test('a file larger than a request may be is taken, and leaves nothing behind', async () => {
  const folder = temporaryFolder();
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { url, ask, generate, pass } = await emulator();
  // What follows the end of a PNG is not read.
  const bytes = Buffer.concat([fixture('small.png'), Buffer.alloc(30_000_000)]);
  const { name, uri } = await upload(url, 'image/png', bytes);
  expect(readdirSync(folder)).toEqual([]);
  pass(1000);
  expect((await ask('GET', name)).json).toMatchObject({
    state: 'ACTIVE',
    sizeBytes: `${bytes.length}`,
  });
  const { json } = await generate(aboutFiles({ fileUri: uri }));
  expect(json.candidates[0].content.parts[0].text).toMatch(/ A PNG picture of 96 × 64 pixels, /);
});

test('an emulator without a place for files says so, and goes on', async () => {
  vi.stubEnv('TMPDIR', join(temporaryFolder(), 'missing'));
  onTestFinished(() => void vi.unstubAllEnvs());
  const { url, ask } = await emulator();
  const to = await open(url, 'image/png', 5);
  const { status, json } = await command(to, 'upload, finalize', 0, Buffer.alloc(5));
  expect([status, json.error.status]).toEqual([500, 'INTERNAL']);
  expect((await ask('GET', 'files')).status).toBe(200);
});
