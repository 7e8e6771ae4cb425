/** What a server may do to an answer without holding a run, filling memory or being paid twice. */
import type { ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { candidate, finished, piece } from '../support/answers.js';
import { ask, askInVain, askStreaming } from '../support/ask.js';
import { body, event, fakeGemini, json, type Responder } from '../support/fake-gemini.js';

/** Sends events, and then goes on with something, again and again, until the client is gone. */
function endless(more: string, ...first: object[]): Responder {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const chunk of first) response.write(event(chunk));
    await repeat(response, more, 10);
  };
}

async function repeat(response: ServerResponse, text: string, ms: number) {
  while (!response.destroyed) {
    response.write(text);
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

const TIMEOUT = { timeoutMs: 150 };

describe('a stream', () => {
  test.each([
    ['comments', ': keep-alive\n\n'],
    ['empty events', 'data: {}\n\n'],
    ['single bytes', 'd'],
    ['usage', event({ usageMetadata: { promptTokenCount: 1 } })],
    ['thoughts', event(candidate([{ text: 'Hm.', thought: true }]))],
  ])('with nothing but %s counts as silent', async (_, more) => {
    const server = await fakeGemini(endless(more, piece('A ')));
    const { error, pieces } = await askStreaming(server, TIMEOUT);
    expect(pieces).toEqual(['A ']);
    expect(error).toMatchObject({ kind: 'service', message: expect.stringMatching(/fell silent/) });
  });

  test('that never sends anything is not an answer', async () => {
    const server = await fakeGemini(endless(': x\n\n'));
    const { error } = await askStreaming(server, TIMEOUT);
    expect(error?.message).toBe('no answer within 0.15 s');
  });

  test.each([': keep-alive\n\n', 'data: {}\n\n'])(
    'ends with the answer, whatever like %j follows',
    async (more) => {
      const server = await fakeGemini(endless(more, piece('A '), finished('boat.')));
      const { answer, pieces } = await askStreaming(server, TIMEOUT);
      expect(answer?.text).toBe('A boat.');
      expect(pieces.join('')).toBe('A boat.');
      expect(server.requests).toHaveLength(1);
    },
  );

  test('of lines that are not events is not collected', async () => {
    const server = await fakeGemini(endless(`${'x'.repeat(200_000)}\n`));
    const { error } = await askStreaming(server, { timeoutMs: 60_000 });
    expect(error).toMatchObject({
      kind: 'service',
      message: expect.stringMatching(/no valid JSON/),
    });
  });
});

describe('an answer of more than 32 MB', () => {
  const MB = 'x'.repeat(1_048_576);
  const large: Responder = async (response, { path }) => {
    const isStream = path.includes('alt=sse');
    response.writeHead(200, {
      'content-type': isStream ? 'text/event-stream' : 'application/json',
    });
    response.write(isStream ? 'data: {"a":"' : '{"a":"');
    while (!response.destroyed) {
      if (response.write(MB)) await new Promise(setImmediate);
      else await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
    }
  };

  test('is read no further, whole or streamed, and not asked for again', async () => {
    const server = await fakeGemini(large);
    const whole = await askInVain(server, { retries: 3 });
    const streamed = (await askStreaming(server, { retries: 3 })).error;
    for (const error of [whole, streamed]) {
      expect(error).toMatchObject({
        kind: 'service',
        retryable: false,
        message: 'the answer is larger than 32 MB',
      });
    }
    expect(server.requests).toHaveLength(2);
  });

  test('is not smaller for being compressed', async () => {
    const bomb = gzipSync(`{"a":"${MB.repeat(40)}"}`);
    const server = await fakeGemini(body(bomb, 200, { 'content-encoding': 'gzip' }));
    expect((await askInVain(server)).message).toBe('the answer is larger than 32 MB');
  });
});

describe('a compressed answer', () => {
  const compress = {
    gzip: gzipSync,
    'x-gzip': gzipSync,
    deflate: deflateSync,
    br: brotliCompressSync,
  };
  const cases = Object.entries(compress);

  test('is not requested', async () => {
    const server = await fakeGemini(json(finished('A boat.')));
    await ask(server);
    expect(server.requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  test.each(cases)('by %s is decoded, whole or streamed', async (encoding, pack) => {
    const headers = { 'content-encoding': encoding.toUpperCase() };
    const json = { ...headers, 'content-type': 'application/json' };
    const whole = await fakeGemini(body(pack(JSON.stringify(finished('Bücher'))), 200, json));
    expect(await ask(whole)).toMatchObject({ text: 'Bücher' });
    const events = event(piece('Büch')) + event(finished('er'));
    const sse = { ...headers, 'content-type': 'text/event-stream' };
    const streamed = await fakeGemini(body(pack(events), 200, sse));
    expect((await askStreaming(streamed)).answer).toMatchObject({ text: 'Bücher' });
  });

  test.each(cases)('by %s of an error is read', async (encoding, pack) => {
    const error = JSON.stringify({ error: { code: 404, message: 'models/x is not found' } });
    const server = await fakeGemini(body(pack(error), 404, { 'content-encoding': encoding }));
    expect((await askInVain(server)).message).toContain('models/x is not found');
  });

  test.each([
    ['zstd', 'x'],
    ['gzip, br', 'x'],
    ['constructor', 'x'],
    ['gzip', 'this is not gzip at all, whatever its head may say'],
  ])('by %s that cannot be decoded is refused without a retry', async (encoding, text) => {
    const server = await fakeGemini(body(text, 200, { 'content-encoding': encoding }));
    const error = await askInVain(server, { retries: 3 });
    expect(error).toMatchObject({ kind: 'service', retryable: false, endsRun: true });
    expect(error.message).toMatch(/compressed/);
    expect(server.requests).toHaveLength(1);
  });

  test('that is cut off is asked for again', async () => {
    const packed = gzipSync(JSON.stringify(finished('A boat.')));
    const cut = body(packed.subarray(0, packed.length - 12), 200, { 'content-encoding': 'gzip' });
    const server = await fakeGemini(cut, json(finished('A boat.')));
    expect(await ask(server, { retries: 1 })).toMatchObject({ text: 'A boat.' });
  });
});

describe('an error', () => {
  test('is read for a few KB, which hold its message', async () => {
    const filler = Array(100_000).fill({ field: 'x', description: 'y' });
    const error = {
      code: 400,
      message: 'Say "please".',
      status: 'INVALID_ARGUMENT',
      details: filler,
    };
    const server = await fakeGemini(json({ error }, 400));
    expect((await askInVain(server)).message).toContain('Say "please"');
  });

  test.each([
    ['<title', 502],
    ['<title>', 502],
    ['billing ', 429],
    ['use models/....', 404],
  ])('of %j a million times is read at once', async (unit, status) => {
    const text = unit.repeat(1_000_000);
    const server = await fakeGemini(
      body(`<html>${text}`, status, { 'content-type': 'text/html' }),
      json({ error: { code: status, message: text, status: 'X' } }, status),
      json({ error: { code: status, message: text, status: 'X' } }, 200),
      body(`<html>${text}`, 200, { 'content-type': 'text/html' }),
    );
    for (const _ of server.requests.length === 0 ? [1, 2, 3, 4] : []) {
      expect(await askInVain(server)).toBeInstanceOf(Error);
    }
  });
});

describe('an answer is not accepted', () => {
  test.each(['MAX_TOKENS', 'SAFETY', 'constructor', 'toString'])(
    'where %s came before STOP',
    async (reason) => {
      const chunks = [candidate([{ text: 'A ' }], { finishReason: reason }), finished('boat.')];
      const text = chunks.map(event).join('');
      const server = await fakeGemini(body(text, 200, { 'content-type': 'text/event-stream' }));
      const { error } = await askStreaming(server);
      expect(error).toMatchObject({ kind: 'answer', finishReason: reason });
      expect(error?.message).toContain(`(${reason})`);
      expect(error?.message).not.toContain('undefined');
    },
  );

  test.each(['constructor', 'toString', '__proto__'])(
    'where it was blocked for %s',
    async (blockReason) => {
      const server = await fakeGemini(json({ promptFeedback: { blockReason } }));
      const { message } = await askInVain(server);
      expect(message).toBe(
        `the service blocked the request for a reason that is new (${blockReason})`,
      );
    },
  );

  test('if it is that of a second candidate', async () => {
    const second = { content: { parts: [{ text: 'No.' }] }, finishReason: 'STOP', index: 1 };
    const only = await fakeGemini(json({ candidates: [second] }));
    expect(await askInVain(only)).toMatchObject({ kind: 'service' });
    const first = { content: { parts: [{ text: 'Yes.' }] }, finishReason: 'STOP', index: 0 };
    const both = await fakeGemini(json({ candidates: [second, first] }));
    expect(await ask(both)).toMatchObject({ text: 'Yes.' });
  });

  test.each([true, 'true', 'yes', 1])('if it is a thought by %j', async (thought) => {
    const server = await fakeGemini(
      json(candidate([{ text: 'Hm.', thought }], { finishReason: 'STOP' })),
    );
    expect(await askInVain(server)).toMatchObject({ kind: 'answer' });
  });

  test.each(['\u200b', '\u2060\ufeff', '\u00ad\u200d', '\u3164', '\u2800', '\0'])(
    'where there is nothing to be seen: %j',
    async (text) => {
      const server = await fakeGemini(json(finished(` ${text}\n`)));
      expect(await askInVain(server)).toMatchObject({ kind: 'answer' });
    },
  );
});
