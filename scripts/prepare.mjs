// What npm runs after `npm ci`, and before it installs a clone: builds the command. In a fresh clone
// nothing is installed yet that could build it, for example with `npm install --global .`.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

if (!existsSync(`${root}node_modules/typescript`)) {
  // Only this clone is meant, whatever npm itself was called with.
  const args = [
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--no-global',
    '--no-audit',
    '--no-fund',
  ];
  const { npm_execpath: npm, ...env } = process.env;
  const own = Object.entries(env).filter(
    ([name]) => !/^npm_config_(?:global|location|omit|include)$/i.test(name),
  );
  const options = {
    cwd: root,
    env: Object.fromEntries(own),
    stdio: ['ignore', 'ignore', 'inherit'],
  };
  if (npm === undefined) throw new Error('call this by npm: npm run prepare');
  execFileSync(process.execPath, [npm, ...args], options);
}
await import('./build.mjs');
