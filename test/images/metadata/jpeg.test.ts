import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeWithSharp } from '../../../scripts/fuzz/decode.mjs';
import {
  gainMapTerms,
  ISO_GAIN_MAP_MARK,
  jpegExif,
  jpegMetadata,
  jpegSegment,
  jpegXmp,
  restartJpeg,
  ultraHdr,
  withMetadataBetweenScans,
  withSegments,
  xmpPacket,
} from '../../../scripts/fuzz/parts.mjs';
import { picturesWithMetadata, plainPictures, scene } from '../../../scripts/fuzz/pictures.mjs';
import { fixtureBytes } from '../../support/files.js';
import { expectNoSecrets, ORIENTATIONS, read, strip } from './strip.js';

const plain = await plainPictures(sharp);
const written = await picturesWithMetadata(sharp, fixtureBytes('small.heic'));

async function expectSamePicture(before: Buffer, after: Buffer): Promise<void> {
  for (const failOn of ['none', 'warning'] as const) {
    const first = await decodeWithSharp(sharp, before, failOn);
    expect(first).toBeDefined();
    expect((await decodeWithSharp(sharp, after, failOn))?.decoded).toBe(first?.decoded);
  }
}

const pixelsOf = (file: Buffer) => sharp(file).raw().toBuffer();

describe('metadata', () => {
  test('is removed, and the file is exactly as it was before it was added', () => {
    const photo = withSegments(plain.jpeg, jpegExif(6), ...jpegMetadata());
    const after = strip(photo, 'jpeg');
    expectNoSecrets(photo, after);
    expect(after).toEqual(strip(plain.jpeg, 'jpeg'));
  });

  test.each(jpegMetadata().map((segment, index) => [index, segment] as const))(
    'of kind %i goes',
    async (_, segment) => {
      const photo = withSegments(plain.jpeg, segment);
      expectNoSecrets(photo, strip(photo, 'jpeg'));
      await expectSamePicture(photo, strip(photo, 'jpeg'));
    },
  );

  test('written by sharp is removed, and the colour profile stays', async () => {
    const photo = await scene(sharp)
      .withIccProfile('p3')
      .withExif({ IFD0: { Artist: 'SecretName' }, IFD3: { GPSLatitudeRef: 'N' } })
      .withXmp(xmpPacket().toString())
      .jpeg()
      .toBuffer();
    const after = strip(photo, 'jpeg');
    expectNoSecrets(photo, after);
    const { exif, xmp, icc } = await sharp(after).metadata();
    expect([exif, xmp]).toEqual([undefined, undefined]);
    expect(icc).toEqual((await sharp(photo).metadata()).icc);
    expect(icc).toBeDefined();
    await expectSamePicture(photo, after);
  });

  test('between scans is removed', async () => {
    const photo = withMetadataBetweenScans(plain.progressive);
    expectNoSecrets(photo, strip(photo, 'jpeg'));
    expect(strip(photo, 'jpeg')).toEqual(strip(plain.progressive, 'jpeg'));
    await expectSamePicture(photo, strip(photo, 'jpeg'));
  });

  test('after the end is removed: a trailer, a film, a preview', async () => {
    const photo = Buffer.concat([plain.jpeg, Buffer.from('SecretPlace'), plain.progressive]);
    expectNoSecrets(photo, strip(photo, 'jpeg'));
    await expectSamePicture(photo, strip(photo, 'jpeg'));
  });

  test('is removed from CMYK, which keeps its colour transform', async () => {
    const photo = withSegments(plain.cmyk, ...jpegMetadata());
    expectNoSecrets(photo, strip(photo, 'jpeg'));
    await expectSamePicture(photo, strip(photo, 'jpeg'));
  });

  test('is removed from pictures with restart markers', async () => {
    const photo = withSegments(restartJpeg(plain.grey, 15), ...jpegMetadata());
    expectNoSecrets(photo, strip(photo, 'jpeg'));
    await expectSamePicture(photo, strip(photo, 'jpeg'));
  });

  test('with fill bytes before it is removed', async () => {
    const filled = Buffer.concat([Buffer.from([0xff, 0xff, 0xff]), jpegExif(6)]);
    const photo = withSegments(plain.grey, filled);
    expectNoSecrets(photo, strip(photo, 'jpeg'));
    expect(strip(photo, 'jpeg')).toEqual(plain.grey);
  });

  test('is removed if it is a thumbnail inside the JFIF segment', async () => {
    const thumbnail = jpegSegment(
      0xe0,
      'JFIF\0\x01\x01\0\0\x01\0\x01\x02\x04',
      'SecretPlace'.padEnd(24),
    );
    const photo = withSegments(plain.grey, thumbnail);
    expectNoSecrets(photo, strip(photo, 'jpeg'));
    await expectSamePicture(photo, strip(photo, 'jpeg'));
  });

  test('that is not there is not removed', () => {
    expect(read(fixtureBytes('small.jpg'), 'jpeg')).toEqual({ orientation: 1 });
    expect(read(strip(withSegments(plain.jpeg, ...jpegMetadata()), 'jpeg'), 'jpeg')).toEqual({
      orientation: 1,
    });
  });
});

