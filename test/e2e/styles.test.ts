/** Styles, their rules, and what is said of a picture in a prompt: through the whole command. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startEmulator } from '../../src/emulator/emulator.js';
import { styles } from '../../src/tasks/describe/styles.js';
import { album } from '../support/album.js';
import { run } from '../support/command.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import {
  answer,
  KEY,
  type ScriptedServer,
  type Seen,
  saying,
  sendEvent,
  sendJson,
  serve,
  startEvents,
} from '../support/scripted-server.js';
import { webServer } from '../support/web-server.js';

/** Answers each request in turn; the last answer is given to all that follow. */
function replies(...answers: readonly (string | object)[]): Promise<ScriptedServer> {
  return serve((response, at) => {
    const next = answers[Math.min(at, answers.length - 1)] ?? '';
    sendJson(response, 200, typeof next === 'string' ? answer(next) : next);
  });
}

/** Runs `describe` about a picture `a.png` in a folder of its own. */
async function describeWith(
  { env }: Pick<ScriptedServer, 'env'>,
  args: readonly string[],
  { cwd = temporaryFolder({ 'a.png': 'small.png' }), stdin }: Options = {},
) {
  const options = { cwd, env, ...(stdin && { stdin }) };
  const result = await runInProcess(['describe', ...args], options);
  return { ...result, cwd };
}

interface Options {
  cwd?: string;
  stdin?: Uint8Array;
}

/** Where `--cache` keeps answers during this test. */
function cacheIn(folder: string): void {
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  onTestFinished(() => void vi.unstubAllEnvs());
}

/** The emulator, which refuses what the API refuses. */
async function emulated(): Promise<Pick<ScriptedServer, 'env'>> {
  const emulator = await startEmulator();
  onTestFinished(() => emulator.close());
  return { env: { GOOGLE_GEMINI_BASE_URL: emulator.url, GEMINI_API_KEY: KEY } };
}

function partsOf({ json }: Seen): { text?: string; inlineData?: object }[] {
  return json.contents[0].parts;
}

function promptOf(request: Seen | undefined): string | undefined {
  return request && partsOf(request).at(-1)?.text;
}

/** Usage of so many answers of the scripted server. */
const billed = (calls: number) => ({
  usage: { inputTokens: 1130 * calls, outputTokens: 12 * calls, thoughtTokens: 0, cachedTokens: 0 },
  costUsd: 0.000369 * calls,
});

test('the emulator, which refuses what the API refuses, accepts every style', async () => {
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  const cases: string[][] = [
    ...Object.keys(styles).map((style) => ['-s', style]),
    ['-s', 'alt', '--long', '--lang', 'de', '--max-words', '9', '--context', 'A boat of {folder}.'],
    ['-s', 'caption', '--lang', 'pt-BR', '--max-words', '12', '--context', 'The boat is "MARTA".'],
    ['--lang', 'zh-Hant', '--max-words', '12'],
  ];
  const server = await emulated();
  await Promise.all(
    cases.map(async (args) => {
      const result = await describeWith(server, ['a.png', ...args], { cwd });
      expect(result, args.join(' ')).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^\[offline\]/),
        stderr: '',
      });
    }),
  );
});

describe('tags', () => {
  test('are an array in JSON, and separated by commas as text', async () => {
    const [server, args] = [await emulated(), ['a.png', '-s', 'tags']];
    const json = await describeWith(server, [...args, '-f', 'json']);
    const text = await describeWith(server, args);
    const { data, ...record } = JSON.parse(json.stdout);
    expect(data.length).toBeGreaterThanOrEqual(5);
    expect(data.every((tag: unknown) => typeof tag === 'string')).toBe(true);
    expect(record.text).toBe(data.join(', '));
    expect(text).toMatchObject({ code: 0, stdout: `${record.text}\n` });
  });

  test('are the same in a file beside the picture as on stdout', async () => {
    const server = await saying('["Boat", " Quay ","quay","Sea","red  hull","sky"]');
    const { code, cwd } = await describeWith(server, ['a.png', '-s', 'tags', '--sidecar']);
    expect(code).toBe(0);
    expect(readFileSync(join(cwd, 'a.txt'), 'utf8')).toBe('boat, quay, sea, red hull, sky\n');
  });
});

