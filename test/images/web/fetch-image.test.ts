import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Retry } from '../../../src/domain/events.js';
import { testClock } from '../../support/ask.js';
import { runProgram } from '../../support/child.js';
import {
  body,
  closedPort,
  fakeGemini,
  hangUp,
  html,
  json,
  packets,
  type Responder,
  silence,
} from '../../support/fake-gemini.js';
import { BYTES, fetchFrom, fetchInVain, picture, redirect } from './fetching.js';

/** Promises more bytes than it sends. */
const cutOff: Responder = (response) => {
  response.writeHead(200, { 'content-length': BYTES.length });
  response.write(BYTES.subarray(0, 3), () => response.socket?.resetAndDestroy());
};

/** A promise, and what resolves it. */
function promise(): [Promise<void>, () => void] {
  let settle = () => {};
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return [settled, () => settle()];
}

describe('a picture', () => {
  test('is asked for with nothing that is not needed', async () => {
    const server = await fakeGemini(picture);
    expect(await fetchFrom(`${server.url}/a%20b.png?size=large#top`)).toEqual(BYTES);
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'GET', path: '/a%20b.png?size=large', body: '' });
    expect(request?.headers).toEqual({
      host: `127.0.0.1:${server.port}`,
      'user-agent': 'gemini-image/1.2.3',
      accept: 'image/*,*/*;q=0.5',
      'accept-encoding': 'identity',
      connection: 'close',
    });
  });

  test('may come in chunks, by whatever type, or be empty', async () => {
    const chunked = await fakeGemini(packets([BYTES.subarray(0, 2), BYTES.subarray(2)]));
    expect(await fetchFrom(chunked.url)).toEqual(BYTES);
    const mislabelled = await fakeGemini(body(BYTES, 200, { 'content-type': 'text/html' }));
    expect(await fetchFrom(mislabelled.url)).toEqual(BYTES);
    const drawing = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>';
    const svg = await fakeGemini(html(drawing, 200));
    expect(await fetchFrom(svg.url)).toEqual(Buffer.from(drawing));
    const empty = await fakeGemini(html('', 200));
    expect(await fetchFrom(empty.url)).toHaveLength(0);
  });

  test('that comes compressed all the same is an error', async () => {
    const server = await fakeGemini(body(BYTES, 200, { 'content-encoding': 'gzip' }));
    const error = await fetchInVain(server.url);
    expect(error).toMatchObject({ kind: 'input' });
    expect(error.message).toContain('compressed (gzip)');
  });
});

