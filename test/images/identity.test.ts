import { createHash } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { heicWithMetadata } from '../../scripts/fuzz/heif-parts.mjs';
import { mutated, randomOf } from '../../scripts/fuzz/mutate.mjs';
import {
  exifBlock,
  jpegExif,
  jpegMetadata,
  jpegSegment,
  pngChunk,
  pngMetadata,
  tiffBlock,
  vp8x,
  webpChunk,
  webpFile,
  withChunks,
  withMetadataBetweenScans,
  withSegments,
  xmpPacket,
} from '../../scripts/fuzz/parts.mjs';
import { picturesWithMetadata, plainPictures } from '../../scripts/fuzz/pictures.mjs';
import type { PictureFormat } from '../../src/domain/picture.js';
import { referenceTo } from '../../src/images/find/reference.js';
import { pictureDigest } from '../../src/images/identity/identity.js';
import { loadPicture } from '../../src/images/load.js';
import { held } from '../../src/images/open/open.js';
import { fixture, fixtureBytes, temporaryFolder } from '../support/files.js';
import { LOADING } from '../support/loading.js';
import { type TiffKind, tiffWith } from '../support/tiffs.js';

const plain = await plainPictures(sharp);
const WIDTH = 40;
const HEIGHT = 24;

const digest = (file: Buffer, format: PictureFormat) => pictureDigest(held(file), format);

/** A small WebP in the extended format, with chunks behind its pixels. */
const extended = (flags: number, ...chunks: Buffer[]) =>
  webpFile(vp8x(flags, WIDTH, HEIGHT), plain.webp.subarray(12), ...chunks);

/** A grey one. */
const TIFF: TiffKind = { bits: 8, sample: () => [8] };

describe('metadata plays no part in it', () => {
  test.each<[string, PictureFormat, Buffer, Buffer]>([
    [
      'of a JPEG',
      'jpeg',
      plain.jpeg,
      Buffer.concat([
        withSegments(plain.jpeg, jpegExif(1), ...jpegMetadata()),
        Buffer.from('a trailer'),
      ]),
    ],
    [
      'of a JPEG in several scans',
      'jpeg',
      plain.progressive,
      withMetadataBetweenScans(withSegments(plain.progressive, jpegExif(1))),
    ],
    [
      'of a PNG',
      'png',
      plain.png,
      withChunks(plain.png, [pngChunk('eXIf', tiffBlock(1)), ...pngMetadata()], pngMetadata()),
    ],
    [
      'of a WebP, which becomes one of the extended format',
      'webp',
      plain.webp,
      extended(0x0c, webpChunk('EXIF', exifBlock(1)), webpChunk('XMP ', xmpPacket())),
    ],
    ...([0, 1, 2] as const).map((version): [string, PictureFormat, Buffer, Buffer] => [
      `of a HEIC, in a list of version ${version}`,
      'heic',
      fixtureBytes('small.heic'),
      heicWithMetadata(fixtureBytes('small.heic'), { version }),
    ]),
    [
      'of a TIFF, whose pixels then lie elsewhere',
      'tiff',
      tiffWith(TIFF),
      tiffWith({ ...TIFF, tags: { 270: Buffer.from('Boats\0'), 700: xmpPacket() } }),
    ],
  ])('%s', async (_what, format, before, after) => {
    const identity = await digest(before, format);
    expect(identity).toMatch(/^[\da-f]{64}$/);
    expect(after.equals(before)).toBe(false);
    expect(await digest(after, format)).toBe(identity);
  });

  test('nor does it matter into how many chunks the pixels of a PNG are cut', async () => {
    const at = plain.png.indexOf('IDAT') - 4;
    const length = plain.png.readUInt32BE(at);
    const pixels = plain.png.subarray(at + 8, at + 8 + length);
    const cut = Buffer.concat([
      plain.png.subarray(0, at),
      pngChunk('IDAT', pixels.subarray(0, 7)),
      pngChunk('IDAT', pixels.subarray(7)),
      plain.png.subarray(at + 12 + length),
    ]);
    expect(await digest(cut, 'png')).toBe(await digest(plain.png, 'png'));
  });
});

