import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shell } from '../support/command.js';
import { fixture, fixtureBytes, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { saying } from '../support/scripted-server.js';

test('pictures are sent unchanged, with the type of their bytes', async () => {
  const types = {
    'small.png': 'image/png',
    'small.jpg': 'image/jpeg',
    'small.webp': 'image/webp',
    'small.heic': 'image/heic',
    'small.heif': 'image/heif',
    'mislabelled.png': 'image/jpeg',
  };
  const names = Object.keys(types);
  const server = await saying('A boat.');
  // Those that hold the same picture are asked about once in a run.
  for (const name of names) {
    expect((await runInProcess(['describe', fixture(name)], server)).code).toBe(0);
  }
  const sent = server.requests.map(({ json }) => json.contents[0].parts[0].inlineData);
  expect(sent.map(({ mimeType }) => mimeType)).toEqual(Object.values(types));
  expect(sent.map(({ data }) => data)).toEqual(
    names.map((name) => fixtureBytes(name).toString('base64')),
  );
});

test('--dry-run counts the bytes and sends none', async () => {
  const server = await saying('A boat.');
  const { stdout, code } = await runInProcess(
    ['describe', fixture('small.png'), '--dry-run'],
    server,
  );
  expect(code).toBe(0);
  const { data } = JSON.parse(stdout).body.contents[0].parts[0].inlineData;
  expect(data).toBe(`<${fixtureBytes('small.png').length} bytes>`);
  expect(server.requests).toHaveLength(0);
});

describe('bytes from a pipe', () => {
  const picture = fixtureBytes('harbor.jpg');
  const described = async (result: Promise<{ stdout: string }>) =>
    JSON.parse((await result).stdout);
  const args = ['describe', '-f', 'jsonl'];

  test('are read without a name for them', async () => {
    const { env } = await saying('A boat.');
    expect(await described(runInProcess(args, { env, stdin: picture }))).toMatchObject({
      image: '-',
      width: 1280,
    });
  });

  test('are left alone if a picture is named', async () => {
    const { env } = await saying('A boat.');
    const result = runInProcess([...args, fixture('small.png')], { env, stdin: picture });
    expect(await described(result)).toMatchObject({ width: 96 });
  });

  test('may come through a process substitution', async () => {
    const { env } = await saying('A boat.');
    const line = `"$@" <(cat '${fixture('harbor.jpg')}')`;
    expect(await described(shell(line, args, { env }))).toMatchObject({ width: 1280 });
  });

  test('may come through a named pipe', async () => {
    const cwd = temporaryFolder();
    execFileSync('mkfifo', [join(cwd, 'pipe.jpg')]);
    const { env } = await saying('A boat.');
    const line = `cat '${fixture('harbor.jpg')}' > pipe.jpg & "$@"`;
    const result = shell(line, [...args, 'pipe.jpg'], { cwd, env });
    expect(await described(result)).toMatchObject({ image: 'pipe.jpg', width: 1280 });
  });
});

test('the largest picture that fits into a request is sent in it', async () => {
  const cwd = temporaryFolder({ 'big.jpg': 'small.jpg' });
  truncateSync(join(cwd, 'big.jpg'), 15_728_000);
  const { env, requests } = await saying('A boat.');
  expect((await runInProcess(['describe', 'big.jpg', '--original'], { cwd, env })).code).toBe(0);
  const sent = Number(requests[0]?.headers['content-length']);
  expect(sent).toBeLessThanOrEqual(20_971_520);
  expect(sent).toBeGreaterThan(20_970_000);
});

test('bytes after the end of a picture are not sent', async () => {
  const cwd = temporaryFolder({ 'big.jpg': 'small.jpg' });
  truncateSync(join(cwd, 'big.jpg'), 30_000_000);
  const { env, requests } = await saying('A boat.');
  expect((await runInProcess(['describe', 'big.jpg'], { cwd, env })).code).toBe(0);
  const { data } = requests[0]?.json.contents[0].parts[0].inlineData ?? {};
  expect(Buffer.from(data, 'base64')).toEqual(fixtureBytes('small.jpg'));
});

describe('names of files', () => {
  const NAME = 'two\nlines \u001b[31mred\u001b[0m \u202egnp.exe';

  test('an error about one is one harmless line', async () => {
    const { code, stderr } = await runInProcess(['describe', NAME, '--offline', '-q']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^gemini-image: [ -~]+: no such file\n$/);
  });

  test('a folder with a hostile name gets two harmless lines', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, NAME));
    const { stderr } = await runInProcess(['describe', NAME, '--offline', '-q'], { cwd });
    expect(stderr).toMatch(
      /^gemini-image: [ -~]+: there are no pictures in this folder\n[ -~]+\n$/,
    );
  });

  test('no other message is broken by one', async () => {
    const results = await Promise.all([
      runInProcess(['describe', 'a', '--offline', '-q', '-o', `nowhere/${NAME}`]),
      runInProcess(['describe', 'a', '--offline', '-q', '-p', `@${NAME}`]),
      runInProcess(['describe', 'a', '--offline', '-q', `--${NAME}`]),
    ]);
    for (const { code, stderr } of results) {
      expect(code).toBe(2);
      expect(stderr).toMatch(/^gemini-image: [ -~]+\n[ -~]+\n$/);
    }
  });

  test('a caption keeps to its line, whatever the name', async () => {
    const cwd = temporaryFolder({ 'two\nlines.png': 'small.png', 'b.png': 'small.png' });
    const { env } = await saying('A boat\non water.');
    const { stdout } = await runInProcess(['describe', 'two\nlines.png', 'b.png'], { cwd, env });
    expect(stdout).toBe('two lines.png\tA boat on water.\nb.png\tA boat on water.\n');
  });

  test('one that begins with a dash comes after --', async () => {
    const cwd = temporaryFolder({ '-q.png': 'small.png' });
    const { env } = await saying('A boat.');
    const { stdout } = await runInProcess(['describe', '--', '-q.png'], { cwd, env });
    expect(stdout).toBe('A boat.\n');
  });
});

describe('a file that cannot be opened', () => {
  test('a loop of links', async () => {
    const cwd = temporaryFolder();
    symlinkSync('loop.png', join(cwd, 'loop.png'));
    const { code, stderr } = await runInProcess(['describe', 'loop.png', '--offline', '-q'], {
      cwd,
    });
    expect(code).toBe(2);
    expect(stderr).toBe('gemini-image: loop.png: a loop of symbolic links\n');
  });

  test.skipIf(process.getuid?.() === 0)('a file that others may not read', async () => {
    const cwd = temporaryFolder({ 'secret.png': 'small.png' });
    chmodSync(join(cwd, 'secret.png'), 0);
    const { code, stderr } = await runInProcess(['describe', 'secret.png', '--offline', '-q'], {
      cwd,
    });
    expect(code).toBe(2);
    expect(stderr).toBe('gemini-image: secret.png: permission denied\n');
  });
});

test('pictures are left as they were', async () => {
  const cwd = temporaryFolder({ 'a.jpg': 'turned.jpg' });
  writeFileSync(join(cwd, 'other.txt'), 'x');
  await runInProcess(['describe', 'a.jpg', '--offline'], { cwd });
  expect(readFileSync(join(cwd, 'a.jpg'))).toEqual(fixtureBytes('turned.jpg'));
});
