/** Decoding in processes of their own, as seen from outside. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { slowDrawing } from '../support/bombs.js';
import { runProgram } from '../support/child.js';
import { run, shell, start } from '../support/command.js';
import { fixture, fixtureBytes, temporaryFolder } from '../support/files.js';
import { saying } from '../support/scripted-server.js';

/** Lets each process of Node write down what it is when it starts. */
function watched(folder: string) {
  const [program, log] = [join(folder, 'watch.cjs'), join(folder, 'processes.log')];
  writeFileSync(
    program,
    `const { basename } = require('node:path');
    const name = basename(process.argv[1] ?? '');
    const keys = Object.keys(process.env).filter((one) => /KEY/.test(one));
    require('node:fs').appendFileSync(${JSON.stringify(log)}, JSON.stringify({ name, pid: process.pid, keys }) + '\\n');`,
  );
  return {
    env: { NODE_OPTIONS: `--require=${program}` },
    processes(): { name: string; pid: number; keys: string[] }[] {
      if (!existsSync(log)) return [];
      // The last line may still be being written.
      const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line));
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Waits for what has to come; the test's own limit ends it. */
async function until<T>(look: () => T | undefined | false): Promise<T> {
  for (;;) {
    const found = look();
    if (found) return found;
    await sleep(20);
  }
}

/** A command that is at work on a drawing that takes minutes, and the process that decodes it. */
async function decodingForLong() {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'slow.svg'), slowDrawing());
  const { env: offered } = await saying('A boat.');
  const { env, processes } = watched(cwd);
  const command = start(['describe', 'slow.svg', '--decode-timeout', '600'], {
    cwd,
    env: { ...offered, ...env },
  });
  const decoder = await until(() => processes().find(({ name }) => name === 'decoder-process.cjs'));
  return { command, decoder };
}

test.skipIf(process.platform === 'win32')('Ctrl-C ends decoding at once', async () => {
  const { command, decoder } = await decodingForLong();
  command.child.kill('SIGINT');
  const { code } = await command.finished;
  expect(code).toBe(130);
  await until(() => !isAlive(decoder.pid));
});

test('a decoder does not outlive a killed program', async () => {
  const { command, decoder } = await decodingForLong();
  command.child.kill('SIGKILL');
  await until(() => !isAlive(decoder.pid));
});

test('a drawing that takes too long fails alone, with a hint', async () => {
  const cwd = temporaryFolder({ 'turned.jpg': 'turned.jpg' });
  writeFileSync(join(cwd, 'slow.svg'), slowDrawing());
  const { env } = await saying('A boat.');
  const args = ['describe', 'slow.svg', 'turned.jpg', '--decode-timeout', '3', '-q'];
  const { code, stdout, stderr } = await run(args, { cwd, env });
  expect(stdout).toBe('turned.jpg\tA boat.\n');
  expect(stderr).toContain('slow.svg: it takes longer than 3 seconds to decode\n');
  expect(stderr).toContain('--decode-timeout');
  expect(code).toBe(3);
});

test.skipIf(process.platform === 'win32')(
  'a picture for which no process can be started fails alone',
  async () => {
    const cwd = temporaryFolder({ 'turned.jpg': 'turned.jpg', 'small.jpg': 'small.jpg' });
    // Whenever a process is forked, this one has no file left that it may open.
    const program = join(cwd, 'no-files.cjs');
    writeFileSync(
      program,
      `const processes = require('node:child_process');
      const { closeSync, openSync } = require('node:fs');
      const { fork } = processes;
      processes.fork = (...words) => {
        const files = [];
        try { for (;;) files.push(openSync('/dev/null')); } catch {}
        const child = fork(...words);
        for (const file of files) closeSync(file);
        return child;
      };`,
    );
    const { env: offered } = await saying('A boat.');
    const env = { ...offered, NODE_OPTIONS: `--require=${program}` };
    const args = ['describe', 'turned.jpg', 'small.jpg', '-q'];
    const { code, stdout, stderr } = await shell('ulimit -n 200; "$@"', args, { cwd, env });
    expect(stdout).toBe('small.jpg\tA boat.\n');
    expect(stderr).toContain('turned.jpg: no process can be started to decode it');
    expect(code).toBe(3);
  },
);

test('the process that decodes pictures does not have the key', async () => {
  const folder = temporaryFolder();
  const { env: offered } = await saying('A boat.');
  const { env, processes } = watched(folder);
  await run(['describe', fixture('turned.jpg')], { env: { ...offered, ...env } });
  expect(processes()).toMatchObject([
    { keys: [expect.stringContaining('KEY')] },
    { name: 'decoder-process.cjs', keys: [] },
  ]);
});

test('a program that imports this one is not kept alive by an idle decoder', async () => {
  const folder = temporaryFolder();
  const { env: offered } = await saying('A boat.');
  const { env, processes } = watched(folder);
  writeFileSync(join(folder, 'turned.jpg'), fixtureBytes('turned.jpg'));
  const ended = await runProgram(
    `import { readFileSync } from 'node:fs';
    import { describeImage } from './dist/index.js';
    const { text } = await describeImage(${JSON.stringify(join(folder, 'turned.jpg'))}, {
      apiKey: 'k', baseUrl: ${JSON.stringify(offered.GOOGLE_GEMINI_BASE_URL)},
    });
    process.on('exit', () => {
      const lines = readFileSync(${JSON.stringify(join(folder, 'processes.log'))}, 'utf8').trim().split('\\n');
      const { pid } = JSON.parse(lines.at(-1));
      console.log(text, process.kill(pid, 0) ? 'while it rests' : '');
    });`,
    env,
  );
  expect(ended).toEqual({ code: 0, stdout: 'A boat. while it rests\n', stderr: '' });
  const decoder = processes().find(({ name }) => name === 'decoder-process.cjs');
  await until(() => decoder && !isAlive(decoder.pid));
});
