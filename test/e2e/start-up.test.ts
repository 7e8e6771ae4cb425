/** What a plain call loads: every module on its way is read, compiled and run before the request. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { loadedSources } from '../../bench/loaded-sources.mjs';
import { BIN, REPOSITORY, startProgram } from '../support/command.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { answer, sendJson, serve } from '../support/scripted-server.js';

/** `npm run bench` holds the same limit. */
const MOST_OWN = 120;

/** Of our own modules, what few calls need. */
const SELDOM = [
  'cli/help-text.ts',
  'cli/meant.ts',
  'commands/alt.ts',
  'commands/check.ts',
  'emulator/emulator.ts',
  'engine/recorded-answers.ts',
  'engine/together.ts',
  'engine/votes.ts',
  'gemini/errors/api-error.ts',
  'gemini/rest.ts',
  'images/decoders/decode-apart.ts',
  'images/find/glob.ts',
  'images/find/walk.ts',
  'images/metadata/heif-boxes.ts',
  'images/metadata/tiff.ts',
  'images/pages.ts',
  'network/tunnel.ts',
  'output/csv.ts',
  'photos/know.ts',
  'run/outputs.ts',
  'storage/ledger/index-of-finished.ts',
  'tasks/describe/styles.ts',
];

/** The packages that such a call may load. */
const PACKAGES = ['commander', 'eventsource-parser'];

/** The file that lists what a plain call loads, of the command that begins with a file. */
async function plainCall(command: string): Promise<string> {
  const list = join(temporaryFolder(), 'modules.txt');
  const preload = pathToFileURL(join(REPOSITORY, 'bench/count-modules.mjs')).href;
  const { env } = await serve((response) => sendJson(response, 200, answer('A boat.')));
  const counted = { ...env, NODE_OPTIONS: `--import="${preload}"`, BENCH_MODULES: list };
  const args = [command, 'describe', fixture('small.jpg')];
  const { code, stdout } = await startProgram(process.execPath, args, { env: counted }).finished;
  expect([code, stdout]).toEqual([0, 'A boat.\n']);
  return list;
}

function linesOf(list: string): readonly string[] {
  return [...new Set(readFileSync(list, 'utf8').trimEnd().split('\n'))];
}

test('a plain call loads few modules, and none that only other calls need', async () => {
  const list = await plainCall(BIN);
  const own = loadedSources(list).filter((source) => source !== 'bin.cts');
  expect(own).toContain('run/run.ts');
  expect(own.filter((source) => SELDOM.includes(source))).toEqual([]);
  expect(own.length).toBeLessThanOrEqual(MOST_OWN);
  const packages = linesOf(list).flatMap((url) => {
    const [, name] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
    return name === undefined ? [] : [name];
  });
  expect([...new Set(packages)].filter((name) => !PACKAGES.includes(name))).toEqual([]);
});

test('the files that it loads hold what it would load module by module, and nothing else', async () => {
  const [bundled, single] = await Promise.all(
    [BIN, join(REPOSITORY, 'compiled/bin.cjs')].map(plainCall),
  );
  const compiled = pathToFileURL(join(REPOSITORY, 'compiled/')).href;
  const modules = linesOf(single ?? '')
    .filter((url) => url.startsWith(compiled))
    .map((url) => url.slice(compiled.length).replace(/js$/, 'ts'));
  expect(loadedSources(bundled ?? '').sort()).toEqual(modules.sort());
});

test('the modules that are named above exist', () => {
  expect(SELDOM.filter((source) => !existsSync(join(REPOSITORY, 'src', source)))).toEqual([]);
});
