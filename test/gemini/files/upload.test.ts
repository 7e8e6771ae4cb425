/** Bytes on their way to the Files API, and what may happen to them there. */
import { describe, expect, test, vi } from 'vitest';
import { failed, overloaded } from '../../support/answers.js';
import { testClock } from '../../support/ask.js';
import { body, html, json, type Responder } from '../../support/fake-gemini.js';
import { GONE, head, uploadServer } from '../../support/upload-server.js';
import { largePicture, listening, MIB, upload, uploadInVain } from '../../support/uploads.js';

const CHUNK = 8 * MIB;

describe('a picture', () => {
  test('arrives whole, in chunks that are read one after the other', async () => {
    const server = await uploadServer();
    const picture = largePicture(20 * MIB);
    const file = await upload(server, picture);
    expect(server.story()).toEqual([
      'start',
      'upload 0',
      `upload ${CHUNK}`,
      `finalize ${2 * CHUNK}`,
    ]);
    expect(server.calls.map(({ bytes }) => bytes).slice(1)).toEqual([CHUNK, CHUNK, 4 * MIB]);
    expect(picture.reads).toEqual([
      [0, CHUNK],
      [CHUNK, 2 * CHUNK],
      [2 * CHUNK, 20 * MIB],
    ]);
    expect([...server.files.values()]).toEqual([
      { name: 'files/file-1', mimeType: 'image/jpeg', bytes: 20 * MIB, sha256: picture.sha256 },
    ]);
    expect(file).toEqual({
      name: 'files/file-1',
      uri: `${server.url}/v1beta/files/file-1`,
      mimeType: 'image/jpeg',
    });
  });

  test('is announced with its size and type, and without its name', async () => {
    const server = await uploadServer();
    await upload(server, largePicture(1000));
    const [start] = server.calls;
    expect(start).toMatchObject({
      method: 'POST',
      path: '/upload/v1beta/files',
      headers: {
        'x-goog-upload-protocol': 'resumable',
        'x-goog-upload-command': 'start',
        'x-goog-upload-header-content-length': '1000',
        'x-goog-upload-header-content-type': 'image/jpeg',
      },
    });
    expect(JSON.parse(start?.body ?? '')).toEqual({ file: { displayName: 'gemini-image' } });
  });

  test.each([
    [1, ['finalize 0']],
    [CHUNK, ['finalize 0']],
    [CHUNK + 1, ['upload 0', `finalize ${CHUNK}`]],
    [2 * CHUNK, ['upload 0', `finalize ${CHUNK}`]],
  ])('of %i bytes has no empty chunk', async (size, chunks) => {
    const server = await uploadServer();
    const picture = largePicture(size);
    await upload(server, picture);
    expect(server.story()).toEqual(['start', ...chunks]);
    expect(server.files.get('files/file-1')?.sha256).toBe(picture.sha256);
  });

  test('of more than 2 GB is refused before any call', async () => {
    const server = await uploadServer();
    const content = { size: 2_147_483_649, read: () => expect.unreachable() };
    const error = await uploadInVain(server, { content, mimeType: 'image/png' });
    expect(error).toMatchObject({
      kind: 'input',
      message: 'the picture is larger than the 2 GB that the service takes',
    });
    expect(server.calls).toEqual([]);
  });

  test('of 2 GB is not', async () => {
    const server = await uploadServer({ faults: { start: [json(overloaded, 503)] } });
    const content = { size: 2_147_483_648, read: () => expect.unreachable() };
    expect(await uploadInVain(server, { content, mimeType: 'image/png' })).toMatchObject({
      kind: 'service',
    });
  });

  test('that is too large for the service says so', async () => {
    const server = await uploadServer({ faults: { start: [html('', 413)] } });
    expect(await uploadInVain(server, largePicture(1000), { retries: 4 })).toMatchObject({
      kind: 'input',
      httpStatus: 413,
      hint: 'Send a smaller picture.',
    });
  });
});

