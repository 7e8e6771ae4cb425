/** What goes wrong in the program itself. */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY, run, start, startProgram } from '../support/command.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { serve } from '../support/scripted-server.js';

const SECRET = 'SecretKey-0123456789';

test.each([
  ['before the key is asked for', ['--offline']],
  ['in the middle of a request', []],
])('a crash %s exits with 70 and does not show the key', async (_when, args) => {
  const server = await serve(() => {});
  const cwd = temporaryFolder();
  // Not before somebody is there to catch it.
  const crash = `const watch = setInterval(() => {
    if (process.listenerCount('uncaughtException') === 0) return;
    clearInterval(watch);
    setTimeout(() => { throw new Error('boom ${SECRET}'); }, 100);
  }, 1);`;
  writeFileSync(join(cwd, 'crash.cjs'), crash);
  const env = {
    ...server.env,
    GEMINI_API_KEY: SECRET,
    NODE_OPTIONS: `--require ${join(cwd, 'crash.cjs')}`,
  };
  // More pictures than the emulator can answer before the crash.
  const pictures = Array.from({ length: 40 }, (_, at) => `${at}.jpg`);
  for (const name of pictures) cpSync(fixture('harbor.jpg'), join(cwd, name));
  const { code, stderr } = await run(['describe', ...pictures, ...args], { cwd, env });
  expect(code).toBe(70);
  expect(stderr).toContain('boom [key]');
  expect(stderr).not.toContain(SECRET);
});

test('an incomplete installation exits with 70, which no script takes for an answer', async () => {
  const cwd = temporaryFolder();
  for (const name of ['dist', 'package.json']) {
    cpSync(join(REPOSITORY, name), join(cwd, name), { recursive: true });
  }
  const args = [join(cwd, 'dist/bin.cjs'), 'describe', fixture('small.png'), '--offline'];
  const { code, stderr } = await startProgram(process.execPath, args, { cwd }).finished;
  expect(code).toBe(70);
  expect(stderr).toMatch(/^gemini-image: it cannot start/);
});

test('a key that stands only in .env is hidden in an error about a mistyped command', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, '.env'), `GEMINI_API_KEY=${SECRET}\n`);
  const { code, stderr } = await runInProcess(['describe', `--${SECRET}`], { cwd });
  expect({ code, stderr }).toMatchObject({ code: 2 });
  expect(stderr).toContain('[key]');
  expect(stderr).not.toContain(SECRET);
});

test('--debug shows where an error was made, not where it was passed on', async () => {
  const args = ['describe', 'nothere.png', '--offline', '--debug'];
  const { stderr } = await runInProcess(args);
  expect(stderr).toMatch(/GeminiImageError: no such file\n {4}at (?:Object\.)?cannotRead /);
});

test.skipIf(process.platform === 'win32')(
  'a second signal of another kind ends a stuck run',
  async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'stuck.cjs'), 'setInterval(() => {}, 1000);');
    const env = { NODE_OPTIONS: `--require ${join(cwd, 'stuck.cjs')}` };
    const { child, finished } = start(['emulator'], { cwd, env });
    // Its address says that it runs.
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 200));
    child.kill('SIGTERM');
    expect((await finished).signal).toBe('SIGTERM');
  },
);
