/** Streams as they come: split anywhere, cut anywhere, failing anywhere. */
import { describe, expect, test } from 'vitest';
import { failed, finished, overloaded, piece } from '../support/answers.js';
import { askStreaming } from '../support/ask.js';
import { type Ending, event, fakeGemini, html, packets, sse } from '../support/fake-gemini.js';

const TEXT = '灯台 🏴‍☠️ é';

describe('a text of many bytes', () => {
  const stream = Buffer.from(event(piece('灯')) + event(finished(TEXT)));

  test('arrives whole wherever the packets are split', async () => {
    const cuts = Array.from({ length: stream.length - 1 }, (_, index) => index + 1);
    const server = await fakeGemini(
      ...cuts.map((cut) => packets([stream.subarray(0, cut), stream.subarray(cut)])),
    );
    for (const cut of cuts) {
      const { answer, error } = await askStreaming(server);
      expect({ cut, error, text: answer?.text }).toEqual({ cut, text: `灯${TEXT}` });
    }
  });

  test('arrives whole byte by byte', async () => {
    const server = await fakeGemini(packets(Array.from(stream, (byte) => Buffer.of(byte))));
    expect((await askStreaming(server)).answer?.text).toBe(`灯${TEXT}`);
  });

  test('is never taken as complete if the stream is cut before its end', async () => {
    // The last event is whole with its closing brace; line ends after it add nothing.
    const cuts = Array.from({ length: stream.lastIndexOf('}') + 1 }, (_, index) => index);
    const server = await fakeGemini(...cuts.map((cut) => packets([stream.subarray(0, cut)])));
    for (const cut of cuts) {
      const { answer, error } = await askStreaming(server);
      expect({ cut, answer, kind: error?.kind, retryable: error?.retryable }).toEqual({
        cut,
        kind: 'service',
        retryable: true,
      });
      expect(error?.message).toMatch(/cut off|broke off|no answer/);
    }
  });
});

describe('a stream that ends too early is an error with the text so far:', () => {
  test.each<[Ending, RegExp]>([
    ['end', /^the answer broke off before it was finished$/],
    ['close', /ECONNRESET/],
    ['reset', /ECONNRESET/],
  ])('%s', async (ending, words) => {
    const server = await fakeGemini(packets([event(piece('A harbor'))], { ending }));
    const { pieces, error } = await askStreaming(server, { retries: 4 });
    expect(error).toMatchObject({ kind: 'service', partialText: pieces.join('') || undefined });
    expect(error?.message).toMatch(words);
  });

  test('before any text it is retried', async () => {
    const server = await fakeGemini(
      packets([], { ending: 'reset' }),
      packets([], { ending: 'end' }),
      packets([': hello\n\n'], { ending: 'close' }),
      packets(['data: {"cand'], { ending: 'end' }),
      sse(finished('A harbor.')),
    );
    const { pieces, answer } = await askStreaming(server, { retries: 4 });
    expect(answer?.text).toBe('A harbor.');
    expect(pieces).toEqual(['A harbor.']);
    expect(server.requests).toHaveLength(5);
  });
});

describe('an error in mid-stream keeps its status and words', () => {
  const shapes: [string, (failure: object) => string][] = [
    ['as an event', event],
    [
      'as an event whose JSON is spread over lines',
      (failure) => {
        const lines = JSON.stringify(failure, null, 2).split('\n');
        return `${lines.map((line) => `data: ${line}`).join('\r\n')}\r\n\r\n`;
      },
    ],
    ['as raw JSON over several lines', (failure) => JSON.stringify(failure, null, 2)],
    ['as raw JSON on one line', (failure) => `${JSON.stringify(failure)}\n`],
    [
      'as raw JSON with CR LF',
      (failure) => JSON.stringify(failure, null, 2).replaceAll('\n', '\r\n'),
    ],
    ['as an array', (failure) => JSON.stringify([failure], null, 2)],
    ['as an array on one line', (failure) => JSON.stringify([failure])],
    ['as an event with an array', (failure) => event([failure])],
  ];

  test.each(shapes)('%s', async (_shape, encode) => {
    const server = await fakeGemini(packets([event(piece('A harbor')), encode(overloaded)]));
    const { pieces, error } = await askStreaming(server, { retries: 2 });
    expect(pieces).toEqual(['A harbor']);
    expect(error).toMatchObject({ kind: 'service', httpStatus: 503, partialText: 'A harbor' });
    expect(error?.message).toContain('The model is overloaded');
    expect(server.requests).toHaveLength(1);
  });

  test.each(shapes)('%s, in packets of one byte', async (_shape, encode) => {
    const failure = failed(500, 'INTERNAL', 'Störung im Dienst: 灯');
    const bytes = Buffer.from(event(piece('A harbor')) + encode(failure));
    const server = await fakeGemini(packets(Array.from(bytes, (byte) => Buffer.of(byte))));
    const { error } = await askStreaming(server);
    expect(error?.message).toContain('Störung im Dienst: 灯');
  });

  test.each(shapes)('%s, before any text: it is retried', async (_shape, encode) => {
    const server = await fakeGemini(packets([encode(overloaded)]), sse(finished('A harbor.')));
    const { answer } = await askStreaming(server, { retries: 1 });
    expect(answer?.text).toBe('A harbor.');
  });

  test('even after a STOP', async () => {
    const server = await fakeGemini(sse(finished('A harbor.'), overloaded));
    expect((await askStreaming(server)).error).toMatchObject({ httpStatus: 503 });
  });

  test('about a key that was revoked meanwhile is final', async () => {
    const failure = failed(403, 'PERMISSION_DENIED', 'The key was leaked.');
    const server = await fakeGemini(sse(failure));
    const { error } = await askStreaming(server, { retries: 3 });
    expect(error).toMatchObject({ kind: 'auth', retryable: false });
    expect(server.requests).toHaveLength(1);
  });
});

