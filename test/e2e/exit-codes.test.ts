import { describe, expect, test } from 'vitest';
import { run, start } from '../support/command.js';
import { fixture } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import {
  answer,
  failing,
  KEY,
  type ScriptedServer,
  saying,
  sendJson,
  serve,
  silent,
} from '../support/scripted-server.js';

const PICTURE = fixture('small.png');
const OTHER = fixture('small.jpg');

const ask = ({ env }: ScriptedServer, ...args: string[]) =>
  runInProcess(['describe', ...args, '--retries', '0'], { env });

/** The first line of stderr, and how many there are. */
const lines = (stderr: string) => stderr.trimEnd().split('\n');

describe('one picture exits with its own code', () => {
  test('0: the caption and a newline, nothing else', async () => {
    const server = await saying('A boat on blue water.');
    expect(await run(['describe', PICTURE], server)).toEqual({
      code: 0,
      signal: null,
      stdout: 'A boat on blue water.\n',
      stderr: '',
    });
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    [2, 'usage', 400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.', []],
    [
      4,
      'auth',
      400,
      'INVALID_ARGUMENT',
      `API key not valid: ${KEY}`,
      [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }],
    ],
    [4, 'auth', 403, 'PERMISSION_DENIED', 'The caller does not have permission', []],
    [5, 'quota', 429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.', []],
    [6, 'service', 503, 'UNAVAILABLE', 'The model is overloaded.', []],
  ])('%i (%s): HTTP %i %s "%s"', async (code, kind, http, status, message, details) => {
    const server = await failing(http, status, message, details);
    const result = await ask(server, PICTURE, '-f', 'jsonl');
    expect(result.code).toBe(code);
    const record = JSON.parse(result.stdout);
    expect(record).toMatchObject({ image: PICTURE, status: 'failed' });
    expect(record.error).toMatchObject({ kind, httpStatus: http });
    const [first = ''] = lines(result.stderr);
    expect(first.startsWith(`gemini-image: ${PICTURE}: `)).toBe(true);
    expect(lines(result.stderr).length).toBeLessThanOrEqual(2);
    expect(result.stdout + result.stderr).not.toContain(KEY);
  });

  test.each(['SAFETY', 'SOMETHING_NEW'])(
    '7: the answer stopped for %s, and its text is not shown',
    async (reason) => {
      const server = await serve((response) => sendJson(response, 200, answer('A bo', reason)));
      const { code, stdout, stderr } = await ask(server, PICTURE);
      expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
      expect(stderr).toContain(reason);
    },
  );

  test('7: the prompt was blocked', async () => {
    const server = await serve((response) =>
      sendJson(response, 200, { promptFeedback: { blockReason: 'SAFETY' } }),
    );
    expect(await ask(server, PICTURE)).toMatchObject({ code: 7, stdout: '' });
  });

  test('7: only thoughts', async () => {
    const thought = { content: { parts: [{ text: 'Hmm', thought: true }] }, finishReason: 'STOP' };
    const server = await serve((response) => sendJson(response, 200, { candidates: [thought] }));
    expect(await ask(server, PICTURE)).toMatchObject({ code: 7, stdout: '' });
  });

  test('6: nothing listens there', async () => {
    const server = await saying('never asked');
    await server.close();
    const { code, stdout, stderr } = await run(['describe', PICTURE, '--retries', '0'], server);
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(lines(stderr)[0]).toMatch(/small\.png: the connection was refused \(ECONNREFUSED/);
  });

  test('6: a web page instead of an answer', async () => {
    const server = await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>Hotel login</title>');
    });
    const { code, stdout, stderr } = await ask(server, PICTURE);
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toContain('Hotel login');
  });

  test('6: an answer without a finish reason, whose text is not shown', async () => {
    const server = await serve((response) =>
      sendJson(response, 200, { candidates: [{ content: { parts: [{ text: 'A bo' }] } }] }),
    );
    expect(await ask(server, PICTURE)).toMatchObject({ code: 6, stdout: '' });
  });

  test('130: Ctrl-C while the server is silent', async () => {
    const server = await silent();
    const { child, finished } = start(['describe', PICTURE], server);
    await server.seen(1);
    child.kill('SIGINT');
    expect(await finished).toEqual({
      code: 130,
      signal: null,
      stdout: '',
      stderr: 'gemini-image: interrupted\n',
    });
    await server.requests[0]?.gone;
  });
});

describe('an answer that was cut off at its token limit', () => {
  const cut = () => serve((response) => sendJson(response, 200, answer('A boat on', 'MAX_TOKENS')));

  test('is printed in text format, and exits 7', async () => {
    const { code, stdout, stderr } = await ask(await cut(), PICTURE);
    expect({ code, stdout }).toEqual({ code: 7, stdout: 'A boat on\n' });
    expect(lines(stderr)).toHaveLength(2);
    expect(stderr).toContain('more with --max-output-tokens; thinking counts against it too.');
  });

  test('is partialText in a record, never text', async () => {
    const { code, stdout } = await ask(await cut(), PICTURE, '-f', 'json');
    expect(code).toBe(7);
    const record = JSON.parse(stdout);
    expect(record.error.partialText).toBe('A boat on');
    expect(record).not.toHaveProperty('text');
  });
});

describe('several pictures', () => {
  test('3: one fails, the others are there, in their order', async () => {
    const server = await serve((response, at) => {
      const message = 'Provided image is not valid.';
      if (at === 1) sendJson(response, 400, { error: { code: 400, message } });
      else sendJson(response, 200, answer(`Caption ${at}.`));
    });
    const turned = fixture('turned.jpg');
    const { code, stdout, stderr } = await ask(server, PICTURE, OTHER, turned, '-c', '1');
    expect({ code, stdout }).toEqual({
      code: 3,
      stdout: `${PICTURE}\tCaption 0.\n${turned}\tCaption 2.\n`,
    });
    expect(lines(stderr)[0]).toContain(OTHER);
  });

  test('all fail for the same reason: its code', async () => {
    const server = await failing(503, 'UNAVAILABLE', 'The model is overloaded.');
    const { code, stdout } = await ask(server, PICTURE, OTHER, '-f', 'jsonl');
    expect(code).toBe(6);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  test('all fail, but not for the same reason: 3', async () => {
    const server = await failing(503, 'UNAVAILABLE', 'The model is overloaded.');
    expect(await ask(server, PICTURE, 'nothere.png')).toMatchObject({ code: 3, stdout: '' });
    expect(server.requests).toHaveLength(1);
  });
});