describe('damage', () => {
  test('in a scan that looks like metadata stays, for what follows is not to be decoded', async () => {
    const photo = Buffer.from(plain.grey);
    const scan = photo.indexOf(Buffer.from([0xff, 0xda])) + 30;
    photo.set([0xff, 0xe1, 0, 8], scan);
    expect(strip(photo, 'jpeg')).toEqual(photo);
  });

  test('keeps a picture that is cut off', () => {
    const photo = withSegments(plain.jpeg, jpegExif(6)).subarray(0, -100);
    expect(strip(photo, 'jpeg')).toEqual(plain.jpeg.subarray(0, -100));
  });

  test('keeps a segment that is longer than the file', () => {
    const photo = withSegments(plain.jpeg, Buffer.from([0xff, 0xe1, 0xff, 0xff]));
    expect(read(photo, 'jpeg')).toEqual({ orientation: 1, end: 'cut off' });
  });

  test('that is garbage between segments is removed with them', () => {
    const photo = withSegments(plain.grey, jpegExif(6), Buffer.from('SecretPlace'));
    expect(strip(photo, 'jpeg')).toEqual(plain.grey);
  });
});

describe('orientation', () => {
  test.each(ORIENTATIONS)('%i in both byte orders', async (orientation) => {
    for (const littleEndian of [true, false]) {
      const photo = withSegments(plain.jpeg, jpegExif(orientation, littleEndian));
      expect(read(photo, 'jpeg').orientation).toBe(orientation);
      expect((await sharp(photo).metadata()).orientation).toBe(orientation);
      expect((await sharp(strip(photo, 'jpeg')).metadata()).orientation).toBeUndefined();
    }
  });

  test('is that of the first EXIF block, and 1 if it makes no sense', () => {
    const photo = (...segments: Buffer[]) => withSegments(plain.jpeg, ...segments);
    expect(read(photo(jpegXmp(), jpegExif(5), jpegExif(3)), 'jpeg').orientation).toBe(5);
    expect(read(photo(jpegExif(9)), 'jpeg').orientation).toBe(1);
    expect(read(photo(jpegSegment(0xe1, 'Exif\0\0garbage')), 'jpeg').orientation).toBe(1);
    expect(read(fixtureBytes('turned.jpg'), 'jpeg').orientation).not.toBe(1);
  });
});

describe('a gain map is removed with the metadata', () => {
  const terms = jpegXmp(gainMapTerms());
  const mapWithoutTerms = jpegXmp();

  test.each([
    ['as phones write it, behind a preview', terms, jpegMetadata()],
    ['that does not say what it is', mapWithoutTerms, []],
  ])('%s, and the photo is what it is without one', (_, map, extra) => {
    const hdr = ultraHdr(plain.jpeg, plain.grey, { map, extra });
    const after = strip(hdr, 'jpeg');
    expectNoSecrets(hdr, after);
    expect(after).toEqual(strip(plain.jpeg, 'jpeg'));
    expect(strip(after, 'jpeg')).toEqual(after);
  });

  test('and no offset is left that would point to it', () => {
    const hdr = ultraHdr(plain.jpeg, plain.grey);
    const marks = ['MPF\0', ISO_GAIN_MAP_MARK, 'hdrgm', 'Item:Length'];
    for (const mark of marks) expect(hdr.includes(mark), mark).toBe(true);
    for (const mark of marks) expect(strip(hdr, 'jpeg').includes(mark), mark).toBe(false);
  });

  test('written by libultrahdr, and the pixels of the photo stay', async () => {
    const hdr = written.jpeg.at(-1) ?? Buffer.alloc(0);
    const after = strip(hdr, 'jpeg');
    expectNoSecrets(hdr, after);
    expect((await sharp(hdr).metadata()).gainMap).toBeDefined();
    expect((await sharp(after).metadata()).gainMap).toBeUndefined();
    expect(await pixelsOf(after)).toEqual(await pixelsOf(hdr));
  });

  test('that is cut off', () => {
    const hdr = ultraHdr(plain.jpeg, plain.grey);
    expect(strip(hdr.subarray(0, -150), 'jpeg')).toEqual(strip(plain.jpeg, 'jpeg'));
  });
});

test('zeros among the data are a hole from 128 on, wherever they are', () => {
  const photo = fixtureBytes('harbor.jpg');
  const middle = Math.floor(photo.length / 2);
  const withZeros = (count: number, offset: number) => {
    const bytes = Buffer.from(photo).fill(0, middle + offset, middle + offset + count);
    // The bytes around it are no zeros.
    bytes[middle + offset - 1] = 1;
    bytes[middle + offset + count] = 1;
    return read(bytes, 'jpeg').hole;
  };
  for (let offset = 0; offset < 128; offset += 1) {
    expect([withZeros(127, offset), withZeros(128, offset)]).toEqual([undefined, 'sure']);
  }
});
