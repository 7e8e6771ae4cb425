import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixture } from '../../support/files.js';
import { find, tree } from './tree.js';

const FOREIGN = [
  ...['node_modules', '@eaDir', '#recycle', '#snapshot', '$RECYCLE.BIN'],
  ...['System Volume Information', 'lost+found', '__MACOSX'],
];

describe('folders of programs and systems', () => {
  const album = () => tree('a.jpg', ...FOREIGN.map((name) => `sub/${name}/deep/x.jpg`));

  test('are passed over and told by their names', async () => {
    const root = album();
    for (const named of ['ROOT', 'ROOT/**/*.jpg', 'ROOT/**']) {
      const folders: string[] = [];
      const onFolderPassedOver = (name: string) => folders.push(name);
      const found = await find(root, [named], { recursive: true, onFolderPassedOver });
      expect(found).toEqual(['ROOT/a.jpg']);
      expect(folders.sort()).toEqual([...FOREIGN].sort());
    }
  });

  test('are told once each, however often they are come by, and not where nobody looks', async () => {
    const root = tree('a.jpg', 'one/@eaDir/x.jpg', 'two/@EADIR/x.jpg');
    const folders: string[] = [];
    const onFolderPassedOver = (name: string) => folders.push(name);
    const recursive = { recursive: true, onFolderPassedOver };
    await find(root, ['ROOT', 'ROOT/one', 'ROOT/**/*.jpg'], recursive);
    expect(folders).toEqual(['@eaDir', '@EADIR']);
    folders.length = 0;
    await find(root, ['ROOT'], { recursive: false, onFolderPassedOver });
    expect(folders).toEqual([]);
  });

  test('are looked into where they are named', async () => {
    const root = tree('node_modules/x.jpg', 'a/@eaDir/y.jpg', 'a/@eaDir/#recycle/z.jpg');
    const all = ['ROOT/node_modules', 'ROOT/a/@eaDir/*.jpg'];
    expect(await find(root, all)).toEqual(['ROOT/node_modules/x.jpg', 'ROOT/a/@eaDir/y.jpg']);
    expect(await find(root, ['ROOT/**/@eaDir/**'])).toEqual(['ROOT/a/@eaDir/y.jpg']);
    expect(await find(root, ['ROOT/node_modules'], { recursive: true })).toEqual([
      'ROOT/node_modules/x.jpg',
    ]);
  });

  test('are the reason where nothing else is there', async () => {
    const root = tree('a/@eaDir/x.jpg');
    expect(await find(root, ['ROOT/a'], { recursive: true })).toEqual([
      'ROOT/a/: there are no pictures in this folder (@eaDir passed over)',
    ]);
    expect(await find(root, ['ROOT/**/*.jpg'])).toEqual([
      'ROOT/**/*.jpg: no file matches (@eaDir passed over)',
    ]);
  });
});

describe('everything', () => {
  test('is found where it is asked for, hidden or not', async () => {
    const root = tree('.b.jpg', '.git/c.jpg', 'a.jpg', 'sub/@eaDir/x.jpg', '.DS_Store', '._a.jpg');
    const all = ['ROOT/.b.jpg', 'ROOT/.git/c.jpg', 'ROOT/a.jpg', 'ROOT/sub/@eaDir/x.jpg'];
    const options = { recursive: true, includeAll: true };
    const passed: string[] = [];
    const onPassedOver = (name: string) => passed.push(name.replace(root, 'ROOT'));
    expect(await find(root, ['ROOT'], { ...options, onPassedOver })).toEqual(all);
    expect(passed).toEqual(['ROOT/.DS_Store', 'ROOT/._a.jpg']);
    for (const glob of ['ROOT/**', 'ROOT/**/*.jpg']) {
      expect(await find(root, [glob], options)).toEqual(all);
    }
    copyFileSync(fixture('small.jpg'), join(root, '._a.jpg'));
    expect(await find(root, ['ROOT/*.jpg'], options)).toContain('ROOT/._a.jpg');
  });
});

