import { createHash } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Content } from '../../src/domain/content.js';
import { referenceTo } from '../../src/images/find/reference.js';
import { loadPicture } from '../../src/images/load.js';
import { openFile } from '../../src/images/open/open.js';
import { fixture, fixtureBytes, temporaryFolder } from '../support/files.js';
import { LOADING } from '../support/loading.js';

const bytes = fixtureBytes('small.png');

const load = (name: string) => loadPicture(referenceTo(fixture(name)), LOADING);
const readAll = ({ size, read }: Content) => read(0, size);

describe('loadPicture', () => {
  test('loads a file and says what it is', async () => {
    const { id, content, facts, notices } = await load('small.png');
    expect(id).toBe(fixture('small.png'));
    expect(await readAll(content)).toEqual(bytes);
    expect(facts).toEqual({
      mimeType: 'image/png',
      width: 96,
      height: 64,
      size: bytes.length,
      mtime: statSync(fixture('small.png')).mtime.toISOString(),
      sha256: createHash('sha256').update(bytes).digest('hex'),
      pictureSha256: expect.stringMatching(/^[\da-f]{64}$/),
      sent: { mimeType: 'image/png', width: 96, height: 64, bytes: bytes.length, changes: [] },
    });
    expect(notices).toEqual([]);
  });

  test('takes bytes under a name', async () => {
    const image = { id: 'image', label: 'image', bytes };
    const { id, facts } = await loadPicture(image, LOADING);
    expect([id, facts.mimeType]).toEqual(['image', 'image/png']);
  });

  test('the facts are those of the file, and not of the bytes that are sent', async () => {
    const { facts, content } = await load('turned.jpg');
    const file = fixtureBytes('turned.jpg');
    expect(facts).toMatchObject({
      width: 96,
      height: 64,
      orientation: 6,
      sha256: createHash('sha256').update(file).digest('hex'),
      sent: { width: 64, height: 96, bytes: content.size },
    });
  });

  test('uses the memory of a large photo again once it is made anew', async () => {
    const path = join(temporaryFolder({}), 'photo.png');
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
    const size = { width: 1000, height: 700, channels: 3 } as const;
    await sharp({ create: { ...size, noise, background: '#000' } })
      .png()
      .toFile(path);
    expect(statSync(path).size).toBeGreaterThan(1_048_576);
    const memoryOf = async () => {
      const { held, content } = await openFile(path, {});
      content.release?.();
      return typeof held === 'string' ? held : held.buffer;
    };
    const memory = await memoryOf();
    const { facts } = await loadPicture(referenceTo(path), { ...LOADING, maxEdge: 100 });
    expect(facts.sent).toMatchObject({ width: 100, changes: ['shrunk', 'converted'] });
    expect((await memoryOf()) === memory).toBe(true);
  });

  test('gives a notice if the name disagrees with the bytes', async () => {
    const name = fixture('mislabelled.png');
    const { facts, notices } = await load('mislabelled.png');
    expect(facts.mimeType).toBe('image/jpeg');
    expect(notices).toEqual([{ message: `${name} is a JPEG; sent as image/jpeg` }]);
  });

  test('gives a notice for each format that Gemini does not take, as one topic', async () => {
    const name = fixture('refused.gif');
    const { notices } = await load('refused.gif');
    expect(notices).toEqual([
      {
        topic: 'converted',
        message: `${name} is a GIF, which Gemini does not take; sent as image/png`,
      },
    ]);
  });

  test.each([
    ['broken/empty.jpg', 'it is empty'],
    ['broken/text.jpg', 'it is text, not a picture'],
    ['broken/zeros.png', 'it is zero bytes, not a picture'],
    ['broken/cut-header.png', 'it is a PNG whose header is cut off or damaged'],
    ['nothere.png', 'no such file'],
  ])('%s: %s', async (name, message) => {
    await expect(load(name)).rejects.toMatchObject({ kind: 'input', message });
  });
});

test('a name that looks like options of a decoder names its own file', async () => {
  const folder = temporaryFolder();
  const page = (background: string, edge: number) =>
    sharp({ create: { width: edge, height: edge, channels: 3, background } })
      .tiff()
      .toBuffer();
  // More than is held in memory.
  const large = Buffer.concat([await page('#f00', 64), Buffer.alloc(17_000_000)]);
  writeFileSync(join(folder, 'x.tif'), await page('#00f', 64));
  writeFileSync(join(folder, 'x.tif[page=0]'), large);
  const { content } = await loadPicture(referenceTo(join(folder, 'x.tif[page=0]')), LOADING);
  const [red = 0, , blue = 0] = await sharp(await readAll(content))
    .raw()
    .toBuffer();
  expect(red).toBeGreaterThan(blue);
});
