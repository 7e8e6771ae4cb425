import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openOutputFile } from '../../src/storage/output-file.js';
import { temporaryFolder } from '../support/files.js';

/** A folder with `old.txt` in it. */
function folderWithFile() {
  const folder = temporaryFolder();
  const path = join(folder, 'old.txt');
  writeFileSync(path, 'old');
  return { folder, path, read: () => readFileSync(path, 'utf8') };
}

test('a new file appears whole with the commit', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'new.txt');
  const file = await openOutputFile(path, []);
  await file.write('A ');
  await file.write('boat.');
  expect(existsSync(path)).toBe(false);
  await file.commit();
  expect(readFileSync(path, 'utf8')).toBe('A boat.');
  expect(readdirSync(folder)).toEqual(['new.txt']);
});

test('an existing file is unchanged until the commit', async () => {
  const { folder, path, read } = folderWithFile();
  const file = await openOutputFile(path, []);
  await file.write('new');
  expect(read()).toBe('old');
  await file.commit();
  expect(read()).toBe('new');
  expect(readdirSync(folder)).toEqual(['old.txt']);
});

test('a discarded file leaves nothing behind', async () => {
  const { folder, path, read } = folderWithFile();
  const file = await openOutputFile(path, []);
  await file.write('new');
  await file.discard();
  await file.discard();
  expect(read()).toBe('old');
  expect(readdirSync(folder)).toEqual(['old.txt']);
});

test('of two runs at once, one has the file until it has ended', async () => {
  const { folder, path, read } = folderWithFile();
  const busy = { kind: 'usage', message: `${path} is being written by another run` };
  const first = await openOutputFile(path, []);
  await expect(openOutputFile(path, [])).rejects.toMatchObject(busy);
  await first.write('first');
  await expect(openOutputFile(path, [])).rejects.toMatchObject(busy);
  await first.commit();
  expect(read()).toBe('first');
  const next = await openOutputFile(path, []);
  await next.discard();
  expect(readdirSync(folder)).toEqual(['old.txt']);
});

test('the mode is kept, and a new file has the usual one', async () => {
  const { folder, path } = folderWithFile();
  chmodSync(path, 0o600);
  const file = await openOutputFile(path, []);
  await file.commit();
  expect(statSync(path).mode & 0o7777).toBe(0o600);
  const fresh = await openOutputFile(join(folder, 'new.txt'), []);
  await fresh.commit();
  writeFileSync(join(folder, 'usual.txt'), '');
  expect(statSync(join(folder, 'new.txt')).mode).toBe(statSync(join(folder, 'usual.txt')).mode);
});

describe('links are followed', () => {
  test.each(['old.txt', 'missing.txt'])('to %s', async (target) => {
    const { folder } = folderWithFile();
    symlinkSync(target, join(folder, 'link'));
    symlinkSync('link', join(folder, 'second'));
    const file = await openOutputFile(join(folder, 'second'), []);
    await file.write('new');
    await file.commit();
    expect(readFileSync(join(folder, target), 'utf8')).toBe('new');
    for (const link of ['link', 'second']) {
      expect(lstatSync(join(folder, link)).isSymbolicLink()).toBe(true);
    }
  });
});

test('a device is written to directly', async () => {
  const file = await openOutputFile('/dev/null', []);
  await file.write('gone');
  await file.commit();
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
});

describe('a file that cannot be written is refused when it is opened', () => {
  const refusal = (why: string) => ({
    name: 'GeminiImageError',
    kind: 'usage',
    message: expect.stringMatching(new RegExp(`cannot be written: ${why}$`)),
  });

  test.each([
    ['nowhere/a.txt', 'the folder does not exist'],
    ['old.txt/a.txt', 'a part of the path is no folder'],
    ['old.txt/', 'it is a folder'],
    ['folder', 'it is a folder'],
    ['new/', 'it is a folder'],
  ])('%s: %s', async (name, why) => {
    const { folder } = folderWithFile();
    mkdirSync(join(folder, 'folder'));
    await expect(openOutputFile(`${folder}/${name}`, [])).rejects.toMatchObject(refusal(why));
    expect(readdirSync(folder).sort()).toEqual(['folder', 'old.txt']);
  });

  test('an empty name', async () => {
    await expect(openOutputFile('', [])).rejects.toMatchObject(refusal('the name is empty'));
  });

  test('a file that is read, by any of its names', async () => {
    const { folder, path } = folderWithFile();
    symlinkSync('old.txt', join(folder, 'link'));
    for (const [output, input] of [
      [path, path],
      [join(folder, 'link'), path],
      [path, join(folder, 'link')],
      [join(folder, '.', '..', folder.split('/').at(-1) ?? '', 'old.txt'), path],
    ] as const) {
      const opened = openOutputFile(output, ['-', 'nothere', input]);
      await expect(opened).rejects.toMatchObject(refusal('it is being read'));
    }
  });

  test.skipIf(process.getuid?.() === 0)('a folder that may not be written to', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);
    const opened = openOutputFile(join(folder, 'a.txt'), []);
    await expect(opened).rejects.toMatchObject(refusal('permission denied'));
  });
});

test.skipIf(!existsSync('/dev/full'))('the write fails on a full disk', async () => {
  const file = await openOutputFile('/dev/full', []);
  await expect(file.write('x')).rejects.toMatchObject({
    kind: 'usage',
    message: '/dev/full cannot be written: no space is left on the disk',
  });
  await file.discard();
});
