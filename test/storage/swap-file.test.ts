/** What becomes of a file whose place a new one takes. */
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  copyAside,
  exchange,
  freeAsideName,
  type Keeping,
  lastAsideName,
  temporaryFor,
  withSuffix,
} from '../../src/storage/swap-file.js';
import { temporaryFolder } from '../support/files.js';

function place(name = 'x.csv') {
  const folder = temporaryFolder();
  const path = join(folder, name);
  let number = 0;
  writeFileSync(path, '0');
  return {
    folder,
    path,
    /** Gives the place to a new file, whose text is the next number. */
    async renew(keeping?: Keeping) {
      const temporary = temporaryFor(path);
      number += 1;
      writeFileSync(temporary, String(number));
      return exchange(temporary, path, keeping);
    },
    texts: () =>
      Object.fromEntries(
        readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
      ),
  };
}

test('files that are set aside are numbered, and none is ever replaced', async () => {
  const { path, renew, texts } = place();
  expect(await freeAsideName(path)).toBe(`${path}~`);
  expect(await renew()).toBe(`${path}~`);
  expect(await renew()).toBe(`${path}.~1~`);
  expect(await freeAsideName(path)).toBe(`${path}.~2~`);
  expect(await renew()).toBe(`${path}.~2~`);
  expect(texts()).toEqual({ 'x.csv': '3', 'x.csv~': '0', 'x.csv.~1~': '1', 'x.csv.~2~': '2' });
});

test('names of folders and dangling links are not used', async () => {
  const { path, renew } = place();
  mkdirSync(`${path}~`);
  symlinkSync('nowhere', `${path}.~1~`);
  expect(await renew()).toBe(`${path}.~2~`);
});

test('an older file is replaced, or not kept, only if that is asked for', async () => {
  const { path, renew, texts } = place();
  expect(await lastAsideName(path)).toBe(`${path}~`);
  expect(await renew({ replacing: `${path}~` })).toBe(`${path}~`);
  expect(await renew({ replacing: await lastAsideName(path) })).toBe(`${path}~`);
  expect(texts()).toEqual({ 'x.csv': '2', 'x.csv~': '1' });
  expect(await renew('none')).toBeUndefined();
  expect(texts()).toEqual({ 'x.csv': '3', 'x.csv~': '1' });
});

test('a second name that an interrupted replacement has left is used', async () => {
  const { path, renew, texts } = place();
  linkSync(path, `${path}~`);
  expect(await renew()).toBe(`${path}~`);
  linkSync(path, `${path}.~1~`);
  expect(await renew({ replacing: `${path}~` })).toBe(`${path}~`);
  expect(texts()).toEqual({ 'x.csv': '2', 'x.csv~': '1', 'x.csv.~1~': '1' });
});

test('if the new file cannot be moved to the path, nothing has changed', async () => {
  const { folder, path } = place();
  for (const keeping of ['numbered', { replacing: `${path}~` }, 'none'] as const) {
    const exchanged = exchange(join(folder, 'missing.tmp'), path, keeping);
    await expect(exchanged).rejects.toMatchObject({ code: 'ENOENT' });
    expect(readdirSync(folder)).toEqual(['x.csv']);
  }
});

test('a name that is too long with its ending is shortened by whole characters', async () => {
  const long = `${'é'.repeat(125)}.csv`;
  const { path, renew } = place(long);
  const [aside, second] = [await renew(), await renew()];
  expect([aside, second].map((name) => name?.slice(path.length - 10))).toEqual([
    'éééééé.csv~',
    'éééééé..~1~',
  ]);
  expect(existsSync(second ?? '')).toBe(true);
  expect(Buffer.byteLength(withSuffix('🛶'.repeat(63), '.unfinished'))).toBe(255);
});

test('a copy keeps the mode, and replaces nothing', async () => {
  const { folder, path } = place();
  chmodSync(path, 0o600);
  await copyAside(path, join(folder, 'copy'));
  expect(statSync(join(folder, 'copy')).mode & 0o777).toBe(0o600);
  await expect(copyAside(path, join(folder, 'copy'))).rejects.toMatchObject({ code: 'EEXIST' });
});
