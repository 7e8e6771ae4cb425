import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import type { PictureFormat } from '../../../src/domain/picture.js';
import { held } from '../../../src/images/open/open.js';
import { prepare } from '../../../src/images/prepare/prepare.js';
import { photo } from '../../support/pictures.js';

const prepared = (bytes: Uint8Array, format: PictureFormat) =>
  prepare(held(bytes), format, { maxEdge: 0, keepMetadata: false });

/** The same picture with an alpha of 0 everywhere. */
async function hidden(colours: Buffer, width: number, height: number) {
  const rgba = Buffer.alloc(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    colours.copy(rgba, pixel * 4, pixel * 3, pixel * 3 + 3);
  }
  return sharp(rgba, { raw: { width, height, channels: 4 } });
}

describe('an alpha of 0 everywhere', () => {
  const formats = [
    ['png', (picture: Sharp) => picture.png()],
    ['webp', (picture: Sharp) => picture.webp({ lossless: true, exact: true })],
    ['tiff', (picture: Sharp) => picture.tiff({ compression: 'deflate' })],
  ] as const;

  test.each(formats)('is dropped if there is a picture beneath: %s', async (format, encode) => {
    const colours = await photo(40, 30).raw().toBuffer();
    const made = await prepared(await encode(await hidden(colours, 40, 30)).toBuffer(), format);
    const { data, info } = await sharp(made.bytes).raw().toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(3);
    const shown = await sharp(made.bytes).stats();
    expect(shown.entropy).toBeGreaterThan(4);
    expect(data.length).toBe(colours.length);
  });

  test.each(formats)('is refused if there is nothing: %s', async (format, encode) => {
    const nothing = await hidden(Buffer.alloc(40 * 30 * 3), 40, 30);
    const bytes = await encode(nothing).toBuffer();
    await expect(prepared(bytes, format)).rejects.toMatchObject({
      kind: 'input',
      message: 'it cannot be decoded: every pixel of it is transparent',
    });
  });
});

describe('one even colour', () => {
  test('is sent if it is what the file holds', async () => {
    const create = { width: 20, height: 20, channels: 3, background: '#c33' } as const;
    for (const format of ['png', 'webp', 'tiff', 'gif', 'jpeg'] as const) {
      const made = await prepared(await sharp({ create }).toFormat(format).toBuffer(), format);
      expect([made.width, made.height]).toEqual([20, 20]);
    }
  });

  test('is refused if the pixels of the file differ', async () => {
    // So dark that all of its 16 bits come to the same 8.
    const raw = { width: 20, height: 20, channels: 3 } as const;
    const dark = Uint16Array.from({ length: 1200 }, (_, at) => at % 60);
    const bytes = await sharp(dark, { raw }).toColourspace('rgb16').png().toBuffer();
    expect((await sharp(bytes).metadata()).depth).toBe('ushort');
    await expect(prepared(bytes, 'png')).rejects.toMatchObject({
      message: 'it cannot be decoded: it comes out as one even colour, although its pixels differ',
    });
  });

  test('is shown by another reader where there is one', async () => {
    const raw = { width: 20, height: 20, channels: 3 } as const;
    const dark = Uint16Array.from({ length: 1200 }, (_, at) => at % 60);
    const bytes = await sharp(dark, { raw })
      .toColourspace('rgb16')
      .tiff({ compression: 'deflate' })
      .toBuffer();
    const made = await prepared(bytes, 'tiff');
    expect((await sharp(made.bytes).stats()).entropy).toBeGreaterThan(4);
  });
});