describe('what is excluded', () => {
  const files = ['a.jpg', 'a_thumb.JPG', 'old/b.jpg', 'old/in/c.jpg', 'sub/old/d.png', 'sub/e.png'];

  test.each<[exclude: string[], left: string[]]>([
    [['*_thumb.jpg'], ['a.jpg', 'old/b.jpg', 'old/in/c.jpg', 'sub/e.png', 'sub/old/d.png']],
    [['old'], ['a.jpg', 'a_thumb.JPG', 'sub/e.png']],
    [['old/'], ['a.jpg', 'a_thumb.JPG', 'sub/e.png']],
    [['*.jpg', 'e.*'], ['sub/old/d.png']],
    [['*.{JPG,jpg}'], ['sub/e.png', 'sub/old/d.png']],
    [['old/**'], ['a.jpg', 'a_thumb.JPG', 'sub/e.png', 'sub/old/d.png']],
    [['./old/*'], ['a.jpg', 'a_thumb.JPG', 'sub/e.png', 'sub/old/d.png']],
    [['**/old/*.png'], ['a.jpg', 'a_thumb.JPG', 'old/b.jpg', 'old/in/c.jpg', 'sub/e.png']],
    [
      ['a.jpg/'],
      ['a.jpg', 'a_thumb.JPG', 'old/b.jpg', 'old/in/c.jpg', 'sub/e.png', 'sub/old/d.png'],
    ],
  ])('%j', async (exclude, left) => {
    const root = tree(...files);
    const expected = left.map((name) => `ROOT/${name}`).sort();
    const options = { recursive: true, exclude };
    for (const named of ['ROOT', 'ROOT/**']) {
      expect((await find(root, [named], options)).sort()).toEqual(expected);
    }
    const each = files.map((name) => `ROOT/${name}`);
    const slashed = exclude.some((glob) => /^(\.\/)?old\/\*/.test(glob));
    // A name by itself lies below no folder that was named.
    if (!slashed) expect((await find(root, each, options)).sort()).toEqual(expected);
    const whole = exclude.map((glob) => (slashed ? `${root}/${glob.replace('./', '')}` : glob));
    expect((await find(root, each, { exclude: whole })).sort()).toEqual(expected);
    const list = join(root, 'list');
    writeFileSync(list, files.map((name) => join(root, name)).join('\n'));
    const listed = await find(root, { images: [], filesFrom: list }, { exclude: whole });
    expect(listed.sort()).toEqual(expected);
  });

  test('is told for each', async () => {
    const root = tree(...files);
    let excluded = 0;
    const onExcluded = () => {
      excluded += 1;
    };
    await find(root, ['ROOT', 'ROOT/a.jpg'], { exclude: ['*.jpg'], onExcluded });
    expect(excluded).toBe(3);
  });

  test('leaves the rest of a large folder', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `p${index}.jpg`);
    const root = tree(...names);
    let excluded = 0;
    const onExcluded = () => {
      excluded += 1;
    };
    const found = await find(root, ['ROOT'], { exclude: ['p?.jpg'], window: 7, onExcluded });
    expect(found).toEqual(names.slice(10).map((name) => `ROOT/${name}`));
    expect(excluded).toBe(10);
  });

  test('is said where nothing is left', async () => {
    const root = tree('a.jpg', 'b.jpg');
    const exclude = ['*.jpg'];
    expect(await find(root, ['ROOT'], { exclude })).toEqual([
      'ROOT/: there are no pictures in this folder (2 left out by --exclude)',
    ]);
    expect(await find(root, ['ROOT/a.jpg'], { exclude })).toEqual([
      'ROOT/a.jpg: it is left out by --exclude',
    ]);
    expect(await find(root, ['ROOT/a.jpg', 'ROOT/b.jpg'], { exclude })).toEqual([
      'ROOT/a.jpg: this and all else that was named is left out by --exclude',
    ]);
  });

  test('is refused where it is nothing', async () => {
    const root = tree('a.jpg');
    for (const glob of ['', ' ', '/', './']) {
      await expect(find(root, ['ROOT'], { exclude: [glob] })).rejects.toMatchObject({
        kind: 'usage',
        message: `--exclude ${JSON.stringify(glob)} names nothing`,
      });
    }
  });
});
