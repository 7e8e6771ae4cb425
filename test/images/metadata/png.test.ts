import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodeWithSharp } from '../../../scripts/fuzz/decode.mjs';
import {
  pngChunk,
  pngMetadata,
  tiffBlock,
  withChunks,
  xmpPacket,
} from '../../../scripts/fuzz/parts.mjs';
import { plainPictures, scene } from '../../../scripts/fuzz/pictures.mjs';
import { fixtureBytes } from '../../support/files.js';
import { expectNoSecrets, ORIENTATIONS, read, strip } from './strip.js';

const plain = await plainPictures(sharp);
const exif = (orientation: number) => pngChunk('eXIf', tiffBlock(orientation));

test.each(pngMetadata().map((chunk) => [chunk.toString('latin1', 4, 8), chunk] as const))(
  '%s goes, before the pixels and behind them',
  (_, chunk) => {
    for (const picture of [plain.png, plain.palette, plain.interlaced]) {
      expect(strip(withChunks(picture, [chunk], [chunk]), 'png')).toEqual(picture);
    }
  },
);

test('metadata that sharp writes is removed, and the colour profile stays', async () => {
  const picture = await scene(sharp)
    .withIccProfile('p3')
    .withExif({ IFD0: { Artist: 'SecretName' } })
    .withXmp(xmpPacket().toString())
    .png()
    .toBuffer();
  const after = strip(picture, 'png');
  expectNoSecrets(picture, after);
  const { icc, exif: left, xmp } = await sharp(after).metadata();
  expect([left, xmp]).toEqual([undefined, undefined]);
  expect(icc).toEqual((await sharp(picture).metadata()).icc);
  expect((await decodeWithSharp(sharp, after, 'warning'))?.decoded).toBe(
    (await decodeWithSharp(sharp, picture, 'warning'))?.decoded,
  );
});

test('chunks that pixels, colours and frames need stay', () => {
  const needed = [
    'gAMA',
    'cHRM',
    'sRGB',
    'cICP',
    'mDCV',
    'cLLI',
    'sBIT',
    'bKGD',
    'pHYs',
    'tRNS',
    'acTL',
    'fcTL',
    'CgBI',
  ];
  const picture = withChunks(
    plain.interlaced,
    needed.map((type) => pngChunk(type, 'xx')),
    [pngChunk('fdAT', 'xx')],
  );
  expect(read(picture, 'png').stripped).toBeUndefined();
});

test('bytes after the end are removed', () => {
  const picture = Buffer.concat([plain.png, Buffer.from('SecretPlace')]);
  expect(strip(picture, 'png')).toEqual(plain.png);
});

test('a picture without metadata is left alone', () => {
  expect(read(fixtureBytes('small.png'), 'png')).toEqual({ orientation: 1 });
});

test.each(ORIENTATIONS)(
  'orientation %i in both byte orders, as sharp reads it',
  async (orientation) => {
    for (const littleEndian of [true, false]) {
      const picture = withChunks(plain.png, [
        pngChunk('eXIf', tiffBlock(orientation, littleEndian)),
      ]);
      expect(read(picture, 'png').orientation).toBe(orientation);
      expect((await sharp(picture).metadata()).orientation).toBe(orientation);
      expect(strip(picture, 'png')).toEqual(plain.png);
    }
  },
);

test('the orientation that counts is the first, and stands before the pixels', () => {
  expect(read(withChunks(plain.png, [exif(6), exif(3)]), 'png').orientation).toBe(6);
  expect(read(withChunks(plain.png, [], [exif(6)]), 'png').orientation).toBe(1);
});

test('metadata amid the pixels stays: a decoder stops at it, and would read on without it', async () => {
  const start = plain.png.indexOf('IDAT') - 4;
  const end = start + 12 + plain.png.readUInt32BE(start);
  const data = plain.png.subarray(start + 8, end - 4);
  const picture = Buffer.concat([
    plain.png.subarray(0, start),
    pngChunk('tEXt', 'Author\0SecretName'),
    pngChunk('IDAT', data.subarray(0, 900)),
    pngChunk('tEXt', 'Author\0SecretPlace'),
    pngChunk('IDAT', data.subarray(900)),
    plain.png.subarray(end),
  ]);
  const after = strip(picture, 'png');
  expect([after.includes('SecretName'), after.includes('SecretPlace')]).toEqual([false, true]);
  const before = await decodeWithSharp(sharp, picture, 'none');
  expect(before).toBeDefined();
  expect((await decodeWithSharp(sharp, after, 'none'))?.decoded).toBe(before?.decoded);
});

test('a text that is cut off by the end of the file is removed', () => {
  const picture = withChunks(plain.png, [], [pngChunk('tEXt', 'Author\0SecretName')]);
  expect(strip(picture.subarray(0, -16), 'png')).toEqual(plain.png.subarray(0, -12));
});
