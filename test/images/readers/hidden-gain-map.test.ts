import sharp from 'sharp';
import { expect, test } from 'vitest';
import { jpegSegment, ultraHdr, withSegments } from '../../../scripts/fuzz/parts.mjs';
import { prepareApart } from '../../../src/images/decoders/decode-apart.js';
import { GAIN_MAP_MARKS, mayHaveGainMap } from '../../../src/images/metadata/gain-map.js';
import { sourceOf } from '../../../src/images/open/byte-source.js';
import { held } from '../../../src/images/open/open.js';
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

test('one with a gain map is shrunk like one without', async () => {
  const base = await photo(96, 64).jpeg().toBuffer();
  const ultra = ultraHdr(base, await photo(96, 64).greyscale().jpeg().toBuffer());
  const shrunk = async (bytes: Uint8Array) => {
    const made = await prepareApart(held(bytes), 'jpeg', { maxEdge: 48, keepMetadata: false }, {});
    return Buffer.from(made.bytes);
  };
  expect(await shrunk(ultra)).toEqual(await shrunk(withHiddenGainMap(ultra)));
});

test('a gain map is told by its marks, but not by bytes of pixels that look like one', async () => {
  const jpeg = await photo(96, 64).jpeg().toBuffer();
  const has = (bytes: Uint8Array) => mayHaveGainMap(sourceOf(bytes));
  expect(has(jpeg)).toBe(false);
  for (const mark of GAIN_MAP_MARKS) {
    expect(has(withSegments(jpeg, jpegSegment(0xe1, `x ${mark}Version`)))).toBe(true);
    expect(has(Buffer.concat([jpeg, Buffer.from(mark)]))).toBe(true);
    const byChance = Buffer.from(jpeg);
    byChance.write(mark, jpeg.length - 40);
    expect(has(byChance)).toBe(false);
  }
  // Without its end, what are pixels is not known for sure.
  expect(has(jpeg.subarray(0, -2))).toBe(true);
});
