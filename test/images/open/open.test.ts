import { mkdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { referenceTo } from '../../../src/images/find/reference.js';
import { look, openImage, readAll } from '../../../src/images/open/open.js';
import { fixture, fixtureBytes, temporaryFolder } from '../../support/files.js';
import { LOADING } from '../../support/loading.js';

const bytes = fixtureBytes('small.png');

const open = (name: string, options = {}) =>
  openImage(referenceTo(name), { ...LOADING, ...options });
const refusal = (message: string) => ({ name: 'GeminiImageError', kind: 'input', message });

/** A file of many bytes, which are all zero after a picture. */
function largeFile(size = 20_000_000): string {
  const path = join(temporaryFolder({ 'large.png': 'small.png' }), 'large.png');
  truncateSync(path, size);
  return path;
}

describe('a file', () => {
  test('is held in memory', async () => {
    const image = await open(fixture('small.png'));
    expect(image.held).toEqual(bytes);
    expect(await readAll(image)).toEqual(bytes);
  });

  test('stays on the disk if it is large, and can be read all the same', async () => {
    const path = largeFile();
    const image = await open(path);
    expect(image.held).toBe(path);
    expect(image.content.size).toBe(20_000_000);
    expect(await image.content.read(0, bytes.length)).toEqual(bytes);
    expect(await image.content.read(19_999_990, 20_000_000)).toEqual(Buffer.alloc(10));
    const end = look(image, (source) => [
      ...source.slice(1, 4),
      source.slice(19_999_999, 20_000_100).length,
      source.slice(0, 100_000).length,
    ]);
    expect(end).toEqual([0x50, 0x4e, 0x47, 1, 100_000]);
  });

  test('that changes while it is read is refused', async () => {
    const path = largeFile();
    const { content } = await open(path);
    truncateSync(path, 19_000_000);
    await expect(content.read(0, 10)).rejects.toMatchObject(
      refusal('it changed while it was read'),
    );
  });

  test('that is gone when it is to be read is refused', async () => {
    const path = largeFile();
    const image = await open(path);
    truncateSync(path, 100);
    const { rmSync } = await import('node:fs');
    rmSync(path);
    await expect(image.content.read(0, 10)).rejects.toMatchObject(refusal('no such file'));
    expect(() => look(image, (source) => source.length)).toThrow('no such file');
  });

  test.each([
    ['nothere.png', 'no such file'],
    ['a.png/b.png', 'no such file: a part of the path is no folder'],
    ['folder', 'it is a folder'],
    ['zero\0byte', 'the name holds a zero byte'],
    ['n'.repeat(300), 'the name is too long'],
  ])('%j: %s', async (name, message) => {
    const folder = temporaryFolder({ 'a.png': 'small.png' });
    mkdirSync(join(folder, 'folder'));
    await expect(open(`${folder}/${name}`)).rejects.toMatchObject(refusal(message));
  });
});

describe('standard input', () => {
  /** Standard input that holds these chunks. */
  const stdin =
    (...chunks: Uint8Array[]) =>
    () =>
      Readable.from(chunks);

  test('is read to its end', async () => {
    const input = stdin(bytes.subarray(0, 10), bytes.subarray(10));
    expect(await readAll(await open('-', { stdin: input }))).toEqual(bytes);
  });

  test('is refused as soon as it is too much', async () => {
    let given = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) {
          given += 1;
          yield Buffer.alloc(10_000_000);
        }
      })(),
    );
    await expect(open('-', { stdin: () => endless })).rejects.toMatchObject(
      refusal('it has more than the 100.0 MB that are taken from a pipe'),
    );
    expect(given).toBeLessThan(40);
    expect(endless.destroyed).toBe(true);
  });

  test('is called off by the signal', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const opening = open('-', { stdin: () => new PassThrough(), signal });
    controller.abort();
    await expect(opening).rejects.toMatchObject({ kind: 'interrupted' });
  });

  test('says why it failed', async () => {
    const broken = new PassThrough();
    broken.destroy(Object.assign(new Error('read EIO'), { code: 'EIO' }));
    await expect(open('-', { stdin: () => broken })).rejects.toMatchObject(
      refusal('it cannot be read (EIO)'),
    );
  });

  test('is refused if the program has none', async () => {
    await expect(open('-')).rejects.toMatchObject({ kind: 'input' });
  });
});
