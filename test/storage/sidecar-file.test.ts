import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeSidecar } from '../../src/storage/sidecar-file.js';
import { failureOf } from '../support/ask.js';
import { onDataSync } from '../support/disk-syncs.js';
import { temporaryFolder } from '../support/files.js';

/** A sidecar in a folder of its own. */
function place(...parts: string[]) {
  const folder = temporaryFolder();
  return { folder, path: join(folder, ...(parts.length > 0 ? parts : ['photo.txt'])) };
}

test('a sidecar holds its text, and nothing else is left', async () => {
  const { folder, path } = place();
  await writeSidecar(path, 'A harbor — at dawn.\n', { existing: 'stays' });
  expect(readFileSync(path, 'utf8')).toBe('A harbor — at dawn.\n');
  expect(readdirSync(folder)).toEqual(['photo.txt']);
});

test.each(['stays', 'none'] as const)(
  'it is on the disk before it has its name (an older one: %s)',
  async (existing) => {
    const { folder, path } = place();
    const seen: string[][] = [];
    await onDataSync(() => {
      const names = readdirSync(folder);
      seen.push(names.map((name) => readFileSync(join(folder, name), 'utf8')));
      expect(names).not.toContain('photo.txt');
    });
    await writeSidecar(path, 'A harbor.\n', { existing });
    expect(seen).toEqual([['A harbor.\n']]);
  },
);

describe('one that is there already', () => {
  test('is left as it is', async () => {
    const { folder, path } = place();
    writeFileSync(path, 'mine');
    expect(await writeSidecar(path, 'A harbor.\n', { existing: 'stays' })).toEqual({
      isWritten: false,
    });
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect(readdirSync(folder)).toEqual(['photo.txt']);
  });

  test('is left as it is if it is a dangling link or a folder', async () => {
    for (const make of [(path: string) => symlinkSync('gone', path), mkdirSync]) {
      const { folder, path } = place();
      make(path);
      expect(await writeSidecar(path, 'A harbor.\n', { existing: 'stays' })).toEqual({
        isWritten: false,
      });
      expect(readdirSync(folder)).toEqual(['photo.txt']);
    }
  });

  test('is replaced if that is wanted', async () => {
    const { folder, path } = place();
    writeFileSync(path, 'mine, and longer than the new one');
    await writeSidecar(path, 'A harbor.\n', { existing: 'none' });
    expect(readFileSync(path, 'utf8')).toBe('A harbor.\n');
    expect(readdirSync(folder)).toEqual(['photo.txt']);
  });

  test('is replaced and not followed if it is a link', async () => {
    const { folder, path } = place();
    writeFileSync(join(folder, 'other'), 'other');
    symlinkSync('other', path);
    await writeSidecar(path, 'A harbor.\n', { existing: 'none' });
    expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('other');
    expect(lstatSync(path).isFile()).toBe(true);
  });
});

test('if many write one file at once, one of them does, and its text is whole', async () => {
  const { folder, path } = place();
  const texts = Array.from({ length: 20 }, (_, index) => `${index} `.repeat(10_000));
  const outcomes = await Promise.all(
    texts.map((text) => writeSidecar(path, text, { existing: 'stays' })),
  );
  const winners = outcomes.flatMap(({ isWritten }, at) => (isWritten ? [at] : []));
  expect(winners).toHaveLength(1);
  expect(readFileSync(path, 'utf8')).toBe(texts[winners[0] ?? -1]);
  expect(readdirSync(folder)).toEqual(['photo.txt']);
});

test('folders above it are made only if that is wanted', async () => {
  const { folder, path } = place('2024', 'may', 'photo.txt');
  expect((await failureOf(writeSidecar(path, 'x', { existing: 'stays' }))).message).toBe(
    `${path} cannot be written: the folder does not exist`,
  );
  expect(existsSync(join(folder, '2024'))).toBe(false);
  await writeSidecar(path, 'x', { existing: 'stays', makesFolders: true });
  await writeSidecar(path, 'y', { existing: 'none', makesFolders: true });
  expect(readFileSync(path, 'utf8')).toBe('y');
});

test('a path that cannot be written to fails with the reason in words', async () => {
  const { folder } = place();
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'taken.txt'));
  const reason = async (name: string, makesFolders: boolean) =>
    (await failureOf(writeSidecar(join(folder, name), 'x', { existing: 'none', makesFolders })))
      .message;
  expect(await reason('taken.txt', false)).toMatch(/it is a folder$/);
  expect(await reason('file/photo.txt', false)).toMatch(/a part of the path is no folder$/);
  expect(await reason('file/deep/photo.txt', true)).toMatch(/a part of the path is no folder$/);
  expect(await reason(`${'x'.repeat(300)}.txt`, false)).toMatch(/the name is too long$/);
  expect(readdirSync(folder).sort()).toEqual(['file', 'taken.txt']);
});
