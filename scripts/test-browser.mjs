// The page of `review` in Chromium: that of CHROMIUM, or of Debian. Where there is none, the tests are skipped, and
// that is said.
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

if (spawnSync(chromium, ['--version'], { stdio: 'ignore' }).status === 0) {
  const args = [
    path('node_modules/vitest/vitest.mjs'),
    'run',
    '--config',
    'vitest.browser.config.ts',
  ];
  const child = spawn(process.execPath, [...args, ...process.argv.slice(2)], {
    cwd: path('.'),
    stdio: 'inherit',
    env: { ...process.env, CHROMIUM: chromium },
  });
  child.once('close', (code) => {
    process.exitCode = code ?? 1;
  });
} else {
  console.warn(
    `skipped: all tests in a browser, since ${chromium} is not installed (CHROMIUM names another)`,
  );
}
