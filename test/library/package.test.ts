/** The package as it is published: packed, and looked at as its users' tools do. */
import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { REPOSITORY } from '../support/command.js';
import { fixture, temporaryFolder } from '../support/files.js';

const run = promisify(execFile);

/** The repository as it is when npm packs it. */
let stage: string;
let tarball: string;
let manifest: Record<string, unknown>;

const packManifest = (...args: string[]) =>
  run(process.execPath, [join(stage, 'scripts/pack-manifest.mjs'), ...args]);

beforeAll(async () => {
  stage = mkdtempSync(join(tmpdir(), 'packed-'));
  const { files } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
  for (const name of [...files, 'package.json', 'README.md', 'LICENSE', 'scripts']) {
    cpSync(join(REPOSITORY, name), join(stage, name), { recursive: true });
  }
  await packManifest();
  manifest = JSON.parse(readFileSync(join(stage, 'package.json'), 'utf8'));
  const npm = ['pack', '--ignore-scripts', '--json', '--offline'];
  const { stdout } = await run('npm', npm, { cwd: stage, shell: process.platform === 'win32' });
  const [packed] = Object.values<{ filename: string }>(JSON.parse(stdout));
  tarball = join(stage, packed?.filename ?? '');
});

afterAll(() => rmSync(stage, { recursive: true, force: true }));

test('carries no scripts, of which npm would warn at its installation', async () => {
  const whole = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
  const { scripts, devDependencies: _, overrides: __, ...packed } = whole;
  expect(scripts).toHaveProperty('prepare');
  expect(manifest).toEqual(packed);
  await packManifest('restore');
  const restored = readFileSync(join(stage, 'package.json'), 'utf8');
  expect(restored).toBe(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
  await packManifest();
  await packManifest();
  await packManifest('restore');
  expect(readFileSync(join(stage, 'package.json'), 'utf8')).toBe(restored);
});

test('has types that every way of resolving them finds', async () => {
  const attw = join(REPOSITORY, 'node_modules/@arethetypeswrong/cli/dist/index.js');
  const { stdout } = await run(process.execPath, [attw, tarball, '--format', 'json']);
  const { analysis } = JSON.parse(stdout);
  expect(analysis.problems).toEqual([]);
  expect(Object.keys(analysis.entrypoints)).toEqual([
    ...['.', './schema/project.json', './schema/user.json', './package.json'],
  ]);
}, 120_000);

test('has nothing that publint complains about', async () => {
  const bytes = readFileSync(tarball);
  const pack = { tarball: Uint8Array.from(bytes).buffer };
  const { messages, pkg } = await publint({ pack, level: 'suggestion' });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

test('is the same by import and by require, without a warning', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  await run('tar', ['xzf', tarball, '-C', folder]);
  const installed = join(folder, 'node_modules/gemini-image');
  renameSync(join(folder, 'package'), installed);
  symlinkSync(join(REPOSITORY, 'node_modules'), join(installed, 'node_modules'));
  const program = `
    const required = require('gemini-image');
    import('gemini-image').then(async (imported) => {
      const same = Object.keys(imported).filter((name) => imported[name] === required[name]);
      const emulator = await required.startEmulator({ answers: 'A boat.' });
      const gemini = required.createGeminiImage({ apiKey: 'test', baseUrl: emulator.url });
      const { text } = await gemini.describe(${JSON.stringify(fixture('small.png'))});
      await emulator.close();
      console.log(JSON.stringify([Object.keys(required), same, text]));
    });`;
  writeFileSync(join(folder, 'main.cjs'), program);
  const { stdout, stderr } = await run(process.execPath, ['main.cjs'], { cwd: folder });
  const names = [
    ...['GeminiImageError', 'altText', 'createGeminiImage', 'describeImage', 'describeImageStream'],
    ...['find', 'startEmulator'],
  ];
  const told = [names, names, 'A boat.'];
  expect({ told: JSON.parse(stdout), stderr }).toEqual({ told, stderr: '' });
});

test('has the same types by require as by import', () => {
  const typesIn = (text: string) =>
    [...text.matchAll(/\{([^}]*)\} from/g)].flatMap(([, names = '']) => names.split(','));
  const exported = readFileSync(join(REPOSITORY, 'src/index.ts'), 'utf8');
  const isAllTypes = /^export type \{/;
  const types = exported.split(/(?=^export )/m).flatMap((clause) =>
    typesIn(clause)
      .map((name) => name.trim())
      .filter((name) => name !== '' && (isAllTypes.test(clause) || name.startsWith('type ')))
      .map((name) => name.replace(/^type /, '')),
  );
  const required = readFileSync(join(REPOSITORY, 'src/index.cts'), 'utf8');
  const named = [...required.matchAll(/export type (\w+)/g)].map(([, name]) => name);
  expect(named).toEqual([...types, 'GeminiImageError'].sort());
});

test('a fresh clone installs what its build needs, before it builds', async () => {
  const clone = temporaryFolder();
  mkdirSync(join(clone, 'scripts'));
  cpSync(join(REPOSITORY, 'scripts/prepare.mjs'), join(clone, 'scripts/prepare.mjs'));
  writeFileSync(join(clone, 'scripts/build.mjs'), "console.log('built');\n");
  // It notes how it is called, and installs as little.
  const npm = join(clone, 'npm.cjs');
  writeFileSync(
    npm,
    `const fs = require('node:fs');
     fs.mkdirSync('node_modules/typescript', { recursive: true });
     fs.appendFileSync('calls.txt', JSON.stringify([process.argv.slice(2), process.env.npm_config_global]) + '\\n');`,
  );
  const env = { ...process.env, npm_execpath: npm, npm_config_global: 'true' };
  const prepare = () => run(process.execPath, ['scripts/prepare.mjs'], { cwd: clone, env });
  expect((await prepare()).stdout).toBe('built\n');
  expect((await prepare()).stdout).toBe('built\n');
  const calls = readFileSync(join(clone, 'calls.txt'), 'utf8').trim().split('\n');
  expect(calls).toHaveLength(1);
  expect(JSON.parse(calls[0] ?? '')).toEqual([expect.arrayContaining(['ci', '--no-global']), null]);
});
