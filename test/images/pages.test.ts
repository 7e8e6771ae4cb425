import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { crc32 } from '../../scripts/fuzz/crc32.mjs';
import { loadPicture } from '../../src/images/load.js';
import { fixtureBytes } from '../support/files.js';
import { LOADING } from '../support/loading.js';
import { tiffOf } from '../support/raws.js';

async function loaded(bytes: Uint8Array, original = false) {
  const image = { id: 'x', label: 'x', bytes };
  const { facts, notices } = await loadPicture(image, { ...LOADING, original });
  return { pages: facts.pages, said: notices.map(({ message }) => message) };
}

const square = (background: string) =>
  sharp({ create: { width: 8, height: 8, channels: 3, background } })
    .png()
    .toBuffer();

const moving = async () =>
  sharp([await square('#f00'), await square('#0f0'), await square('#00f')], {
    join: { animated: true },
  });

describe('several pictures in one file are reported', () => {
  test('pages of a TIFF', async () => {
    const { pages, said } = await loaded(await (await moving()).tiff().toBuffer());
    expect(pages).toBe(3);
    expect(said).toContain('x has 3 pages, the first was sent (--pages all takes each)');
  });

  test('frames of a GIF', async () => {
    const { pages, said } = await loaded(await (await moving()).gif().toBuffer());
    expect(pages).toBe(3);
    expect(said).toContain('x has 3 frames, the first was sent');
  });

  test('frames of a WebP, which are all sent', async () => {
    const webp = await (await moving()).webp({ lossless: true }).toBuffer();
    const { pages, said } = await loaded(webp);
    expect(pages).toBe(3);
    expect(said).toContain('x has 3 frames, of which the first one may be all that is seen');
    expect(await loaded(webp, true)).toEqual({ pages: 3, said: [] });
  });

  test('frames of a PNG', async () => {
    const png = await square('#f00');
    const header = png.subarray(0, 33);
    const frames = Buffer.alloc(20);
    frames.writeUInt32BE(8);
    frames.write('acTL', 4, 'latin1');
    frames.writeUInt32BE(5, 8);
    frames.writeUInt32BE(crc32(frames.subarray(4, 16)), 16);
    const animated = Buffer.concat([header, frames, png.subarray(33)]);
    expect((await loaded(animated)).pages).toBe(5);
  });

  test('pictures of a HEIC', async () => {
    const bytes = withTwins(fixtureBytes('small.heic'), 2);
    const { pages, said } = await loaded(bytes, false);
    expect(pages).toBe(3);
    expect(said).toContain('x has 3 pictures; the one that it names as its main one counts');
    expect(await loaded(bytes, true)).toEqual({ pages: 3, said: [] });
  });
});

test.each(['refused.tiff', 'refused.gif', 'small.heic', 'small.heif', 'small.png', 'harbor.jpg'])(
  'a single one is not: %s',
  async (name) => {
    const { pages, said } = await loaded(fixtureBytes(name));
    expect(pages).toBeUndefined();
    expect(said.join()).not.toMatch(/has \d+/);
  },
);

test('a smaller version of a page, and a list of pages that leads back, count for nothing', async () => {
  const page = await sharp(await square('#f00'))
    .tiff()
    .toBuffer();
  const { pagesOf } = await import('../../src/images/pages.js');
  const reduced = tiffOf({
    pages: [{ tags: { 256: 8 } }, { tags: { 254: 1 } }, { tags: { 254: 4 } }],
  });
  expect(pagesOf(reduced, 'tiff')).toBeUndefined();
  const loop = tiffOf({ pages: [{ tags: { 256: 8 } }, { tags: { 256: 8 } }] });
  loop.writeUInt32LE(loop.readUInt32LE(4), loop.length - 4);
  expect(pagesOf(loop, 'tiff')).toMatchObject({ pages: 2 });
  expect(pagesOf(page, 'tiff')).toBeUndefined();
});

/** The same HEIC with more pictures in its list; the places of all bytes stay true. */
function withTwins(heic: Buffer, twins: number): Buffer {
  const infeAt = heic.indexOf('infe') - 4;
  const entry = heic.subarray(infeAt, infeAt + heic.readUInt32BE(infeAt));
  const more = Array.from({ length: twins }, (_, index) => {
    const twin = Buffer.from(entry);
    twin.writeUInt16BE(100 + index, 12);
    return twin;
  });
  const listAt = heic.indexOf('iinf') - 4;
  const listEnd = listAt + heic.readUInt32BE(listAt);
  const metaAt = heic.indexOf('meta') - 4;
  const added = more.reduce((sum, { length }) => sum + length, 0);
  const grown = Buffer.concat([heic.subarray(0, listEnd), ...more, heic.subarray(listEnd)]);
  grown.writeUInt32BE(grown.readUInt32BE(listAt) + added, listAt);
  grown.writeUInt16BE(grown.readUInt16BE(listAt + 12) + twins, listAt + 12);
  grown.writeUInt32BE(grown.readUInt32BE(metaAt) + added, metaAt);
  return grown;
}
