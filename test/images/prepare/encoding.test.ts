import { expect, test } from 'vitest';
import { encodingFor } from '../../../src/images/prepare/prepare.js';

/** Pixels of 4 channels, from a function of their number. */
function raster(pixels: number, colour: (pixel: number) => [number, number, number, number]) {
  const data = Uint8Array.from({ length: pixels }, (_, pixel) => pixel).length
    ? Uint8Array.from(Array.from({ length: pixels }, (_, pixel) => colour(pixel)).flat())
    : new Uint8Array();
  return { data, channels: 4 };
}

test('few colours are a PNG', () => {
  const drawing = raster(10_000, (pixel) => [pixel % 7, 0, 0, 255]);
  expect(encodingFor(drawing)).toEqual({ mimeType: 'image/png', transparent: false });
});

test('many colours are a JPEG', () => {
  const photo = raster(10_000, (pixel) => [pixel % 256, pixel >> 8, 7, 255]);
  expect(encodingFor(photo)).toEqual({ mimeType: 'image/jpeg', transparent: false });
});

test('a single transparent pixel makes it a PNG', () => {
  const photo = raster(10_000, (pixel) => [pixel % 256, pixel >> 8, 7, pixel === 9999 ? 254 : 255]);
  expect(encodingFor(photo)).toEqual({ mimeType: 'image/png', transparent: true });
});

test('a tiny picture has few colours', () => {
  const tiny = raster(200, (pixel) => [pixel, 255 - pixel, pixel >> 1, 255]);
  expect(encodingFor(tiny).mimeType).toBe('image/png');
});

test('three channels are never transparent', () => {
  const grey = { data: new Uint8Array(300), channels: 3 };
  expect(encodingFor(grey)).toEqual({ mimeType: 'image/png', transparent: false });
});
