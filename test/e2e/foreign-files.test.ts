/** Files that are there already: whose they are, and what becomes of them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { finds, judges, replying } from '../support/judges.js';
import { failing, saying } from '../support/scripted-server.js';

const PICTURES = { 'a.png': 'small.png', 'b.png': 'small.png' };

async function world(files: Record<string, string> = {}, server = saying('A boat.')) {
  const cwd = temporaryFolder(PICTURES);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  const { env, requests } = await server;
  return {
    cwd,
    requests,
    go: (...args: string[]) => runInProcess([...args, '--retries', '0'], { cwd, env }),
    read: (name: string) => readFileSync(join(cwd, name), 'utf8'),
    others: () =>
      readdirSync(cwd)
        .filter((name) => !(name in PICTURES))
        .sort(),
  };
}

const FOREIGN = {
  'accounts.csv': 'name,sum\nmine,1\n',
  'rows.tsv': 'name\tsum\n',
  'notes.txt': 'mine\n',
  'package.json': '{"name": "mine", "image": "nginx"}\n',
  'list.json': '[{"image": "nginx:latest", "ports": [80]}]\n',
};

describe('a file that is somebody else’s', () => {
  test.each(Object.entries(FOREIGN))('%s is refused before any call', async (name, text) => {
    const { go, read, requests, others } = await world({ [name]: text });
    const { code, stderr } = await go('describe', 'a.png', '-o', name);
    expect(code).toBe(2);
    expect(stderr).toContain(`gemini-image: ${name} is there already`);
    expect(stderr).toContain(`give --overwrite: it is kept as ${name}~ then.\n`);
    expect(requests).toEqual([]);
    expect(read(name)).toBe(text);
    expect(others()).toEqual([name]);
  });

  test.each(Object.entries(FOREIGN))(
    '%s is kept under a number with --overwrite',
    async (name, text) => {
      const { go, read, others } = await world({ [name]: text, [`${name}~`]: 'older' });
      const { code, stderr } = await go('describe', 'a.png', '-o', name, '--overwrite');
      expect(code).toBe(0);
      expect(stderr).toContain(`what ${name} held before is kept in ${name}.~1~\n`);
      expect(read(name)).toContain('A boat.');
      expect(read(`${name}.~1~`)).toBe(text);
      expect(read(`${name}~`)).toBe('older');
      expect(others()).toHaveLength(3);
    },
  );

  test('is not a list of failures, a report or a COCO file', async () => {
    const files = { 'keep.json': '{"keep": 1}', 'r.xml': '<testsuites name="ours"/>' };
    const { go, read, requests } = await world(files, replying(finds()));
    for (const args of [
      ['describe', 'a.png', '--failed', 'keep.json'],
      ['check', 'a.png', '--that', 'It is.', '-o', 'r.xml'],
      ['check', 'a.png', '--that', 'It is.', '-o', 'keep.json'],
      ['detect', 'a.png', '-f', 'coco', '-o', 'keep.json'],
    ]) {
      expect((await go(...args)).code, args.join(' ')).toBe(2);
    }
    expect(requests).toEqual([]);
    for (const [name, text] of Object.entries(files)) expect(read(name)).toBe(text);
  });

  test('is not renamed by a run without an answer', async () => {
    const server = failing(400, 'INVALID_ARGUMENT', 'API key not valid.');
    const { go, read, others } = await world(FOREIGN, server);
    for (const name of Object.keys(FOREIGN)) {
      for (const _ of [1, 2]) await go('describe', 'a.png', '-o', name, '--overwrite');
    }
    for (const [name, text] of Object.entries(FOREIGN)) expect(read(name)).toBe(text);
    expect(others()).toEqual(Object.keys(FOREIGN).sort());
  });

  test('may be replaced if it is empty', async () => {
    const { go, read, others } = await world({ 'a.txt': '', 'failed.txt': '', 'x.csv': '' });
    expect((await go('describe', 'a.png', '-o', 'a.txt', '--failed', 'failed.txt')).code).toBe(0);
    expect((await go('describe', 'a.png', '-o', 'x.csv')).code).toBe(0);
    expect(read('a.txt')).toBe('A boat.\n');
    expect(others()).toEqual(['a.txt', 'failed.txt', 'x.csv']);
  });
});

describe('a file of ours', () => {
  test.each(['x.csv', 'x.tsv', 'x.json'])('%s keeps the older one beside it', async (name) => {
    const { go, others } = await world();
    for (const _ of [1, 2, 3]) expect((await go('describe', 'a.png', '-o', name)).code).toBe(0);
    expect(others()).toEqual([name, `${name}~`]);
  });

  test.each(['x.csv', 'x.tsv', 'x.json'])('%s with more answers is kept for good', async (name) => {
    const { go, read, others } = await world();
    await go('describe', 'a.png', 'b.png', '-o', name);
    for (const _ of [1, 2, 3]) await go('describe', 'a.png', '-o', name);
    expect(read(`${name}~`)).toContain('b.png');
    expect(others()).toEqual([name, `${name}.~1~`, `${name}~`]);
  });

  test('a COCO file is written again', async () => {
    const { go, others } = await world({}, replying(finds()));
    const args = ['detect', 'a.png', '-f', 'coco', '-o', 'boxes.json'];
    for (const _ of [1, 2, 3]) expect((await go(...args)).code).toBe(0);
    expect(others()).toEqual(['boxes.json', 'boxes.json~']);
  });

  test('a report replaces an older report, which is not kept', async () => {
    const { go, others, read } = await world({}, failing(503, 'UNAVAILABLE', 'Overloaded.'));
    for (const name of ['r.xml', 'r.json', 'r.jsonl']) {
      const args = ['check', 'a.png', 'b.png', '--that', 'It is.', '-o', name];
      for (const _ of [1, 2]) expect((await go(...args)).code).toBe(6);
      expect(read(name)).toContain('overloaded');
    }
    expect(others()).toEqual(['r.json', 'r.jsonl', 'r.xml']);
  });

  test('answers of another command are not a report', async () => {
    const { go, read } = await world();
    await go('describe', 'a.png', '-o', 'paid.json');
    const paid = read('paid.json');
    const { code } = await go('check', 'a.png', '--that', 'It is.', '-o', 'paid.json');
    expect(code).toBe(2);
    expect(read('paid.json')).toBe(paid);
  });

  test('a list of failures is written again', async () => {
    const { go, read, others } = await world();
    const args = ['a.png', 'gone.png', 'nothing', 'https://127.0.0.1:1/x?y'];
    for (const _ of [1, 2, 3]) {
      expect((await go('describe', ...args, '--failed', 'f.txt')).code).toBe(3);
    }
    expect(read('f.txt')).toBe('gone.png\nnothing\nhttps://127.0.0.1:1/x?y\n');
    expect(others()).toEqual(['f.txt', 'f.txt~']);
  });
});

describe('files that a run reads or writes', () => {
  test('are not replaced by any of its outputs', async () => {
    const files = { 'p.txt': 'Why?', 'p.jpg': '', 'list.txt': 'a.png\n', 'ctx.txt': 'At sea.' };
    const { go, read, requests } = await world(files);
    const base = ['describe', '--files-from', 'list.txt', '-p', '@p.txt', '--context', '@ctx.txt'];
    for (const more of [
      ['-o', 'list.txt'],
      ['-o', 'p.txt'],
      ['--failed', 'p.txt'],
      ['--failed', 'ctx.txt'],
      ['-o', 'new.txt', '--failed', './new.txt'],
    ]) {
      const { code, stderr } = await go(...base, ...more, '--overwrite');
      expect(code, more.join(' ')).toBe(2);
      expect(stderr).toMatch(/it is being read|the results go there/);
    }
    expect(requests).toEqual([]);
    for (const [name, text] of Object.entries(files)) expect(read(name)).toBe(text);
  });

  test('are not replaced by sidecars: the ledger, the prompt, the list', async () => {
    const { cwd, go, read } = await world({ 'a.txt': 'Why?', 'b.md': 'a.png\nb.png\n' });
    const before = read('a.txt');
    const prompt = ['-p', '@a.txt', '--sidecar', '--overwrite'];
    const first = await go('describe', 'a.png', 'b.png', ...prompt);
    expect(first).toMatchObject({ code: 3 });
    expect(first.stderr).toContain('a.png: its sidecar a.txt cannot be written: it is being read');
    expect(read('a.txt')).toBe(before);
    expect(read('b.txt')).toBe('A boat.\n');
    const list = ['--files-from', 'b.md', '--sidecar', 'md', '--overwrite'];
    expect((await go('describe', ...list)).code).toBe(3);
    expect(read('b.md')).toBe('a.png\nb.png\n');
    mkdirSync(join(cwd, 'new'));
    const ledger = ['-o', 'new/a.txt', '-f', 'jsonl', '--sidecar-dir', 'new'];
    const { stderr } = await go('describe', 'a.png', 'b.png', ...ledger);
    expect(stderr).toContain('its sidecar new/a.txt cannot be written: the results go there');
    expect(read('new/b.txt')).toBe('A boat.\n');
    expect(read('new/a.txt')).toContain('"image":"b.png"');
  });
});

test('do not get the step summary', async () => {
  const { cwd, requests } = await world({ 'c.txt': 'It is a boat.\n' });
  const { env } = await replying(judges('holds'));
  for (const [summary, ...args] of [
    ['c.txt', '--claims', 'c.txt'],
    ['r.xml', '--that', 'It is a boat.', '-o', 'r.xml'],
  ] as const) {
    const wanted = ['check', 'a.png', ...args, '-f', 'github'];
    const path = join(cwd, summary);
    const { code, stderr } = await runInProcess(wanted, {
      cwd,
      env: { ...env, GITHUB_STEP_SUMMARY: path },
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning: there is no step summary: .*(being read|results go there)/);
    expect(readFileSync(path, 'utf8')).not.toContain('|');
  }
  expect(requests).toEqual([]);
});

describe('a file beside a picture', () => {
  test('is not an answer: it is counted, named and kept, and an empty one is filled', async () => {
    const { go, read, requests } = await world({ 'a.txt': 'my notes', 'b.txt': '' });
    const { code, stderr } = await go('describe', 'a.png', 'b.png', '--sidecar');
    expect(code).toBe(0);
    expect(stderr).toContain(
      '1 described, 1 file was there before and was kept, not compared with the question: a.txt\n',
    );
    expect(read('a.txt')).toBe('my notes');
    expect(read('b.txt')).toBe('A boat.\n');
    expect(requests).toHaveLength(1);
    const alone = await go('describe', 'a.png', '--sidecar');
    expect(alone.stderr).toContain(
      '1 file was there before and was kept, not compared with the question: a.txt; --overwrite',
    );
    expect(alone.stderr).not.toContain('answer already');
  });

  test('is kept under another name if it is replaced', async () => {
    const { go, read, others } = await world({ 'a.txt': 'my notes' });
    const { stderr } = await go('describe', 'a.png', 'b.png', '--sidecar', '--overwrite');
    expect(stderr).toContain('1 file that was there before is kept, with a ~ behind its name\n');
    expect(read('a.txt~')).toBe('my notes');
    expect(others()).toEqual(['a.txt', 'a.txt~', 'b.txt']);
  });

  test('is never one of another program’s endings', async () => {
    const { go, requests, read } = await world({ 'a.xmp': '<x:xmpmeta/>' });
    for (const ending of ['xmp', 'html', 'csv', 'png', 'py', 'json']) {
      expect((await go('describe', 'a.png', '--sidecar', ending, '--overwrite')).code).toBe(2);
    }
    expect(requests).toEqual([]);
    expect(read('a.xmp')).toBe('<x:xmpmeta/>');
    expect(existsSync('a.json')).toBe(false);
  });
});
