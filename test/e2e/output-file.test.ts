import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shell } from '../support/command.js';
import { fixture, fixtureBytes, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import {
  answer,
  failing,
  type ScriptedServer,
  saying,
  sendJson,
  serve,
} from '../support/scripted-server.js';

/** Describes `a.png` in a folder of its own with `-o <output>`. */
async function describeTo(
  output: string,
  { prepare = (_folder: string) => {}, args = [] as string[], server = saying('A boat.') } = {},
) {
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  prepare(cwd);
  const { env, requests }: ScriptedServer = await server;
  const all = ['describe', 'a.png', '-o', output, '--retries', '0', ...args];
  const result = await runInProcess(all, { cwd, env });
  const read = (name: string) => readFileSync(join(cwd, name), 'utf8');
  return { ...result, cwd, read, calls: requests.length, files: readdirSync(cwd).sort() };
}

const existing = (folder: string) => writeFileSync(join(folder, 'out.txt'), 'precious\n');

test('the results go to the file, and nothing to stdout', async () => {
  const { code, stdout, stderr, read, files } = await describeTo('out.txt');
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(read('out.txt')).toBe('A boat.\n');
  expect(files).toEqual(['a.png', 'out.txt']);
});

test('an existing file is replaced if that is asked for, and keeps its mode', async () => {
  const { read, cwd, files } = await describeTo('out.txt', {
    args: ['--overwrite'],
    prepare(folder) {
      existing(folder);
      chmodSync(join(folder, 'out.txt'), 0o604);
    },
  });
  expect(read('out.txt')).toBe('A boat.\n');
  expect(read('out.txt~')).toBe('precious\n');
  expect(files).toEqual(['a.png', 'out.txt', 'out.txt~']);
  for (const name of ['out.txt', 'out.txt~']) {
    expect(statSync(join(cwd, name)).mode & 0o777).toBe(0o604);
  }
});

test('an existing file is kept if nothing was produced', async () => {
  const { code, read, files } = await describeTo('out.txt', {
    prepare: existing,
    args: ['--overwrite'],
    server: failing(503, 'UNAVAILABLE', 'Overloaded.'),
  });
  expect(code).toBe(6);
  expect(read('out.txt')).toBe('precious\n');
  expect(files).toEqual(['a.png', 'out.txt']);
});

test('a link stays a link, and its target is written', async () => {
  const { cwd, read } = await describeTo('link.txt', {
    args: ['--overwrite'],
    prepare(folder) {
      existing(folder);
      symlinkSync('out.txt', join(folder, 'link.txt'));
    },
  });
  expect(lstatSync(join(cwd, 'link.txt')).isSymbolicLink()).toBe(true);
  expect(read('out.txt')).toBe('A boat.\n');
});

test('a link whose target is not there yet stays a link, too', async () => {
  const { cwd, read, files } = await describeTo('link.txt', {
    prepare(folder) {
      mkdirSync(join(folder, 'kept'));
      symlinkSync('kept/out.txt', join(folder, 'link.txt'));
    },
  });
  expect(readlinkSync(join(cwd, 'link.txt'))).toBe('kept/out.txt');
  expect(read('kept/out.txt')).toBe('A boat.\n');
  expect(files).toEqual(['a.png', 'kept', 'link.txt']);
});

test('a second name of a picture is not replaced by the results', async () => {
  const { cwd, code } = await describeTo('b.png', {
    prepare: (folder) => linkSync(join(folder, 'a.png'), join(folder, 'b.png')),
  });
  expect(code).toBe(2);
  expect(readFileSync(join(cwd, 'b.png'))).toEqual(fixtureBytes('small.png'));
});

test('/dev/null stays a device', async () => {
  expect(await describeTo('/dev/null')).toMatchObject({ code: 0, stdout: '' });
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
});

test('/dev/stdout is stdout, whether that is a pipe or a file', async () => {
  const { env } = await saying('A boat.');
  const args = ['describe', fixture('small.png'), '-o', '/dev/stdout'];
  expect(await shell('"$@" | cat', args, { env })).toMatchObject({
    stdout: 'A boat.\n',
    stderr: '',
  });
  const cwd = temporaryFolder();
  const result = await shell('"$@" > out.txt; cat out.txt', args, { cwd, env });
  expect(result).toMatchObject({ stdout: 'A boat.\n', stderr: '' });
});

test.each([
  ['"$@" >> log.txt', '/dev/stdout', 'old\nA boat.\n'],
  ['{ echo before; "$@"; echo after; } > log.txt', '/dev/stdout', 'before\nA boat.\nafter\n'],
  ['"$@" 3>> log.txt', '/dev/fd/3', 'old\nA boat.\n'],
  [
    '{ echo before >&3; "$@"; echo after >&3; } 3> log.txt',
    '/dev/fd/3',
    'before\nA boat.\nafter\n',
  ],
  [
    '{ echo before >&2; "$@"; echo after >&2; } 2> log.txt',
    '/dev/stderr',
    'before\nA boat.\nafter\n',
  ],
  ['{ echo before; "$@"; echo after; } > log.txt', 'log.txt', 'before\nA boat.\nafter\n'],
])('%s -o %s leaves what others write there', async (line, output, expected) => {
  const { env } = await saying('A boat.');
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'log.txt'), 'old\n');
  const args = ['describe', fixture('small.png'), '-o', output];
  expect(await shell(line, args, { cwd, env })).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(join(cwd, 'log.txt'), 'utf8')).toBe(expected);
});

