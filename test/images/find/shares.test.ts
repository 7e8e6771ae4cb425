/** Pictures are shared out among machines that know nothing of each other. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Shard } from '../../../src/domain/shard.js';
import { type FindInputs, findImages } from '../../../src/images/find/find-images.js';
import { fileNamed, referenceTo } from '../../../src/images/find/reference.js';
import { shardOf, sharedOut } from '../../../src/images/find/shares.js';
import { temporaryFolder } from '../../support/files.js';

/** A folder with empty files of these names, and its path. */
function folderOf(names: readonly string[]): string {
  const folder = temporaryFolder();
  for (const name of names) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), '');
  }
  return folder;
}

async function shareOf(inputs: Partial<FindInputs>, shard: Shard) {
  const names: string[] = [];
  let others = 0;
  const found = findImages({ images: [], ...inputs }, { recursive: true });
  const countOther = () => {
    others += 1;
  };
  for await (const { id } of sharedOut(found, shard, countOther, false)) {
    names.push(id);
  }
  return { names, others };
}

const sharesOf = (inputs: Partial<FindInputs>, count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, index) => shareOf(inputs, { number: index + 1, count })),
  );

const NAMES = Array.from({ length: 400 }, (_, number) => `${number % 7}/IMG_${number}.jpg`);

describe('the shares of a folder', () => {
  test('are all of it, none twice, and about equal', async () => {
    const folder = folderOf(NAMES);
    const shares = await sharesOf({ images: [folder] }, 4);
    const all = shares.flatMap(({ names }) => names);
    expect(all.toSorted()).toEqual(NAMES.map((name) => join(folder, name)).toSorted());
    for (const { names, others } of shares) {
      expect(names.length).toBeGreaterThan(70);
      expect(names.length).toBeLessThan(130);
      expect(others).toBe(NAMES.length - names.length);
    }
  });

  test('stay as they are when other pictures come and go, wherever the folder lies', async () => {
    const shard = { number: 2, count: 3 };
    const inFolder = async (names: readonly string[]) => {
      const folder = folderOf(names);
      const share = await shareOf({ images: [folder] }, shard);
      return share.names.map((name) => name.slice(folder.length + 1));
    };
    const before = await inFolder(NAMES);
    const after = await inFolder([...NAMES.slice(100), 'a.jpg', '0/new.jpg', 'z/z.jpg']);
    const stayed = new Set(NAMES.slice(100));
    expect(after.filter((name) => stayed.has(name))).toEqual(
      before.filter((name) => stayed.has(name)),
    );
  });

  test('are the same by a glob, whose fixed folder is what was named', async () => {
    const folder = folderOf(NAMES);
    const shard = { number: 1, count: 5 };
    const byGlob = await shareOf({ images: [join(folder, '**/*.jpg')] }, shard);
    expect(byGlob).toEqual(await shareOf({ images: [folder] }, shard));
  });
});

test('a line of a list goes by its path', async () => {
  const folder = folderOf(NAMES);
  const list = join(folder, 'list.txt');
  writeFileSync(list, NAMES.map((name) => `${join(folder, name)}\n`).join(''));
  const shares = await sharesOf({ filesFrom: list }, 3);
  const all = shares.flatMap(({ names }) => names);
  expect(all.toSorted()).toEqual(NAMES.map((name) => join(folder, name)).toSorted());
  expect(shares.every(({ names }) => names.length > 90)).toBe(true);
});

test('what cannot be looked into is told in every share', async () => {
  const folder = folderOf(['notes.txt']);
  const shares = await sharesOf({ images: [folder] }, 3);
  expect(shares.map(({ names }) => names)).toEqual([
    [`${folder}/`],
    [`${folder}/`],
    [`${folder}/`],
  ]);
});

describe('the hash is frozen, since jobs that have begun have their ledgers by it', () => {
  test.each([
    ['a.jpg', 8, 4],
    ['2024/IMG_0001.JPG', 8, 8],
    ['2024/IMG_0002.JPG', 8, 6],
    ['Straße/Köln.png', 1000, 246],
    ['no-ending', 1000, 999],
    ['.hidden', 1000, 217],
  ])('%s among %i', (below, count, shard) => {
    expect(shardOf(fileNamed(`photos/${below}`, below), count)).toBe(shard);
  });

  test.each([
    ['https://example.com/a.jpg', 1000, 149],
    ['https://example.com/a.jpg?size=2', 1000, 676],
  ])('%s among %i', (address, count, shard) => {
    expect(shardOf(referenceTo(address), count)).toBe(shard);
  });
});

test('pictures whose files would have one name are in one share', () => {
  const share = (below: string) => shardOf(fileNamed(below, below), 100_000);
  expect(share('x/IMG_1.png')).toBe(share('x/IMG_1.jpg'));
  expect(share('x/img_1.JPG')).toBe(share('x/IMG_1.jpg'));
  expect(share('Ko\u0308ln.jpg')).toBe(share('K\u00f6ln.jpg'));
  expect(share('y/IMG_1.jpg')).not.toBe(share('x/IMG_1.jpg'));
});
