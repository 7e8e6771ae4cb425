import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compareNames } from '../../../src/images/find/directory.js';
import { type FindOptions, findImages } from '../../../src/images/find/find-images.js';
import { fixture } from '../../support/files.js';
import { find, line, tree } from './tree.js';

describe('a folder', () => {
  test('gives its pictures in natural order', async () => {
    const root = tree('img10.jpg', 'img2.jpg', 'img1.PNG', 'b.webp', 'sub/c.jpg');
    const expected = ['ROOT/b.webp', 'ROOT/img1.PNG', 'ROOT/img2.jpg', 'ROOT/img10.jpg'];
    expect(await find(root, ['ROOT'])).toEqual(expected);
    expect(await find(root, ['ROOT///'])).toEqual(expected);
  });

  test('is entered where asked for, sub-folders merged with files by name', async () => {
    const root = tree('b.jpg', 'a10/1.jpg', 'a9/x/2.jpg', 'a9/x.jpg', 'c/1.jpg');
    expect(await find(root, ['ROOT'], { recursive: true })).toEqual([
      'ROOT/a9/x/2.jpg',
      'ROOT/a9/x.jpg',
      'ROOT/a10/1.jpg',
      'ROOT/b.jpg',
      'ROOT/c/1.jpg',
    ]);
  });

  test('gives names with numbers at any place, of any length, in natural order', async () => {
    const names = [
      ...['1', '01', '001', '10', '2', '2a', '02', '2-1', '2-10', '2-9', 'a', 'a1', 'a01', 'a1b'],
      ...['a10', 'a2', 'b1', 'b', 'ab1', 'ab', 'x9-1', 'x9-10', 'x9-2', 'x09-3', 'x10', 'é1', 'é0'],
      ...[
        'y999999999999999',
        'y1000000000000000',
        'y9999999999999999999',
        'y5',
        'y00000000000000005',
      ],
      ...['IMG_1', 'IMG_2', 'IMG_12', 'IMG_1.b', 'IMG_1-2', 'IMG', 'IMG_', 'img_1'],
    ].map((name) => `${name}.jpg`);
    const root = tree(...names);
    const expected = names.toSorted(compareNames).map((name) => `ROOT/${name}`);
    for (const window of [1, 7, names.length, 1000]) {
      expect(await find(root, ['ROOT'], { window })).toEqual(expected);
    }
  });

  test('gives the same whatever the window', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `${(index * 37) % 60}/p${index}.jpg`);
    const flat = Array.from({ length: 100 }, (_, index) => `all/p${(index * 7) % 100}-01.jpg`);
    const root = tree(...names, ...flat, 'all/notes.txt', 'all/.hidden.jpg');
    const expected = await find(root, ['ROOT'], { recursive: true });
    expect(expected).toHaveLength(160);
    expect(expected.slice(60)).toEqual(flat.map((_, index) => `ROOT/all/p${index}-01.jpg`));
    for (const window of [1, 2, 3, 50, 51, 100, 101]) {
      expect(await find(root, ['ROOT'], { recursive: true, window })).toEqual(expected);
    }
  });

  test('takes files without a known ending by their bytes, and passes over the rest', async () => {
    const root = tree('broken.jpg', 'notes.txt', 'empty', '.hidden.jpg', '.git/a.jpg');
    copyFileSync(fixture('small.png'), join(root, 'picture'));
    copyFileSync(fixture('refused.svg'), join(root, 'drawing.part'));
    writeFileSync(join(root, 'page.html'), '<!doctype html><svg></svg>');
    writeFileSync(join(root, 'data.xml'), '<?xml version="1.0"?><a><svg></svg></a>');
    // As a signature, BM and the 15th byte would do for a bitmap.
    writeFileSync(join(root, 'cars.md'), 'BMW cars are (all) alike');
    writeFileSync(join(root, 'empty'), '');
    execFileSync('mkfifo', [join(root, 'pipe.jpg'), join(root, 'pipe')]);
    const passed: string[] = [];
    const onPassedOver = (name: string) => passed.push(name.replace(root, 'ROOT'));
    expect(await find(root, ['ROOT'], { recursive: true, onPassedOver })).toEqual([
      'ROOT/broken.jpg',
      'ROOT/drawing.part',
      'ROOT/picture',
    ]);
    expect(passed).toEqual(
      ['cars.md', 'data.xml', 'empty', 'notes.txt', 'page.html', 'pipe', 'pipe.jpg'].map(
        (name) => `ROOT/${name}`,
      ),
    );
  });

  test('says so where it holds no pictures', async () => {
    const root = tree('none/.a.jpg', 'one/x.txt', 'two/x.txt', 'two/y.txt', 'sub/in/a.jpg');
    const none = 'there are no pictures in this folder';
    expect(await find(root, ['ROOT/none', 'ROOT/one/', 'ROOT/two', 'ROOT/sub'])).toEqual([
      `ROOT/none/: ${none}`,
      `ROOT/one/: ${none} (1 file that is no picture was passed over)`,
      `ROOT/two/: ${none} (2 files that are no pictures were passed over)`,
      `ROOT/sub/: ${none}`,
    ]);
    const hints = async (name: string, recursive: boolean) => {
      const found = findImages({ images: [join(root, name)] }, { recursive });
      const { value } = await found.next();
      return value?.kind === 'failed' ? [value.error.kind, value.error.hint] : value;
    };
    expect(await hints('sub', false)).toEqual(['input', expect.stringContaining('-r')]);
    expect(await hints('one', false)).toEqual(['input', 'Name a folder that holds pictures.']);
    expect(await find(root, ['ROOT/sub'], { recursive: true })).toEqual(['ROOT/sub/in/a.jpg']);
  });

  test('that cannot be read fails alone', async () => {
    const root = tree('a/1.jpg', 'b/2.jpg', 'c/3.jpg');
    const lines: string[] = [];
    for await (const found of findImages({ images: [root] }, { recursive: true })) {
      lines.push(line(found).replace(root, 'ROOT'));
      // Listed already, and gone when its turn comes.
      rmSync(join(root, 'b'), { recursive: true, force: true });
    }
    expect(lines).toEqual([
      'ROOT/a/1.jpg',
      'ROOT/b/: the folder cannot be read: no such file',
      'ROOT/c/3.jpg',
    ]);
  });
});

