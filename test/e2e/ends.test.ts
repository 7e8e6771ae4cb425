/** How a run ends when somebody else ends it: a closed pipe, a full disk, Ctrl-C. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { album } from '../support/album.js';
import { REPOSITORY, shell, start } from '../support/command.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { handClock } from '../support/hand-clock.js';
import { runInProcess } from '../support/in-process.js';
import {
  answer,
  piece,
  type ScriptedServer,
  saying,
  sendEvent,
  sendJson,
  serve,
  startEvents,
} from '../support/scripted-server.js';

/** Of a pipe in bash. */
const EXIT_AS_FIRST = 'exit $PIPESTATUS';

const PICTURES = ['small.png', 'small.jpg', 'small.webp'].map(fixture);

describe('a reader that has read enough', () => {
  test('ends the run quietly, with exit 0', async () => {
    const server = await saying(`A boat.\n${'x'.repeat(200_000)}`);
    const line = `"$@" | head -1; ${EXIT_AS_FIRST}`;
    const result = await shell(line, ['describe', ...PICTURES, '-c', '1'], server);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(/^.*small.png\tA boat\. x+\n$/);
    expect(server.requests.length).toBeLessThan(3);
  });

  test('ends a stream, and the request with it', async () => {
    const server = await serve((response) => {
      startEvents(response);
      const more = setInterval(() => sendEvent(response, piece('A boat.\n')), 10);
      response.on('close', () => clearInterval(more));
    });
    const args = ['describe', fixture('small.png'), '--stream'];
    const line = `"$@" | head -1; ${EXIT_AS_FIRST}`;
    const result = await shell(line, args, server);
    expect(result).toEqual({ code: 0, signal: null, stdout: 'A boat.\n', stderr: '' });
    await server.requests[0]?.gone;
  });

  test('may be gone before the first word', async () => {
    const server = await saying('A boat.');
    const line = '{ sleep 0.3; "$@"; echo $? >&2; } | true';
    const args = ['describe', ...PICTURES];
    expect(await shell(line, args, server)).toMatchObject({ stdout: '', stderr: '0\n' });
  });
});

describe.skipIf(!existsSync('/dev/full'))('a full disk', () => {
  test('is one line and exit 2, with no more calls than needed', async () => {
    const server = await saying('A boat.');
    const args = ['describe', ...PICTURES, '-c', '1'];
    const result = await shell('"$@" > /dev/full', args, server);
    expect(result).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: 'gemini-image: stdout cannot be written to: no space is left on the disk\n',
    });
    expect(server.requests).toHaveLength(1);
  });

  test('is found with -o as well', async () => {
    const server = await saying('A boat.');
    const result = await runInProcess(
      ['describe', fixture('small.png'), '-o', '/dev/full'],
      server,
    );
    expect(result.code).toBe(2);
    expect(result.stderr.split('\n')[0]).toBe(
      'gemini-image: /dev/full cannot be written: no space is left on the disk',
    );
  });
});

/** Answers the first request and is silent from then on. */
const answersOnce = () =>
  serve((response, at) => {
    if (at === 0) sendJson(response, 200, answer('A boat.'));
  });

describe('Ctrl-C', () => {
  test('keeps the records that are finished, as whole JSON', async () => {
    const server = await answersOnce();
    const args = ['describe', ...PICTURES, '-c', '1', '-f', 'json'];
    const { code, stdout, stderr } = await interruptedRun(args, server, 2);
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /^1 described\n(?:.*\n)*gemini-image: interrupted\n.*captions.jsonl.*\n$/,
    );
    expect(JSON.parse(stdout)).toMatchObject([{ image: PICTURES[0], text: 'A boat.' }]);
  });

  test('keeps records of failures too, as whole JSON', async () => {
    const server = await serve(() => {});
    const args = ['describe', 'nothere.png', ...PICTURES, '-c', '1', '-f', 'json'];
    const { code, stdout } = await interruptedRun(args, server, 1);
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject([{ image: 'nothere.png', status: 'failed' }]);
  });

  test('keeps what is finished in the file of -o, and no temporary file', async () => {
    const cwd = await album(['a.png', 'b.png']);
    const server = await answersOnce();
    const args = ['describe', 'a.png', 'b.png', '-c', '1', '-o', 'captions.txt'];
    const ended = await interruptedRun(args, server, 2, cwd);
    expect(ended).toMatchObject({ code: 130, stdout: '' });
    expect(readdirSync(cwd).sort()).toEqual(['a.png', 'b.png', 'captions.txt']);
    expect(readFileSync(join(cwd, 'captions.txt'), 'utf8')).toBe('a.png\tA boat.\n');
  });

  test('with nothing finished leaves no file at all', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const server = await serve(() => {});
    const { child, finished } = start(['describe', 'a.png', '-o', 'captions.txt'], {
      cwd,
      env: server.env,
    });
    await server.seen(1);
    child.kill('SIGINT');
    expect((await finished).code).toBe(130);
    expect(readdirSync(cwd)).toEqual(['a.png']);
  });

  test('ends the wait for standard input', async () => {
    const { child, finished, ready } = startReading();
    await ready;
    child.kill('SIGINT');
    expect(await finished).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/^offline: .*\ngemini-image: interrupted\n$/),
    });
  });

  test('ends the wait before a retry', async () => {
    const error = {
      code: 429,
      message: 'Please retry in 500s.',
      status: 'RESOURCE_EXHAUSTED',
    };
    const server = await serve((response) => sendJson(response, 429, { error }));
    const { child, finished, said } = startDebugging(server);
    await said('Trying again in');
    child.kill('SIGINT');
    expect((await finished).code).toBe(130);
  });

  test('a second time ends the process at once', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    // Opening a pipe that nobody reads cannot be called off.
    const args = ['describe', 'a.png', '--offline', '-o', 'pipe'];
    const { child, finished } = start(args, { cwd });
    await new Promise<void>((resolve) => child.stderr.once('data', () => resolve()));
    // Two signals at the same moment may count as one.
    const insist = setInterval(() => child.kill('SIGINT'), 50);
    const { code, signal } = await finished;
    clearInterval(insist);
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGINT' });
  });
});

/** What a run came to at which Ctrl-C is pressed when so many requests have come, and its grace is over. */
function interruptedRun(
  args: readonly string[],
  server: ScriptedServer,
  requests: number,
  cwd = REPOSITORY,
) {
  const interrupted = server.seen(requests);
  return runInProcess(args, { cwd, env: server.env, clock: handClock(), interrupted });
}

/** A command that has begun to wait for the bytes of a picture on stdin. */
function startReading() {
  const running = start(['describe', '-', '--offline'], { stdin: 'open' });
  const ready = new Promise<void>((resolve) => running.child.stderr.once('data', () => resolve()));
  return { ...running, ready };
}

/** A command that tells of its repetitions. */
function startDebugging({ env }: { env: Record<string, string> }) {
  const running = start(['describe', fixture('small.png'), '--debug'], { env });
  const said = (words: string) =>
    new Promise<void>((resolve) => {
      let stderr = '';
      running.child.stderr.on('data', (text: string) => {
        stderr += text;
        if (stderr.includes(words)) resolve();
      });
    });
  return { ...running, said };
}