describe('an answer that was cut off', () => {
  const cut = () => serve((response) => sendJson(response, 200, answer('A bo', 'MAX_TOKENS')));

  test('is written, and the file that it replaces is kept beside it', async () => {
    const prepare = (folder: string) => {
      existing(folder);
      writeFileSync(join(folder, 'out.txt~'), 'of an earlier time\n');
    };
    const args = ['--overwrite'];
    const { code, read, files } = await describeTo('out.txt', { prepare, args, server: cut() });
    expect(code).toBe(7);
    expect(read('out.txt')).toBe('A bo\n');
    expect(read('out.txt~')).toBe('of an earlier time\n');
    expect(read('out.txt.~1~')).toBe('precious\n');
    expect(files).toEqual(['a.png', 'out.txt', 'out.txt.~1~', 'out.txt~']);
  });

  test('leaves no second file if there was none to keep', async () => {
    const { read, files } = await describeTo('out.txt', { server: cut() });
    expect(read('out.txt')).toBe('A bo\n');
    expect(files).toEqual(['a.png', 'out.txt']);
  });
});

test('the file that holds the key is not replaced', async () => {
  const { env } = await saying('A boat.');
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, '.env'), 'GEMINI_IMAGE_MODEL=m-1\n');
  const args = ['describe', fixture('small.png'), '-o', '.env'];
  const { code } = await runInProcess(args, { cwd, env });
  expect(code).toBe(2);
});

test('the files for stdin and the prompt are not replaced', async () => {
  const { env, requests } = await saying('A boat.');
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  writeFileSync(join(cwd, 'p.txt'), 'Why?');
  const asked = ['describe', 'a.png', '-p', '@p.txt', '-o', 'p.txt'];
  for (const { code, stderr } of [
    await shell('"$@" < a.png', ['describe', '-', '-o', 'a.png'], { cwd, env }),
    await runInProcess(asked, { cwd, env }),
  ]) {
    expect({ code, stderr }).toMatchObject({ code: 2 });
    expect(stderr).toContain('it is being read');
  }
  expect(requests).toEqual([]);
  expect(readFileSync(join(cwd, 'a.png'))).toEqual(fixtureBytes('small.png'));
});

