import { createHash } from 'node:crypto';
import { mkdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { loadPicture } from '../../src/images/load.js';
import { readImage } from '../../src/images/read.js';
import { fixture, fixtureBytes, temporaryFolder } from '../support/files.js';

const maxBytes = 1_000_000;
const bytes = fixtureBytes('small.png');

/** Standard input that holds these chunks. */
const stdin =
  (...chunks: Uint8Array[]) =>
  () =>
    Readable.from(chunks);

describe('loadPicture', () => {
  test('takes a path', async () => {
    const name = fixture('small.png');
    expect(await loadPicture(name, { maxBytes })).toEqual({
      picture: { name, bytes, mimeType: 'image/png', width: 96, height: 64 },
      sha256: createHash('sha256').update(bytes).digest('hex'),
      warnings: [],
    });
  });

  test('takes bytes under a name', async () => {
    const { picture } = await loadPicture({ name: 'image', bytes }, { maxBytes });
    expect(picture).toMatchObject({ name: 'image', mimeType: 'image/png' });
  });

  test('refuses bytes that no request can hold', async () => {
    const tooMany = loadPicture({ name: 'image', bytes }, { maxBytes: bytes.length - 1 });
    await expect(tooMany).rejects.toMatchObject({ kind: 'input' });
    await loadPicture({ name: 'image', bytes }, { maxBytes: bytes.length });
  });

  test('takes - for standard input', async () => {
    const input = stdin(bytes.subarray(0, 10), bytes.subarray(10));
    const { picture, warnings } = await loadPicture('-', { maxBytes, stdin: input });
    expect(picture).toMatchObject({ name: '-', width: 96 });
    expect(warnings).toEqual([]);
  });

  test('warns where the name disagrees with the bytes', async () => {
    const name = fixture('mislabelled.png');
    const { picture, warnings } = await loadPicture(name, { maxBytes });
    expect(picture.mimeType).toBe('image/jpeg');
    expect(warnings).toEqual([`${name} is a JPEG; sent as image/jpeg`]);
  });

  test.each(['gif', 'avif', 'tiff', 'bmp', 'svg'])(
    'refuses .%s and says what it is',
    async (type) => {
      await expect(loadPicture(fixture(`refused.${type}`), { maxBytes })).rejects.toMatchObject({
        name: 'GeminiImageError',
        kind: 'input',
        message: expect.stringMatching(new RegExp(`^it is an? ${type}, which Gemini`, 'i')),
      });
    },
  );
});

describe('readImage', () => {
  const refusal = (message: string) => ({ name: 'GeminiImageError', kind: 'input', message });

  test('refuses a file that is too large by its size, without reading it', async () => {
    const folder = temporaryFolder({ 'big.png': 'small.png' });
    const path = join(folder, 'big.png');
    truncateSync(path, 20_000_000_000);
    await expect(readImage(path, { maxBytes })).rejects.toMatchObject(
      refusal('it has 20000.0 MB, more than the 1.0 MB that fit into a request'),
    );
  });

  test('takes exactly as many bytes as fit', async () => {
    const options = { maxBytes: bytes.length };
    expect(await readImage(fixture('small.png'), options)).toEqual(bytes);
    expect(await readImage('-', { ...options, stdin: stdin(bytes) })).toEqual(bytes);
    const less = { maxBytes: bytes.length - 1 };
    await expect(readImage(fixture('small.png'), less)).rejects.toMatchObject({ kind: 'input' });
    const piped = readImage('-', { ...less, stdin: stdin(bytes) });
    await expect(piped).rejects.toMatchObject({ kind: 'input' });
  });

  test('stops reading a stream that is too large', async () => {
    let given = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) {
          given += 1;
          yield Buffer.alloc(100_000);
        }
      })(),
    );
    await expect(readImage('-', { maxBytes, stdin: () => endless })).rejects.toMatchObject(
      refusal('it has more than the 1.0 MB that fit into a request'),
    );
    expect(given).toBeLessThan(40);
    expect(endless.destroyed).toBe(true);
  });

  test('is called off by its signal', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const reading = readImage('-', { maxBytes, stdin: () => new PassThrough(), signal });
    controller.abort();
    await expect(reading).rejects.toMatchObject({ kind: 'interrupted' });
  });

  test('says why a stream failed', async () => {
    const broken = new PassThrough();
    broken.destroy(Object.assign(new Error('read EIO'), { code: 'EIO' }));
    await expect(readImage('-', { maxBytes, stdin: () => broken })).rejects.toMatchObject(
      refusal('it cannot be read (EIO)'),
    );
  });

  test('has no standard input where the program has none', async () => {
    await expect(readImage('-', { maxBytes })).rejects.toMatchObject({ kind: 'input' });
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
    await expect(readImage(`${folder}/${name}`, { maxBytes })).rejects.toMatchObject(
      refusal(message),
    );
  });
});