describe('an address', () => {
  test.each([
    ['with a user', 'http://user:s3cr3t@127.0.0.1:9/a.png', /user name or a password/],
    ['with a user alone', 'http://s3cr3t@127.0.0.1:9/a.png', /user name or a password/],
    ['that is none', 'http://user:s3/cr3t@127.0.0.1/a.png', /not a valid URL/],
    ['of another kind', 'ftp://127.0.0.1/a.png?s3cr3t', /only http and https/],
    ['of a file', 'file:///etc/hostname', /only http and https/],
  ])('%s is refused', async (_what, url, message) => {
    const error = await fetchInVain(url);
    expect(error).toMatchObject({ kind: 'input', retryable: false });
    expect(error.message).toMatch(message);
    expect(`${error.message} ${error.hint}`).not.toMatch(/s3|cr3t/);
  });
});

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])(
    'with %i is followed, also where it is relative',
    async (status) => {
      // Node sends headers as Latin-1; this makes it UTF-8 on the wire.
      const location = Buffer.from('../bild/ä.png?x=1').toString('latin1');
      const server = await fakeGemini(redirect(location, status), picture);
      expect(await fetchFrom(`${server.url}/pictures/a/b.png`)).toEqual(BYTES);
      expect(server.requests.map(({ path }) => path)).toEqual([
        '/pictures/a/b.png',
        '/pictures/bild/%C3%A4.png?x=1',
      ]);
      expect(server.requests[1]?.headers).not.toHaveProperty('referer');
    },
  );

  test('is followed five times', async () => {
    const server = await fakeGemini(...Array(5).fill(redirect('/again')), picture);
    expect(await fetchFrom(server.url)).toEqual(BYTES);
    expect(server.requests).toHaveLength(6);
  });

  test('is not followed a sixth time', async () => {
    const server = await fakeGemini(redirect('/again?s3cr3t'));
    const error = await fetchInVain(server.url, { retries: 2 });
    expect(error).toMatchObject({ kind: 'input', message: 'it redirects more than 5 times' });
    expect(server.requests).toHaveLength(6);
  });

  test('is left before its own body has come to an end', async () => {
    const [gone, closed] = promise();
    const endless: Responder = (response) => {
      response.once('close', closed).writeHead(302, { location: '/b.png' }).write('moved');
    };
    const server = await fakeGemini(endless, picture);
    expect(await fetchFrom(server.url)).toEqual(BYTES);
    await gone;
  });

  test('takes no cookie along', async () => {
    const first = body('', 302, { location: '/b.png', 'set-cookie': 'a=b' });
    const server = await fakeGemini(first, picture);
    await fetchFrom(server.url);
    expect(server.requests[1]?.headers).not.toHaveProperty('cookie');
  });

  test.each([
    ['file:///etc/passwd?s3cr3t', /a file: address, which is not fetched/],
    ['ftp://user:s3cr3t@127.0.0.1/', /a ftp: address/],
    ['data:image/png;base64,s3cr3t', /a data: address/],
    ['http://user:s3cr3t@127.0.0.1:9/', /a user name or a password/],
    ['http://127.0.0.1:s3cr3t/', /no valid URL \(HTTP 302\)/],
  ])('to %s is refused', async (location, message) => {
    const server = await fakeGemini(redirect(location));
    const error = await fetchInVain(server.url, { retries: 2 });
    expect(error).toMatchObject({ kind: 'input', retryable: false });
    expect(error.message).toMatch(message);
    expect(`${error.message} ${error.hint}`).not.toContain('s3cr3t');
    expect(server.requests).toHaveLength(1);
  });

  test('without a target is an error', async () => {
    const server = await fakeGemini(body('', 302));
    const error = await fetchInVain(server.url);
    expect(error).toMatchObject({ kind: 'input', message: expect.stringContaining('HTTP 302') });
  });
});

describe('the limit', () => {
  const maxBytes = BYTES.length;

  test('is reached by as many bytes as that, and no less', async () => {
    const server = await fakeGemini(picture, packets([BYTES]));
    expect(await fetchFrom(server.url, { maxBytes })).toEqual(BYTES);
    expect(await fetchFrom(server.url, { maxBytes })).toEqual(BYTES);
  });

  test.each([
    ['by what the answer promises', { 'content-length': '5000000' }, /^it has 5\.0 MB, more than/],
    ['by what comes in chunks', {}, /^it has more than the 0\.0 MB/],
  ])('is passed %s, and the connection closed', async (_how, headers, message) => {
    const [gone, closed] = promise();
    // It would never come to an end by itself.
    const server = await fakeGemini((response) => {
      response
        .once('close', closed)
        .writeHead(200, headers)
        .write(Buffer.alloc(maxBytes + 1));
    });
    const error = await fetchInVain(server.url, { maxBytes, retries: 2 });
    expect(error).toMatchObject({ kind: 'input', retryable: false });
    expect(error.message).toMatch(message);
    await gone;
    expect(server.requests).toHaveLength(1);
  });
});