describe('it is another one if', () => {
  /** With the byte at a place changed. */
  const changedAt = (file: Buffer, at: number) => {
    const changed = Buffer.from(file);
    changed[at] = (changed[at] ?? 0) ^ 1;
    return changed;
  };

  test.each<[string, PictureFormat, Buffer, Buffer]>([
    ['a pixel of a JPEG is', 'jpeg', plain.jpeg, changedAt(plain.jpeg, plain.jpeg.length - 20)],
    ['a pixel of a PNG is', 'png', plain.png, changedAt(plain.png, plain.png.indexOf('IDAT') + 20)],
    ['a pixel of a WebP is', 'webp', plain.webp, changedAt(plain.webp, plain.webp.length - 20)],
    [
      'a frame of a WebP is',
      'webp',
      plain.animated,
      changedAt(plain.animated, plain.animated.length - 20),
    ],
    [
      'a pixel of a HEIC is',
      'heic',
      fixtureBytes('small.heic'),
      changedAt(fixtureBytes('small.heic'), fixtureBytes('small.heic').length - 20),
    ],
    ['a pixel of a TIFF is', 'tiff', tiffWith(TIFF), tiffWith({ ...TIFF, sample: () => [9] })],
    ['a TIFF is turned', 'tiff', tiffWith(TIFF), tiffWith({ ...TIFF, orientation: 6 })],
    ['EXIF turns a JPEG', 'jpeg', plain.jpeg, withSegments(plain.jpeg, jpegExif(6))],
    ['EXIF turns a PNG', 'png', plain.png, withChunks(plain.png, [pngChunk('eXIf', tiffBlock(6))])],
    ['EXIF turns a WebP', 'webp', plain.webp, extended(0x08, webpChunk('EXIF', exifBlock(6)))],
    [
      'the colour profile of a JPEG is',
      'jpeg',
      plain.jpeg,
      changedAt(plain.jpeg, plain.jpeg.indexOf('ICC_PROFILE') + 60),
    ],
    [
      'the colours of a JPEG are stored otherwise',
      'jpeg',
      plain.jpeg,
      withSegments(plain.jpeg, jpegSegment(0xee, `Adobe\0\x64\0\0\0\0\0`)),
    ],
    [
      'the colours of a PNG are lighter',
      'png',
      plain.palette,
      withChunks(plain.palette, [pngChunk('gAMA', '\0\0\x10\0')]),
    ],
    [
      'a property of a HEIC is',
      'heic',
      fixtureBytes('small.heic'),
      changedAt(fixtureBytes('small.heic'), fixtureBytes('small.heic').indexOf('pixi') + 9),
    ],
  ])('%s', async (_what, format, one, other) => {
    const identities = [await digest(one, format), await digest(other, format)];
    expect(identities[0]).toMatch(/^[\da-f]{64}$/);
    expect(identities[1]).toMatch(/^[\da-f]{64}$/);
    expect(identities[0]).not.toBe(identities[1]);
  });
});

test('of pictures that builds before 0.1.0 knew it stays what it was', async () => {
  const identities = await Promise.all(
    (['png', 'jpg', 'webp', 'heic'] as const).map((ending) =>
      digest(fixtureBytes(`small.${ending}`), ending === 'jpg' ? 'jpeg' : ending),
    ),
  );
  expect(identities.map((identity) => identity?.slice(0, 16))).toEqual([
    '2c8aa588a18f3150',
    '87302de75daf635a',
    '2b9793156b096f35',
    'd4aa049c8714571c',
  ]);
});

describe('it is the hash of the file', () => {
  const load = (path: string) => loadPicture(referenceTo(path), LOADING);

  test.each(['gif', 'svg', 'bmp'])('of %s', async (ending) => {
    const { facts } = await load(fixture(`refused.${ending}`));
    const bytes = fixtureBytes(`refused.${ending}`);
    expect(facts.pictureSha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  test('if the structure is damaged', async () => {
    const heic = fixtureBytes('small.heic');
    expect(await digest(plain.jpeg.subarray(0, -2), 'jpeg')).toBeUndefined();
    expect(await digest(plain.png.subarray(0, -12), 'png')).toBeUndefined();
    expect(await digest(plain.webp.subarray(0, -4), 'webp')).toBeUndefined();
    expect(await digest(heic.subarray(0, -4), 'heic')).toBeUndefined();
    expect(await digest(tiffWith(TIFF).subarray(0, -4), 'tiff')).toBeUndefined();
  });
});

test('a file that stays on the disk has the same one as in memory', async () => {
  const file = Buffer.concat([plain.jpeg, Buffer.from('a trailer')]);
  const path = join(temporaryFolder(), 'large.jpg');
  writeFileSync(path, file);
  truncateSync(path, 17_000_000);
  const { facts } = await loadPicture(referenceTo(path), LOADING);
  expect(facts.pictureSha256).toBe(await digest(plain.jpeg, 'jpeg'));
});

test('nothing is thrown for any bytes', async () => {
  const pictures = await picturesWithMetadata(sharp, fixtureBytes('small.heic'));
  let told = 0;
  const all = { ...pictures, tiff: [tiffWith(TIFF)] };
  for (const format of ['jpeg', 'png', 'webp', 'heic', 'tiff'] as const) {
    for (let seed = 0; seed < 3000; seed += 1) {
      const file = mutated(all[format], randomOf(seed));
      if ((await digest(file, format)) !== undefined) told += 1;
    }
  }
  expect(told).toBeGreaterThan(1000);
});