describe('an answer that breaks a rule of its style', () => {
  const long = `Boats ${'and more boats '.repeat(20)}`.slice(0, 299).concat('.');
  const short = 'Red boats at a quay. '.repeat(5).slice(0, 100).trim();

  test('twice is an error: nothing on stdout, and the whole text in the record', async () => {
    expect(long).toHaveLength(300);
    const server = await saying(long);
    const args = ['a.png', '-s', 'alt'];
    const plain = await describeWith(server, args);
    const { stdout, code } = await describeWith(server, [...args, '-f', 'json']);
    expect(plain).toMatchObject({ code: 7, stdout: '' });
    expect(plain.stderr).toContain('it has 300 characters, and 125 are the most');
    expect(plain.stderr).not.toContain('more boats');
    expect(code).toBe(7);
    const { durationMs: _, ...record } = JSON.parse(stdout);
    expect(record).toMatchObject({
      image: 'a.png',
      status: 'failed',
      error: { kind: 'answer', retryable: false, partialText: long, finishReason: 'STOP' },
      ...billed(2),
    });
    expect(record).not.toHaveProperty('text');
    expect(server.requests).toHaveLength(4);
  });

  test('once is asked for again, with what is wrong, and then accepted', async () => {
    const server = await replies(long, ` ${short}\n`);
    const { code, stdout, stderr } = await describeWith(server, ['a.png', '-s', 'alt']);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${short}\n`, stderr: '' });
    const [first, second] = server.requests.map(partsOf);
    expect(second?.slice(0, -1)).toEqual(first);
    expect(second?.at(-1)?.text).toContain('it has 300 characters, and 125 are the most');
    expect(second?.at(-1)?.text).toContain(long);
    const [one, two] = server.requests.map(({ json: { contents, ...others } }) => others);
    expect(two).toEqual(one);
  });

  test('leaves a file of results as it was', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    writeFileSync(join(cwd, 'out.txt'), 'of another day\n');
    const args = ['a.png', '-s', 'alt', '-o', 'out.txt', '--overwrite', '--sidecar', 'alt'];
    const { code } = await describeWith(await saying(long), args, { cwd });
    expect(code).toBe(7);
    expect(readFileSync(join(cwd, 'out.txt'), 'utf8')).toBe('of another day\n');
    expect(() => readFileSync(join(cwd, 'a.alt'))).toThrow('ENOENT');
  });

  test('in the long form is an error too', async () => {
    const server = await replies(
      JSON.stringify({ alt: long, description: 'Boats.' }),
      JSON.stringify({ alt: short, description: 'Boats.\nA quay.' }),
    );
    const result = await describeWith(server, ['a.png', '-s', 'alt', '--long', '-f', 'json']);
    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      text: `${short}\n\nBoats.\nA quay.`,
      data: { alt: short, description: 'Boats.\nA quay.' },
      ...billed(2),
    });
  });

  test('has no line among those of several pictures, and is listed as failed', async () => {
    const cwd = await album(['a.png', 'c.png']);
    copyFileSync(fixture('small.jpg'), join(cwd, 'b.jpg'));
    const server = await serve((response, _at, request) => {
      const [picture] = partsOf(request);
      const isJpeg = JSON.stringify(picture).includes('image/jpeg');
      sendJson(response, 200, answer(isJpeg ? 'Image of a boat.' : 'A boat.'));
    });
    const args = ['a.png', 'b.jpg', 'c.png', '-s', 'alt', '--failed', 'failed.txt'];
    const { code, stdout, stderr } = await describeWith(server, args, { cwd });
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'a.png\tA boat.\nc.png\tA boat.\n' });
    expect(stderr).toContain('gemini-image: b.jpg: ');
    expect(stderr).toContain('2 described, 1 failed (answer)');
    expect(stderr).toContain('4,520 tokens in, 48 out');
    expect(readFileSync(join(cwd, 'failed.txt'), 'utf8')).toBe('b.jpg\n');
    expect(server.requests).toHaveLength(4);
  });

  test('is an error too if the second one is cut off at its limit', async () => {
    const server = await replies(long, answer('Boats at', 'MAX_TOKENS'));
    const result = await describeWith(server, ['a.png', '-s', 'alt', '-f', 'json']);
    expect(result.code).toBe(7);
    expect(JSON.parse(result.stdout)).toMatchObject({
      status: 'failed',
      error: { kind: 'answer', finishReason: 'MAX_TOKENS', partialText: 'Boats at' },
      ...billed(2),
    });
    expect(server.requests).toHaveLength(2);
  });
});

describe('no text in the picture', () => {
  const nothing = {
    'an empty text': answer(''),
    'white space': answer(' \n\u3000'),
  };

  /** Not a word, and no sign that there is none to say: the service has passing faults like that. */
  const noParts = {
    candidates: [{ content: { role: 'model' }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 1130, candidatesTokenCount: 0 },
  };

  test('is an answer to ocr', async () => {
    for (const [what, reply] of Object.entries(nothing)) {
      const server = await replies(reply);
      const result = await describeWith(server, ['a.png', '-s', 'ocr', '-f', 'json', '--sidecar']);
      expect(result.code, what).toBe(0);
      expect(JSON.parse(result.stdout)).toMatchObject({ status: 'ok', text: '', empty: true });
      expect(readFileSync(join(result.cwd, 'a.txt'), 'utf8')).toBe('\n');
      expect(server.requests).toHaveLength(1);
    }
  });

  test('is not the same as an answer without parts, which is retried twice', async () => {
    const server = await replies(noParts);
    const result = await describeWith(server, ['a.png', '-s', 'ocr', '-f', 'json']);
    expect(result.code).toBe(7);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { retryable: true } });
    expect(server.requests).toHaveLength(3);
  });

  test('is not a caption', async () => {
    for (const [what, reply] of Object.entries({ ...nothing, noParts })) {
      const args = ['a.png', '-f', 'json', '-s', 'caption'];
      const { code, stdout } = await describeWith(await replies(reply), args);
      expect(code, what).toBe(7);
      expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', error: { kind: 'answer' } });
    }
  });

  test('is an empty line, and one line for each of several pictures', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.png': 'small.png' });
    const server = await saying('');
    const [one, two] = await Promise.all([
      describeWith(server, ['a.png', '-s', 'ocr'], { cwd }),
      describeWith(server, ['a.png', 'b.png', '-s', 'ocr'], { cwd }),
    ]);
    expect(one).toMatchObject({ code: 0, stdout: '\n' });
    expect(two).toMatchObject({ code: 0, stdout: 'a.png\t\nb.png\t\n' });
  });

  test('does not leave an earlier text in the file of results', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    writeFileSync(join(cwd, 'out.txt'), 'of another picture\n');
    const args = ['a.png', '-s', 'ocr', '-o', 'out.txt', '--overwrite'];
    const { code } = await describeWith(await saying(''), args, { cwd });
    expect(code).toBe(0);
    expect(readFileSync(join(cwd, 'out.txt'), 'utf8').trim()).toBe('');
  });

  test('is remembered in a ledger and by the cache, and a row of a table', async () => {
    const server = await saying('');
    const args = ['a.png', '-s', 'ocr', '--cache'];
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    cacheIn(cwd);
    const first = await describeWith(server, [...args, '-o', 'texts.jsonl'], { cwd });
    expect(first.code).toBe(0);
    const again = await describeWith(server, [...args, '-o', 'texts.jsonl'], { cwd });
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(readFileSync(join(cwd, 'texts.jsonl'), 'utf8').split('\n')).toHaveLength(2);
    const csv = await describeWith(server, [...args, '-f', 'csv'], { cwd });
    expect(csv.stdout.split('\r\n')[1]).toMatch(/^a\.png,ok,,gemini-3\.5-flash-lite,STOP,.*,true,/);
    expect(server.requests).toHaveLength(1);
  });
});

test('a transcript is exact, to its line breaks, in a separate process too', async () => {
  const text = '  MARTA\r\n\n\tFRESH  FISH \n7:00–11:00\u2028{name}\n';
  const { env } = await saying(text);
  const result = await run(['describe', fixture('small.png'), '-s', 'ocr'], { env });
  expect(result).toMatchObject({ code: 0, stdout: text, stderr: '' });
});

describe('placeholders', () => {
  test('that are unknown are refused before any call', async () => {
    const server = await saying('A boat.');
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.png': 'small.png' });
    const cases: Record<string, string[]> = {
      '{nope}': ['-p', 'What is {nope}?'],
      '{file}': ['b.png', '-p', 'What is {file}?'],
      '{Name} in the context': ['b.png', '-s', 'alt', '--context', 'It is {Name}.'],
      '{toString}': ['-p', 'What is {toString}?', '--dry-run'],
    };
    await Promise.all(
      Object.entries(cases).map(async ([mark, args]) => {
        const { code, stdout, stderr } = await describeWith(server, ['a.png', ...args], { cwd });
        expect({ code, stdout }, mark).toEqual({ code: 2, stdout: '' });
        const [message, hint] = stderr.split('\n');
        expect(message).toBe(`gemini-image: unknown placeholder ${mark}`);
        expect(hint).toContain('There are {name}, {stem} and {folder}');
      }),
    );
    expect(server.requests).toHaveLength(0);
  });

  test('are filled for each file of a folder, and braces in the facts stay', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'the $& folder'));
    const names = ['{nope}.png', "$&$1$'.png", 'a.b.png', '{{name}}.png'];
    for (const name of names) copyFileSync(fixture('small.png'), join(cwd, 'the $& folder', name));
    const server = await saying('A boat.');
    const args = ['the $& folder', '-p', '{name}|{ stem }|{folder}|{{name}|{"a": 1}|}}'];
    const { code, stderr } = await describeWith(server, args, { cwd });
    expect(code, stderr).toBe(0);
    const asked = server.requests.map(promptOf).sort();
    const expected = names.map(
      (name) => `${name}|${name.slice(0, -4)}|the $& folder|{name}|{"a": 1}|}}`,
    );
    expect(asked).toEqual(expected.sort());
  });

  test('know the folder of a bare file name, in a dry run too', async () => {
    const cwd = join(temporaryFolder(), 'Häfen');
    mkdirSync(cwd);
    copyFileSync(fixture('small.png'), join(cwd, 'a.png'));
    const server = await saying('A boat.');
    const args = ['./a.png', '-s', 'alt', '--context', '{stem} of {folder}'];
    const [{ stdout }] = await Promise.all([
      describeWith(server, [...args, '--dry-run'], { cwd }),
      describeWith(server, args, { cwd }),
    ]);
    const shown = JSON.parse(stdout).body.contents[0].parts.at(-1).text;
    expect(shown).toContain('<context>\na of Häfen\n</context>');
    expect(promptOf(server.requests[0])).toBe(shown);
  });

  test('are filled for addresses', async () => {
    const web = await webServer({
      '/old%20photos/my%20boat.v2.png': { file: fixture('small.png') },
    });
    const server = await saying('A boat.');
    const url = `${web.url}/old%20photos/my%20boat.v2.png?size=1#top`;
    const args = [url, '--allow-private-hosts', '-p', '{folder}/{name}/{stem}'];
    expect(await describeWith(server, args)).toMatchObject({ code: 0 });
    expect(promptOf(server.requests[0])).toBe('old photos/my boat.v2.png/my boat.v2');
  });

  test('cannot be filled for standard input, but a brace can be sent', async () => {
    const stdin = readFileSync(fixture('small.png'));
    const server = await saying('A boat.');
    const cwd = temporaryFolder();
    const [named, braced] = await Promise.all([
      describeWith(server, ['-', '-p', 'What is {stem}?'], { stdin, cwd }),
      describeWith(server, ['-', '-p', 'What is {{stem}?'], { stdin, cwd }),
    ]);
    expect(named).toMatchObject({ code: 2, stdout: '' });
    expect(named.stderr).toContain('a picture from stdin has no name');
    expect(braced).toMatchObject({ code: 0 });
    expect(server.requests.map(promptOf)).toEqual(['What is {stem}?']);
  });

  test('exclude --together, but braces do not', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.png': 'small.png' });
    const server = await saying('Nothing.');
    const args = ['a.png', 'b.png', '--together'];
    const [named, inContext, braced] = await Promise.all([
      describeWith(server, [...args, '-p', 'Is it {name}?'], { cwd }),
      describeWith(server, [...args, '--context', 'It is {name}.'], { cwd }),
      describeWith(server, [...args, '-p', 'Is it {{name}?'], { cwd }),
    ]);
    expect([named.code, inContext.code, braced.code]).toEqual([2, 2, 0]);
    expect(server.requests.map(promptOf)).toEqual(['Is it {name}?']);
  });

  test('make the same bytes under two names two questions for the cache', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.png': 'small.png' });
    const server = await serve((response, _at, request) =>
      sendJson(response, 200, answer(`It is ${promptOf(request)}`)),
    );
    cacheIn(cwd);
    const args = ['a.png', 'b.png', '-p', '{name}', '--cache'];
    const first = await describeWith(server, args, { cwd });
    expect(first.stdout).toBe('a.png\tIt is a.png\nb.png\tIt is b.png\n');
    expect((await describeWith(server, args, { cwd })).stdout).toBe(first.stdout);
    expect(server.requests).toHaveLength(2);
  });
});

