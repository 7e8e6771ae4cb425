/** Settings of the model: what is sent, and what is said where one is refused. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startEmulator } from '../../src/emulator/emulator.js';
import { defaultPrompt } from '../../src/tasks/describe/style-names.js';
import { album, albumServer } from '../support/album.js';
import { fixtureBytes, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { atOwnAddress } from '../support/own-address.js';
import {
  answer,
  failing,
  KEY,
  type ScriptedServer,
  saying,
  sendJson,
  serve,
} from '../support/scripted-server.js';

const CONTENTS = [
  {
    role: 'user',
    parts: [
      { inlineData: { mimeType: 'image/png', data: fixtureBytes('small.png').toString('base64') } },
      { text: defaultPrompt },
    ],
  },
];

function describeWith(
  { env }: Pick<ScriptedServer, 'env'>,
  args: readonly string[],
  cwd = temporaryFolder({ 'a.png': 'small.png' }),
) {
  return runInProcess(['describe', 'a.png', ...args], { cwd, env });
}

/** The emulator, which refuses what the API refuses. */
async function emulated(): Promise<Pick<ScriptedServer, 'env'>> {
  const emulator = await startEmulator();
  onTestFinished(() => emulator.close());
  return { env: { GOOGLE_GEMINI_BASE_URL: emulator.url, GEMINI_API_KEY: KEY } };
}

test('nothing is sent that was not asked for', async () => {
  const server = await saying('A boat.');
  await describeWith(server, []);
  await describeWith(server, ['-s', 'caption', '--safety', 'default']);
  expect(server.requests.map(({ json }) => json)).toEqual(
    Array(2).fill({ contents: CONTENTS, store: false }),
  );
});

test('--store lets the service keep what is asked; the dry run shows which applies', async () => {
  const server = await saying('A boat.');
  await describeWith(server, ['--store']);
  expect(server.requests.map(({ json }) => json)).toEqual([{ contents: CONTENTS }]);
  const body = async (...args: string[]) =>
    JSON.parse((await describeWith(server, [...args, '--dry-run'])).stdout).body;
  expect(await body()).toHaveProperty('store', false);
  expect(await body('--store')).not.toHaveProperty('store');
});

test('--dry-run shows what the answer about one picture usually costs', async () => {
  const { stdout } = await describeWith({ env: {} }, ['--dry-run']);
  const { estimate } = JSON.parse(stdout);
  expect(estimate).toMatchObject({ outputTokens: 60, pricesAsOf: expect.any(String) });
  expect(estimate.costUsd).toBeCloseTo((estimate.inputTokens * 0.3 + 60 * 2.5) / 1e6, 6);
  const unknown = await describeWith({ env: {} }, ['--dry-run', '-m', 'gemini-99-flash']);
  expect(JSON.parse(unknown.stdout).estimate).not.toHaveProperty('costUsd');
});

test('a server that does not know "store" answers all pictures, with one warning per run', async () => {
  const message = 'Invalid JSON payload received. Unknown name "store": Cannot find field.';
  const server = await serve((response, _at, { json }) => {
    const error = { code: 400, message, status: 'INVALID_ARGUMENT' };
    if ('store' in json) sendJson(response, 400, { error });
    else sendJson(response, 200, answer('A boat.'));
  });
  const { url } = atOwnAddress({ url: server.env.GOOGLE_GEMINI_BASE_URL ?? '' });
  const env = { ...server.env, GOOGLE_GEMINI_BASE_URL: url };
  const cwd = await album(6);
  for (const requests of [7, 13]) {
    const args = ['describe', 'photos', '-c', '1'];
    const { code, stderr } = await runInProcess(args, { cwd, env });
    expect(code, stderr).toBe(0);
    expect(server.requests).toHaveLength(requests);
    expect(stderr.match(/does not take "store": false/g)).toHaveLength(1);
  }
});

test('each setting arrives in the form of the API, alone or with all others', async () => {
  const category = [
    'HARM_CATEGORY_HARASSMENT',
    'HARM_CATEGORY_HATE_SPEECH',
    'HARM_CATEGORY_SEXUALLY_EXPLICIT',
    'HARM_CATEGORY_DANGEROUS_CONTENT',
  ];
  const safety = (threshold: string) => category.map((harm) => ({ category: harm, threshold }));
  const cases: [args: string[], sent: object][] = [
    [['--system', 'Be brief.'], { systemInstruction: { parts: [{ text: 'Be brief.' }] } }],
    [['--temperature', '0', '--seed', '0'], { generationConfig: { temperature: 0, seed: 0 } }],
    [
      ['--thinking', 'xhigh', '--media-resolution', 'low', '--safety', 'relaxed'],
      {
        generationConfig: {
          mediaResolution: 'MEDIA_RESOLUTION_LOW',
          thinkingConfig: { thinkingLevel: 'XHIGH' },
        },
        safetySettings: safety('BLOCK_ONLY_HIGH'),
      },
    ],
    [
      [
        ...['--system', 'S', '--thinking', 'low', '--media-resolution', 'high', '--seed', '7'],
        ...['--max-output-tokens', '99', '--temperature', '2', '--safety', 'off', '-s', 'title'],
      ],
      {
        systemInstruction: { parts: [{ text: 'S' }] },
        generationConfig: {
          mediaResolution: 'MEDIA_RESOLUTION_HIGH',
          maxOutputTokens: 99,
          temperature: 2,
          seed: 7,
          thinkingConfig: { thinkingLevel: 'LOW' },
        },
        safetySettings: safety('BLOCK_NONE'),
      },
    ],
  ];
  for (const [args, sent] of cases) {
    const server = await saying('A boat');
    const { code, stderr } = await describeWith(server, args);
    expect({ code, stderr }, args.join(' ')).toEqual({ code: 0, stderr: '' });
    const { contents: _, ...others } = server.requests[0]?.json ?? {};
    expect(others).toEqual({ ...sent, store: false });
  }
});

