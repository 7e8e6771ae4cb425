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
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { GeminiImageError } from '../../src/domain/error.js';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.js';
import { checkOptions, type FunctionName } from '../../src/library/check-options.js';
import { pdfOf, tiffOf } from '../support/documents.js';
import { runInProcess } from '../support/in-process.js';

const root = process.cwd();
/** The README and the guides, whose every command is run. */
const PAGES = [
  'README.md',
  ...[
    ...['recipes', 'pictures', 'styles', 'json-answers', 'claims', 'boxes', 'many-pictures'],
    ...['documents', 'vocabulary', 'exit-codes', 'command-line', 'keys', 'many-thousands'],
    ...['many-machines', 'photo-libraries'],
  ].map((name) => `docs/${name}.md`),
];
const guides = PAGES.map((path) => readFileSync(path, 'utf8')).join('\n');
const readme = readFileSync('README.md', 'utf8');
const blocks = (language: string, page = guides): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
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
    ...['photos/a.png', 'photos/b/c.png', 'photos/harbour/d.png', 'shots/a.png'],
    ...['cards/a-front.png', 'cards/a-back.png', 'shop/boots/left.png', 'shop/boots/right.png'],
  ]) {
    cpSync('fixtures/small.png', join(folder, name));
  }
  cpSync('fixtures/small.jpg', join(folder, 'photo.jpg'));
  for (const name of ['scan.tif', 'scans/deed.tif']) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), tiffOf([40, 30], [40, 30]));
  }
  for (const name of ['report.pdf', 'invoice.pdf', 'invoices/march.pdf']) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), pdfOf(2));
  }
  writeFileSync(join(folder, 'words.txt'), 'boat\nsea > harbour\nlandscape\n');
  mkdirSync(join(folder, 'site'));
  writeFileSync(join(folder, 'site/index.html'), '<img src="a.png" alt="A boat">');
  // The emulator does as its wording says.
  writeFileSync(join(folder, 'claims.txt'), 'the page has a footer [holds]\n');
  writeFileSync(join(folder, 'mood.txt'), 'The mood of the picture, in a word.\n');
  const [styles = ''] = blocks('json', readFileSync('docs/styles.md', 'utf8'));
  writeFileSync(join(folder, 'styles.json'), styles);
  for (const name of ['monday.jsonl', 'tuesday.jsonl']) writeFileSync(join(folder, name), '');
  symlinkSync(join(root, 'dist/bin.cjs'), join(folder, 'gemini-image'));
  // A clone is installed already, and npx finds its command.
  script('npm', 'case "$1" in ci|test|install) ;; *) exit 1 ;; esac');
  script('npx', 'exec "$@"');
  script('pass', 'echo test-key');
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
    // As in a job array of Slurm.
    SLURM_ARRAY_TASK_ID: '3',
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

describe('every shell recipe of the README and the guides works', () => {
  /** What runs until Ctrl-C, needs another program or all eight shards, and a job that takes its time. */
  const others =
    / (?:emulator|review) |^(?:docker|kubectl|sbatch) |ends with exit code 8|-of-8|jq -r 'sel/;
  const recipes = blocks('sh').filter((recipe) => !others.test(recipe));

  test.each(recipes)('%s', async (recipe) => {
    const { code, output } = await run(recipe);
    // The emulator cannot judge what a guide claims of a document.
    const expected = /check \S+\.pdf .*\n$/.test(recipe) ? 7 : 0;
    expect({ code, output }).toMatchObject({ code: expected });
    expect(output).not.toMatch(/^gemini-image: (?!warning)/m);
  });

  test('there are recipes to run', () => {
    expect(recipes.length).toBeGreaterThanOrEqual(8);
  });
});

test('the emulator of the recipes listens where it says, until Ctrl-C', async () => {
  const recipe = blocks('sh').find((code) => code.includes(' emulator '));
  expect(recipe).toContain('--port 8080');
  const child = start(`exec ${recipe?.replace('--port 8080', '--port 0')}`);
  const url = await new Promise<string>((done) => child.stdout?.once('data', (d) => done(`${d}`)));
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
  child.kill('SIGINT');
  expect(await new Promise((done) => child.on('close', done))).toBe(130);
});

test.each(blocks('console'))('the transcript of a guide is real: %s', async (transcript) => {
  const [command = '', ...lines] = transcript.split('\n');
  const { output } = await run(command.replace(/^\$ /, ''));
  expect(output).toBe(lines.join('\n'));
});

