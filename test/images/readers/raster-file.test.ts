import sharp from 'sharp';
import { expect, test } from 'vitest';
import { rasterFile } from '../../../src/images/readers/decode.js';

async function profileOf(name: 'p3' | 'srgb'): Promise<Buffer> {
  const create = { width: 1, height: 1, channels: 3, background: '#000' } as const;
  const { icc } = await sharp(
    await sharp({ create }).withIccProfile(name).png().toBuffer(),
  ).metadata();
  return icc ?? expect.unreachable('sharp has the profile');
}

const rgba = Uint8Array.from({ length: 5 * 3 * 4 }, (_, at) =>
  at % 4 === 3 ? 255 : (at * 4) % 256,
);
const pixels = { width: 5, height: 3, rgba };

test('pixels come back as they were, with their profile', async () => {
  const file = rasterFile(pixels, await profileOf('srgb'));
  const { width, height, channels, hasAlpha, icc } = await sharp(file).metadata();
  expect([width, height, channels, hasAlpha]).toEqual([5, 3, 4, true]);
  expect(icc).toEqual(await profileOf('srgb'));
  expect(new Uint8Array(await sharp(file).keepIccProfile().raw().toBuffer())).toEqual(rgba);
});

test('wide colours are recognised', async () => {
  const file = rasterFile(
    { width: 1, height: 1, rgba: Uint8Array.of(255, 40, 20, 255) },
    await profileOf('p3'),
  );
  const srgb = sharp(file).withIccProfile('srgb', { attach: false });
  const [red, green, blue] = await srgb.raw().toBuffer();
  // More red than sRGB has, so that the others go to their end.
  expect([red, green, blue]).toEqual([255, 0, 0]);
});
