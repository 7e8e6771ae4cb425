import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeWithSharp } from '../../../scripts/fuzz/decode.mjs';
import {
  exifBlock,
  tiffBlock,
  vp8x,
  webpChunk,
  webpFile,
  xmpPacket,
} from '../../../scripts/fuzz/parts.mjs';
import { picturesWithMetadata, plainPictures, scene } from '../../../scripts/fuzz/pictures.mjs';
import { fixtureBytes } from '../../support/files.js';
import { expectNoSecrets, ORIENTATIONS, read, strip } from './strip.js';

const plain = await plainPictures(sharp);
const { webp: pictures } = await picturesWithMetadata(sharp, fixtureBytes('small.heic'));
const [pixels, lossless] = [plain.webp.subarray(12), plain.lossless.subarray(12)];
const extended = (flags: number, ...chunks: Buffer[]) => webpFile(vp8x(flags, 40, 24), ...chunks);

test.each(pictures.map((picture, index) => [index, picture] as const))(
  'picture %i loses its metadata and keeps its pixels',
  async (_, picture) => {
    const after = strip(picture, 'webp');
    expectNoSecrets(picture, after);
    for (const failOn of ['none', 'warning'] as const) {
      const before = await decodeWithSharp(sharp, picture, failOn);
      expect(before).toBeDefined();
      expect((await decodeWithSharp(sharp, after, failOn))?.decoded).toBe(before?.decoded);
    }
    expect(after.readUInt32LE(4)).toBe(after.length - 8);
  },
);

test('chunks go, with their flags', () => {
  const [exif, xmp] = [webpChunk('EXIF', exifBlock(6)), webpChunk('XMP ', xmpPacket())];
  const note = webpChunk('note', 'Secret');
  expect(strip(extended(0x0c, pixels, exif, xmp), 'webp')).toEqual(extended(0, pixels));
  expect(strip(extended(0x1c, exif, note, lossless, xmp), 'webp')).toEqual(
    extended(0x10, lossless),
  );
});

test('in the simple format nothing follows the pixels', () => {
  expect(strip(webpFile(pixels, webpChunk('EXIF', exifBlock(6))), 'webp')).toEqual(plain.webp);
  expect(strip(Buffer.concat([plain.webp, Buffer.from('trailer')]), 'webp')).toEqual(plain.webp);
});

test('the colour profile and the frames of an animation stay', async () => {
  const picture = await sharp(plain.animated, { animated: true })
    .withIccProfile('p3')
    .withExif({ IFD0: { Artist: 'SecretName' } })
    .webp()
    .toBuffer();
  const [before, after] = [picture, strip(picture, 'webp')].map((file) =>
    sharp(file, { animated: true }),
  );
  const [first, second] = await Promise.all([before?.metadata(), after?.metadata()]);
  expect(first?.icc).toBeDefined();
  expect([second?.icc, second?.pages, second?.exif]).toEqual([first?.icc, 2, undefined]);
});

test('a picture without metadata is left alone', () => {
  expect(read(fixtureBytes('small.webp'), 'webp')).toEqual({ orientation: 1 });
  expect(read(plain.animated, 'webp')).toEqual({ orientation: 1 });
});

describe('orientation', () => {
  test.each(ORIENTATIONS)('%i, with and without the mark before the block', async (orientation) => {
    for (const block of [exifBlock(orientation), tiffBlock(orientation, false)]) {
      const picture = extended(0x08, pixels, webpChunk('EXIF', block));
      expect(read(picture, 'webp').orientation).toBe(orientation);
      expect((await sharp(picture).metadata()).orientation).toBe(orientation);
    }
    const own = await scene(sharp).withMetadata({ orientation }).webp().toBuffer();
    expect(read(own, 'webp').orientation).toBe(orientation);
  });

  test('counts only if the flags say that there is EXIF, as for libwebp', () => {
    const exif = webpChunk('EXIF', exifBlock(6));
    expect(read(extended(0, pixels, exif), 'webp').orientation).toBe(1);
    expect(read(webpFile(pixels, exif), 'webp').orientation).toBe(1);
  });
});

describe('damage', () => {
  test('EXIF that the end of the file cuts off is removed', () => {
    const picture = extended(0x08, pixels, webpChunk('EXIF', exifBlock(6)));
    expect(strip(picture.subarray(0, -30), 'webp')).toEqual(extended(0, pixels));
  });

  test('pixels that the end of the file cuts off stay, and the size still tells of it', () => {
    const picture = extended(0x08, webpChunk('EXIF', exifBlock(6)), pixels).subarray(0, -30);
    expect(strip(picture, 'webp')).toEqual(extended(0, pixels).subarray(0, -30));
  });

  test('behind a chunk that passes the end of the RIFF all stays', () => {
    const picture = Buffer.concat([extended(0, pixels), Buffer.from('behind')]);
    picture.writeUInt32LE(picture.length - 30, 4);
    expect(strip(picture, 'webp')).toEqual(picture);
  });
});