describe('a web page', () => {
  const page = '<!DOCTYPE html>\n<head><title>Sign in\n to Pictures</title></head>';

  test.each([
    ['of its type', html(page, 200)],
    ['of no type', body(`\n ${page}`, 200)],
    ['behind a redirect', redirect('/login?return=%2Fa.png')],
  ])('%s is named by its title', async (_what, responder) => {
    const server = await fakeGemini(responder, html(page, 200));
    const error = await fetchInVain(`${server.url}/a.png`);
    expect(error).toMatchObject({ kind: 'input', retryable: false });
    expect(error.message).toBe(
      'the address leads to a web page (“Sign in to Pictures”), not to a picture',
    );
  });

  test.each([
    ['no title', '<p>Hello</p>'],
    ['a title that repeats the query', '<title>Nothing for s3cr3t/x y</title>'],
    ['a title that repeats it escaped', '<title>Nothing for s3cr3t&#x2F;x%20y</title>'],
  ])('with %s is not named', async (_what, text) => {
    const server = await fakeGemini(redirect('/login'), html(text, 200));
    const error = await fetchInVain(`${server.url}/a.png?key=s3cr3t%2Fx+y`);
    expect(error.message).toBe('the address leads to a web page, not to a picture');
  });
});

describe('a status', () => {
  test.each([
    [404, 'input', 'no such picture (HTTP 404)', undefined],
    [410, 'input', 'no such picture (HTTP 410)', undefined],
    [401, 'input', /HTTP 401/, /login.*curl/],
    [403, 'input', /HTTP 403/, /login.*curl/],
    [400, 'input', /HTTP 400/, undefined],
    [206, 'service', /HTTP 206/, undefined],
    [304, 'service', /HTTP 304/, undefined],
  ])('of %i is final', async (status, kind, message, hint) => {
    const server = await fakeGemini(body('', status));
    const error = await fetchInVain(server.url, { retries: 2 });
    expect(error).toMatchObject({ kind, retryable: false, httpStatus: status });
    expect(error.message).toMatch(message);
    if (hint) expect(error.hint).toMatch(hint);
    expect(server.requests).toHaveLength(1);
  });

  test.each([408, 429, 500, 502, 503, 504])('of %i may pass', async (status) => {
    const server = await fakeGemini(html('<title>Oh</title>', status), picture);
    expect(await fetchFrom(server.url, { retries: 1 })).toEqual(BYTES);
    const error = await fetchInVain((await fakeGemini(html('', status))).url, { retries: 1 });
    expect(error).toMatchObject({ kind: 'service', retryable: true, httpStatus: status });
    expect(error.message).toMatch(`(HTTP ${status}) (after 2 attempts)`);
  });

  test('that names a time is repeated after that time', async () => {
    const inPast = 'Fri, 01 Jan 2016 12:00:00 GMT';
    const server = await fakeGemini(
      json({}, 503, { 'retry-after': '7' }),
      json({}, 429, { 'retry-after': inPast }),
      picture,
    );
    const clock = testClock(0.5);
    const retries: Retry[] = [];
    const tell = (retry: Retry) => retries.push(retry);
    expect(await fetchFrom(server.url, { retries: 3, clock, tell })).toEqual(BYTES);
    expect(clock.waits).toEqual([7125, 1000]);
    expect(retries).toMatchObject([
      { attempt: 2, maxAttempts: 4, error: { httpStatus: 503, retryAfterMs: 7000 } },
      { attempt: 3, maxAttempts: 4, error: { httpStatus: 429 } },
    ]);
  });
});

describe('a connection', () => {
  test.each([
    ['reset before an answer', hangUp],
    ['reset in the middle of the picture', cutOff],
    ['closed in the middle of a chunk', packets([BYTES], { ending: 'close' })],
    ['reset in the middle of the chunks', packets([BYTES], { ending: 'reset' })],
  ])('that is %s is tried again', async (_how, responder) => {
    const server = await fakeGemini(responder, picture);
    expect(await fetchFrom(server.url, { retries: 1 })).toEqual(BYTES);
    expect(server.requests).toHaveLength(2);
  });

  test('that ends too early is an error that says how far it came', async () => {
    const error = await fetchInVain((await fakeGemini(cutOff)).url);
    expect(error).toMatchObject({
      kind: 'service',
      retryable: true,
      message: 'the picture was cut off on the way, after 3 of 8 bytes',
    });
  });

  test('that cannot be followed is an error with a hint for addresses', async () => {
    const error = await fetchInVain(`http://127.0.0.1:${await closedPort()}/a.png`);
    expect(error).toMatchObject({ kind: 'service', retryable: true });
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.hint).toMatch(/Check the address/);
  });

  test('that becomes another protocol is an error with a hint for addresses', async () => {
    const server = await fakeGemini((response) => {
      const head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n';
      response.socket?.end(head);
    });
    const error = await fetchInVain(server.url);
    expect(error).toMatchObject({ kind: 'service', hint: expect.stringMatching(/the address/) });
  });
});