describe('the programs of the documentation', () => {
  const pages = ['README.md', 'docs/library.md'];
  const programs = pages.flatMap((page) => blocks('ts', readFileSync(page, 'utf8')));
  const consumer = () => join(folder, 'consumer');

  beforeAll(() => {
    mkdirSync(join(consumer(), 'node_modules/@types'), { recursive: true });
    symlinkSync(root, join(consumer(), 'node_modules/gemini-image'));
    for (const name of ['@types/node', 'undici-types', 'zod']) {
      symlinkSync(join(root, 'node_modules', name), join(consumer(), 'node_modules', name));
    }
    for (const name of [
      ...['photo.png', 'page.png', 'before.png', 'after.png', 'photos/a.png', 'photos/b/c.png'],
      ...['cards/a-front.png', 'cards/a-back.png'],
    ]) {
      cpSync('fixtures/small.png', join(consumer(), name));
    }
    mkdirSync(join(consumer(), 'site'));
    writeFileSync(
      join(consumer(), 'site/index.html'),
      '<h1>Boats</h1>\n<img src="../photo.png">\n',
    );
    mkdirSync(join(consumer(), '.git'));
    writeFileSync(join(consumer(), 'package.json'), '{ "type": "module" }');
    for (const [at, program] of programs.entries()) {
      writeFileSync(join(consumer(), `program${at}.ts`), program);
    }
  });

  test('are short in the README', () => {
    const lines = blocks('ts', readme).map((program) =>
      program.split('\n').filter((line) => line !== ''),
    );
    expect(lines.length).toBeGreaterThanOrEqual(4);
    for (const { length } of lines) expect(length).toBeLessThanOrEqual(5);
  });

  test.each([
    ['Node16', ['--module', 'node16', '--target', 'es2023']],
    ['a bundler', ['--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2023']],
  ])('compile strictly with the resolution of %s', (resolution, options) => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const files = programs.map((_, at) => `program${at}.ts`);
    const strict = ['--strict', '--types', 'node', '--skipLibCheck', '--outDir', resolution];
    const args = [tsc, ...strict, ...options, ...files];
    const { stdout, status } = spawnSync(process.execPath, args, {
      cwd: consumer(),
      encoding: 'utf8',
    });
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
  });

  test.each(programs.map((program, at) => [program, at]))('run: %s', async (program, at) => {
    const compiled = readFileSync(join(consumer(), 'Node16', `program${at}.js`), 'utf8');
    // The emulator answers from this process, which must stay free to do so.
    const to = `apiKey: process.env.GEMINI_API_KEY ?? '', baseUrl: '${emulator.url}'`;
    const directed = compiled.replaceAll("apiKey: process.env.GEMINI_API_KEY ?? ''", to);
    writeFileSync(join(consumer(), `run${at}.js`), directed);
    const { code, output } = await run(`cd consumer; node run${at}.js`);
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).not.toMatch(/undefined|gemini-image:/);
    expect(output).toMatch(
      program.includes('startEmulator') ? /^A boat\. / : /\[offline\]|\d|holds/,
    );
  });
});

test('docs/library.md lists the options of every function as it takes them', () => {
  const page = readFileSync('docs/library.md', 'utf8');
  const tables = page.split(/^\| option +\|.*\n/m).slice(1);
  const listed = tables.map((table) => {
    const rows = table.split(/\n(?!\|)/)[0] ?? '';
    return [...rows.matchAll(/^\| ((?:`\w+`(?:, )?)+)/gm)].flatMap(([, names = '']) =>
      [...names.matchAll(/\w+/g)].map(([name]) => name),
    );
  });
  const [client, each, describing, many, finding, pages, emulating] = listed.map(
    (names) => names ?? [],
  );
  const taken = (of: FunctionName) => {
    try {
      checkOptions(of, { 'no such option': 1 });
    } catch (error) {
      if (error instanceof GeminiImageError) return error.hint?.match(/\w+(?=[,.])/g)?.sort();
    }
    return undefined;
  };
  const all = (...parts: (string[] | undefined)[]) => parts.flatMap((part) => part ?? []).sort();
  expect(all(client, each)).toEqual(taken('createGeminiImage'));
  expect(all(each, describing)).toEqual(taken('describe'));
  expect(all(each, describing, many)).toEqual(taken('describeMany'));
  expect(all(finding)).toEqual(taken('find'));
  expect(all(each, pages)).toEqual(taken('altText'));
  expect(all(emulating)).toEqual(taken('startEmulator'));
});
