/** What is kept of an output that cannot be finished. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openOutputFile } from '../../src/storage/output-file.js';
import { takePlace } from '../../src/storage/take-place.js';
import { startProgram } from '../support/command.js';
import { temporaryFolder } from '../support/files.js';

function place(old?: string) {
  const folder = temporaryFolder();
  const path = join(folder, 'x.csv');
  if (old !== undefined) writeFileSync(path, old);
  return { folder, path, read: (name: string) => readFileSync(join(folder, name), 'utf8') };
}

test('until it is whole, the file has another name', async () => {
  const { folder, path, read } = place();
  const file = await openOutputFile(path, []);
  await file.write('a\n');
  expect(readdirSync(folder)).toEqual(['x.csv.unfinished']);
  expect(read('x.csv.unfinished')).toBe('a\n');
  await file.commit();
  expect(readdirSync(folder)).toEqual(['x.csv']);
});

test('the unfinished file is kept, and no later run replaces or uses it', async () => {
  const { folder, path, read } = place('old');
  for (const text of ['first\n', 'second\n', 'third\n']) {
    const file = await openOutputFile(path, []);
    await file.write(text);
    await file.keep();
  }
  expect(read('x.csv')).toBe('old');
  expect(readdirSync(folder)).toEqual([
    'x.csv',
    'x.csv.unfinished',
    'x.csv.unfinished.2',
    'x.csv.unfinished.3',
  ]);
  expect(read('x.csv.unfinished.2')).toBe('second\n');
  const last = await openOutputFile(path, []);
  await last.write('whole\n');
  await last.commit();
  expect(read('x.csv.unfinished')).toBe('first\n');
  expect(read('x.csv')).toBe('whole\n');
});

test('if nothing was written, nothing is kept', async () => {
  const { folder, path } = place('old');
  const file = await openOutputFile(path, []);
  expect(await file.keep()).toBeUndefined();
  expect(readdirSync(folder)).toEqual(['x.csv']);
});

test('at any time the file is whole with its ending', async () => {
  const { path, read } = place();
  const file = await openOutputFile(path, []);
  const items = [];
  for (const item of [1, 22, 3]) {
    items.push(item);
    await file.write(`${items.length > 1 ? ',' : '['}${item}`, '\n]\n');
    expect(JSON.parse(read('x.csv.unfinished'))).toEqual(items);
  }
  await file.write('\n]\n');
  await file.commit();
  expect(read('x.csv')).toBe('[1,22,3\n]\n');
});

test('an empty file that a killed run has left is used', async () => {
  const { folder, path } = place();
  writeFileSync(`${path}.unfinished`, '');
  const file = await openOutputFile(path, []);
  await file.write('a\n');
  await file.commit();
  expect(readdirSync(folder)).toEqual(['x.csv']);
});

test('a file that somebody planted under the unfinished name is not written to', async () => {
  const { folder, path, read } = place();
  const precious = join(temporaryFolder(), 'precious');
  writeFileSync(precious, '');
  symlinkSync(precious, `${path}.unfinished`);
  linkSync(precious, `${path}.unfinished.2`);
  mkdirSync(`${path}.unfinished.3`);
  const isRoot = process.getuid?.() === 0;
  writeFileSync(`${path}.unfinished.4`, isRoot ? '' : 'content');
  if (isRoot) chownSync(`${path}.unfinished.4`, 12_345, 12_345);
  const file = await openOutputFile(path, []);
  await file.write('a\n');
  await file.commit();
  expect(read('x.csv')).toBe('a\n');
  expect(readFileSync(precious, 'utf8')).toBe('');
  expect(readdirSync(folder)).toHaveLength(5);
});

test('if the file cannot be moved to its path, it is kept', async () => {
  const { folder, path, read } = place();
  const file = await openOutputFile(path, []);
  await file.write('paid\n');
  mkdirSync(path);
  await expect(file.commit()).rejects.toMatchObject({
    message: `${path} cannot be written: it is a folder`,
  });
  expect(await file.keep()).toBe(`${path}.unfinished`);
  await file.discard();
  expect(read('x.csv.unfinished')).toBe('paid\n');
  expect(readdirSync(folder)).toEqual(['x.csv', 'x.csv.unfinished']);
});

/** Runs a program that may import from './compiled/…', behind a line of bash. */
async function program(line: string, source: string, env: Record<string, string> = {}) {
  const args = ['-c', `${line} exec "$0" --input-type=module -`, process.execPath];
  const { code, stdout, stderr } = await startProgram('bash', args, { stdin: source, env })
    .finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd().split('\n');
}

