import { expect, test } from 'vitest';
import { emulatorForFile, fixture } from '../client.js';
import {
  announcing,
  beginChunk,
  breakOff,
  call,
  command,
  KIB_256,
  open,
  pattern,
  sha256,
  start,
  type UploadHeaders,
  upload,
} from '../upload-client.js';

const { url, get } = emulatorForFile({ processingMs: 0 });

const PICTURE = fixture('harbor.jpg');
/** Two chunks and a rest. */
const LARGE = pattern(2 * KIB_256 + 1000);

async function refusal(reply: ReturnType<typeof command>): Promise<string> {
  const { status, json } = await reply;
  expect(status).toBe(400);
  expect(json.error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
  return json.error.message;
}

/** How far an upload came, or `final`. */
async function progress(to: string): Promise<number | 'final'> {
  const { status, headers } = await command(to, 'query');
  expect(status).toBe(200);
  if (headers.get('x-goog-upload-status') === 'final') return 'final';
  expect(headers.get('x-goog-upload-status')).toBe('active');
  return Number(headers.get('x-goog-upload-size-received'));
}

test('a start answers with a URL of this origin, and with nothing else in its body', async () => {
  const { status, headers, json } = await start(url(), announcing('image/jpeg', PICTURE.length));
  expect(status).toBe(200);
  expect(json).toEqual({});
  expect(headers.get('x-goog-upload-status')).toBe('active');
  expect(headers.get('x-goog-upload-chunk-granularity')).toBe(String(KIB_256));
  const to = new URL(headers.get('x-goog-upload-url') ?? '');
  expect(to.origin).toBe(url());
  expect(to.pathname).toBe('/upload/v1beta/files');
  expect(to.searchParams.get('upload_id')).toMatch(/^[\w-]{40,}$/);
});

test('bytes in one piece become a file', async () => {
  const to = await open(url(), 'image/jpeg', PICTURE.length);
  const { status, headers, json } = await command(to, 'upload, finalize', 0, PICTURE);
  expect(status).toBe(200);
  expect(headers.get('x-goog-upload-status')).toBe('final');
  const { file } = json;
  const id = /^files\/([a-z0-9]+)$/.exec(file.name)?.[1];
  expect(file).toEqual({
    name: `files/${id}`,
    displayName: 'a picture',
    mimeType: 'image/jpeg',
    sizeBytes: String(PICTURE.length),
    createTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    updateTime: file.createTime,
    expirationTime: new Date(Date.parse(file.createTime) + 48 * 3_600_000).toISOString(),
    sha256Hash: sha256(PICTURE),
    uri: `${url()}/v1beta/files/${id}`,
    state: 'ACTIVE',
    source: 'UPLOADED',
  });
  expect((await get(`/v1beta/files/${id}`)).json).toEqual(file);
});

test('bytes in chunks are the same bytes, with finalize at the last one or on its own', async () => {
  for (const last of ['upload,finalize', 'upload']) {
    const size = last === 'upload' ? 2 * KIB_256 : LARGE.length;
    const to = await open(url(), 'application/octet-stream', size);
    const first = await command(to, 'upload', 0, LARGE.subarray(0, KIB_256));
    expect(first.headers.get('x-goog-upload-status')).toBe('active');
    expect(first.json).toEqual({});
    expect(await progress(to)).toBe(KIB_256);
    const rest = await command(to, last, KIB_256, LARGE.subarray(KIB_256, size));
    const { json } = last === 'upload' ? await command(to, 'finalize') : rest;
    expect(json.file.sha256Hash).toBe(sha256(LARGE.subarray(0, size)));
    expect(await progress(to)).toBe('final');
  }
});

test('a question about a finished upload is answered with its file; it takes no more', async () => {
  const to = await open(url(), 'image/jpeg', PICTURE.length);
  const { json } = await command(to, 'upload, finalize', 0, PICTURE);
  expect((await command(to, 'query')).json).toEqual(json);
  const terminated = 'Upload has already been terminated.';
  expect(await refusal(command(to, 'upload', PICTURE.length))).toBe(terminated);
  expect(await refusal(command(to, 'upload, finalize', 0, PICTURE))).toBe(terminated);
  expect(await refusal(command(to, 'finalize'))).toBe(terminated);
});

test('a refused request changes nothing', async () => {
  const to = await open(url(), 'application/octet-stream', LARGE.length);
  await command(to, 'upload', 0, LARGE.subarray(0, KIB_256));
  const rest = LARGE.subarray(KIB_256);
  expect(await refusal(command(to, 'upload, finalize', 0, LARGE))).toBe(
    `Upload offset 0 does not match the ${KIB_256} bytes received so far.`,
  );
  expect(await refusal(command(to, 'upload, finalize', 2 * KIB_256, rest))).toMatch(/^Upload off/);
  expect(await refusal(command(to, 'upload, finalize', undefined, rest))).toBe(
    'Upload header X-Goog-Upload-Offset is missing.',
  );
  expect(await refusal(command(to, 'upload, finalize', '-1', rest))).toContain('invalid value');
  expect(await refusal(command(to, 'upload', KIB_256, rest))).toContain(
    'must be a multiple of the chunk granularity, 262144 bytes',
  );
  expect(await refusal(command(to, 'upload, finalize', KIB_256, rest.subarray(1)))).toBe(
    `Upload cannot be finalized: received ${LARGE.length - 1} of the announced ${LARGE.length} bytes.`,
  );
  const tooMuch = Buffer.concat([rest, Buffer.alloc(1)]);
  expect(await refusal(command(to, 'upload, finalize', KIB_256, tooMuch))).toBe(
    `Upload of ${LARGE.length + 1} bytes exceeds the announced size of ${LARGE.length} bytes.`,
  );
  expect(await refusal(command(to, 'finalize'))).toMatch(/^Upload cannot be finalized/);
  expect(await refusal(command(to, 'query', undefined, rest))).toContain('takes no bytes');
  for (const name of ['', 'start', 'cancel', 'UPLOAD', 'finalize, upload', 'constructor']) {
    expect(await refusal(command(to, name, KIB_256, rest))).toContain('X-Goog-Upload-Command');
  }
  expect(await progress(to)).toBe(KIB_256);
  const { json } = await command(to, 'upload, finalize', KIB_256, rest);
  expect(json.file.sha256Hash).toBe(sha256(LARGE));
});

test.each([0, 1, 70_000, KIB_256 - 1])(
  'of a chunk that breaks off, the %i bytes that arrived are kept',
  async (sent) => {
    const to = await open(url(), 'application/octet-stream', LARGE.length);
    await command(to, 'upload', 0, LARGE.subarray(0, KIB_256));
    await breakOff(to, KIB_256, LARGE.subarray(KIB_256, 2 * KIB_256), sent);
    expect(await progress(to)).toBe(KIB_256 + sent);
    const rest = LARGE.subarray(KIB_256 + sent);
    const { json } = await command(to, 'upload, finalize', KIB_256 + sent, rest);
    expect(json.file.sha256Hash).toBe(sha256(LARGE));
  },
);

test('a request that hangs ends when the next one comes, and its bytes are kept', async () => {
  const to = await open(url(), 'application/octet-stream', LARGE.length);
  const hanging = await beginChunk(to, 0, KIB_256);
  const closed = new Promise((resolve) => hanging.on('close', resolve));
  await new Promise((resolve) => hanging.write(LARGE.subarray(0, 100), resolve));
  expect(await progress(to)).toBe(100);
  await closed;
  const { json } = await command(to, 'upload, finalize', 100, LARGE.subarray(100));
  expect(json.file.sha256Hash).toBe(sha256(LARGE));
});

test('requests at the same time take their turns', async () => {
  const to = await open(url(), 'application/octet-stream', LARGE.length);
  const replies = await Promise.all(
    Array.from({ length: 5 }, () => command(to, 'upload, finalize', 0, LARGE)),
  );
  expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 400, 400, 400, 400]);
});