describe('a context', () => {
  test('of 10 KB of anything arrives unchanged, typed or from a file', async () => {
    const unit = `"quotes" 'too' \\n \\u0041 line\nbreak\r\n\ttab 🚤👩‍👩‍👧 \u2028\u2029 日本 <b>&amp;</b> $& %s \`x\` `;
    const text = unit.repeat(120).trim();
    expect(Buffer.byteLength(text)).toBeGreaterThan(10_000);
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    writeFileSync(join(cwd, 'known.txt'), `${text}\n`);
    const server = await saying('A boat.');
    await Promise.all([
      describeWith(server, ['a.png', '-s', 'alt', '--context', text], { cwd }),
      describeWith(server, ['a.png', '-s', 'alt', '--context', '@known.txt'], { cwd }),
    ]);
    const [one, two] = server.requests.map(promptOf);
    expect(one?.endsWith(`<context>\n${text}\n</context>`)).toBe(true);
    expect(two).toBe(one);
  });
});

test('options that do not go together are refused before any call', async () => {
  const server = await saying('A boat.');
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  const cases: [args: string[], words: string[]][] = [
    [['-s', 'poem'], Object.keys(styles)],
    [
      ['--lang', 'german'],
      ['"german" is no language tag', 'pt-BR'],
    ],
    [['--long'], ['--style alt --long']],
    [['-s', 'ocr', '--max-words', '5'], ['ocr takes no limit of words']],
    [
      ['-p', 'What?', '-s', 'alt'],
      ['exclude each other', '--context'],
    ],
    [
      ['--context', '@nothere.txt'],
      ["the context's file nothere.txt", 'no such file'],
    ],
    [
      ['-s', 'tags', '--stream'],
      ['--stream', 'JSON'],
    ],
    [
      ['-s', 'alt', '--long', '--stream'],
      ['--stream', 'JSON'],
    ],
  ];
  await Promise.all(
    cases.map(async ([args, words]) => {
      const { code, stdout, stderr } = await describeWith(server, ['a.png', ...args], { cwd });
      expect({ code, stdout }, args.join(' ')).toEqual({ code: 2, stdout: '' });
      for (const word of words) expect(stderr).toContain(word);
    }),
  );
  expect(server.requests).toHaveLength(0);
});