const writing = (path: string, size: number) => `
  import { openOutputFile } from './compiled/storage/output-file.js';
  const file = await openOutputFile(${JSON.stringify(path)}, []);
  await file.write('a'.repeat(3000), ']');
  const { message } = await file.write('b'.repeat(${size}), ']').catch((error) => error);
  console.log(message);
  console.log(await file.keep());
  console.log(file.unwritten().length);`;

test('if a text does not fit, the texts before it are whole', async () => {
  const { folder, path, read } = place('old');
  // No file may be larger than 8 KB, wherever it is.
  const [message, kept, unwritten] = await program('ulimit -f 8;', writing(path, 9000));
  expect(message).toBe(`${path} cannot be written: the file would be too large`);
  expect(kept).toBe(`${path}.unfinished`);
  expect(unwritten).toBe('9000');
  expect(read('x.csv.unfinished')).toBe(`${'a'.repeat(3000)}]`);
  expect(readdirSync(folder)).toEqual(['x.csv', 'x.csv.unfinished']);
});

/** A disk of its own with room for 64 KB; undefined where this user cannot make one. */
function smallDisk(): string | undefined {
  const folder = temporaryFolder();
  const made = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
  if (made.status !== 0) return undefined;
  onTestFinished(() => void spawnSync('umount', [folder]));
  return folder;
}

test('if the disk is full, the file is kept in the folder for temporary files', async (context) => {
  const disk = smallDisk();
  if (disk === undefined) return context.skip();
  const elsewhere = temporaryFolder();
  const source = writing(join(disk, 'x.csv'), 70_000);
  const [message, kept = '', unwritten] = await program('', source, { TMPDIR: elsewhere });
  expect(message).toMatch(/no space is left on the disk$/);
  expect(dirname(dirname(kept))).toBe(elsewhere);
  expect(basename(kept)).toBe('x.csv.unfinished');
  expect(unwritten).toBe('0');
  expect(readFileSync(kept, 'utf8')).toBe(`${'a'.repeat(3000)}${'b'.repeat(70_000)}]`);
  expect(readdirSync(disk)).toEqual([]);
});

test('a file that is mounted by itself gets the new content, and the old content is kept', async (context) => {
  const { folder, path, read } = place('old and longer\n');
  writeFileSync(join(folder, 'host'), 'old and longer\n');
  const mounted = spawnSync('mount', ['--bind', join(folder, 'host'), path]);
  if (mounted.status !== 0) return context.skip();
  onTestFinished(() => void spawnSync('umount', [path]));
  const file = await openOutputFile(path, []);
  await file.write('new\n');
  expect(await file.commit('numbered')).toBe(`${path}~`);
  expect(read('host')).toBe('new\n');
  expect(read('x.csv~')).toBe('old and longer\n');
  expect(readdirSync(folder)).toEqual(['host', 'x.csv', 'x.csv~']);
});

test.runIf(process.getuid?.() === 0)(
  'so is a file of somebody else in a folder of all',
  async () => {
    const { folder, path, read } = place('old\n');
    chmodSync(folder, 0o1777);
    chmodSync(path, 0o666);
    const source = `
    process.setuid(12345);
    const { openOutputFile } = await import('./compiled/storage/output-file.js');
    const file = await openOutputFile(${JSON.stringify(path)}, []);
    await file.write('new\\n');
    console.log(await file.commit('numbered'));`;
    expect(await program('', source)).toEqual([`${path}~`]);
    expect(read('x.csv')).toBe('new\n');
    expect(read('x.csv~')).toBe('old\n');
    expect(readdirSync(folder)).toEqual(['x.csv', 'x.csv~']);
  },
);

test('a file with a second name is not overwritten in that way', async () => {
  const { folder, path, read } = place('old\n');
  linkSync(path, join(folder, 'second'));
  await expect(takePlace(join(folder, 'missing'), path, 'none')).rejects.toMatchObject({
    code: 'ENOENT',
  });
  expect([read('x.csv'), read('second')]).toEqual(['old\n', 'old\n']);
});