describe('an event stream is read', () => {
  const chunks = [piece('A '), finished('harbor.')].map((chunk) => JSON.stringify(chunk));

  test.each([
    ['with CR LF', chunks.map((data) => `data: ${data}\r\n\r\n`)],
    ['with LF', chunks.map((data) => `data: ${data}\n\n`)],
    ['with CR', chunks.map((data) => `data: ${data}\r\r`)],
    ['with a byte order mark', ['\ufeff', ...chunks.map((data) => `data: ${data}\n\n`)]],
    ['with comments', [': hi\n\n', ...chunks.map((data) => `: ping\ndata: ${data}\n\n:\n\n`)]],
    ['without a blank after data:', chunks.map((data) => `data:${data}\n\n`)],
    ['without an empty line at the end', [`data: ${chunks[0]}\n\n`, `data: ${chunks[1]}\n`]],
    ['without any line end at its end', [`data: ${chunks[0]}\n\n`, `data: ${chunks[1]}`]],
    ['with other fields', chunks.map((data) => `event: x\nid: 1\nretry: 9\ndata: ${data}\n\n`)],
    ['with empty events', ['\n\n', ...chunks.map((data) => `data: ${data}\n\n\n\n`)]],
    ['with several events in a packet', [chunks.map((data) => `data: ${data}\n\n`).join('')]],
  ])('%s', async (_how, pieces) => {
    const server = await fakeGemini(packets(pieces));
    const { pieces: texts, answer } = await askStreaming(server);
    expect(answer?.text).toBe('A harbor.');
    expect(texts).toEqual(['A ', 'harbor.']);
  });

  test('whatever its content type, except a web page', async () => {
    for (const type of ['application/json', 'text/plain', 'application/octet-stream']) {
      const server = await fakeGemini(packets([event(finished('A harbor.'))], { type }));
      expect((await askStreaming(server)).answer?.text).toBe('A harbor.');
    }
  });

  test('but a web page is not', async () => {
    const server = await fakeGemini(html('<title>Log in</title>', 200));
    const { error } = await askStreaming(server);
    expect(error?.message).toBe('a proxy or gateway answered with a web page (HTTP 200: Log in)');
  });

  test('but bytes that are no UTF-8 are an error', async () => {
    const [before = '', after = ''] = event(finished('A ? harbor.')).split('?');
    const server = await fakeGemini(packets([before, Buffer.of(0xff), after]));
    const { error } = await askStreaming(server);
    expect(error).toMatchObject({ kind: 'service', retryable: true });
    expect(error?.message).toMatch(/cut off|no valid/);
  });
});

test('each piece is passed on before the next one is sent', async () => {
  const arrived = [new Promise<void>(() => {}), new Promise<void>(() => {})];
  const arrive: (() => void)[] = [];
  for (const index of [0, 1]) {
    arrived[index] = new Promise((resolve) => {
      arrive[index] = resolve;
    });
  }
  // Were a piece held back, this server would wait for ever.
  const server = await fakeGemini(async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(event(piece('one ')));
    await arrived[0];
    response.write(event(piece('two ')));
    await arrived[1];
    response.end(event(finished('three')));
  });
  let count = 0;
  const onText = async () => arrive[count++]?.();
  const { answer } = await askStreaming(server, {}, { onText });
  expect(answer?.text).toBe('one two three');
});

test('the next piece waits until the last one was taken', async () => {
  const server = await fakeGemini(sse(piece('a'), piece('b'), finished('c')));
  const log: string[] = [];
  const onText = async (text: string) => {
    log.push(`begin ${text}`);
    await new Promise(setImmediate);
    log.push(`end ${text}`);
  };
  await askStreaming(server, {}, { onText });
  expect(log).toEqual(['begin a', 'end a', 'begin b', 'end b', 'begin c', 'end c']);
});

test('half a character waits for its other half', async () => {
  const server = await fakeGemini(sse(piece('A \ud83d'), piece('\ude00 fa'), finished('ce')));
  const { pieces, answer } = await askStreaming(server);
  expect(pieces).toEqual(['A ', '\u{1f600} fa', 'ce']);
  expect(answer?.text).toBe('A \u{1f600} face');
});

test('the end mark of other APIs is ignored', async () => {
  const events = [event(finished('A harbor.')), 'data: [DONE]\r\n\r\n'];
  const { answer } = await askStreaming(await fakeGemini(packets(events)));
  expect(answer?.text).toBe('A harbor.');
});