test('what stands for no text is not shown in a stream, and text is, from its first letter', async () => {
  const streaming = (...pieces: readonly string[]) =>
    serve((response) => {
      startEvents(response);
      for (const [at, text] of pieces.entries()) {
        const isLast = at === pieces.length - 1;
        sendEvent(response, answer(text, isLast ? 'STOP' : ''));
      }
      response.end();
    });
  const args = ['a.png', '-s', 'ocr', '--stream'];
  const nothing = await describeWith(await streaming('[no', ' text]', '\n'), args);
  expect(nothing).toMatchObject({ code: 0, stdout: '\n' });
  const text = await describeWith(await streaming('[no', ' smoking]', ' here'), args);
  expect(text).toMatchObject({ code: 0, stdout: '[no smoking] here\n' });
  const record = await describeWith(await saying('[no text]'), [
    'a.png',
    '-s',
    'ocr',
    '-f',
    'json',
  ]);
  expect(JSON.parse(record.stdout)).toMatchObject({ status: 'ok', text: '', empty: true });
});

describe('a streamed answer that breaks a rule', () => {
  const three = ['One boat', ' is red. Two are', ' blue. Three are green.'];
  const streaming = (...answers: readonly (readonly string[])[]) =>
    serve((response, at) => {
      const pieces = answers[Math.min(at, answers.length - 1)] ?? [];
      startEvents(response);
      for (const [number, text] of pieces.entries()) {
        const isLast = number === pieces.length - 1;
        sendEvent(response, answer(text, isLast ? 'STOP' : ''));
      }
      response.end();
    });

  test('stays if it was shown, and is not asked for again', async () => {
    const server = await streaming(three);
    const args = ['a.png', '-s', 'caption', '--stream'];
    const { code, stdout, stderr } = await describeWith(server, args);
    expect({ code, stdout }).toEqual({ code: 7, stdout: `${three.join('')}\n` });
    expect(stderr).toContain('it has 3 sentences, and 2 are the most');
    expect(server.requests).toHaveLength(1);
  });

  test('is asked for again if nobody has seen it', async () => {
    const server = await streaming(three, ['Boats', ' at a quay.']);
    const args = ['a.png', '-s', 'caption', '--stream', '-o', 'x.jsonl'];
    const { code, cwd } = await describeWith(server, args);
    expect(code).toBe(0);
    const record = JSON.parse(readFileSync(join(cwd, 'x.jsonl'), 'utf8'));
    expect(record).toMatchObject({ status: 'ok', text: 'Boats at a quay.', ...billed(2) });
    expect(server.requests).toHaveLength(2);
  });

  test('is asked for again if it becomes a record', async () => {
    const server = await streaming(three, ['Boats', ' at a quay.']);
    const args = ['a.png', '-s', 'caption', '--stream', '-f', 'json'];
    const { code, stdout, stderr } = await describeWith(server, args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ text: 'Boats at a quay.', ...billed(2) });
    expect(server.requests).toHaveLength(2);
  });

  test('a correct one is printed as it came', async () => {
    const server = await streaming([' Boats', ' at a quay. ']);
    const { code, stdout } = await describeWith(server, ['a.png', '-s', 'caption', '--stream']);
    expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: 'Boats at a quay.' });
  });
});