describe('after a failure', () => {
  test('the upload continues where the server stopped, even inside a chunk', async () => {
    const server = await uploadServer({ faults: { upload: [undefined, { cutAfter: 3_000_001 }] } });
    const picture = largePicture(20 * MIB);
    const { told, options } = listening();
    await upload(server, picture, { retries: 1 }, options);
    const resumed = CHUNK + 3_000_001;
    expect(server.story()).toEqual([
      'start',
      'upload 0',
      `upload ${CHUNK}`,
      'query',
      `upload ${resumed}`,
      `finalize ${resumed + CHUNK}`,
    ]);
    expect(server.files.get('files/file-1')?.sha256).toBe(picture.sha256);
    expect(told.retries).toHaveLength(1);
    expect(told.retries[0]).toMatch(/reset|closed/);
    expect(told.copiesLeft).toBe(0);
  });

  const passing: [string, Responder, number][] = [
    ['503', json(overloaded, 503), 500],
    ['500', body('', 500), 500],
    ['408', body('', 408), 500],
    [
      '429 and a time to wait',
      json(failed(429, '', 'Slow down.'), 429, { 'retry-after': '7' }),
      7125,
    ],
  ];

  test.each(passing)(
    'of a chunk with %s it is repeated, after a pause',
    async (_what, reply, ms) => {
      const server = await uploadServer({ faults: { upload: [reply] } });
      const picture = largePicture(10 * MIB);
      const clock = testClock();
      await upload(server, picture, { retries: 1, clock });
      const story = ['start', 'upload 0', 'query', 'upload 0', `finalize ${CHUNK}`];
      expect(server.story()).toEqual(story);
      expect(server.files.get('files/file-1')?.sha256).toBe(picture.sha256);
      expect(clock.waits).toEqual([ms]);
    },
  );

  test.each(passing)('to start it with %s, it is started again', async (_what, reply, ms) => {
    const server = await uploadServer({ faults: { start: [reply] } });
    const clock = testClock();
    await upload(server, largePicture(1000), { retries: 1, clock });
    expect(server.story()).toEqual(['start', 'start', 'finalize 0']);
    expect(clock.waits).toEqual([ms]);
  });

  test('to say how far it got, the question is repeated', async () => {
    const server = await uploadServer({
      faults: { upload: [{ cutAfter: 5 }], query: [json(overloaded, 503), 'lost reply'] },
    });
    const picture = largePicture(10 * MIB);
    const { told, options } = listening();
    await upload(server, picture, { retries: 3 }, options);
    expect(server.story().slice(2)).toEqual([
      'query',
      'query',
      'query',
      'upload 5',
      `finalize ${CHUNK + 5}`,
    ]);
    expect(told.retries).toHaveLength(3);
    expect(server.files.get('files/file-1')?.sha256).toBe(picture.sha256);
  });

  test('attempts are counted again after every byte of progress', async () => {
    const cut = { cutAfter: 1000 };
    const server = await uploadServer({ faults: { upload: [cut, cut, cut, cut, cut, cut] } });
    const picture = largePicture(10 * MIB);
    const clock = testClock();
    await upload(server, picture, { retries: 1, clock });
    expect(clock.waits).toEqual([500, 500, 500, 500, 500, 500]);
    expect(server.files.get('files/file-1')?.sha256).toBe(picture.sha256);
  });

  test('attempts without progress are limited', async () => {
    const down = json(overloaded, 503);
    const server = await uploadServer({ faults: { upload: [undefined, down, down, down] } });
    const { told, options } = listening();
    const error = await uploadInVain(server, largePicture(20 * MIB), { retries: 2 }, options);
    expect(error).toMatchObject({ kind: 'service', httpStatus: 503 });
    expect(error.message).toContain('(after 3 attempts)');
    expect(server.story().slice(2)).toEqual(
      [1, 2, 3].flatMap(() => [`upload ${CHUNK}`, 'query']).slice(0, 5),
    );
    expect(told.copiesLeft).toBe(0);
  });

  test('that is permanent, nothing is repeated', async () => {
    const refusal = json(failed(400, 'INVALID_ARGUMENT', 'MIME type is not supported.'), 400);
    const server = await uploadServer({ faults: { finalize: [refusal] } });
    const { told, options } = listening();
    const error = await uploadInVain(server, largePicture(1000), { retries: 4 }, options);
    expect(error).toMatchObject({ kind: 'input', httpStatus: 400 });
    expect(server.story()).toEqual(['start', 'finalize 0']);
    expect(told).toEqual({ retries: [], copiesLeft: 0 });
  });

  test('to read the picture, nothing is repeated', async () => {
    const server = await uploadServer();
    const content = { size: 1000, read: () => Promise.reject(new TypeError('a bug')) };
    const error = await uploadInVain(server, { content, mimeType: 'image/png' }, { retries: 4 });
    expect(error).toMatchObject({ kind: 'internal', message: 'a bug' });
    expect(server.story()).toEqual(['start']);
  });

  test('a silent server times out, and is asked again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { told, options } = listening();
    try {
      const server = await uploadServer({
        faults: { upload: ['silence'] },
        onCall: ({ command }) => {
          if (command === 'upload' && told.retries.length === 0) vi.advanceTimersByTime(1000);
        },
      });
      await upload(server, largePicture(10 * MIB), { retries: 1, timeoutMs: 1000 }, options);
      expect(told.retries).toEqual(['no answer within 1 s, 500 ms']);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('if the reply to the last bytes is lost', () => {
  const twoChunks = 10 * MIB;

  test('the uploaded file is used if there is one', async () => {
    const server = await uploadServer({ faults: { finalize: ['lost reply'] } });
    const { told, options } = listening();
    const file = await upload(server, largePicture(twoChunks), { retries: 1 }, options);
    expect(file.name).toBe('files/file-1');
    expect(server.story()).toEqual(['start', 'upload 0', `finalize ${CHUNK}`, 'query']);
    expect(server.files.size).toBe(1);
    expect(told.copiesLeft).toBe(0);
  });

  test('the missing bytes are sent if some did not arrive', async () => {
    const server = await uploadServer({ faults: { finalize: [{ cutAfter: 1000 }] } });
    const picture = largePicture(twoChunks);
    const { told, options } = listening();
    await upload(server, picture, { retries: 1 }, options);
    expect(server.story().slice(3)).toEqual(['query', `finalize ${CHUNK + 1000}`]);
    expect(server.files.get('files/file-1')?.sha256).toBe(picture.sha256);
    expect(told.copiesLeft).toBe(0);
  });

  test('only the end is sent if all bytes arrived but the upload is not finished', async () => {
    const server = await uploadServer({ faults: { finalize: [{ cutAfter: 2 * MIB }] } });
    const picture = largePicture(twoChunks);
    await upload(server, picture, { retries: 1 });
    expect(server.story().slice(3)).toEqual(['query', `finalize ${twoChunks}`]);
    expect(server.files.get('files/file-1')?.sha256).toBe(picture.sha256);
  });

  test.each<[string, Responder]>([
    ['it is finished, but not where its file is', head('final', twoChunks)],
    ['that it does not know the upload any more', GONE],
    ['410', body('', 410)],
    ['400', json(failed(400, '', 'Upload has already been terminated.'), 400)],
  ])('and the server says %s, the upload starts again, and says so', async (_what, reply) => {
    const server = await uploadServer({ faults: { finalize: ['lost reply'], query: [reply] } });
    const picture = largePicture(twoChunks);
    const { told, options } = listening();
    const file = await upload(server, picture, { retries: 1 }, options);
    expect(server.story().slice(3)).toEqual(['query', 'start', 'upload 0', `finalize ${CHUNK}`]);
    expect(file.name).toBe('files/file-2');
    expect(server.files.get(file.name)?.sha256).toBe(picture.sha256);
    expect(told.copiesLeft).toBe(1);
  });

  test('the upload starts again only once', async () => {
    const server = await uploadServer({
      faults: { finalize: ['lost reply', 'lost reply', 'lost reply'], query: [GONE, GONE, GONE] },
    });
    const { told, options } = listening();
    const error = await uploadInVain(server, largePicture(1000), { retries: 4 }, options);
    expect(error).toMatchObject({ kind: 'service', retryable: false });
    expect(server.story()).toEqual([
      'start',
      'finalize 0',
      'query',
      'start',
      'finalize 0',
      'query',
    ]);
    expect(told.copiesLeft).toBe(2);
  });

  test('and no attempt is left, the file is looked for and deleted', async () => {
    const server = await uploadServer({ faults: { finalize: ['lost reply'] } });
    const { told, options } = listening();
    const error = await uploadInVain(server, largePicture(1000), {}, options);
    expect(error).toMatchObject({ kind: 'service' });
    expect(server.story()).toEqual(['start', 'finalize 0', 'query', 'delete']);
    expect(server.files.size).toBe(0);
    expect(told.copiesLeft).toBe(0);
  });

  test('and the server is down since then, the caller is told', async () => {
    const down = json(overloaded, 503);
    const server = await uploadServer({
      faults: { finalize: ['lost reply'], query: [down, down, down] },
    });
    const { told, options } = listening();
    await uploadInVain(server, largePicture(1000), { retries: 2 }, options);
    expect(server.files.size).toBe(1);
    expect(told.copiesLeft).toBe(1);
  });
});

test('an upload that the server forgot in the middle starts again, and leaves nothing', async () => {
  const server = await uploadServer({ faults: { upload: [undefined, GONE] } });
  const picture = largePicture(20 * MIB);
  const { told, options } = listening();
  const file = await upload(server, picture, {}, options);
  expect(server.story().slice(2, 5)).toEqual([`upload ${CHUNK}`, 'start', 'upload 0']);
  expect(server.files.get(file.name)?.sha256).toBe(picture.sha256);
  expect(told).toEqual({ retries: [], copiesLeft: 0 });
});

test('a file name that would lead elsewhere is not accepted', async () => {
  const file = { name: 'files/../../models', uri: 'https://x.example/x', state: 'ACTIVE' };
  const reply = json({ file }, 200, { 'x-goog-upload-status': 'final' });
  const server = await uploadServer({ faults: { finalize: [reply, reply] } });
  const { told, options } = listening();
  const error = await uploadInVain(server, largePicture(1000), {}, options);
  expect(error).toMatchObject({ kind: 'service', message: expect.stringContaining('lost twice') });
  expect(server.story()).toEqual(['start', 'finalize 0', 'start', 'finalize 0']);
  expect(told.copiesLeft).toBe(2);
});

describe('a server that counts wrongly is an error:', () => {
  const lost = 'the upload went wrong: the server lost count of its bytes';
  const cut = { cutAfter: 5 };

  test.each<[string, Parameters<typeof uploadServer>[0]]>([
    ['it goes back', { faults: { upload: [undefined, cut], query: [head('active', CHUNK - 1)] } }],
    ['it has too much', { faults: { upload: [cut], query: [head('active', CHUNK + 1)] } }],
    ['it says no number', { faults: { upload: [cut], query: [head('active')] } }],
    ['it has finished early', { faults: { upload: [cut], query: [head('final')] } }],
    ['it took nothing', { faults: { upload: [head('active', 0)] } }],
    ['it took more than was sent', { faults: { upload: [head('active', CHUNK + 1)] } }],
    ['it says it was the last chunk', { faults: { upload: [head('final')] } }],
    ['it says something else', { faults: { upload: [head('cancelled')] } }],
    ['it says nothing', { faults: { upload: [body('', 200)] } }],
  ])('%s', async (_what, faults) => {
    const server = await uploadServer(faults);
    const { told, options } = listening();
    const error = await uploadInVain(server, largePicture(20 * MIB), { retries: 4 }, options);
    expect(error).toMatchObject({ kind: 'service', message: lost, retryable: false });
    expect(server.files.size).toBe(0);
    expect(told.copiesLeft).toBe(0);
  });

  test('one that never finishes', async () => {
    const never = head('active', 1000);
    const server = await uploadServer({ faults: { finalize: [never, never] } });
    const error = await uploadInVain(server, largePicture(1000), { retries: 4 });
    expect(error).toMatchObject({ kind: 'service', message: lost });
  });

  test('but one that took part of a chunk gets the rest', async () => {
    const server = await uploadServer({ faults: { upload: [{ cutAfter: 5 }] } });
    const picture = largePicture(CHUNK + 5);
    await upload(server, picture, { retries: 1 });
    expect(server.story().slice(3)).toEqual(['finalize 5']);
    expect(server.files.get('files/file-1')?.sha256).toBe(picture.sha256);
  });
});

describe('after Ctrl-C', () => {
  test.each([
    ['before', 'never', []],
    ['at the start', 'start', ['start']],
    ['amid the bytes', 'upload', ['start', 'upload 0']],
  ])('%s, nothing is left', async (_when, command, story) => {
    const controller = new AbortController();
    const server = await uploadServer({
      onCall: (call) => call.command === command && controller.abort(),
    });
    if (command === 'never') controller.abort();
    const { told, options } = listening();
    const { signal } = controller;
    const error = await uploadInVain(
      server,
      largePicture(20 * MIB),
      { retries: 4 },
      { ...options, signal },
    );
    expect(error.kind).toBe('interrupted');
    expect(server.story()).toEqual(story);
    expect(server.files.size).toBe(0);
    expect(told).toEqual({ retries: [], copiesLeft: 0 });
  });

  test('while the reply to the last bytes is on its way, the file is looked for and deleted', async () => {
    const controller = new AbortController();
    const server = await uploadServer({
      onDone: ({ command }) => command === 'finalize' && controller.abort(),
    });
    const { told, options } = listening();
    const { signal } = controller;
    const error = await uploadInVain(
      server,
      largePicture(1000),
      { retries: 4 },
      { ...options, signal },
    );
    expect(error.kind).toBe('interrupted');
    expect(server.story()).toEqual(['start', 'finalize 0', 'query', 'delete']);
    expect(server.files.size).toBe(0);
    expect(told.copiesLeft).toBe(0);
  });
});
