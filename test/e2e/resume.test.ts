/** What a later run knows of an earlier one: the ledger, files beside pictures, the cache. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { album, albumServer, nameOf, recordsIn, timesAsked } from '../support/album.js';
import { shell, start } from '../support/command.js';
import { runInProcess as run } from '../support/in-process.js';
import { sendJson } from '../support/scripted-server.js';

const FOLDER = ['describe', 'photos'];
const LEDGER = [...FOLDER, '-o', 'captions.jsonl'];

const broken = {
  error: { code: 400, status: 'INVALID_ARGUMENT', message: 'Provided image is not valid.' },
};

describe('a results file', () => {
  test('is continued: what failed is asked again, what is done is not', async () => {
    const cwd = await album(6);
    let isBroken = true;
    const server = await albumServer((number, response) => {
      if (isBroken && number === 2) sendJson(response, 400, broken);
    });
    expect(await run(LEDGER, { cwd, ...server })).toMatchObject({ code: 3 });
    isBroken = false;
    const second = await run(LEDGER, { cwd, ...server });
    expect(second).toMatchObject({ code: 0, stdout: '' });
    expect(second.stderr).toContain('1 described, 5 done before');
    expect(timesAsked(server).get(2)).toBe(2);
    expect(server.requests).toHaveLength(7);
    const third = await run(LEDGER, { cwd, ...server });
    expect(third.stderr).toContain('6 done before');
    expect(server.requests).toHaveLength(7);
    const last = recordsIn(join(cwd, 'captions.jsonl')).at(-1);
    expect(last).toMatchObject({ image: `photos/${nameOf(2)}`, status: 'ok', text: 'picture 2' });
  });

  test('does not answer another question', async () => {
    const cwd = await album(2);
    const server = await albumServer();
    for (const args of [[], ['-p', 'What is it?'], ['-p', 'What is it?'], ['--max-edge', '100']]) {
      await run([...LEDGER, ...args], { cwd, ...server });
    }
    expect(server.requests).toHaveLength(6);
  });

  test('recognizes a picture by its size and date, or else by its bytes', async () => {
    const cwd = await album(3);
    const server = await albumServer();
    // Files of one size that are written within a tick of the clock could not be told apart.
    utimesSync(join(cwd, 'photos', nameOf(2)), 9e8, 9e8);
    await run(LEDGER, { cwd, ...server });
    utimesSync(join(cwd, 'photos', nameOf(0)), 1e9, 1e9);
    renameSync(join(cwd, 'photos', nameOf(2)), join(cwd, 'photos', nameOf(1)));
    const { stderr } = await run(LEDGER, { cwd, ...server });
    expect(stderr).toContain('2 done before (1 of them under another name');
    expect(timesAsked(server)).toEqual(
      new Map([
        [0, 1],
        [1, 1],
        [2, 1],
      ]),
    );
  });

  test('is begun anew with --overwrite, and the older one is kept', async () => {
    const cwd = await album(2);
    const server = await albumServer();
    await run(LEDGER, { cwd, ...server });
    const before = readFileSync(join(cwd, 'captions.jsonl'), 'utf8');
    await run([...LEDGER, '--overwrite'], { cwd, ...server });
    expect(server.requests).toHaveLength(4);
    expect(readFileSync(join(cwd, 'captions.jsonl~'), 'utf8')).toBe(before);
    expect(recordsIn(join(cwd, 'captions.jsonl'))).toHaveLength(2);
  });

  test('that holds anything else is left alone', async () => {
    const cwd = await album(1);
    const server = await albumServer();
    writeFileSync(join(cwd, 'captions.jsonl'), '{"my":"data"}\n');
    const { code, stderr } = await run(LEDGER, { cwd, ...server });
    expect({ code, calls: server.requests.length }).toEqual({ code: 2, calls: 0 });
    expect(stderr).toContain('captions.jsonl');
    expect(readFileSync(join(cwd, 'captions.jsonl'), 'utf8')).toBe('{"my":"data"}\n');
  });

  test('is written by one run at a time', async () => {
    const cwd = await album(3);
    let answerAll = () => {};
    const told = new Promise<void>((resolve) => {
      answerAll = resolve;
    });
    const server = await albumServer(() => told);
    const first = start(LEDGER, { cwd, ...server });
    await server.seen(3);
    const second = await run(LEDGER, { cwd, ...server });
    expect(second).toMatchObject({ code: 2, stdout: '' });
    expect(second.stderr).toContain('another run');
    answerAll();
    expect(await first.finished).toMatchObject({ code: 0 });
    expect(server.requests).toHaveLength(3);
  });

  test('survives SIGKILL, again and again', async () => {
    const cwd = await album(60);
    const server = await albumServer(() => new Promise((resolve) => setTimeout(resolve, 5)));
    const args = [...LEDGER, '-c', '4'];
    for (const calls of [7, 19, 30, 42, 55]) {
      const { child, finished } = start(args, { cwd, ...server });
      await Promise.race([server.seen(calls), finished]);
      child.kill('SIGKILL');
      await finished;
    }
    expect(await run(args, { cwd, ...server })).toMatchObject({ code: 0 });
    const records = recordsIn(join(cwd, 'captions.jsonl'));
    expect(records.map(({ image }) => image).sort()).toEqual(
      Array.from({ length: 60 }, (_, number) => `photos/${nameOf(number)}`),
    );
    // Each time at most the calls in progress are lost, and an answer that is just being recorded.
    expect(server.requests.length - 60).toBeLessThanOrEqual(5 * (4 + 1));
    const { length } = server.requests;
    await run(args, { cwd, ...server });
    expect(server.requests).toHaveLength(length);
  });

  test('on a full disk ends with its last whole record, and can be continued', async () => {
    const cwd = await album(40);
    const server = await albumServer();
    // In blocks of 1,024 bytes: room for some records and a half.
    const limited = await shell('ulimit -f 8; trap "" XFSZ; "$@"', LEDGER, { cwd, ...server });
    expect(limited.code).toBe(2);
    expect(limited.stderr).toMatch(/captions.jsonl cannot be written: /);
    const { length } = recordsIn(join(cwd, 'captions.jsonl'));
    expect(length).toBeGreaterThan(2);
    expect(length).toBeLessThan(40);
    expect(await run(LEDGER, { cwd, ...server })).toMatchObject({ code: 0 });
    expect(recordsIn(join(cwd, 'captions.jsonl'))).toHaveLength(40);
  });

  test('is named even for one picture', async () => {
    const cwd = await album(['a.png']);
    const server = await albumServer();
    const args = ['describe', 'a.png', '-o', 'captions.jsonl'];
    await run(args, { cwd, ...server });
    const again = await run(args, { cwd, ...server });
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toContain('there is an answer already in captions.jsonl');
    expect(server.requests).toHaveLength(1);
  });

  test('remembers a question about several pictures', async () => {
    const cwd = await album(['a.png', 'b.png']);
    const server = await albumServer();
    const args = ['describe', 'a.png', 'b.png', '--together', '-o', 'captions.jsonl'];
    await run(args, { cwd, ...server });
    expect(await run(args, { cwd, ...server })).toMatchObject({ code: 0 });
    expect(server.requests).toHaveLength(1);
  });
});

describe('the ending of the file', () => {
  test.each([
    ['out.csv', /^\ufeffimage,status,text,.*\r\nphotos\/p000.png,ok,picture 0,/],
    ['out.json', /^\[\n\{\n {2}"image": "photos\/p000.png"/],
    ['out.txt', /^photos\/p000.png\tpicture 0\nphotos\/p001.png\tpicture 1\n$/],
    ['out', /^photos\/p000.png\tpicture 0\n/],
  ])('decides on the format: %s', async (name, expected) => {
    const cwd = await album(2);
    const server = await albumServer();
    expect(await run([...FOLDER, '-o', name], { cwd, ...server })).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, name), 'utf8')).toMatch(expected);
  });

  test('gives way to -f', async () => {
    const cwd = await album(2);
    const server = await albumServer();
    await run([...FOLDER, '-o', 'out.txt', '-f', 'csv'], { cwd, ...server });
    expect(readFileSync(join(cwd, 'out.txt'), 'utf8')).toMatch(/^image,status,/);
    await run([...FOLDER, '-o', 'out.dat', '-f', 'jsonl'], { cwd, ...server });
    expect(recordsIn(join(cwd, 'out.dat'))).toHaveLength(2);
    await run([...FOLDER, '-o', 'out.dat', '-f', 'jsonl'], { cwd, ...server });
    expect(server.requests).toHaveLength(4);
  });
});

describe('a file beside each picture', () => {
  test('has its text, and counts as done', async () => {
    const cwd = await album(3);
    writeFileSync(join(cwd, 'photos', 'p001.txt'), 'mine\n');
    const server = await albumServer();
    const args = [...FOLDER, '--sidecar', '--prefix', 'ohwx, ', '--suffix', '!'];
    const first = await run(args, { cwd, ...server });
    expect(first).toMatchObject({ code: 0, stdout: '' });
    const read = (name: string) => readFileSync(join(cwd, 'photos', name), 'utf8');
    expect(['p000.txt', 'p001.txt', 'p002.txt'].map(read)).toEqual([
      'ohwx, picture 0!\n',
      'mine\n',
      'ohwx, picture 2!\n',
    ]);
    await run(args, { cwd, ...server });
    expect(server.requests).toHaveLength(2);
    await run([...args, '--overwrite'], { cwd, ...server });
    expect(read('p001.txt')).toBe('ohwx, picture 1!\n');
  });

  test('lies in a separate tree if that is wanted', async () => {
    const cwd = await album(['photos/a.png', 'photos/2024/b.png']);
    const server = await albumServer();
    await run([...FOLDER, '-r', '--sidecar-dir', 'out', '--sidecar', 'caption'], {
      cwd,
      ...server,
    });
    expect(existsSync(join(cwd, 'out', 'a.caption'))).toBe(true);
    expect(readFileSync(join(cwd, 'out', '2024', 'b.caption'), 'utf8')).toMatch(/^picture \d\n$/);
  });

  test('is written again from the results file, without a call', async () => {
    const cwd = await album(2);
    const server = await albumServer();
    await run(LEDGER, { cwd, ...server });
    await run([...LEDGER, '--sidecar'], { cwd, ...server });
    expect(server.requests).toHaveLength(2);
    expect(readFileSync(join(cwd, 'photos', 'p001.txt'), 'utf8')).toBe('picture 1\n');
  });

  test('is not shared by two pictures', async () => {
    const cwd = await album(['a.png', 'a.jpg']);
    const server = await albumServer();
    const args = ['describe', 'a.png', 'a.jpg', '--sidecar', 'txt', '-c', '1'];
    const { code, stderr } = await run(args, { cwd, ...server });
    expect(code).toBe(3);
    expect(stderr).toContain('a.jpg: ');
    expect(readFileSync(join(cwd, 'a.txt'), 'utf8')).toBe('picture 0\n');
  });

  test('is written for both of two pictures with the same name, with full names', async () => {
    const cwd = await album(['a.png', 'a.jpg']);
    const { env } = await albumServer();
    const args = ['describe', 'a.png', 'a.jpg', '--sidecar'];
    const refused = await run(args, { cwd, env });
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/--sidecar-name full, with which this one is a\.(jpg|png)\.txt/);
    const full = await run([...args, '--sidecar-name', 'full'], { cwd, env });
    expect(full.code).toBe(0);
    const texts = ['a.png.txt', 'a.jpg.txt'].map((name) => readFileSync(join(cwd, name), 'utf8'));
    expect(texts).toEqual(['picture 0\n', 'picture 1\n']);
    const lonely = await run(['describe', 'a.png', '--sidecar-name', 'full'], {
      cwd,
      env,
    });
    expect(lonely).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--sidecar-name is for'),
    });
  });

  test.each([['a.png'], ['photos'], ['photos/']])('takes an ending, not %s', async (value) => {
    const cwd = await album(['a.png', 'photos/b.png']);
    const { code, stderr } = await run(['describe', 'a.png', '--sidecar', value], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('--sidecar=txt');
  });

  test('is the target of --prefix and --suffix', async () => {
    const cwd = await album(['a.png']);
    const { code, stderr } = await run(['describe', 'a.png', '--prefix', 'x'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('--sidecar');
  });
});

describe('the cache', () => {
  test('answers the same bytes and the same question without a call', async () => {
    const cwd = await album(3);
    const server = await albumServer();
    const options = { cwd, env: { ...server.env, XDG_CACHE_HOME: join(cwd, 'cache') } };
    await run([...FOLDER, '--cache'], options);
    mkdirSync(join(cwd, 'other'));
    renameSync(join(cwd, 'photos', nameOf(1)), join(cwd, 'other', 'same.png'));
    const args = ['describe', 'other', '--cache', '-f', 'jsonl'];
    const { stdout, stderr } = await run(args, options);
    expect(JSON.parse(stdout)).toMatchObject({ text: 'picture 1', cached: true, costUsd: 0 });
    expect(stderr).toContain('from the cache');
    expect(server.requests).toHaveLength(3);
    await run([...args, '-p', 'What is it?'], options);
    expect(server.requests).toHaveLength(4);
  });

  test('asks only once about a picture that occurs twice in a run', async () => {
    const cwd = await album(1);
    for (const copy of ['a', 'b', 'c']) {
      writeFileSync(join(cwd, `photos/${copy}.png`), readFileSync(join(cwd, 'photos', nameOf(0))));
    }
    const server = await albumServer();
    const env = { ...server.env, XDG_CACHE_HOME: join(cwd, 'cache') };
    const { stdout } = await run([...FOLDER, '--cache'], { cwd, env });
    expect(stdout.match(/\tpicture 0\n/g)).toHaveLength(4);
    expect(server.requests).toHaveLength(1);
  });

  test('is shown and emptied', async () => {
    const cwd = await album(3);
    const server = await albumServer();
    const options = { cwd, env: { ...server.env, XDG_CACHE_HOME: join(cwd, 'cache') } };
    await run([...FOLDER, '--cache'], options);
    const shown = await run(['cache'], options);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain(join(cwd, 'cache', 'gemini-image'));
    expect(shown.stdout).toMatch(/\b3\b/);
    await run(['cache', 'clear', '--older-than', '30d'], options);
    expect((await run(['cache'], options)).stdout).toMatch(/\b3\b/);
    expect(await run(['cache', 'clear'], options)).toMatchObject({ code: 0 });
    expect((await run(['cache'], options)).stdout).not.toMatch(/\b3\b/);
    await run([...FOLDER, '--cache'], options);
    expect(server.requests).toHaveLength(6);
  });
});

test('a dry run counts the results, and writes nothing', async () => {
  const cwd = await album(5);
  const server = await albumServer();
  await run([...LEDGER, '--limit', '2'], { cwd, ...server });
  const before = statSync(join(cwd, 'captions.jsonl')).mtimeMs;
  const args = [...LEDGER, '--dry-run', '--rpm', '15', '-f', 'json'];
  const { code, stdout } = await run(args, { cwd, ...server });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ pictures: 5, done: 2, toAsk: 3, basis: 'measured' });
  const text = await run([...LEDGER, '--dry-run', '--rpm', '15'], { cwd, ...server });
  expect(text.stdout).toMatch(/already done +2\b/);
  expect(statSync(join(cwd, 'captions.jsonl')).mtimeMs).toBe(before);
  expect(server.requests).toHaveLength(2);
});

test('a results file is not replaced by another format', async () => {
  const cwd = await album(2);
  const server = await albumServer();
  await run(LEDGER, { cwd, ...server });
  const before = readFileSync(join(cwd, 'captions.jsonl'), 'utf8');
  const { code, stderr } = await run([...LEDGER, '-f', 'csv'], { cwd, ...server });
  expect({ code, calls: server.requests.length }).toEqual({ code: 2, calls: 2 });
  expect(stderr).toContain('captions.jsonl holds results of earlier runs');
  expect(readFileSync(join(cwd, 'captions.jsonl'), 'utf8')).toBe(before);
});

test('a table of a run that ended early keeps a copy of the whole one that it replaces', async () => {
  const cwd = await album(4);
  const server = await albumServer((number, response) => {
    if (server.requests.length > 4 && number === 1) sendJson(response, 400, broken);
  });
  await run([...FOLDER, '-o', 'out.csv'], { cwd, ...server });
  const whole = readFileSync(join(cwd, 'out.csv'), 'utf8');
  await run([...FOLDER, '-o', 'out.csv', '-c', '1', '--fail-fast'], { cwd, ...server });
  expect(readFileSync(join(cwd, 'out.csv'), 'utf8').length).toBeLessThan(whole.length);
  expect(readFileSync(join(cwd, 'out.csv~'), 'utf8')).toBe(whole);
});

test('a picture is the same with ./ before its name', async () => {
  const cwd = await album(['a.png']);
  const server = await albumServer();
  await run(['describe', 'a.png', '-o', 'x.jsonl'], { cwd, ...server });
  await run(['describe', './a.png', '-o', 'x.jsonl'], { cwd, ...server });
  await run(['describe', '.', '-o', 'x.jsonl'], { cwd, ...server });
  expect(server.requests).toHaveLength(1);
});

test('--failed with -0 needs no list to read from', async () => {
  const cwd = await album(['a.png']);
  const server = await albumServer();
  const args = ['describe', 'a.png', 'nothere.png', '--failed', 'failed.txt', '-0'];
  expect(await run(args, { cwd, ...server })).toMatchObject({ code: 3 });
  expect(readFileSync(join(cwd, 'failed.txt'), 'utf8')).toBe('nothere.png\0');
});

test('one picture that would cost too much is refused', async () => {
  const cwd = await album(['a.png']);
  const server = await albumServer();
  const args = ['describe', 'a.png', '--max-cost', '0.00001'];
  const { code, stderr } = await run(args, { cwd, ...server });
  expect({ code, calls: server.requests.length }).toEqual({ code: 5, calls: 0 });
  expect(stderr).toContain('--max-cost');
});
