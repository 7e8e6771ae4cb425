import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from '../support/child.js';
import { REPOSITORY } from '../support/command.js';
import { temporaryFolder } from '../support/files.js';

/** Locks a file in a process of its own, behind some code, and says which packages took part. */
async function packagesOfLock(before = ''): Promise<readonly string[]> {
  const { stdout, stderr } = await runProgram(`
    import os from 'node:os';
    import { openSync } from 'node:fs';
    import { createRequire, syncBuiltinESMExports } from 'node:module';
    ${before}
    const { lock } = await import('./compiled/storage/ledger/open-locked.js');
    const path = ${JSON.stringify(join(temporaryFolder(), 'a'))};
    console.log(lock(openSync(path, 'w')), lock(openSync(path, 'w')));
    const { cache } = createRequire(import.meta.url);
    for (const file of Object.keys(cache)) console.log(/node_modules.(.+?)[/\\\\]/.exec(file)[1]);`);
  expect(stderr).toBe('');
  const [states, ...packages] = stdout.trimEnd().split('\n');
  expect(states).toBe('locked held');
  return [...new Set(packages)].sort();
}

const folder = join(REPOSITORY, 'node_modules/fs-native-extensions');
const binary = `prebuilds/${process.platform}-${process.arch}/fs-native-extensions.node`;
const isUsual = existsSync(join(folder, binary)) && !existsSync('/etc/alpine-release');

test('its search does nothing but load the binary', () => {
  const search = readFileSync(join(folder, 'binding.js'), 'utf8');
  expect(search.match(/module\.exports = .*/g)).toEqual([
    "module.exports = require.addon('.', __filename)",
  ]);
});

test.runIf(isUsual)('the binary for locks is loaded from its place', async () => {
  expect(await packagesOfLock()).toEqual(['fs-native-extensions', 'which-runtime']);
});

test.runIf(isUsual)('where it has another place, the package searches for it', async () => {
  const elsewhere = "os.arch = () => 'unknown'; syncBuiltinESMExports();";
  expect(await packagesOfLock(elsewhere)).toContain('require-addon');
});
