// The page of `review` in Chromium: that of CHROMIUM, or of Debian. Where there is none, the tests are skipped, which is
// said by name and number.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

function vitest(command, options) {
  const args = [command, '--config', 'vitest.browser.config.ts', ...process.argv.slice(2)];
  return spawnSync(process.execPath, [path('node_modules/vitest/vitest.mjs'), ...args], {
    cwd: path('.'),
    env: { ...process.env, CHROMIUM: chromium },
    ...options,
  });
}

if (spawnSync(chromium, ['--version'], { stdio: 'ignore' }).status === 0) {
  process.exitCode = vitest('run', { stdio: 'inherit' }).status ?? 1;
} else {
  const { status, stdout } = vitest('list', {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  const names = stdout.trim().split('\n');
  for (const name of names) console.warn(`skipped: ${name}`);
  console.warn(
    `skipped: all ${names.length} tests in a browser, since ${chromium} is not installed (CHROMIUM names another)`,
  );
  // Tests that cannot even be read are no tests.
  process.exitCode = status ?? 1;
}
