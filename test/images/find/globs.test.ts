import { symlinkSync } from 'node:fs';
import { minimatch } from 'minimatch';
import { describe, expect, test } from 'vitest';
import { readGlob, type Selection } from '../../../src/images/find/glob.js';
import { find, tree } from './tree.js';

describe('a glob', () => {
  test.each([
    ['*.jpg', ['1.jpg']],
    ['**/*.jpg', ['1.jpg', 'a/2.jpg', 'a/b/3.jpg', 'a[x]/9.jpg']],
    ['a/**', ['a/2.jpg', 'a/4.png', 'a/b/3.jpg']],
    ['*/*.{png,jpg}', ['a/2.jpg', 'a/4.png', 'a[x]/9.jpg']],
    ['{a/b,a}/*.jpg', ['a/b/3.jpg', 'a/2.jpg']],
    ['a/?(b|c)/[0-9].jpg', ['a/b/3.jpg']],
    ['a/!(4).*', ['a/2.jpg']],
    ['a\\[x\\]/*', ['a[x]/9.jpg']],
    ['**/.thumbs/*.jpg', ['a/.thumbs/5.jpg']],
    ['**/.*.jpg', ['.6.jpg']],
    ['a/./*.png', ['a/./4.png']],
    ['*/./4.png', ['a/4.png']],
  ])('%s', async (pattern, expected) => {
    const root = tree(
      ...['1.jpg', '.6.jpg', 'a/2.jpg', 'a/b/3.jpg', 'a/4.png', 'a/.thumbs/5.jpg'],
      ...['a/notes.txt', 'a[x]/9.jpg'],
    );
    expect(await find(root, [`ROOT/${pattern}`])).toEqual(expected.map((name) => `ROOT/${name}`));
  });

  test('matches as minimatch does', async () => {
    const names = ['a', 'b', '.h', 'a.jpg'];
    const paths = names.flatMap((x) => [
      x,
      ...names.flatMap((y) => [`${x}/${y}`, ...names.map((z) => `${x}/${y}/${z}`)]),
    ]);
    const parts = ['**', '*', 'a', '?', '.*', '{a,b/a}', '*.jpg', '+(a|b)'];
    const few = ['**', '*', 'a', '.*'];
    const patterns = [
      ...parts,
      ...parts.flatMap((x) => parts.map((y) => `${x}/${y}`)),
      ...few.flatMap((x) => few.flatMap((y) => few.map((z) => `${x}/${y}/${z}`))),
    ];
    for (const pattern of patterns.filter((one) => /[*?{+]/.test(one))) {
      const walks = (await readGlob(pattern)) ?? [];
      const matches = (path: string) =>
        walks.some(
          ({ prefix, selection }) =>
            path.startsWith(prefix) && takes(selection, path.slice(prefix.length).split('/')),
        );
      const expected = paths.filter(minimatch.filter(pattern));
      expect(paths.filter(matches), pattern).toEqual(expected);
    }
  });

  test('comes after a file of that very name', async () => {
    const root = tree('photo[1].jpg', 'photo1.jpg', 'set[2]/a.jpg', 'set2/b.jpg');
    symlinkSync('gone', `${root}/link[1].jpg`);
    expect(await find(root, ['ROOT/photo[1].jpg', 'ROOT/set[2]', 'ROOT/link[1].jpg'])).toEqual([
      'ROOT/photo[1].jpg',
      'ROOT/set[2]/a.jpg',
      'ROOT/link[1].jpg',
    ]);
  });

  test('finds its ending in upper and lower case, and the rest as it is written', async () => {
    const root = tree('IMG_1.JPG', 'img_2.jpg', 'a/IMG_3.Jpg', 'a/x.PNG', 'a.B/c.jpg');
    const cases: [glob: string, names: string[]][] = [
      ['*.jpg', ['IMG_1.JPG', 'img_2.jpg']],
      ['*.JPG', ['IMG_1.JPG', 'img_2.jpg']],
      ['IMG*.jpg', ['IMG_1.JPG']],
      ['img*.JPG', ['img_2.jpg']],
      ['**/*.{jpg,png}', ['a/IMG_3.Jpg', 'a/x.PNG', 'a.B/c.jpg', 'IMG_1.JPG', 'img_2.jpg']],
      ['**/*.@(JPG|png)', ['a/IMG_3.Jpg', 'a/x.PNG', 'a.B/c.jpg', 'IMG_1.JPG', 'img_2.jpg']],
      ['*/IMG_3.jpg', ['a/IMG_3.Jpg']],
      ['*/img_3.jpg', []],
      ['*.b/*.jpg', []],
      ['[IJ]MG_1.jp*', ['IMG_1.JPG']],
    ];
    for (const [glob, names] of cases) {
      const found = await find(root, [`ROOT/${glob}`]);
      const expected = names.map((name) => `ROOT/${name}`).sort();
      expect(found.filter((one) => !one.includes('no file matches')).sort(), glob).toEqual(
        expected,
      );
    }
  });

  test('means a folder of that very name where there is one', async () => {
    const root = tree(
      'Render[1]/a.png',
      'Render1/b.png',
      'x/Render[1]/c.png',
      'v{1,2}/in[0]/d.png',
    );
    expect(await find(root, ['ROOT/Render[1]/*.png'])).toEqual(['ROOT/Render[1]/a.png']);
    expect(await find(root, ['ROOT/Render[1]/**'])).toEqual(['ROOT/Render[1]/a.png']);
    expect(await find(root, ['ROOT/*/Render[1]/*.png'])).toEqual(['ROOT/x/Render[1]/c.png']);
    expect(await find(root, ['ROOT/v{1,2}/in[0]/*'])).toEqual(['ROOT/v{1,2}/in[0]/d.png']);
    expect(await find(root, ['ROOT/Render[12]/*'])).toEqual(['ROOT/Render1/b.png']);
    expect(await find(root, ['ROOT/Render[1]/gone.png'])).toEqual(['ROOT/Render[1]/gone.png']);
  });

  test('that gives nothing says so', async () => {
    const root = tree('a.txt', 'b.txt', 'c.jpg/x.jpg');
    expect(await find(root, ['ROOT/*.jpg', 'ROOT/*.txt', 'ROOT/gone/*', 'ROOT/a.txt/*'])).toEqual([
      'ROOT/*.jpg: no file matches',
      'ROOT/*.txt: no pictures match (2 files that are no pictures were passed over)',
      'ROOT/gone/*: no file matches',
      'ROOT/a.txt/*: no file matches',
    ]);
  });

  test('needs magic: half a bracket is a name', async () => {
    const root = tree();
    const names = ['ROOT/photo[1.jpg', 'ROOT/a{b}.jpg', 'ROOT/{a'];
    expect(await find(root, names)).toEqual(names);
  });
});

function takes(selection: Selection | undefined, [name = '', ...rest]: string[]): boolean {
  if (!selection) return false;
  return rest.length === 0 ? selection.takesFile(name) : takes(selection.inside(name), rest);
}
