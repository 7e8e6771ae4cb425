import { describe, expect, test } from 'vitest';
import { decodeWithLibheif } from '../../../scripts/fuzz/decode.mjs';
import { box, heicWithMetadata, movieWithSecrets } from '../../../scripts/fuzz/heif-parts.mjs';
import { SECRETS } from '../../../scripts/fuzz/parts.mjs';
import { fixtureBytes } from '../../support/files.js';
import { expectNoSecrets, read, secretsIn, strip } from './strip.js';

const heic = fixtureBytes('small.heic');
const SIZE = { width: 96, height: 64 };

async function expectSamePixels(before: Buffer, after: Buffer): Promise<void> {
  const first = await decodeWithLibheif(before);
  expect(first).toBeDefined();
  expect(await decodeWithLibheif(after)).toEqual(first);
}

describe.each(['small.heic', 'small.heif'])('metadata built into %s', (name) => {
  test.each([
    { version: 0 },
    { version: 1 },
    { version: 2 },
    { version: 1, inIdat: true },
    { version: 0, split: true },
  ] as const)('is overwritten where it lies: %j', async (options) => {
    const photo = heicWithMetadata(fixtureBytes(name), options);
    const after = strip(photo, name === 'small.heic' ? 'heic' : 'heif');
    expectNoSecrets(photo, after);
    expect(after.length).toBe(photo.length);
    expect(read(photo, 'heic').stays).toBeUndefined();
    await expectSamePixels(photo, after);
  });
});

test('EXIF becomes an empty block, XMP blanks, and other boxes free space', () => {
  const after = strip(heicWithMetadata(heic), 'heic').toString('latin1');
  expect(after).toContain(`\0\0\0\0MM\0*\0\0\0\x08${'\0'.repeat(50)}`);
  expect(after).toContain(' '.repeat(200));
  expect(after).toContain('free');
  expect(after).not.toContain('uuid');
});

test('metadata of a movie is freed', () => {
  const photo = Buffer.concat([heic, movieWithSecrets()]);
  const after = strip(photo, 'heic');
  expectNoSecrets(photo, after);
  expect(after.subarray(0, heic.length)).toEqual(heic);
});

test('a file without metadata is left alone', () => {
  expect(read(heic, 'heic')).toEqual({ orientation: 1, size: SIZE });
  expect(read(fixtureBytes('small.heif'), 'heif')).toEqual({ orientation: 1, size: SIZE });
});

test('its orientation is part of the picture, whatever EXIF says', () => {
  expect(read(heicWithMetadata(heic), 'heic').orientation).toBe(1);
});

describe('metadata stays, with a reason, where it', () => {
  test.each<[where: string, place: (from: number, length: number) => [number, number]]>([
    ['overlaps the pixels', (from, length) => [from - 4, length + 4]],
    ['lies in the pixels', (_, length) => [700, length]],
    ['lies in the lists', (_, length) => [40, length]],
    ['overlaps other metadata', (from, length) => [from, length + 10]],
    ['passes the end of the file', (from, length) => [from, length + 100_000]],
    ['is not said to be of any length', (from) => [from, 0]],
    ['is no EXIF', (from, length) => [from + 60, length - 60]],
  ])('%s', async (_, place) => {
    const photo = heicWithMetadata(heic, {
      place: (extents) => extents.map(([from, length]) => place(from, length)),
    });
    const { stays } = read(photo, 'heic');
    expect(stays).toBeDefined();
    expect(await decodeWithLibheif(strip(photo, 'heic'))).toEqual(await decodeWithLibheif(photo));
  });

  test('is listed in a way that cannot be read', () => {
    const photo = heicWithMetadata(heic);
    photo[photo.indexOf('iloc') + 4] = 7;
    expect(read(photo, 'heic')).toEqual({ orientation: 1, size: SIZE, stays: expect.any(String) });
    expect(secretsIn(photo)).toEqual(SECRETS);
  });
});

test('a box that is cut off by the end of the file is freed up to there', () => {
  const photo = Buffer.concat([
    heic,
    box('uuid', Buffer.alloc(16), Buffer.from('SecretPlace and more')),
  ]);
  const after = strip(photo.subarray(0, -5), 'heic');
  expect(after.length).toBe(photo.length - 5);
  expect(secretsIn(after)).toEqual([]);
});