describe('symbolic links', () => {
  test('are followed, and their loops end', async () => {
    const root = tree('a/1.jpg', 'other/2.jpg');
    symlinkSync('..', join(root, 'a', 'up'));
    symlinkSync('.', join(root, 'a', 'same'));
    symlinkSync('other', join(root, 'link'));
    symlinkSync('self', join(root, 'self'));
    expect(await find(root, ['ROOT/a'], { recursive: true, follow: true })).toEqual([
      'ROOT/a/1.jpg',
      'ROOT/a/up/link/2.jpg',
    ]);
    expect(await find(root, ['ROOT'], { recursive: true })).toEqual([
      'ROOT/a/1.jpg',
      'ROOT/link/2.jpg',
    ]);
  });

  test('that lead out of the folder are passed over, unless they are to be followed', async () => {
    const root = tree(
      'own/1.jpg',
      'own/2.jpg',
      'own-too/3.jpg',
      'theirs/sub/4.jpg',
      'theirs/5.txt',
    );
    symlinkSync('../own', join(root, 'theirs/own'));
    symlinkSync('../../own/1.jpg', join(root, 'theirs/sub/cat.jpg'));
    symlinkSync(join(root, 'own-too'), join(root, 'theirs/abs'));
    symlinkSync('sub/4.jpg', join(root, 'theirs/0.jpg'));
    symlinkSync('theirs', join(root, 'named'));
    const led: string[] = [];
    const onLinkPassedOver = (name: string) => led.push(name.replace(root, 'ROOT'));
    const options = { recursive: true, onLinkPassedOver };
    expect(await find(root, ['ROOT/theirs'], options)).toEqual(['ROOT/theirs/0.jpg']);
    const outside = ['ROOT/theirs/abs', 'ROOT/theirs/own', 'ROOT/theirs/sub/cat.jpg'];
    expect(led.splice(0)).toEqual(outside);
    expect(await find(root, ['ROOT/theirs/**/*.jpg'], { ...options })).toEqual([
      'ROOT/theirs/0.jpg',
    ]);
    expect(led.splice(0)).toEqual(outside);
    // What is named is meant, wherever it leads.
    const named = ['ROOT/named', 'ROOT/theirs/sub/cat.jpg', 'ROOT/theirs/own/*'];
    expect(await find(root, named, options)).toEqual([
      'ROOT/named/0.jpg',
      'ROOT/theirs/sub/cat.jpg',
      'ROOT/theirs/own/2.jpg',
    ]);
    expect(await find(root, ['ROOT/theirs'], { recursive: true, follow: true })).toEqual([
      'ROOT/theirs/0.jpg',
      'ROOT/theirs/abs/3.jpg',
      'ROOT/theirs/own/1.jpg',
      'ROOT/theirs/own/2.jpg',
    ]);
    const empty = tree('theirs/x.txt');
    symlinkSync(join(root, 'own'), join(empty, 'theirs/own'));
    expect(await find(empty, ['ROOT/theirs'], { recursive: true })).toEqual([
      'ROOT/theirs/: there are no pictures in this folder (1 file that is no picture was passed ' +
        'over; 1 link that leads out of it was not followed)',
    ]);
  });

  test('that lead nowhere count by their name', async () => {
    const root = tree('x.jpg');
    symlinkSync('gone.jpg', join(root, 'broken.jpg'));
    symlinkSync('gone.txt', join(root, 'broken.txt'));
    symlinkSync('x.jpg', join(root, 'y.jpg'));
    const passed: string[] = [];
    const onPassedOver = (name: string) => passed.push(name);
    expect(await find(root, ['ROOT'], { onPassedOver })).toEqual(['ROOT/broken.jpg', 'ROOT/x.jpg']);
    expect(passed).toEqual([join(root, 'broken.txt')]);
  });

  test('between many folders do not multiply the way', async () => {
    const folders = Array.from({ length: 12 }, (_, index) => `f${index}`);
    const root = tree(...folders.map((folder) => `${folder}/p.jpg`));
    for (const from of folders) {
      for (const to of folders) symlinkSync(join('..', to), join(root, from, to));
    }
    expect(await find(root, ['ROOT'], { recursive: true })).toHaveLength(12);
    expect(await find(root, ['ROOT/**/p.jpg'])).toHaveLength(12);
  });
});

