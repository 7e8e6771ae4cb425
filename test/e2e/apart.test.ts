/**
 * A run over a folder takes place in a thread of its own, whose memory is limited. What it has of the process, its
 * streams, its terminal, signals and exit codes, is the same as everywhere else.
 */
import { cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { album, albumServer, nameOf } from '../support/album.js';
import { BIN, REPOSITORY, run, shell, start, startProgram } from '../support/command.js';
import { temporaryFolder } from '../support/files.js';
import { hasProgram } from '../support/programs.js';
import { answer, saying, sendJson, serve } from '../support/scripted-server.js';

const SECRET = 'SecretKey-0123456789';

const [major = 0] = process.versions.node.split('.').map(Number);
const PERMISSION = major < 22 ? '--experimental-permission' : '--permission';

/** The exit code of a line in bash. */
const TELL_CODE = '; echo "exit $?" >&2';

/** NODE_OPTIONS that run some code first, in every thread; `apart` is whether it is not the main one. */
function first(cwd: string, code: string, more = '') {
  const file = join(cwd, 'first.cjs');
  writeFileSync(file, `const apart = !require('node:worker_threads').isMainThread;\n${code}`);
  return { NODE_OPTIONS: `${more} --require=${file}` };
}

/** Which threads the command runs in that is given these words. */
async function threadsOf(args: readonly string[], cwd: string): Promise<string[]> {
  const code = `process.on('exit', () => {
    if (Object.keys(require.cache).some((name) => /for-start/.test(name)))
      require('node:fs').writeSync(2, apart ? '<apart>' : '<main>');
  });`;
  const { stderr } = await run(args, { cwd, env: first(cwd, code) });
  return stderr.match(/<\w+>/g) ?? [];
}

/** There, every run is in the main thread, and `ends.test.ts` and others have their say. */
const onWindows = process.platform === 'win32';

describe.skipIf(onWindows)('which runs', () => {
  test.each([
    ['a folder', ['describe', 'photos', '--offline', '-q']],
    ['a folder, eight at once', ['describe', 'photos', '--concurrency=8', '--dry-run', '-q']],
    ['a pattern', ['describe', 'photos/*.png', '--offline', '-q']],
    ['another pattern', ['describe', 'photos/p[0-9]0?.png', '--offline', '-q']],
    ['a folder after a switch', ['describe', '-r', 'photos', '--offline', '-q']],
    ['a list', ['describe', '--files-from', 'list.txt', '--offline', '-q']],
    ['a list, in one word', ['detect', '--files-from=list.txt', '--offline', '-q']],
    ['a hundred names', ['describe', ...Array(100).fill('photos/p000.png'), '--dry-run', '-q']],
  ])('%s', async (_what, args) => {
    const cwd = await album(2);
    writeFileSync(join(cwd, 'list.txt'), 'photos/p000.png\n');
    expect(await threadsOf(args, cwd)).toEqual(['<apart>']);
  });

  test.each([
    ['not with many calls at once', ['describe', 'photos', '-c', '9', '--offline']],
    ['nor in one word', ['describe', 'photos', '-c32', '--offline']],
    ['nor after another letter', ['describe', 'photos', '-qc', '9', '--offline']],
    ['not one picture', ['describe', 'photos/p000.png', '--offline']],
    ['not one with brackets', ['describe', 'photos/p[0].png', '--offline']],
    [
      'nor with stars in its prompt',
      ['describe', 'photos/p000.png', '--offline', '-p', 'What **is** it?'],
    ],
    [
      'nor with JSON',
      ['describe', 'photos/p000.png', '--offline', '--schema', '{"type":"object"}'],
    ],
    ['nor an address', ['describe', 'http://127.0.0.1:9/a.png?b[]=1', '--retries', '0']],
    [
      'nor where it writes',
      ['describe', 'photos/p000.png', '--offline', '--sidecar-dir', 'photos'],
    ],
    ['not another command', ['cache', 'clear', 'photos']],
    ['not a name that cannot be', ['describe', `${'x'.repeat(5000)}`]],
  ])('%s', async (_what, args) => {
    const cwd = await album(['photos/p000.png', 'photos/p[0].png']);
    expect(await threadsOf(args, cwd)).toEqual(['<main>']);
  });
});

describe.skipIf(onWindows)('streams', () => {
  test('a list comes from standard input', async () => {
    const cwd = await album(3);
    const stdin = ['photos/p002.png', 'photos/p000.png', ''].join('\n');
    const args = ['describe', '--files-from', '-', '-f', 'jsonl', '--offline', '-q'];
    const { code, stdout } = await run(args, { cwd, stdin });
    const images = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).image);
    expect({ code, images }).toEqual({ code: 0, images: ['photos/p002.png', 'photos/p000.png'] });
  });

  test('and from a file', async () => {
    const cwd = await album(2);
    writeFileSync(join(cwd, 'list.txt'), 'photos/p001.png\n');
    const args = ['describe', '--files-from', '-', '--offline', '-q'];
    const { stdout } = await shell('"$@" < list.txt', args, { cwd });
    expect(stdout).toMatch(/^photos\/p001.png\t\[offline\].*\n$/);
  });

  test('all of a long answer gets through a pipe that is read slowly', async () => {
    const cwd = await album(8);
    const text = 'word '.repeat(40_000).trim();
    const { env } = await saying(text);
    const line = '"$@" | { sleep 1; wc -c; }';
    const { stdout } = await shell(line, ['describe', 'photos', '-q'], { cwd, env });
    const one = 'photos/p000.png\t'.length + text.length + 1;
    expect(Number(stdout)).toBe(8 * one);
  });

  test('both into one file keep their order', async () => {
    const cwd = await album(['photos/a.png', 'photos/b.png']);
    writeFileSync(join(cwd, 'photos/b.png'), 'no picture');
    const { env } = await saying('A boat.');
    await shell('"$@" > all.txt 2>&1', ['describe', 'photos', '-c', '1'], { cwd, env });
    expect(readFileSync(join(cwd, 'all.txt'), 'utf8')).toMatch(
      /^photos\/a.png\tA boat.\ngemini-image: photos\/b.png: .*\n(?:.*\n)*1 described, 1 failed/,
    );
  });

  test('a file of messages goes on after one that found no room', async () => {
    const cwd = await album(3);
    writeFileSync(join(cwd, 'photos', nameOf(1)), 'no picture');
    const { env } = await saying('A boat.');
    // The first message of this process to a file finds the disk full.
    const full = `if (apart) {
      const fs = require('node:fs');
      const { writeSync } = fs;
      fs.writeSync = (...args) => {
        if (args[0] !== 2) return writeSync(...args);
        fs.writeSync = writeSync;
        require('node:module').syncBuiltinESMExports();
        throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
      };
    }`;
    const line = '"$@" 2> messages.txt';
    await shell(line, ['describe', 'photos', '-c', '1'], {
      cwd,
      env: { ...env, ...first(cwd, full) },
    });
    expect(readFileSync(join(cwd, 'messages.txt'), 'utf8')).toMatch(/2 described, 1 failed/);
  });

  test('a warning of Node that nobody reads changes nothing', async () => {
    const cwd = await album(4);
    const { env } = await albumServer(() => wait(100));
    const warn = `if (apart) {
      setTimeout(() => process.emitWarning('first'), 100);
      setTimeout(() => process.emitWarning('second'), 250);
    }`;
    const line = `"$@" 2> >(true); echo "exit $?"`;
    const args = ['describe', 'photos', '-c', '1', '-q'];
    const { stdout } = await shell(line, args, { cwd, env: { ...env, ...first(cwd, warn) } });
    expect(stdout).toMatch(/^(?:photos\/p00\d.png\tpicture \d\n){4}exit 0\n$/);
  });

  test('a reader that has read enough ends the run quietly', async () => {
    const cwd = await album(40);
    const server = await albumServer();
    const line = `{ "$@"${TELL_CODE}; } | head -1`;
    const result = await shell(line, ['describe', 'photos', '-c', '1'], { cwd, env: server.env });
    expect(result).toMatchObject({ stdout: 'photos/p000.png\tpicture 0\n', stderr: 'exit 0\n' });
    expect(server.requests.length).toBeLessThan(40);
  });

  test.skipIf(!existsSync('/dev/full'))('a full disk is one line and exit 2', async () => {
    const cwd = await album(5);
    const { env } = await saying('A boat.');
    const args = ['describe', 'photos', '-c', '1'];
    const { code, stderr } = await shell('"$@" > /dev/full', args, { cwd, env });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'gemini-image: stdout cannot be written to: no space is left on the disk\n',
    });
  });
});

