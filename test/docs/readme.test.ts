import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.js';
import { runInProcess } from '../support/in-process.js';

const root = process.cwd();
const readme = readFileSync('README.md', 'utf8');
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, code = '']) => code,
  );

let folder: string;
let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator();
  folder = mkdtempSync(join(tmpdir(), 'readme-'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, '.cache'));
  cpSync('fixtures/harbor.jpg', join(folder, 'fixtures/harbor.jpg'));
  cpSync('fixtures/small.png', join(folder, 'photo.png'));
  for (const name of [
    ...['before.png', 'after.png', 'page.png'],
    ...['photos/a.png', 'photos/b/c.png', 'shots/a.png'],
  ]) {
    cpSync('fixtures/small.png', join(folder, name));
  }
  // The emulator does as its wording says.
  writeFileSync(join(folder, 'claims.txt'), 'the page has a footer [holds]\n');
  for (const name of ['monday.jsonl', 'tuesday.jsonl']) writeFileSync(join(folder, name), '');
  symlinkSync(join(root, 'dist/bin.cjs'), join(folder, 'gemini-image'));
  // A clone is installed already, and npx finds its command.
  script('npm', 'case "$1" in ci|test|install) ;; *) exit 1 ;; esac');
  script('npx', 'exec "$@"');
  if (spawnSync('jq', ['--version']).error) {
    writeFileSync(join(folder, 'jq'), jqStandIn, { mode: 0o755 });
  }
});

/** What the recipes ask of jq, for machines that have none. */
const jqStandIn = `#!/usr/bin/env node
const value = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const filters = { '.text': () => value.text, '.status == "ok"': () => value.status === 'ok' };
const result = filters[process.argv.at(-1)]();
console.log(result);
process.exitCode = result ? 0 : 1;
`;

afterAll(async () => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
  await emulator.close();
});

function script(name: string, body: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

function environment() {
  return {
    PATH: [folder, process.env.PATH].join(delimiter),
    HOME: folder,
    GEMINI_API_KEY: 'test-key',
    GOOGLE_GEMINI_BASE_URL: emulator.url,
  };
}

function start(command: string): ChildProcess {
  return spawn('sh', ['-ec', command], { cwd: folder, env: environment() });
}

interface Ran {
  code: number | null;
  output: string;
}

/** Of a line that is one command, the shell is asked for nothing but its words. */
async function run(command: string): Promise<Ran> {
  const [, line] = /^gemini-image ([^|&;<>$`\n]+)\n?$/.exec(command) ?? [];
  if (line === undefined) return runInShell(command);
  const script = `printf '%s\\0' ${line}`;
  const words = execFileSync('sh', ['-ec', script], { cwd: folder, encoding: 'utf8' });
  const options = { cwd: folder, env: environment() };
  const { code, stdout, stderr } = await runInProcess(words.split('\0').slice(0, -1), options);
  return { code, output: stderr + stdout };
}

async function runInShell(command: string): Promise<Ran> {
  const child = start(command);
  child.stdin?.end();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((done) => child.on('close', done));
  return { code, output };
}

describe('every shell recipe of the README works', () => {
  const recipes = blocks('sh').filter((recipe) => !recipe.includes(' emulator '));

  test.each(recipes)('%s', async (recipe) => {
    const { code, output } = await run(recipe);
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).not.toContain('gemini-image:');
  });

  test('there are recipes to run', () => {
    expect(recipes.length).toBeGreaterThanOrEqual(8);
  });
});

test('the emulator of the README listens where it says, until Ctrl-C', async () => {
  const recipe = blocks('sh').find((code) => code.includes(' emulator '));
  expect(recipe).toContain('--port 8080');
  const child = start(`exec ${recipe?.replace('--port 8080', '--port 0')}`);
  const url = await new Promise<string>((done) => child.stdout?.once('data', (d) => done(`${d}`)));
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
  child.kill('SIGINT');
  expect(await new Promise((done) => child.on('close', done))).toBe(130);
});

test.each(blocks('console'))('the transcript of the README is real: %s', async (transcript) => {
  const [command = '', ...lines] = transcript.split('\n');
  const { output } = await run(command.replace(/^\$ /, ''));
  expect(output).toBe(lines.join('\n'));
});

test('the program of the README compiles and runs', () => {
  const [program = ''] = blocks('ts');
  const typed = join(folder, 'program.mts');
  const source = program.replaceAll('{ apiKey', `{ baseUrl: '${emulator.url}', apiKey`);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/gemini-image'));
  for (const name of ['@types', 'undici-types']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  writeFileSync(typed, source);
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023'];
  execFileSync(process.execPath, [tsc, ...options, '--types', 'node', typed], { cwd: folder });
  // The emulator answers from this process, which must stay free to do so.
  return run(`node ${join(folder, 'program.mjs')}`).then(({ code, output }) => {
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output.match(/\[offline\] A PNG picture/g)).toHaveLength(2);
  });
});