test.skipIf(process.platform !== 'linux')('names that are no UTF-8 are told', async () => {
  const root = tree('\ufffd.jpg', 'a.jpg');
  const bad = (end: string) =>
    Buffer.concat([Buffer.from(`${root}/z`), Buffer.from([0xff]), Buffer.from(end)]);
  writeFileSync(bad('.jpg'), '');
  writeFileSync(bad('.txt'), '');
  mkdirSync(bad('/'));
  const words = 'the name is not valid UTF-8; rename it';
  expect(await find(root, ['ROOT'], { recursive: true })).toEqual([
    'ROOT/a.jpg',
    `ROOT/z\ufffd/: ${words}`,
    `ROOT/z\ufffd.jpg: ${words}`,
    'ROOT/\ufffd.jpg',
  ]);
  expect(await find(root, ['ROOT/z\ufffd.jpg'])).toEqual([`ROOT/z\ufffd.jpg: ${words}`]);
});

describe('raw files of cameras', () => {
  const names = ['A.CR2', 'A.JPG', 'b.nef', 'c.dng', 'c.heic', 'd.ARW', 'd.png', 'e/A.CR2'];
  const besides = async (images: string[], options: Partial<FindOptions> = {}) => {
    const root = tree(...names);
    const passed: string[] = [];
    const onRawPassedOver = (name: string) => passed.push(name.replace(root, 'ROOT'));
    const found = await find(root, images, { recursive: true, onRawPassedOver, ...options });
    return { found: found.map((name) => name.replace('ROOT/', '')), passed };
  };

  test('are passed over where their JPEG or HEIC lies beside them', async () => {
    const { found, passed } = await besides(['ROOT']);
    expect(found).toEqual(['A.JPG', 'b.nef', 'c.heic', 'd.ARW', 'd.png', 'e/A.CR2']);
    expect(passed).toEqual(['ROOT/A.CR2', 'ROOT/c.dng']);
  });

  test('are taken if that is wanted, if they are named, and if the other is not', async () => {
    const all = [...names.slice(0, 2), ...names.slice(2)];
    expect(await besides(['ROOT'], { raw: true })).toEqual({ found: all, passed: [] });
    expect((await besides(['ROOT/A.CR2'])).found).toEqual(['A.CR2']);
    expect((await besides(['ROOT/*.CR2'])).found).toEqual(['A.CR2']);
    const { found } = await besides(['ROOT'], { exclude: ['*.JPG'] });
    expect(found).toContain('A.CR2');
  });
});

test('files that are no pictures are told by what they are', async () => {
  const root = tree();
  const files = {
    'a.pdf': '%PDF-1.7\n\x01',
    'b.mp4': '\0\0\0\x18ftypmp42',
    'c.txt': 'A text.',
    'd.zip': 'PK\x03\x04',
    'e.bin': '\x01\x02\xfe\xff',
    'f.mp3': 'ID3\x03\0',
    'g.zero': '\0\0\0\0',
    'h.none': '',
  };
  for (const [name, bytes] of Object.entries(files))
    writeFileSync(join(root, name), bytes, 'latin1');
  copyFileSync(fixture('small.png'), join(root, 'z.png'));
  const told: string[] = [];
  const onPassedOver = (_: string, { one, many }: { one: string; many: string }) =>
    told.push(`${one}, ${many}`);
  await find(root, ['ROOT'], { onPassedOver });
  expect(told).toEqual([
    'PDF document, PDF documents',
    'video, videos',
    'text, texts',
    'ZIP archive, ZIP archives',
    'unknown file, unknown files',
    'sound recording, sound recordings',
    'file of zeros, files of zeros',
    'empty file, empty files',
  ]);
});
