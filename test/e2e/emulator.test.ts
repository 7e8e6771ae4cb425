import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { call, command, open, upload } from '../emulator/upload-client.js';
import { run as runProcess, start } from '../support/command.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { runInProcess as run } from '../support/in-process.js';
import { KEY } from '../support/scripted-server.js';

const PICTURE = fixture('small.png');

/** Runs `gemini-image emulator` for one test. */
async function emulator(...args: string[]) {
  const running = start(['emulator', ...args]);
  let url = '';
  await running.printed((stdout) => {
    url = stdout.trimEnd();
    return stdout.endsWith('\n');
  });
  const env = { GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: url };
  const ask = (...more: string[]) => run(['describe', PICTURE, '--retries', '0', ...more], { env });
  return { ...running, url, ask };
}

test('it prints its URL, answers there, and stops at Ctrl-C with exit 130', async () => {
  const { url, ask, child, finished } = await emulator();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const { code, stdout, stderr } = await ask();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^\[offline\] A PNG picture of 96 × 64 pixels/);
  child.kill('SIGINT');
  expect(await finished).toEqual({
    code: 130,
    signal: null,
    stdout: `${url}\n`,
    stderr: '',
  });
});

test('it gives the same answers as --offline', async () => {
  const { ask } = await emulator();
  const [served, offline] = await Promise.all([ask(), ask('--offline')]);
  expect(served.stdout).toBe(offline.stdout);
});

test('--port sets the port, and a port in use is exit 2', async () => {
  const { url } = await emulator();
  const { port } = new URL(url);
  expect(await run(['emulator', '--port', port])).toEqual({
    code: 2,
    stdout: '',
    stderr:
      `gemini-image: cannot listen on port ${port}: it is in use\n` +
      'Choose another one with --port, or 0 for any free one.\n',
  });
});

describe('--answers', () => {
  const written = (answers: unknown) => {
    const file = join(temporaryFolder(), 'answers.json');
    writeFileSync(file, typeof answers === 'string' ? answers : JSON.stringify(answers));
    return file;
  };

  test('answers as a file says, and --log prints what is asked', async () => {
    const file = written([{ picture: PICTURE, prompt: 'cat', answer: 'A cat.' }]);
    const { ask, printed } = await emulator('--answers', file, '--log');
    expect((await ask('--prompt', 'a cat?')).stdout).toBe('A cat.\n');
    expect((await ask()).stdout).toMatch(/^\[offline\]/);
    let log = '';
    await printed((stdout) => {
      log = stdout;
      return stdout.split('\n').length > 3;
    });
    const asked = log.split('\n').slice(1, -1);
    expect(asked.map((line) => JSON.parse(line))).toMatchObject([
      { model: 'gemini-3.5-flash-lite', prompt: 'a cat?', pictures: [{ bytes: 927 }] },
      { prompt: expect.stringContaining('caption') },
    ]);
    expect(log).not.toContain(KEY);
  });

  test.each<[what: string, answers: unknown, words: string]>([
    ['no JSON', '[{', ' is no JSON: '],
    ['no list', { answer: 'x' }, ' is no list of answers'],
    ['a misspelt field', [{ promt: 'x' }], ': answers[0] has an unknown field promt; there are '],
  ])('%s is exit 2', async (_, answers, words) => {
    const file = written(answers);
    const { code, stdout, stderr } = await run(['emulator', '--answers', file]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.startsWith(`gemini-image: ${file}${words}`)).toBe(true);
    expect(stderr).toContain('"gemini-image emulator --help" shows how answers are written.');
  });
});

describe('--fail', () => {
  test.each([
    ['429:1', 5],
    ['503:1', 6],
    ['403:1', 4],
    ['502:1', 6],
  ])('%s: describe exits %i', async (rule, code) => {
    const { ask } = await emulator('--fail', rule);
    expect(await ask()).toMatchObject({ code, stdout: '' });
  });

  test('a share leaves other requests alone, and rules add up', async () => {
    const { ask } = await emulator('--fail', '503:0.5', '--fail', '403:0.5');
    const codes = [];
    for (let at = 0; at < 4; at += 1) codes.push((await ask()).code);
    expect(codes.toSorted()).toEqual([0, 4, 6, 6]);
  });
});

