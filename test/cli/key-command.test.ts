/** A key that a command prints. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runKeyCommand } from '../../src/cli/key-command.js';
import { GeminiImageError } from '../../src/domain/error.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { failing, KEY, saying } from '../support/scripted-server.js';

const node = `"${process.execPath}"`;
const env = { PATH: process.env.PATH };

/** A command that runs this script, which may hold no double quotes. */
const script = (code: string) => `${node} -e "${code}"`;

async function complaint(command: string, options: object = {}): Promise<GeminiImageError> {
  const error = await runKeyCommand(command, { env, ...options }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(GeminiImageError);
  return error;
}

describe('the key', () => {
  test('is the first line that the command prints', async () => {
    expect(await runKeyCommand(script(`console.log('${KEY}')`), { env })).toBe(KEY);
    const lines = script(`console.log('${KEY}\\\\nuser: me')`);
    expect(await runKeyCommand(lines, { env })).toBe(KEY);
  });

  test('may have a program and words with blanks in quotes', async () => {
    const file = join(temporaryFolder(), 'a key.txt');
    writeFileSync(file, `\ufeff  ${KEY}\r\n`);
    const print = `process.stdout.write(require('fs').readFileSync(process.argv[1]))`;
    expect(await runKeyCommand(`${script(print)} '${file}'`, { env })).toBe(KEY);
  });

  test('no shell reads it, unless it begins with !', async () => {
    const arg = `${script('console.log(process.argv[1])')} '$KEY;x'`;
    expect(await runKeyCommand(arg, { env: { ...env, KEY } })).toBe('$KEY;x');
    expect(await runKeyCommand('! echo "$KEY"', { env: { ...env, KEY } })).toBe(KEY);
  });

  test('gets no input, which may be pictures', async () => {
    const reads = script(`process.stdin.on('end', () => console.log('${KEY}')).resume()`);
    expect(await runKeyCommand(reads, { env })).toBe(KEY);
  });
});

describe('an error names the program, and shows neither its output nor its words', () => {
  const SECRET = 'hush hush';

  test.each([
    [script(`console.log('${SECRET}'); process.exit(3)`), 'ended with code 3'],
    [script(`console.log('${SECRET}')`), 'printed something else than a key'],
    [script(`console.log()`), 'printed nothing'],
    [script(`console.log('x'.repeat(70000))`), 'printed far more than a key'],
    [script(`process.kill(process.pid, 'SIGKILL')`), 'was ended by SIGKILL'],
  ])('%s', async (command, what) => {
    const { kind, message, hint } = await complaint(command);
    expect(kind).toBe('auth');
    expect(message).toBe(
      `node, the command of GEMINI_API_KEY_CMD, ${what}${what.startsWith('printed some') ? ' in its first line' : ''}`,
    );
    expect(`${message}${hint}`).not.toContain('hush');
  });

  test('where it is not there, or a shell was meant', async () => {
    expect((await complaint('/opt/no-such-program vault/secret')).message).toBe(
      'no-such-program, the command of GEMINI_API_KEY_CMD, was not found',
    );
    expect((await complaint('no-such-program | head -1')).hint).toContain('begin it with !');
    expect((await complaint(`${script("console.log('no key')")} | cat`)).hint).toContain(
      'begin it with !',
    );
    expect((await complaint('pass "show')).message).toContain('a quote that is not closed');
  });

  test('where it takes too long', async () => {
    const forever = script('setInterval(() => {}, 1000)');
    expect((await complaint(forever, { limitMs: 50 })).message).toContain('no key within 0.05 s');
  });

  test('Ctrl-C ends it', async () => {
    const stop = new AbortController();
    const ending = complaint(script('setInterval(() => {}, 1000)'), { signal: stop.signal });
    stop.abort();
    expect((await ending).kind).toBe('interrupted');
  });
});

describe('gemini-image', () => {
  const ask = ['describe', 'fixtures/small.png'];

  test('asks with the key of the command, and shows it nowhere', async () => {
    const server = await failing(403, 'PERMISSION_DENIED', `no: ${KEY}`);
    const { code, stdout, stderr } = await runInProcess([...ask, '--debug'], {
      env: {
        GOOGLE_GEMINI_BASE_URL: server.url,
        GEMINI_API_KEY_CMD: script(`console.log('${KEY}')`),
      },
    });
    expect(code).toBe(4);
    expect(server.requests[0]?.headers['x-goog-api-key']).toBe(KEY);
    expect(stdout + stderr).not.toContain(KEY);
    expect(stderr).toContain('The key is GEMINI_API_KEY_CMD of the environment.');
  });

  test('never runs a command of .env, and never one that it does not need', async () => {
    const folder = temporaryFolder();
    const touch = script(`require('fs').writeFileSync('touched', '')`);
    writeFileSync(join(folder, '.env'), `GEMINI_API_KEY_CMD=${touch}\nGEMINI_API_KEY=${KEY}\n`);
    const server = await saying('A boat.');
    const url = { GOOGLE_GEMINI_BASE_URL: server.url };
    const picture = join(process.cwd(), 'fixtures/small.png');
    const asked = await runInProcess(['describe', picture], { cwd: folder, env: url });
    expect(asked.stdout).toBe('A boat.\n');
    expect(asked.stderr).toContain('GEMINI_API_KEY_CMD in .env is ignored');
    const offline = await runInProcess(['describe', picture, '--offline'], {
      cwd: folder,
      env: { GEMINI_API_KEY_CMD: touch },
    });
    expect(offline.code).toBe(0);
    expect(readdirSync(folder)).not.toContain('touched');
  });
});
