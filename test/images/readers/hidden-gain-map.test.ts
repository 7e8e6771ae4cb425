import sharp from 'sharp';
import { expect, test } from 'vitest';
import { ultraHdr } from '../../../scripts/fuzz/parts.mjs';
import { withHiddenGainMap } from '../../../src/images/readers/sharp-reader.js';
import { photo } from '../../support/pictures.js';

const pixelsOf = (bytes: Uint8Array) => sharp(bytes).raw().toBuffer();

test('a photo with a gain map is a photo like any other, with the same pixels', async () => {
  const base = await photo(96, 64).jpeg().toBuffer();
  const map = await photo(96, 64).greyscale().jpeg().toBuffer();
  const encoder = sharp(ultraHdr(base, map));
  // The types of sharp do not know it yet.
  Reflect.apply(Reflect.get(encoder, 'withGainMap'), encoder, []);
  const ultra = await encoder.jpeg().toBuffer();
  expect((await sharp(ultra).metadata()).gainMap).toBeDefined();
  const hidden = withHiddenGainMap(ultra);
  expect(hidden.length).toBe(ultra.length);
  expect((await sharp(hidden).metadata()).gainMap).toBeUndefined();
  expect(await pixelsOf(hidden)).toEqual(await pixelsOf(ultra));
});

test('one without is not copied', async () => {
  const jpeg = new Uint8Array(await photo(96, 64).jpeg().toBuffer());
  expect(withHiddenGainMap(jpeg).buffer).toBe(jpeg.buffer);
});