describe('--fail-upload', () => {
  const bytes = readFileSync(PICTURE);

  test('breaks uploads at the chosen moments', async () => {
    const rules = ['cut:1', '503:2', 'lost:1', 'failed:1', 'stuck:2'];
    const { url } = await emulator(
      '--processing',
      '0',
      ...rules.flatMap((rule) => ['--fail-upload', rule]),
    );
    const to = await open(url, 'image/png', bytes.length);
    const half = Math.floor(bytes.length / 2);
    await expect(command(to, 'upload, finalize', 0, bytes)).rejects.toThrow('fetch failed');
    const rest = bytes.subarray(half);
    expect((await command(to, 'upload, finalize', half, rest)).status).toBe(503);
    await expect(command(to, 'upload, finalize', half, rest)).rejects.toThrow('fetch failed');
    const { file } = (await command(to, 'query')).json;
    const stuck = await upload(url, 'image/png', bytes);
    expect([file.state, stuck.state]).toEqual(['FAILED', 'PROCESSING']);
  });

  test.each(['cut', 'cut:0', 'melt:1', '200:1', 'cut:1.5'])('%s is exit 2', async (rule) => {
    const { code, stdout, stderr } = await run(['emulator', '--fail-upload', rule]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('such as cut:2 or 503:1');
  });
});

test.each(['melt', 'late:0', 'late:x', ':1'])('--fail-batch %s is exit 2', async (rule) => {
  const { code, stdout, stderr } = await run(['emulator', '--fail-batch', rule]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('such as lost:1');
});

test('--batch-time and --fail-batch apply to batch jobs', async () => {
  const { url } = await emulator('--batch-time', '0', '--fail-batch', '503:1');
  const headers = { 'x-goog-api-key': 'k' };
  const request = { contents: [{ role: 'user', parts: [{ text: 'Hello.' }] }] };
  const batch = { displayName: 'one', inputConfig: { requests: { requests: [{ request }] } } };
  const path = `${url}/v1beta/models/gemini-3.5-flash-lite:batchGenerateContent`;
  const { json } = await call(path, 'POST', headers, JSON.stringify({ batch }));
  expect((await call(`${url}/v1beta/${json.name}`, 'GET', headers)).status).toBe(503);
  await expect
    .poll(async () => (await call(`${url}/v1beta/${json.name}`, 'GET', headers)).json.done)
    .toBe(true);
});

test('--processing delays a file', async () => {
  const { url } = await emulator('--processing', '600000');
  const { name, state } = await upload(url, 'image/png', readFileSync(PICTURE));
  const { json } = await call(`${url}/v1beta/${name}`, 'GET', { 'x-goog-api-key': 'k' });
  expect([state, json.state]).toEqual(['PROCESSING', 'PROCESSING']);
});

test('--latency delays answers: a shorter --timeout ends the attempt', async () => {
  const { ask, child, finished } = await emulator('--latency', '60000');
  const { code, stderr } = await ask('--timeout', '0.2');
  expect(code).toBe(6);
  expect(stderr).toContain('no answer within 0.2 s');
  child.kill('SIGINT');
  expect((await finished).code).toBe(130);
});

test('what is printed in every thread does not keep a run of --offline alive', async () => {
  const cwd = temporaryFolder();
  const print = "if (!require('node:worker_threads').isMainThread) console.error('a word');";
  writeFileSync(join(cwd, 'print.cjs'), print);
  const env = { NODE_OPTIONS: `--require=${join(cwd, 'print.cjs')}` };
  const { code, stderr } = await runProcess(['describe', PICTURE, '--offline', '-q'], { cwd, env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});
