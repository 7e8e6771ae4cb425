import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { encodingFor } from '../../../src/images/prepare/encoding.js';
import type { PixelRaster } from '../../../src/images/readers/pixels.js';
import { fixtureBytes } from '../../support/files.js';
import { drawing } from '../../support/pictures.js';

/** Pixels of 4 channels in a square, from a function of their number. */
function square(edge: number, colour: (pixel: number) => readonly number[]): PixelRaster {
  const data = Buffer.from(Array.from({ length: edge * edge }, (_, at) => colour(at)).flat());
  return { data, width: edge, height: edge, channels: 4 };
}

const suited = (raster: PixelRaster, palette = false) => encodingFor(sharp, raster, palette);

async function pixelsOf(picture: Sharp): Promise<PixelRaster> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

test('few colours are a PNG', async () => {
  const stripes = square(100, (pixel) => [(pixel % 7) * 30, 0, 0, 255]);
  expect(await suited(stripes)).toEqual({ mimeType: 'image/png', transparent: false });
});

test('many colours are a JPEG', async () => {
  const many = square(100, (pixel) => [pixel % 256, pixel >> 8, 7, 255]);
  expect(await suited(many)).toEqual({ mimeType: 'image/jpeg', transparent: false });
});

test('a single transparent pixel makes it a PNG', async () => {
  const many = square(100, (pixel) => [pixel % 256, pixel >> 8, 7, pixel === 9999 ? 254 : 255]);
  expect(await suited(many)).toEqual({ mimeType: 'image/png', transparent: true });
});

test('three channels are never transparent', async () => {
  const grey = { data: Buffer.alloc(300), width: 10, height: 10, channels: 3 } as const;
  expect(await suited(grey)).toEqual({ mimeType: 'image/png', transparent: false });
});

test('a grey photo has few colours and is a photo all the same', async () => {
  const harbour = () => sharp(fixtureBytes('harbor.jpg'));
  const grey = await pixelsOf(harbour().grayscale().toColourspace('srgb'));
  expect((await suited(grey)).mimeType).toBe('image/jpeg');
  const small = await pixelsOf(harbour().resize(200).grayscale().toColourspace('srgb'));
  expect((await suited(small)).mimeType).toBe('image/jpeg');
});

test('grey lines and a palette of few colours are drawings', async () => {
  const lines = drawing(1400, 900).flatten({ background: '#fff' }).grayscale();
  expect((await suited(await pixelsOf(lines.toColourspace('srgb')))).mimeType).toBe('image/png');
  const few = await pixelsOf(drawing(1400, 900).flatten({ background: '#fff' }));
  expect(await suited(few, true)).toEqual({
    mimeType: 'image/png',
    transparent: false,
    palette: true,
  });
});
