/** Paid answers whose file cannot be finished, or whose place cannot be had. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { album } from '../support/album.js';
import { shell, start } from '../support/command.js';
import { fixture } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { finds, judges, replying, says } from '../support/judges.js';
import { answer, saying, sendJson, serve } from '../support/scripted-server.js';

const NAMES = ['a.png', 'b.png', 'c.png', 'd.png', 'e.png', 'f.png'];

/** With pictures that are all different, since equal ones are asked about once. */
const folder = () => album(NAMES);

const others = (cwd: string) => readdirSync(cwd).filter((name) => !NAMES.includes(name));

/** Each answer is long enough for a file of four of them to be too large. */
const LONG = `A boat. ${'It is a boat. '.repeat(170)}End.`;

describe('a disk that is full', () => {
  async function fill(name: string, ...more: string[]) {
    const cwd = await folder();
    const { env } = await saying(LONG);
    const args = ['describe', ...NAMES, '-c', '1', '-o', name, ...more];
    // No file may be larger than 8 KB.
    const result = await shell('ulimit -f 8; "$@"', args, { cwd, env });
    return { ...result, cwd, kept: readFileSync(join(cwd, `${name}.unfinished`), 'utf8') };
  }

  test('leaves whole lines of a CSV file, and its name in the message', async () => {
    const { code, stderr, kept, cwd } = await fill('x.csv');
    expect(code).toBe(2);
    expect(stderr).toContain(
      'gemini-image: x.csv cannot be written: the file would be too large\n',
    );
    expect(stderr).toMatch(/What was finished is in .*x\.csv\.unfinished\./);
    expect(stderr).not.toContain('the results are in x.csv');
    const rows = kept.trimEnd().split('\r\n');
    expect(rows.length).toBeGreaterThan(2);
    for (const row of rows.slice(1)) expect(row).toMatch(/^[a-f]\.png,ok,.*End\..*,\d+,,,$/);
    expect(others(cwd)).toEqual(['x.csv.unfinished']);
  });

  test('leaves whole JSON', async () => {
    const { code, kept } = await fill('x.json');
    expect(code).toBe(2);
    const records = JSON.parse(kept);
    expect(records.length).toBeGreaterThan(1);
    for (const { status, text } of records) expect([status, text]).toEqual(['ok', LONG]);
  });

  test('leaves whole lines of text, and does not touch what was there', async () => {
    const cwd = await folder();
    writeFileSync(join(cwd, 'x.txt'), 'old');
    const { env } = await saying(LONG);
    const args = ['describe', ...NAMES, '-c', '1', '-o', 'x.txt', '--overwrite'];
    expect((await shell('ulimit -f 8; "$@"', args, { cwd, env })).code).toBe(2);
    expect(readFileSync(join(cwd, 'x.txt'), 'utf8')).toBe('old');
    expect(readFileSync(join(cwd, 'x.txt.unfinished'), 'utf8')).toMatch(/^(.\.png\t.*End\.\n)+$/);
    expect(others(cwd)).toEqual(['x.txt', 'x.txt.unfinished']);
  });

  test('of one output does not affect the others', async () => {
    const { cwd, stderr } = await fill('x.csv', '--sidecar', '--failed', 'f.txt');
    const texts = others(cwd).filter((name) => /^[a-f]\.txt$/.test(name) && name !== 'f.txt');
    expect(texts.length).toBeGreaterThan(2);
    expect(others(cwd)).not.toContain('f.txt.unfinished');
    expect(stderr).toContain('x.csv.unfinished');
  });
});

test.each([
  ['x.csv', ['describe'], says('A boat.')],
  ['x.json', ['describe'], says('A boat.')],
  ['x.txt', ['describe'], says('A boat.')],
  ['coco.json', ['detect', '-f', 'coco'], finds()],
  ['r.xml', ['check', '--that', 'It is a boat.'], judges('holds')],
] as const)('%s whose place was taken is kept beside it', async (name, args, reply) => {
  const cwd = await folder();
  const { env } = await serve((response) => {
    mkdirSync(join(cwd, name), { recursive: true });
    reply(response);
  });
  const all = [...args, ...NAMES, '-o', name, '--failed', 'list'];
  const { code, stderr } = await runInProcess(all, { cwd, env });
  expect(code).toBe(2);
  expect(stderr).toContain(`gemini-image: ${name} cannot be written: it is a folder\n`);
  expect(stderr).toMatch(/What was finished is in .*\.unfinished\.\n/);
  expect(stderr).not.toContain('the results are in');
  expect(others(cwd)).toEqual([name, `${name}.unfinished`, 'list'].sort());
  const kept = readFileSync(join(cwd, `${name}.unfinished`), 'utf8');
  for (const picture of NAMES) expect(kept).toContain(picture);
  if (name.endsWith('.json')) expect(JSON.parse(kept)).toBeTypeOf('object');
});

