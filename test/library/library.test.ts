/** The package as a program imports it: built, under its own name, in a process of its own. */
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { REPOSITORY, startProgram } from '../support/command.js';
import { fixture, temporaryFolder } from '../support/files.js';
import {
  answer,
  KEY,
  piece,
  saying,
  sendEvent,
  sendJson,
  serve,
  silent,
  startEvents,
} from '../support/scripted-server.js';

/** A folder in which `gemini-image` is installed. */
function consumerFolder(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(REPOSITORY, join(folder, 'node_modules/gemini-image'));
  return folder;
}

const PREAMBLE = `
import { readFileSync } from 'node:fs';
import { describeImage, describeImageStream, GeminiImageError } from 'gemini-image';
const picture = ${JSON.stringify(fixture('small.png'))};
const options = { apiKey: '${KEY}', baseUrl: process.argv[2], retries: 0 };
const facts = (error) => [error instanceof GeminiImageError, error.kind, error.message];
let result;
`;

/** Runs a program that leaves something in \`result\`, and checks that it prints nothing itself. */
async function program(code: string, { url = 'http://127.0.0.1:9' } = {}) {
  const cwd = consumerFolder();
  writeFileSync(
    join(cwd, 'main.mjs'),
    `${PREAMBLE}${code}\nprocess.stdout.write(JSON.stringify(result));`,
  );
  const { child, finished } = startProgram(process.execPath, ['main.mjs', url], { cwd });
  onTestFinished(() => void child.kill('SIGKILL'));
  const { code: exitCode, stdout, stderr } = await finished;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** Streams "A boat on water." in two pieces. */
const streaming = () =>
  serve((response) => {
    startEvents(response);
    sendEvent(response, piece('A boat '));
    sendEvent(response, answer('on water.'));
    response.end();
  });

describe('describeImage', () => {
  test('takes a path and gives a description', async () => {
    const server = await saying('A boat.');
    expect(await program('result = await describeImage(picture, options);', server)).toEqual({
      image: fixture('small.png'),
      status: 'ok',
      text: 'A boat.',
      finishReason: 'STOP',
      model: 'gemini-3.5-flash-lite',
      usage: { inputTokens: 1130, outputTokens: 12, thoughtTokens: 0, cachedTokens: 0 },
      mimeType: 'image/png',
      width: 96,
      height: 64,
      size: 927,
      mtime: statSync(fixture('small.png')).mtime.toISOString(),
      sha256: expect.stringMatching(/^[\da-f]{64}$/),
      pictureSha256: expect.stringMatching(/^[\da-f]{64}$/),
      sent: { mimeType: 'image/png', width: 96, height: 64, bytes: 927, changes: [] },
      asked: { prompt: expect.stringMatching(/^\S+(?: \S+){11}…$/) },
      request: expect.stringMatching(/^[\da-f]{16}$/),
      costUsd: 0.000369,
      durationMs: expect.any(Number),
    });
    expect(server.requests[0]?.headers['x-goog-api-key']).toBe(KEY);
  });

  test('takes bytes, a prompt and a model', async () => {
    const server = await saying('A boat.');
    const code = `
      const bytes = new Uint8Array(readFileSync(picture));
      result = await describeImage(bytes, { ...options, prompt: 'Why?', model: 'models/m-1' });`;
    expect(await program(code, server)).toMatchObject({ image: 'image', text: 'A boat.' });
    const [request] = server.requests;
    expect(request?.url).toBe('/v1beta/models/m-1:generateContent');
    expect(request?.json.contents[0].parts[1]).toEqual({ text: 'Why?' });
  });

  test('takes a file: URL', async () => {
    const code = `
      const { pathToFileURL } = await import('node:url');
      result = await describeImage(pathToFileURL(picture), options);`;
    const server = await saying('A boat.');
    expect(await program(code, server)).toMatchObject({
      image: fixture('small.png'),
      text: 'A boat.',
    });
  });

  test('does not read past the end of bytes in a larger buffer', async () => {
    const code = `
      const all = readFileSync(picture);
      result = await describeImage(all.subarray(0, 16), options).catch(facts);`;
    expect(await program(code)).toEqual([
      true,
      'input',
      'it is a PNG whose header is cut off or damaged',
    ]);
  });

  test('throws GeminiImageError with facts to branch on', async () => {
    const error = { code: 503, message: 'Overloaded.', status: 'UNAVAILABLE' };
    const server = await serve((response) => sendJson(response, 503, { error }));
    const code = `
      const attempt = (image, more) => describeImage(image, { ...options, ...more }).catch(facts);
      result = {
        service: await attempt(picture),
        input: await attempt('nothere.png'),
        auth: await attempt(picture, { apiKey: '' }),
        usage: await attempt(picture, { baseUrl: 'http://example.com' }),
        model: await attempt(picture, { model: '../x' }),
        wrong: await Promise.all([
          attempt(undefined), attempt(new ArrayBuffer(8)), attempt(new URL('ftp://example.com/a.png')),
          attempt(picture, { prompt: ' ' }), attempt(picture, { retries: -1 }),
          attempt(picture, { timeoutMs: 0 }),
        ]),
      };`;
    const { service, input, auth, usage, model, wrong } = await program(code, server);
    for (const facts of wrong) expect(facts.slice(0, 2)).toEqual([true, 'usage']);
    expect(service.slice(0, 2)).toEqual([true, 'service']);
    expect(input).toEqual([true, 'input', 'nothere.png: no such file']);
    expect(auth.slice(0, 2)).toEqual([true, 'auth']);
    expect(usage.slice(0, 2)).toEqual([true, 'usage']);
    expect(model.slice(0, 2)).toEqual([true, 'usage']);
    expect(server.requests).toHaveLength(1);
  });

  test('is aborted by a signal, before and during the call', async () => {
    const server = await silent();
    const code = `
      const early = await describeImage(picture, { ...options, signal: AbortSignal.abort() })
        .catch(facts);
      const controller = new AbortController();
      const late = describeImage(picture, { ...options, signal: controller.signal }).catch(facts);
      process.stdin.once('data', () => controller.abort());
      result = [early, await late];
      process.stdin.destroy();`;
    const cwd = consumerFolder();
    const main = `${PREAMBLE}${code}\nprocess.stdout.write(JSON.stringify(result));`;
    writeFileSync(join(cwd, 'main.mjs'), main);
    const args = ['main.mjs', server.url];
    const { child, finished } = startProgram(process.execPath, args, { cwd, stdin: 'open' });
    await server.seen(1);
    child.stdin.write('now');
    await server.requests[0]?.gone;
    const { stdout, stderr } = await finished;
    const interrupted = [true, 'interrupted', 'interrupted'];
    expect({ result: JSON.parse(stdout), stderr }).toEqual({
      result: [interrupted, interrupted],
      stderr: '',
    });
    expect(server.requests).toHaveLength(1);
  });

  test('tells of warnings and retries through onEvent', async () => {
    const error = { code: 503, message: 'Overloaded.', status: 'UNAVAILABLE' };
    const server = await serve((response, at) =>
      at === 0 ? sendJson(response, 503, { error }) : sendJson(response, 200, answer('A boat.')),
    );
    const code = `
      const events = [];
      const onEvent = (event) => events.push([event.type, event.message ?? event.attempt]);
      const name = ${JSON.stringify(fixture('mislabelled.png'))};
      await describeImage(name, { ...options, retries: 1, onEvent });
      result = events;`;
    expect(await program(code, server)).toEqual([
      ['warning', `${fixture('mislabelled.png')} is a JPEG; sent as image/jpeg`],
      ['retry', 2],
    ]);
  });
});

describe('describeImageStream', () => {
  test('gives the pieces as they arrive, then the description', async () => {
    const code = `
      const stream = describeImageStream(picture, options);
      const pieces = [];
      for await (const piece of stream) pieces.push(piece);
      result = { pieces, text: (await stream.description).text };`;
    expect(await program(code, await streaming())).toEqual({
      pieces: ['A boat ', 'on water.'],
      text: 'A boat on water.',
    });
  });

  test('a failure reaches both the loop and the description', async () => {
    const server = await serve((response) => {
      startEvents(response);
      sendEvent(response, piece('A boat '));
      sendEvent(response, { error: { code: 500, message: 'Broken.', status: 'INTERNAL' } });
      response.end();
    });
    const code = `
      const stream = describeImageStream(picture, options);
      const pieces = [];
      try {
        for await (const piece of stream) pieces.push(piece);
      } catch (error) {
        pieces.push(facts(error).slice(0, 2));
      }
      result = [...pieces, (await stream.description.catch(facts)).slice(0, 2)];`;
    expect(await program(code, server)).toEqual(['A boat ', [true, 'service'], [true, 'service']]);
  });

  test('a failure that nobody awaits does not end the program', async () => {
    const code = `
      describeImageStream('nothere.png', options);
      await new Promise((resolve) => setTimeout(resolve, 50));
      result = 'alive';`;
    expect(await program(code)).toBe('alive');
  });

  test('leaving the loop early closes the request, even of a silent server', async () => {
    const server = await serve((response) => {
      startEvents(response);
      sendEvent(response, piece('A boat '));
    });
    const code = `
      const stream = describeImageStream(picture, options);
      for await (const piece of stream) {
        result = piece;
        break;
      }
      result = [result, (await stream.description.catch(facts)).slice(0, 2)];`;
    expect(await program(code, server)).toEqual(['A boat ', [true, 'interrupted']]);
    await server.requests[0]?.gone;
  });

  test('is aborted by a signal in the middle', async () => {
    const server = await serve((response) => {
      startEvents(response);
      sendEvent(response, piece('A boat '));
    });
    const code = `
      const controller = new AbortController();
      const stream = describeImageStream(picture, { ...options, signal: controller.signal });
      try {
        for await (const piece of stream) controller.abort();
      } catch (error) {
        result = facts(error);
      }`;
    expect(await program(code, server)).toEqual([true, 'interrupted', 'interrupted']);
    await server.requests[0]?.gone;
  });
});

test('nothing global is changed: not fetch, not the environment, not the process', async () => {
  const code = `
    const world = () => {
      const globals = Object.getOwnPropertyNames(globalThis).sort().map((name) => {
        // Node's own globals load lazily behind accessors; a look at them changes nothing.
        return [name, globalThis[name]];
      });
      const listeners = process.eventNames().map((name) => [name, process.listenerCount(name)]);
      return { globals, listeners, env: { ...process.env }, exitCode: process.exitCode };
    };
    const before = world();
    await describeImage(picture, options).catch(() => undefined);
    for await (const piece of describeImageStream(picture, options)) result = piece;
    const after = world();
    const changed = after.globals.filter(([name, value], at) => {
      const [nameBefore, valueBefore] = before.globals[at] ?? [];
      return name !== nameBefore || !Object.is(value, valueBefore);
    });
    result = {
      changed: changed.map(([name]) => name),
      same: JSON.stringify([before.listeners, before.env, before.exitCode]) ===
        JSON.stringify([after.listeners, after.env, after.exitCode]),
    };`;
  expect(await program(code, await streaming())).toEqual({ changed: [], same: true });
});

test('no key is taken from the environment, and no .env is read', async () => {
  const code = `
    process.env.GEMINI_API_KEY = 'test-key-environment';
    process.env.GOOGLE_GEMINI_BASE_URL = 'http://127.0.0.1:1';
    result = [
      (await describeImage(picture, options)).text,
      (await describeImage(picture, { ...options, apiKey: ' ' }).catch(facts)).slice(0, 2),
    ];`;
  const server = await saying('A boat.');
  expect(await program(code, server)).toEqual(['A boat.', [true, 'auth']]);
  expect(server.requests.map(({ headers }) => headers['x-goog-api-key'])).toEqual([KEY]);
});
