import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findImages } from '../../../src/images/find/find-images.js';
import { temporaryFolder } from '../../support/files.js';
import { find, tree } from './tree.js';

/** What a list gives, cut into chunks of so many bytes. */
function listed(content: string | Buffer, nulSeparated = false, chunk = 5): Promise<string[]> {
  const bytes = Buffer.from(content);
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, index) =>
    bytes.subarray(index * chunk, (index + 1) * chunk),
  );
  const stdin = () => Readable.from(chunks);
  return find('/nowhere', { images: [], filesFrom: '-', nulSeparated }, { stdin });
}

describe('a list', () => {
  test.each([1, 2, 3, 1000])('is read by lines, %i bytes at a time', async (chunk) => {
    const text = '\ufeffphoto é.jpg\r\n\n  \r\nhttp://host/日本.png\n*.jpg\n-\n last ';
    expect(await listed(text, false, chunk)).toEqual([
      'photo é.jpg',
      'url: http://host/日本.png',
      '*.jpg',
      './-',
      'last',
    ]);
  });

  test('may have blanks around an address, and comments', async () => {
    const root = tree('# 1.jpg', 'list.txt');
    const filesFrom = join(root, 'list.txt');
    const names = ['# from Monday', '', ' http://host/a.png\t', '  #two', `${root}/# 1.jpg`];
    writeFileSync(filesFrom, names.join('\n'));
    expect(await find(root, { images: [], filesFrom })).toEqual([
      'url: http://host/a.png',
      'ROOT/# 1.jpg',
    ]);
  });

  test('may have blanks around a path, unless a file has them in its name', async () => {
    const root = tree('a.jpg', ' b.jpg', 'b.jpg', 'list.txt');
    const filesFrom = join(root, 'list.txt');
    const folder = process.cwd();
    process.chdir(root);
    onTestFinished(() => process.chdir(folder));
    writeFileSync(filesFrom, '  a.jpg \n b.jpg\n\tgone.jpg');
    expect(await find(root, { images: [], filesFrom })).toEqual(['a.jpg', ' b.jpg', 'gone.jpg']);
  });

  test('names a file that begins like a comment, if there is such a file', async () => {
    const root = tree('# 1.jpg');
    const folder = process.cwd();
    process.chdir(root);
    onTestFinished(() => process.chdir(folder));
    expect(await listed('# 1.jpg\n# 2.jpg\n')).toEqual(['# 1.jpg']);
  });

  test('has no comments where zero bytes separate the names', async () => {
    expect(await listed('# 2.jpg\0', true)).toEqual(['# 2.jpg']);
  });

  test.each([
    ['blank lines', '\n', false],
    ['comments', `# ${'x'.repeat(1000)}\n`, false],
    ['zero bytes', '\0', true],
  ])('of nothing but %s, without an end, is refused', async (_, line, nulSeparated) => {
    const chunk = Buffer.from(line.repeat(64));
    const stdin = () =>
      Readable.from(
        (function* () {
          for (;;) yield chunk;
        })(),
      );
    await expect(
      find('/nowhere', { images: [], filesFrom: '-', nulSeparated }, { stdin }),
    ).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining('without a name') });
  });

  test('that zero bytes separate keeps every other byte of a name', async () => {
    expect(await listed('a\nb.jpg\0c\r\0\0 \0d.jpg', true)).toEqual([
      'a\nb.jpg',
      'c\r',
      ' ',
      'd.jpg',
    ]);
  });

  test('takes folders like arguments, and comes after them', async () => {
    const root = tree('pics/2.jpg', 'pics/10.jpg', 'x.jpg', 'empty/.a');
    const filesFrom = join(root, 'list.txt');
    writeFileSync(filesFrom, `${root}/pics\n${root}/empty\n${root}/gone.jpg\n`);
    expect(await find(root, { images: ['ROOT/x.jpg'], filesFrom })).toEqual([
      'ROOT/x.jpg',
      'ROOT/pics/2.jpg',
      'ROOT/pics/10.jpg',
      'ROOT/empty/: there are no pictures in this folder',
      'ROOT/gone.jpg',
    ]);
  });

  test('gives a name as soon as its line is there', async () => {
    const stdin = new PassThrough();
    const options = { recursive: false, stdin: () => stdin };
    const found = findImages({ images: [], filesFrom: '-' }, options);
    stdin.write('a.jpg\nb');
    expect(await found.next()).toMatchObject({ value: { kind: 'file', id: 'a.jpg' } });
    stdin.end('.jpg');
    expect(await found.next()).toMatchObject({ value: { kind: 'file', id: 'b.jpg' } });
    expect(await found.next()).toEqual({ done: true, value: undefined });
  });

  test('without any name is a failure', async () => {
    expect(await listed('')).toEqual(['-: the list is empty']);
    expect(await listed('\n \r\n')).toEqual(['-: the list is empty']);
  });

  test('that is none is a mistake in the command', async () => {
    const folder = temporaryFolder();
    const usage = (message: string) => ({ kind: 'usage', message });
    const from = (filesFrom: string) => find('/nowhere', { images: [], filesFrom });
    await expect(from(join(folder, 'gone'))).rejects.toMatchObject(
      usage(`the list ${folder}/gone cannot be read: no such file`),
    );
    await expect(from(folder)).rejects.toMatchObject(
      usage(`the list ${folder} cannot be read: it is a folder`),
    );
    await expect(from('-')).rejects.toMatchObject(
      usage('the list on standard input cannot be read: there is no standard input'),
    );
    const long = usage('the list on standard input has a line of more than 64 KiB; is it a list?');
    await expect(listed('x'.repeat(65_537), false, 1000)).rejects.toMatchObject(long);
    await expect(listed(`${'x'.repeat(65_537)}\n`, false, 99_999)).rejects.toMatchObject(long);
    expect(await listed(`${'x'.repeat(65_536)}\n`, false, 1000)).toHaveLength(1);
    await expect(listed('a.jpg\0b.jpg\0')).rejects.toMatchObject({
      kind: 'usage',
      hint: expect.stringContaining('-0'),
    });
    await expect(listed(Buffer.from('\ufeffa.jpg\n', 'utf16le'))).rejects.toMatchObject({
      kind: 'usage',
    });
  });
});