test('a list of failures whose place was taken is kept beside it, and the answers are written', async () => {
  const cwd = await folder();
  const { env } = await serve((response) => {
    mkdirSync(join(cwd, 'list'), { recursive: true });
    sendJson(response, 200, answer('A boat.'));
  });
  const args = ['describe', 'a.png', 'gone.png', '-o', 'x.csv', '--failed', 'list'];
  const { code, stderr } = await runInProcess(args, { cwd, env });
  expect(code).toBe(2);
  expect(stderr).toContain('gemini-image: list cannot be written: it is a folder\n');
  expect(stderr).toMatch(/What failed is listed in .*list\.unfinished\./);
  expect(stderr).not.toContain('what failed is listed in list,');
  expect(stderr).toContain('the results are in x.csv\n');
  expect(readFileSync(join(cwd, 'list.unfinished'), 'utf8')).toBe('gone.png\n');
  expect(readFileSync(join(cwd, 'x.csv'), 'utf8')).toContain('A boat.');
});

test('two runs cannot write one file at once', async () => {
  const cwd = await folder();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { env, requests } = await serve(async (response) => {
    await held;
    sendJson(response, 200, answer('A boat.'));
  });
  const first = start(['describe', 'a.png', '-o', 'x.csv', '--failed', 'f.txt'], { cwd, env });
  await expect.poll(() => requests.length, { timeout: 20_000 }).toBe(1);
  for (const args of [
    ['-o', 'x.csv'],
    ['-o', 'y.csv', '--failed', 'f.txt'],
  ]) {
    const { code, stderr } = await runInProcess(['describe', 'b.png', ...args], { cwd, env });
    expect(code).toBe(2);
    expect(stderr).toContain('is being written by another run');
  }
  release();
  expect((await first.finished).code).toBe(0);
  expect(requests).toHaveLength(1);
  expect(others(cwd)).toEqual(['f.txt', 'x.csv']);
});

test('a killed run leaves what it had, and the next one does not touch that', async () => {
  const cwd = await folder();
  const { env, requests } = await serve((response, at) => {
    if (at < 2) sendJson(response, 200, answer('A boat.'));
  });
  const args = ['describe', ...NAMES, '-c', '1', '-o', 'x.csv'];
  const { child, finished } = start(args, { cwd, env });
  await expect.poll(() => requests.length, { timeout: 20_000 }).toBe(3);
  child.kill('SIGKILL');
  await finished;
  const kept = readFileSync(join(cwd, 'x.csv.unfinished'), 'utf8');
  expect(kept.match(/A boat\./g)).toHaveLength(2);
  const next = await saying('A boat.');
  expect((await runInProcess(args, { cwd, env: next.env })).code).toBe(0);
  expect(readFileSync(join(cwd, 'x.csv.unfinished'), 'utf8')).toBe(kept);
  expect(others(cwd)).toEqual(['x.csv', 'x.csv.unfinished']);
});

describe('a picture whose answer could not be saved', () => {
  const long = `${'x'.repeat(248)}.png`;

  test('is found before asking, and fails alone: sidecars', async () => {
    const cwd = await folder();
    copyFileSync(fixture('small.png'), join(cwd, long));
    mkdirSync(join(cwd, 'b.caption'));
    const { env, requests } = await saying('A boat.');
    const args = ['describe', 'a.png', long, 'b.png', 'c.png', '--sidecar', 'caption'];
    const { code, stderr } = await runInProcess(args, { cwd, env });
    expect(code).toBe(3);
    expect(stderr).toContain(
      `${'x'.repeat(248)}.caption cannot be written: the name is too long\n`,
    );
    expect(stderr).toContain('b.png: b.caption cannot be written: it is a folder\n');
    expect(requests).toHaveLength(2);
    expect(readFileSync(join(cwd, 'c.caption'), 'utf8')).toBe('A boat.\n');
  });

  test('is found before asking, and fails alone: overlays', async () => {
    const cwd = await folder();
    const picture = `${'x'.repeat(248)}.png`;
    copyFileSync(fixture('small.png'), join(cwd, picture));
    const { env, requests } = await replying(finds());
    const args = ['detect', 'a.png', picture, 'b.png', '--overlay', 'boxes/'];
    const { code, stderr } = await runInProcess(args, { cwd, env });
    expect(code).toBe(3);
    expect(stderr).toContain('cannot be written: the name is too long\n');
    expect(requests).toHaveLength(2);
    expect(readdirSync(join(cwd, 'boxes'))).toEqual(['a.boxes.png', 'b.boxes.png']);
  });

  test('gets its answer printed if the path is lost after asking', async () => {
    const cwd = await folder();
    const { env } = await serve((response, at) => {
      if (at === 1) mkdirSync(join(cwd, 'b.txt'));
      sendJson(response, 200, answer('A boat.'));
    });
    const args = ['describe', 'a.png', 'b.png', '-c', '1', '--sidecar', '--failed', 'f.list'];
    const { code, stderr } = await runInProcess(args, { cwd, env });
    expect(code).toBe(3);
    expect(stderr).toContain('b.png: b.txt cannot be written: it is a folder\n');
    expect(stderr).toContain('The answer is: A boat.\n');
    expect(readFileSync(join(cwd, 'f.list'), 'utf8')).toBe('b.png\n');
    expect(readFileSync(join(cwd, 'a.txt'), 'utf8')).toBe('A boat.\n');
  });
});
