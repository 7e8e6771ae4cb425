/** Files that are there for a moment, and what a killed run leaves of them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openOutputFile } from '../../src/storage/output-file.js';
import { removeLeftOvers, withTemporary } from '../../src/storage/temporary-file.js';
import { REPOSITORY } from '../support/command.js';
import { temporaryFolder } from '../support/files.js';

const LEFT = '.gemini-image-0123abcd.tmp';

test('left-over files are removed, and no others', async () => {
  const folder = temporaryFolder();
  const others = ['.gemini-image-x.tmp', 'gemini-image-0123abcd.tmp', `${LEFT}~`, 'a.tmp'];
  for (const name of [LEFT, '.gemini-image-ffffffff.tmp', ...others]) {
    writeFileSync(join(folder, name), 'x');
  }
  mkdirSync(join(folder, '.gemini-image-00000000.tmp'));
  symlinkSync('a.tmp', join(folder, '.gemini-image-00000001.tmp'));
  expect(await removeLeftOvers(folder)).toBe(2);
  const stay = [...others, '.gemini-image-00000000.tmp', '.gemini-image-00000001.tmp'];
  expect(readdirSync(folder).sort()).toEqual(stay.sort());
  expect(await removeLeftOvers(join(folder, 'missing'))).toBe(0);
});

test('the next run that writes to the folder removes them', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, LEFT), 'x');
  const file = await openOutputFile(join(folder, 'x.csv'), []);
  expect(readdirSync(folder)).toEqual(['x.csv.unfinished']);
  await file.discard();
});

test('a file that another process is writing stays until that process is dead', async () => {
  const folder = temporaryFolder();
  const source = `
    import { withTemporary } from './compiled/storage/temporary-file.js';
    await withTemporary(${JSON.stringify(join(folder, 'a.txt'))}, 'x', async () => {
      console.log('here');
      await new Promise(() => setInterval(() => {}, 1000));
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-'], { cwd: REPOSITORY });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.end(source);
  await once(child.stdout, 'data');
  expect(readdirSync(folder)).toHaveLength(1);
  expect(await removeLeftOvers(folder)).toBe(0);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(await removeLeftOvers(folder)).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

test('a file that this process is writing stays, and is removed at the end', async () => {
  const folder = temporaryFolder();
  await withTemporary(join(folder, 'a.txt'), 'x', async () => {
    expect(await removeLeftOvers(folder)).toBe(0);
  });
  expect(readdirSync(folder)).toEqual([]);
});
