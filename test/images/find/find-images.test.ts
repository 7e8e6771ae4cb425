import { linkSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type Found, findImages, namesOnePicture } from '../../../src/images/find/find-images.js';
import { find, plant, tree } from './tree.js';

describe('what is named', () => {
  test('comes in the order given', async () => {
    const root = tree('b.jpg', 'pics/2.jpg', 'pics/1.jpg', 'notes.txt');
    const names = ['HTTPS://host/x.png', 'ROOT/b.jpg', '-', 'ROOT/pics', 'ROOT/notes.txt'];
    expect(await find(root, [...names, 'ROOT/gone.jpg', ''])).toEqual([
      'url: HTTPS://host/x.png',
      'ROOT/b.jpg',
      'stdin: -',
      'ROOT/pics/1.jpg',
      'ROOT/pics/2.jpg',
      'ROOT/notes.txt',
      'ROOT/gone.jpg',
      '',
    ]);
  });

  test('keeps the way it was named', async () => {
    const root = tree('a.jpg');
    const way = relative('.', root);
    expect(await find('/nowhere', [way])).toEqual([`${way}/a.jpg`]);
    expect(await find('/nowhere', [`./${way}/*.jpg`])).toEqual([`./${way}/a.jpg`]);
  });

  test('is taken once, however it is named', async () => {
    const root = tree('a.jpg', 'sub/b.jpg', 'sub/d.jpg');
    symlinkSync('../a.jpg', join(root, 'sub', 'c.jpg'));
    symlinkSync('sub', join(root, 'link'));
    linkSync(join(root, 'a.jpg'), join(root, 'hard.jpg'));
    const names = [
      'ROOT/a.jpg',
      'ROOT/sub/../a.jpg',
      'ROOT/link/b.jpg',
      'ROOT/gone',
      'ROOT/./gone',
    ];
    const urls = ['http://host/a', 'HTTP://HOST:80/a', 'http://host/a?b', 'http://[', '-', '-'];
    expect(await find(root, [...names, 'ROOT', 'ROOT/link', 'ROOT/sub/*', ...urls])).toEqual([
      'ROOT/a.jpg',
      'ROOT/link/b.jpg',
      'ROOT/gone',
      'ROOT/hard.jpg',
      'ROOT/link/d.jpg',
      'url: http://host/a',
      'url: http://host/a?b',
      'url: http://[',
      'stdin: -',
    ]);
  });
});

describe('the signal', () => {
  test('ends the search', async () => {
    const root = tree('a.jpg', 'b.jpg');
    const controller = new AbortController();
    const { signal } = controller;
    const found = findImages({ images: [root] }, { recursive: false, signal });
    expect((await found.next()).done).toBe(false);
    controller.abort();
    await expect(found.next()).rejects.toMatchObject({ kind: 'interrupted' });
    await expect(find(root, ['ROOT'], { signal })).rejects.toMatchObject({ kind: 'interrupted' });
    await expect(find(root, ['-'], { signal })).rejects.toMatchObject({ kind: 'interrupted' });
  });

  test('comes through where whoever takes the pictures never waits', async () => {
    const root = tree(...Array.from({ length: 100 }, (_, index) => `${index}.jpg`));
    const controller = new AbortController();
    const { signal } = controller;
    const taken: Found[] = [];
    const take = async () => {
      for await (const found of findImages({ images: [root] }, { recursive: false, signal })) {
        if (taken.push(found) === 1) setImmediate(() => controller.abort());
        const start = performance.now();
        while (performance.now() - start < 2);
      }
    };
    await expect(take()).rejects.toMatchObject({ kind: 'interrupted' });
    expect(taken.length).toBeLessThan(100);
  });

  test('ends the wait for a list', async () => {
    const controller = new AbortController();
    const stdin = new PassThrough();
    const options = { recursive: false, stdin: () => stdin, signal: controller.signal };
    const found = findImages({ images: [], filesFrom: '-' }, options);
    stdin.write('a.jpg\n');
    expect((await found.next()).value).toMatchObject({ id: 'a.jpg' });
    const next = found.next();
    controller.abort();
    await expect(next).rejects.toMatchObject({ kind: 'interrupted' });
    expect(stdin.destroyed).toBe(true);
  });
});

test('who stops early closes the list', async () => {
  const stdin = new PassThrough();
  stdin.write('a.jpg\nb.jpg\n');
  const options = { recursive: false, stdin: () => stdin };
  for await (const _ of findImages({ images: [], filesFrom: '-' }, options)) break;
  expect(stdin.destroyed).toBe(true);
});

describe('one picture is named', () => {
  test('by a file, a URL or -, whether there or not', async () => {
    const root = tree('a[1].jpg');
    for (const name of [`${root}/a[1].jpg`, `${root}/gone`, `${root}/a[`, 'http://x/*', '-', '']) {
      expect(await namesOnePicture({ images: [name] }), name).toBe(true);
    }
  });

  test('but not by what may hold several', async () => {
    const root = tree();
    plant(root, 'pics/a.jpg');
    const filesFrom = join(root, 'list');
    for (const images of [[], ['a', 'a'], [root], [`${root}/*.jpg`], [`${root}/pics/`]]) {
      expect(await namesOnePicture({ images }), images.join()).toBe(false);
    }
    expect(await namesOnePicture({ images: ['-'], filesFrom })).toBe(false);
  });
});