describe('the time limit', () => {
  test.each([
    ['a silent server', [silence]],
    ['a picture that stays unfinished', [packets([BYTES], { ending: 'stay open' })]],
    ['redirects, all together', [redirect('/next'), redirect('/last'), silence]],
  ])('ends %s', async (_what, script) => {
    const server = await fakeGemini(...script);
    const error = await fetchInVain(server.url, { timeoutMs: 150 });
    expect(error).toMatchObject({ kind: 'service', retryable: true });
    expect(error.message).toBe('no answer within 0.15 s');
  });

  test('an unknown name is looked up twice, whatever the retries', async () => {
    for (const code of ['ENOTFOUND', 'EAI_AGAIN']) {
      let lookups = 0;
      const lookup = async () => {
        lookups += 1;
        throw Object.assign(new Error('no such name'), { code });
      };
      const options = { lookup, retries: 6, clock: testClock() };
      const error = await fetchInVain('http://nowhere.test/a.png', options);
      expect(error).toMatchObject({ kind: 'service', retryable: true });
      expect(error.message).toMatch(/\(after 2 attempts\)$/);
      expect(lookups).toBe(2);
    }
  });

  test('ends a lookup', async () => {
    const lookup = () => new Promise<never>(() => {});
    const error = await fetchInVain('http://slow.test/a.png', { timeoutMs: 50, lookup });
    expect(error.message).toBe('no answer within 0.05 s');
  });

  test('is not ended by bytes that trickle in', async () => {
    const server = await fakeGemini((response) => {
      response.writeHead(200);
      const trickle = setInterval(() => response.write('.'), 5);
      response.once('close', () => clearInterval(trickle));
    });
    const error = await fetchInVain(server.url, { timeoutMs: 150 });
    expect(error.message).toBe('no answer within 0.15 s');
  });
});

describe('a caller', () => {
  test('can call it off while the picture comes, and leaves nothing behind', async () => {
    const caller = new AbortController();
    const [gone, closed] = promise();
    const server = await fakeGemini((response) => {
      response.once('close', closed).writeHead(200);
      response.write(BYTES, () => caller.abort());
    });
    const error = await fetchInVain(server.url, { signal: caller.signal, retries: 3 });
    expect(error).toMatchObject({ kind: 'interrupted', retryable: false });
    await gone;
    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
  });

  test('can call it off before it begins and during the lookup', async () => {
    const caller = new AbortController();
    const { signal } = caller;
    const lookup = () => {
      setImmediate(() => caller.abort());
      return new Promise<never>(() => {});
    };
    for (let call = 0; call < 2; call += 1) {
      const error = await fetchInVain('http://slow.test/a.png', { signal, lookup });
      expect(error).toMatchObject({ kind: 'interrupted' });
    }
  });

  test('gets its process back when the picture is there, or is not', async () => {
    const server = await fakeGemini(picture, redirect('/b.png'), picture, json({}, 404));
    const { code, stdout, stderr } = await runProgram(`
      import { fetchImage } from './compiled/images/web/fetch-image.js';
      const options = { maxBytes: 100, timeoutMs: 600_000, retries: 0, userAgent: 'x' };
      for (const allowPrivateHosts of [true, true, true, false]) {
        const outcome = await fetchImage('${server.url}', { ...options, allowPrivateHosts })
          .catch(({ message }) => message);
        console.log(outcome.length === 8 ? 'bytes' : outcome);
      }
    `);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'bytes',
      'bytes',
      'no such picture (HTTP 404)',
      'its address is not public (127.0.0.1)',
      '',
    ]);
  });
});
