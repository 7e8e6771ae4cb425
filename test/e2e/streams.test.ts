import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { start } from '../support/command.js';
import { fixture, fixtureBytes, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import {
  answer,
  piece,
  sendEvent,
  sendJson,
  serve,
  startEvents,
} from '../support/scripted-server.js';

const PICTURE = fixture('small.png');
const OTHER = fixture('small.jpg');

/** Streams these chunks to every request and ends. */
const streaming = (...chunks: object[]) =>
  serve((response) => {
    startEvents(response);
    for (const chunk of chunks) sendEvent(response, chunk);
    response.end();
  });

test('the text arrives piece by piece, then a newline', async () => {
  let goOn = () => {};
  const server = await serve((response) => {
    startEvents(response);
    sendEvent(response, piece('A boat '));
    goOn = () => {
      sendEvent(response, piece('on blue '));
      sendEvent(response, answer('water.'));
      response.end();
    };
  });
  const { finished, printed } = start(['describe', PICTURE, '--stream'], server);
  // The server says no more until the first piece has been printed.
  await printed((stdout) => stdout === 'A boat ');
  goOn();
  expect(await finished).toMatchObject({ code: 0, stdout: 'A boat on blue water.\n', stderr: '' });
  expect(server.requests[0]?.url).toBe(
    '/v1beta/models/gemini-3.5-flash-lite:streamGenerateContent?alt=sse',
  );
});

test('a text that ends with a newline gets no second one', async () => {
  const server = await streaming(piece('A boat.'), answer('\n'));
  const { stdout } = await runInProcess(['describe', PICTURE, '--stream'], server);
  expect(stdout).toBe('A boat.\n');
});

test('of several, each line is the same as without --stream', async () => {
  const text = '\nA boat\n\non water.\n';
  const streamed = await streaming(...[...text].map(piece), answer(''));
  const whole = await serve((response) => sendJson(response, 200, answer(text)));
  const lines = await runInProcess(['describe', PICTURE, OTHER, '--stream'], streamed);
  const expected = await runInProcess(['describe', PICTURE, OTHER], whole);
  expect(lines.stdout).toBe(expected.stdout);
  expect(lines.stdout).toBe(`${PICTURE}\t A boat on water.\n${OTHER}\t A boat on water.\n`);
});

test.each(['json', 'jsonl'])('in %s, the record is written once it is complete', async (format) => {
  const server = await streaming(piece('A boat '), answer('on water.'));
  const { stdout, code } = await runInProcess(
    ['describe', PICTURE, '--stream', '-f', format],
    server,
  );
  expect(code).toBe(0);
  expect(JSON.parse(stdout).text).toBe('A boat on water.');
});

describe('a stream that fails after some text', () => {
  const overloaded = { error: { code: 503, message: 'Overloaded.', status: 'UNAVAILABLE' } };

  test.each([
    ['an error event', [piece('A boat '), overloaded]],
    ['no end', [piece('A boat ')]],
  ])(
    '%s: what was printed is ended by a newline; exit 6, and no second call',
    async (_, chunks) => {
      const server = await streaming(...chunks);
      const { code, stdout, stderr } = await runInProcess(
        ['describe', PICTURE, '--stream'],
        server,
      );
      expect({ code, stdout }).toEqual({ code: 6, stdout: 'A boat \n' });
      expect(stderr.split('\n')[0]).toContain(PICTURE);
      expect(server.requests).toHaveLength(1);
    },
  );

  test('leaves the file that -o would replace', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'captions.txt': 'broken/text.jpg' });
    const server = await streaming(piece('A boat '), overloaded);
    const args = ['describe', 'a.png', '--stream', '-o', 'captions.txt', '--overwrite'];
    expect(await runInProcess(args, { cwd, env: server.env })).toMatchObject({
      code: 6,
      stdout: '',
    });
    expect(readFileSync(join(cwd, 'captions.txt'))).toEqual(fixtureBytes('broken/text.jpg'));
  });

  test('leaves no part of it in the file of -o', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.png': 'small.png' });
    const server = await serve((response, at) => {
      startEvents(response);
      sendEvent(response, at === 0 ? piece('Half a ') : answer('A boat.'));
      response.end();
    });
    const files = ['a.png', 'b.png', '-o', 'captions.txt'];
    const args = ['describe', ...files, '--stream', '--retries', '0', '-c', '1'];
    expect(await runInProcess(args, { cwd, env: server.env })).toMatchObject({
      code: 3,
      stdout: '',
    });
    expect(readFileSync(join(cwd, 'captions.txt'), 'utf8')).toBe('b.png\tA boat.\n');
  });
});

test('a failure before the first text is retried', async () => {
  const server = await serve((response, at) => {
    const error = { code: 503, message: 'Overloaded.', status: 'UNAVAILABLE', details: [] };
    if (at === 0) return sendJson(response, 503, { error });
    startEvents(response);
    sendEvent(response, answer('A boat.'));
    response.end();
  });
  const args = ['describe', PICTURE, '--stream', '--retries', '1'];
  expect(await runInProcess(args, server)).toMatchObject({
    code: 0,
    stdout: 'A boat.\n',
    stderr: '',
  });
  expect(server.requests).toHaveLength(2);
});

test('Ctrl-C in the middle ends the line that has begun', async () => {
  const server = await serve((response) => {
    startEvents(response);
    sendEvent(response, piece('A boat '));
  });
  const { child, finished, printed } = start(['describe', PICTURE, '--stream'], server);
  await printed((stdout) => stdout !== '');
  child.kill('SIGINT');
  expect(await finished).toEqual({
    code: 130,
    signal: null,
    stdout: 'A boat \n',
    stderr: 'gemini-image: interrupted\n',
  });
});

test('text that would control a terminal is exact in a pipe', async () => {
  const text = '\u001b[2J\u202eexe.png\u202c \u0007 A\u2028boat';
  const server = await streaming(piece(text), answer('!'));
  const { stdout } = await runInProcess(['describe', PICTURE, '--stream'], server);
  expect(stdout).toBe(`${text}!\n`);
});