const without = (name: string): UploadHeaders =>
  Object.fromEntries(Object.entries(announcing('image/png', 5)).filter(([key]) => key !== name));

test.each([
  [without('x-goog-upload-protocol'), 'X-Goog-Upload-Protocol is missing'],
  [without('x-goog-upload-command'), 'X-Goog-Upload-Command is missing'],
  [without('x-goog-upload-header-content-type'), 'X-Goog-Upload-Header-Content-Type is missing'],
  [without('x-goog-upload-header-content-length'), 'Header-Content-Length is missing'],
  [{ ...announcing('image/png', 5), 'x-goog-upload-protocol': 'multipart' }, 'invalid value'],
  [{ ...announcing('image/png', 5), 'x-goog-upload-command': 'upload' }, 'invalid value: "upload"'],
  [announcing('png', 5), 'invalid value: "png"'],
  [announcing('image/png', '-5'), 'invalid value: "-5"'],
  [announcing('image/png', 2 ** 31 + 1), 'File size exceeds the limit: 2147483648 bytes.'],
])('a start with %j is refused', async (headers, words) => {
  expect(await refusal(start(url(), headers))).toContain(words);
});

test('the message of a start is as strict as others', async () => {
  const headers = announcing('image/png', 5);
  expect(await refusal(start(url(), headers, { file: { title: 'x' } }))).toBe(
    `Invalid JSON payload received. Unknown name "title" at 'file': Cannot find field.`,
  );
  expect(await refusal(start(url(), headers, { display_name: 'x' }))).toContain('display_name');
  expect(await refusal(start(url(), headers, '['))).toContain('Invalid JSON payload');
  const sizeBytes = 'many';
  expect(await refusal(start(url(), headers, { file: { sizeBytes } }))).toContain('TYPE_INT64');
  const displayName = 'x'.repeat(513);
  expect(await refusal(start(url(), headers, { file: { displayName } }))).toContain('512');
  const file = { display_name: 'x'.repeat(512), mimeType: 'image/png', sizeBytes: '5' };
  expect((await start(url(), headers, { file })).status).toBe(200);
  expect((await start(url(), headers, '')).status).toBe(200);
});

test('a start needs a key, and nothing takes one in its URL', async () => {
  expect((await start(url(), without('x-goog-api-key'))).status).toBe(403);
  const wrong = { ...announcing('image/png', 5), 'x-goog-api-key': 'invalid' };
  expect((await start(url(), wrong)).status).toBe(400);
  const to = await open(url(), 'image/png', 5);
  expect(await refusal(command(`${to}&key=k`, 'query'))).toContain('Unknown name "key"');
});

test('an unknown upload is not found, and a chunk has to be sent by POST', async () => {
  const to = await open(url(), 'image/png', 5);
  expect((await command(`${to}x`.replace('upload_id=', 'upload_id=x'), 'query')).status).toBe(404);
  expect((await call(to, 'PUT', {})).status).toBe(404);
});

test('a project holds 20 GB', async () => {
  const headers = { ...announcing('image/png', 2 ** 31), 'x-goog-api-key': 'collector' };
  for (let count = 0; count < 10; count += 1) {
    expect((await start(url(), headers)).status).toBe(200);
  }
  const { status, json } = await start(url(), headers);
  expect(status).toBe(429);
  expect(json.error.message).toContain('file_storage_bytes, limit: 21474836480');
  expect((await upload(url(), 'image/png', fixture('small.png'))).state).toBe('ACTIVE');
});
