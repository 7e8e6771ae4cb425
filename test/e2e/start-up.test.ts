/** What a plain call loads: every module on its way is read, compiled and run before the request. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { REPOSITORY, run } from '../support/command.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { answer, sendJson, serve } from '../support/scripted-server.js';

/** `npm run bench` holds the same limit. */
const MOST_OWN = 120;

/** Of our own modules, what few calls need. */
const SELDOM = [
  'cli/help-text.js',
  'cli/meant.js',
  'commands/alt.js',
  'commands/check.js',
  'emulator/emulator.js',
  'engine/recorded-answers.js',
  'engine/together.js',
  'engine/votes.js',
  'gemini/errors/api-error.js',
  'gemini/rest.js',
  'images/decoders/decode-apart.js',
  'images/find/glob.js',
  'images/find/walk.js',
  'images/metadata/heif-boxes.js',
  'images/metadata/tiff.js',
  'images/pages.js',
  'network/tunnel.js',
  'output/csv.js',
  'photos/know.js',
  'run/outputs.js',
  'storage/ledger/index-of-finished.js',
  'tasks/describe/styles.js',
];

/** The packages that such a call may load. */
const PACKAGES = ['commander', 'eventsource-parser'];

test('a plain call loads few modules, and none that only other calls need', async () => {
  const list = join(temporaryFolder(), 'modules.txt');
  const preload = pathToFileURL(join(REPOSITORY, 'bench/count-modules.mjs')).href;
  const { env } = await serve((response) => sendJson(response, 200, answer('A boat.')));
  const counted = { ...env, NODE_OPTIONS: `--import="${preload}"`, BENCH_MODULES: list };
  const { code, stdout } = await run(['describe', fixture('small.jpg')], { env: counted });
  expect([code, stdout]).toEqual([0, 'A boat.\n']);
  const built = pathToFileURL(join(REPOSITORY, 'dist/')).href;
  const loaded = new Set(readFileSync(list, 'utf8').trimEnd().split('\n'));
  const own = [...loaded].flatMap((url) =>
    url.startsWith(built) && url.endsWith('.js') ? [url.slice(built.length)] : [],
  );
  expect(own).toContain('run/run.js');
  expect(own.filter((module) => SELDOM.includes(module))).toEqual([]);
  expect(own.length).toBeLessThanOrEqual(MOST_OWN);
  const packages = [...loaded].flatMap((url) => {
    const [, name] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
    return name === undefined ? [] : [name];
  });
  expect([...new Set(packages)].filter((name) => !PACKAGES.includes(name))).toEqual([]);
});

test('the modules that are named above exist', () => {
  expect(SELDOM.filter((module) => !existsSync(join(REPOSITORY, 'dist', module)))).toEqual([]);
});