describe.skipIf(onWindows)('signals', () => {
  /** A run that waits for the second of its answers. */
  async function waiting(...more: string[]) {
    const cwd = await album(3);
    const server = await serve((response, at) => {
      if (at === 0) sendJson(response, 200, answer('A boat.'));
    });
    const args = ['describe', 'photos', '-c', '1', ...more];
    const running = start(args, { cwd, env: server.env });
    await server.seen(2);
    return { cwd, ...running };
  }

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s keeps what is finished, with exit %i', async (signal, code) => {
    const { child, finished, cwd } = await waiting(
      '-o',
      'captions.txt',
      '--timeout',
      '1',
      '--retries',
      '0',
    );
    child.kill(signal);
    expect(await finished).toMatchObject({ code, signal: null });
    expect(readFileSync(join(cwd, 'captions.txt'), 'utf8')).toBe('photos/p000.png\tA boat.\n');
  });

  test('a second one ends it at once', async () => {
    const { child, finished, printed } = await waiting();
    await printed((stdout) => stdout !== '');
    // Two signals at the same moment may count as one.
    const insist = setInterval(() => child.kill('SIGINT'), 50);
    const { code, signal } = await finished;
    clearInterval(insist);
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGINT' });
  });
});

describe.skipIf(onWindows)('how it ends', () => {
  test('a failed picture is exit 3', async () => {
    const cwd = await album(2);
    writeFileSync(join(cwd, 'photos', nameOf(1)), 'no picture');
    const { env } = await saying('A boat.');
    expect(await run(['describe', 'photos'], { cwd, env })).toMatchObject({ code: 3 });
  });

  test('a crash exits with 70 and does not show the key', async () => {
    const cwd = await album(3);
    const server = await serve(() => {});
    const crash = `if (apart) {
      const watch = setInterval(() => {
        if (process.listenerCount('uncaughtException') === 0) return;
        clearInterval(watch);
        setTimeout(() => { throw new Error('boom ${SECRET}'); }, 100);
      }, 1);
    }`;
    const env = { ...server.env, GEMINI_API_KEY: SECRET, ...first(cwd, crash) };
    const { code, stderr } = await run(['describe', 'photos'], { cwd, env });
    expect(code).toBe(70);
    expect(stderr).toContain('boom [key]');
    expect(stderr).not.toContain(SECRET);
  });

  test('no memory is one line, what to do, and exit 70', async () => {
    const cwd = await album(3);
    const server = await serve(() => {});
    const eat = `if (apart) setTimeout(() => {
      const eaten = [];
      for (;;) eaten.push(new Array(10_000).fill({}));
    }, 200);`;
    const env = { ...server.env, ...first(cwd, eat, '--max-old-space-size=64') };
    const { code, stderr } = await run(['describe', 'photos', '-q'], { cwd, env });
    expect(code).toBe(70);
    expect(stderr).toMatch(
      /^gemini-image: it took more memory than Node gives to a program\n.*-c.*\n.*NODE_OPTIONS=.*\n$/m,
    );
  });

  test('an incomplete installation exits with 70', async () => {
    const cwd = await album(1);
    for (const name of ['dist', 'package.json']) {
      cpSync(join(REPOSITORY, name), join(cwd, name), { recursive: true });
    }
    const args = [join(cwd, 'dist/bin.cjs'), 'describe', 'photos', '--offline'];
    const ended = () => startProgram(process.execPath, args, { cwd }).finished;
    const failure = { code: 70, stderr: expect.stringMatching(/^gemini-image: it cannot start/) };
    // Its packages are missing.
    const { stderr, ...ending } = await ended();
    expect({ stderr, ...ending }).toMatchObject(failure);
    expect(stderr).not.toContain('a bug');
    // The thread is missing.
    symlinkSync(join(REPOSITORY, 'node_modules'), join(cwd, 'node_modules'));
    rmSync(join(cwd, 'dist/command-thread.cjs'));
    expect(await ended()).toMatchObject(failure);
  });

  test.skipIf(process.platform !== 'linux').each([
    ['memory', 'ulimit -v 3000000'],
    ['open files', 'ulimit -n 60'],
  ])('where the system gives little %s it runs in the main thread', async (_what, limit) => {
    const cwd = await album(1);
    const code = `require('node:fs').writeSync(1, apart ? '<apart>' : '<main>');`;
    const { env } = await saying('A boat.');
    const options = { cwd, env: { ...env, ...first(cwd, code) } };
    const { stdout } = await shell(`${limit}; "$@"`, ['describe', 'photos'], options);
    expect(stdout).toBe('<main>photos/p000.png\tA boat.\n');
  });

  test('where Node may start no threads it runs all the same', async () => {
    const cwd = await album(1);
    const { env } = await saying('A boat.');
    const NODE_OPTIONS = `${PERMISSION} --allow-fs-read=* --allow-fs-write=* --no-warnings`;
    const result = await run(['describe', 'photos', '-q'], { cwd, env: { ...env, NODE_OPTIONS } });
    expect(result).toMatchObject({ code: 0, stdout: 'photos/p000.png\tA boat.\n' });
  });

  test('without a working folder it runs all the same', async () => {
    const cwd = await album(1);
    const gone = temporaryFolder();
    const { env } = await saying('A boat.');
    const args = ['describe', join(cwd, 'photos')];
    const { code, stdout } = await shell(`rmdir "${gone}"; "$@"`, args, { cwd: gone, env });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${join(cwd, 'photos/p000.png')}\tA boat.\n`,
    });
  });
});

describe.skipIf(!hasProgram('script'))('a terminal', () => {
  /** What a line of bash, in which `"$@"` is the command, prints on a terminal of its own. */
  async function onTerminal(
    line: string,
    args: readonly string[],
    { cwd, env }: { cwd: string; env: Record<string, string> },
  ) {
    writeFileSync(join(cwd, 'line.sh'), line);
    const words = ['bash', 'line.sh', process.execPath, BIN, ...args];
    const command = ['-q', '-e', '-c', words.join(' '), '/dev/null'];
    const more = { TERM: 'xterm', SHELL: '/bin/sh', ...env };
    const { finished } = startProgram('script', command, { cwd, env: more, stdin: 'open' });
    const { code, stdout } = await finished;
    return { code, text: stdout.replaceAll('\r\n', '\n') };
  }

  test('has its colours, and a line of progress as wide as it is', async () => {
    const cwd = await album(3);
    writeFileSync(join(cwd, 'photos', nameOf(1)), 'no picture');
    const { env } = await albumServer(() => wait(300));
    const args = ['describe', 'photos', '-c', '1'];
    const wide = await onTerminal('stty cols 80; "$@"', args, { cwd, env });
    expect(wide.code).toBe(3);
    expect(wide.text).toContain('\x1b[31m\x1b[1mgemini-image:\x1b[22m\x1b[39m photos/p001.png: ');
    expect(wide.text).toMatch(/\x1b\[2m1 of 3 · \$0\.0\d+\x1b\[22m/);
    const narrow = await onTerminal('stty cols 12; "$@"', args, { cwd, env });
    expect(narrow.text).toContain('\x1b[2m1 of 3\x1b[22m');
  });

  test('may become narrower meanwhile', async () => {
    const cwd = await album(12);
    const [wanted, done] = [join(cwd, 'wanted'), join(cwd, 'done')];
    const { env } = await albumServer(async (number) => {
      await wait(150);
      if (number === 3) writeFileSync(wanted, '');
      while (number === 3 && !existsSync(done)) await wait(20);
    });
    const line = `stty cols 80
      { until [ -e wanted ]; do sleep 0.05; done; stty cols 12 < /dev/tty; touch done; } &
      "$@"`;
    const { code, text } = await onTerminal(line, ['describe', 'photos', '-c', '1'], { cwd, env });
    expect(code).toBe(0);
    expect(text).toMatch(/1 of 12 · \$/);
    expect(text).toContain('\x1b[2m11 of 12\x1b[22m');
  });
});