test('a ledger knows one question from another', async () => {
  const server = await saying('A boat at a quay');
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  const questions = [[], ['--max-words', '9'], ['-s', 'title']];
  const args = ['a.png', '-o', 'all.jsonl'];
  // One after the other, since a ledger is written by one run at a time.
  for (const question of questions) await describeWith(server, [...args, ...question], { cwd });
  expect(server.requests).toHaveLength(questions.length);
  const lines = readFileSync(join(cwd, 'all.jsonl'), 'utf8').trimEnd().split('\n');
  const asked = new Set(lines.map((line) => JSON.parse(line).request));
  expect(asked.size).toBe(questions.length);
  const again = [...args, ...(questions.at(-1) ?? [])];
  expect((await describeWith(server, again, { cwd })).stderr).toContain(
    'there is an answer already',
  );
  expect(server.requests).toHaveLength(questions.length);
});

test('an answer that breaks the rules is not kept in the cache', async () => {
  const server = await replies('Image of a boat.', 'Image of a boat.', 'A boat.');
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  cacheIn(cwd);
  const args = ['a.png', '-s', 'alt', '--cache'];
  expect(await describeWith(server, args, { cwd })).toMatchObject({ code: 7 });
  expect(await describeWith(server, args, { cwd })).toMatchObject({ code: 0, stdout: 'A boat.\n' });
  expect(server.requests).toHaveLength(3);
});
