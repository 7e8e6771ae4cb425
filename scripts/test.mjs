// Everything that has to hold: format, lint, types and build at once, then the tests. What is given
// after `npm test --` goes to vitest. At its end it says how long all of it took.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const biome = path('node_modules/@biomejs/biome/bin/biome');
const tsc = path('node_modules/typescript/bin/tsc');
const vitest = path('node_modules/vitest/vitest.mjs');

const began = performance.now();
const seconds = (from) => `${((performance.now() - from) / 1000).toFixed(0)} s`;

/** Resolves to the exit code; what it prints comes in one piece where several run at once. */
function run(args, { alone }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      stdio: alone ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => output.push(chunk));
    }
    child.once('close', (code) => {
      process.stderr.write(Buffer.concat(output));
      resolve(code ?? 1);
    });
  });
}

const checks = await Promise.all([
  run([biome, 'ci', '--error-on-warnings', '.'], { alone: false }),
  run([tsc], { alone: false }),
  run([tsc, '-p', path('src/review/page')], { alone: false }),
  run([path('scripts/build.mjs')], { alone: false }),
]);
const checked = `checked and built in ${seconds(began)}`;
if (checks.some((code) => code !== 0)) {
  process.exitCode = 1;
} else {
  const testsBegan = performance.now();
  process.exitCode = await run([vitest, 'run', ...process.argv.slice(2)], { alone: true });
  console.log(`${checked}, tested in ${seconds(testsBegan)}: ${seconds(began)} in all`);
}
