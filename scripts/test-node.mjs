// The end-to-end tests on other Nodes than the one that runs this: on the oldest that is supported, and on
// the newest of each later major. They come from the registry as plain packages; where one cannot be had, that is
// said by name. What is given after `npm run test:node --` goes to vitest.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const { engines } = JSON.parse(await readFile(path('package.json'), 'utf8'));
const [oldest] = /\d+(?:\.\d+)*/.exec(engines.node);
const wanted = [oldest, '22', '24'];

const SYSTEMS = { linux: 'linux', darwin: 'darwin', win32: 'win' };
const registered = `node-${SYSTEMS[process.platform] ?? process.platform}-${process.arch}`;

/** Resolves to the exit code. */
function run(program, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: path('.'), stdio: 'inherit', ...options });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

/** The path of a Node of that version; undefined if it cannot be had. */
async function install(version, folder) {
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const code = await run(npm, [...args, '--prefix', folder, `${registered}@${version}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  return code === 0 ? join(folder, 'node_modules', registered, 'bin', name) : undefined;
}

const folder = await mkdtemp(join(tmpdir(), 'gemini-image-nodes-'));
const results = [];
try {
  for (const version of wanted) {
    const node = await install(version, join(folder, version));
    if (node === undefined) {
      results.push(`Node ${version}: skipped, ${registered}@${version} cannot be had`);
      continue;
    }
    await run(node, ['--version']);
    const vitest = path('node_modules/vitest/vitest.mjs');
    const code = await run(node, [vitest, 'run', 'test/e2e', ...process.argv.slice(2)]);
    results.push(`Node ${version}: ${code === 0 ? 'passed' : 'failed'}`);
    if (code !== 0) process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(results.join('\n'));