describe('an output that cannot be written is found before any call', () => {
  test.each([
    ['nowhere/out.txt', 'the folder does not exist'],
    ['.', 'it is a folder'],
    ['a.png/out.txt', 'a part of the path is no folder'],
    ['out/', 'it is a folder'],
    ['', 'the name is empty'],
    ['a.png', 'it is being read'],
    ['./a.png', 'it is being read'],
    ['link.png', 'it is being read'],
  ])('-o "%s": %s', async (output, why) => {
    const { code, calls, stdout, stderr, files, cwd } = await describeTo(output, {
      prepare: (folder) => symlinkSync('a.png', join(folder, 'link.png')),
    });
    expect({ code, calls, stdout }).toEqual({ code: 2, calls: 0, stdout: '' });
    const [first = '', hint] = stderr.split('\n');
    expect(first).toContain(why);
    expect(hint).toMatch(/^Name another file/);
    expect(files).toEqual(['a.png', 'link.png']);
    expect(readFileSync(join(cwd, 'a.png'))).toEqual(fixtureBytes('small.png'));
  });
});

test('of several pictures, those that failed are in the file of records as well', async () => {
  const { code, read } = await describeTo('out.jsonl', { args: ['nothere.png', '-f', 'jsonl'] });
  expect(code).toBe(3);
  const records = read('out.jsonl').trimEnd().split('\n');
  expect(records.map((line) => JSON.parse(line).status).sort()).toEqual(['failed', 'ok']);
});

test('a file whose ending names no format is refused first, with the known endings', async () => {
  for (const output of ['x.xlsx', './x.CSVX', 'x.csv.gz', 'x.html', 'results.2026']) {
    const { code, stderr, calls, files } = await describeTo(output);
    expect(code, output).toBe(2);
    expect(stderr).toContain(`gemini-image: ${output} ends in .`);
    expect(stderr).toContain('.txt, .text, .md, .json, .jsonl, .ndjson, .csv or .tsv');
    expect({ calls, files }).toEqual({ calls: 0, files: ['a.png'] });
  }
  const dry = await describeTo('x.xlsx', { args: ['--dry-run'] });
  expect(dry).toMatchObject({ code: 2, stdout: '', calls: 0 });
  const keyless = temporaryFolder({ 'a.png': 'small.png' });
  const unset = await runInProcess(['describe', 'a.png', '-o', 'x.xlsx'], { cwd: keyless });
  expect(unset).toMatchObject({ code: 2, stderr: expect.stringContaining('x.xlsx ends in') });
});

test('a named format goes into a file with any ending, and text into one without', async () => {
  const json = await describeTo('x.data', { args: ['-f', 'json'] });
  expect(JSON.parse(json.read('x.data'))).toMatchObject({ text: 'A boat.' });
  expect((await describeTo('caption')).read('caption')).toBe('A boat.\n');
  expect((await describeTo('caption.md')).read('caption.md')).toBe('A boat.\n');
});

test('a file that ends in .csv begins with a byte order mark, but other files and stdout do not', async () => {
  const { read } = await describeTo('x.csv');
  expect(read('x.csv')).toMatch(
    /^\ufeffimage,status,text,[^\ufeff]+\r\na\.png,ok,A boat\.,[^\ufeff]+$/,
  );
  const byName = await describeTo('x.data', { args: ['-f', 'csv'] });
  expect(byName.read('x.data')).toMatch(/^image,/);
  for (const output of ['-', '/dev/stdout']) {
    const { stdout } = await describeTo(output, { args: ['-f', 'csv'] });
    if (output === '-') expect(stdout).toMatch(/^image,/);
    expect(stdout).not.toContain('\ufeff');
  }
});

test('a file that ends in .tsv gets tabs, and no byte order mark', async () => {
  const { read } = await describeTo('x.tsv');
  expect(read('x.tsv')).toMatch(/^image\tstatus\ttext\t[^\r]+\na\.png\tok\tA boat\.\t[^\r]+\n$/);
});