test('all of them pass the emulator, which refuses what the API refuses', async () => {
  const args = [
    '--system',
    'S',
    '--thinking',
    'minimal',
    '--media-resolution',
    'low',
    '--seed',
    '7',
  ];
  const more = ['--max-output-tokens', '999', '--temperature', '0.5', '--safety', 'relaxed'];
  const all = [...args, ...more, '-f', 'json'];
  const { code, stdout, stderr } = await describeWith(await emulated(), all);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout).usage.inputTokens).toBeLessThan(1000);
});

test('a system instruction of 10 KB of anything arrives unchanged, typed or from a file', async () => {
  const unit = `"quotes" 'too' \\n {name} {{ {nope} line\nbreak\r\n\t🚤 \u2028 日本 \${x} $& %s \`y\` `;
  const text = unit.repeat(160).trim();
  expect(Buffer.byteLength(text)).toBeGreaterThan(10_000);
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  writeFileSync(join(cwd, 'system.txt'), `${text}\r\n`);
  const server = await saying('A boat.');
  await Promise.all([
    describeWith(server, ['--system', text], cwd),
    describeWith(server, ['--system', '@system.txt'], cwd),
    describeWith(server, ['--system', '@@home'], cwd),
  ]);
  const sent = server.requests.map(({ json }) => json.systemInstruction.parts);
  expect(new Set(sent.map((parts) => parts[0].text))).toEqual(new Set([text, '@home']));
  expect(sent.map((parts) => parts.length)).toEqual([1, 1, 1]);
});

test('an invalid setting is refused before any call', async () => {
  const server = await saying('A boat.');
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  const cases: [args: string[], word: string][] = [
    [['--thinking', 'a lot'], 'minimal, low, medium, high, xhigh'],
    [['--media-resolution', 'ultra'], 'low, medium, high'],
    [['--safety', 'none'], 'default, relaxed, off'],
    [['--temperature', '2.1'], '--temperature'],
    [['--seed', '2147483648'], '--seed'],
    [['--max-output-tokens', '0'], '--max-output-tokens'],
    [['--system', '@nothere.txt'], "the system instruction's file nothere.txt"],
  ];
  await Promise.all(
    cases.map(async ([args, word]) => {
      const { code, stdout, stderr } = await describeWith(server, args, cwd);
      expect({ code, stdout }, args.join(' ')).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(word);
    }),
  );
  expect(server.requests).toHaveLength(0);
});

describe('a setting that the service refuses', () => {
  const LEVEL =
    'Thinking level MINIMAL is not supported for this model. Please retry with other thinking level.';

  test('of thinking: the levels of the model are named', async () => {
    const server = await emulated();
    const asking = (...args: string[]) => describeWith(server, args);
    const carbon = await asking('-m', 'gemini-4-carbon', '--thinking', 'minimal');
    const hydrogen = await asking('-m', 'gemini-4-hydrogen', '--thinking', 'minimal', '-s', 'tags');
    const table = await asking('-m', 'gemini-4-carbon', '--thinking', 'low');
    expect(carbon).toMatchObject({ code: 2, stdout: '' });
    expect(carbon.stderr).toContain(
      'gemini-4-carbon takes --thinking medium (its default), low or high.',
    );
    expect(hydrogen).toMatchObject({ code: 2, stdout: '' });
    expect(hydrogen.stderr).toContain('high (its default), low, medium or xhigh');
    expect(table.code).toBe(0);
  });

  test('ends a run over several pictures after the first, with nothing done', async () => {
    const cwd = await album(20);
    const server = await failing(400, 'INVALID_ARGUMENT', LEVEL);
    const args = [
      'describe',
      'photos',
      '-c',
      '1',
      '--thinking',
      'minimal',
      '-m',
      'gemini-4-carbon',
    ];
    const { code, stdout, stderr } = await runInProcess(args, { cwd, env: server.env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(server.requests).toHaveLength(1);
    expect(stderr.match(/does not take the thinking level/g)).toHaveLength(1);
    expect(stderr).toContain('medium (its default), low or high');
  });

  test('of an unknown model: all levels are named', async () => {
    const server = await failing(400, 'INVALID_ARGUMENT', LEVEL);
    const args = ['--thinking', 'minimal', '-m', 'gemini-99-flash'];
    const { code, stderr } = await describeWith(server, args);
    expect(code).toBe(2);
    expect(stderr).toContain('minimal, low, medium, high or xhigh; each model knows some of them');
  });
});

test('a limit that cuts the answer off is named', async () => {
  const server = await albumServer((_number, response) => {
    const candidates = [{ content: { role: 'model' }, finishReason: 'MAX_TOKENS' }];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ candidates, usageMetadata: { thoughtsTokenCount: 50 } }));
  });
  const args = ['--max-output-tokens', '50', '-s', 'ocr'];
  const { code, stdout, stderr } = await describeWith(server, args);
  expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
  expect(stderr).toContain('--max-output-tokens');
  expect(server.requests).toHaveLength(1);
});

test('a ledger tells settings apart, and treats defaults as unset', async () => {
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  const server = await saying('A boat.');
  const settings = [
    [],
    ['--safety', 'default'],
    ['--system', 'Be brief.'],
    ['--seed', '0'],
    ['--seed', '0'],
  ];
  for (const setting of settings) await describeWith(server, ['-o', 'a.jsonl', ...setting], cwd);
  const lines = readFileSync(join(cwd, 'a.jsonl'), 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(3);
  expect(new Set(lines.map((line) => JSON.parse(line).request)).size).toBe(3);
  expect(server.requests).toHaveLength(3);
});
