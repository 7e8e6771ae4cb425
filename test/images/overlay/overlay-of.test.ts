import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { referenceTo } from '../../../src/images/find/reference.js';
import { overlayOf } from '../../../src/images/overlay/overlay-of.js';
import { fixtureBytes, temporaryFolder } from '../../support/files.js';
import { LOADING } from '../../support/loading.js';
import { photo } from '../../support/pictures.js';
import { tiffOf } from '../../support/raws.js';

const bytes = fixtureBytes('small.png');
const found = { sha256: createHash('sha256').update(bytes).digest('hex'), boxes: [] };
const options = { ...LOADING, ending: '.png' } as const;

const pixelsOf = (picture: Uint8Array) => sharp(picture).raw().toBuffer();

describe('overlayOf', () => {
  test('opens the picture once more', async () => {
    const name = join(temporaryFolder({ 'a.png': 'small.png' }), 'a.png');
    const overlay = await overlayOf(referenceTo(name), found, options);
    expect(overlay.mimeType).toBe('image/png');
    expect(await pixelsOf(overlay.bytes)).toEqual(await pixelsOf(bytes));
  });

  test('takes bytes, and standard input that can be read again', async () => {
    const ofBytes = await overlayOf({ id: '-', label: '-', bytes }, found, options);
    const stdin = () => Readable.from([bytes]);
    const ofStdin = await overlayOf(referenceTo('-'), found, { ...options, stdin });
    expect(Buffer.from(ofStdin.bytes)).toEqual(Buffer.from(ofBytes.bytes));
  });

  test('does not draw on another picture', async () => {
    const name = join(temporaryFolder({ 'a.png': 'small.png' }), 'a.png');
    appendFileSync(name, 'x');
    await expect(overlayOf(referenceTo(name), found, options)).rejects.toMatchObject({
      kind: 'input',
      message: 'it has changed since the boxes were found',
    });
  });

  test('says what is wrong with a picture that is gone', async () => {
    const gone = referenceTo(join(temporaryFolder(), 'gone.png'));
    await expect(overlayOf(gone, found, options)).rejects.toMatchObject({
      kind: 'input',
      message: 'no such file',
    });
  });
});

test('boxes in a raw file are drawn on the preview that was sent', async () => {
  const preview = await photo(1000, 40).jpeg().toBuffer();
  const samples = { 259: 1, 262: 32_803 };
  const raw = tiffOf({ pages: [{ tags: { 271: 'NIKON' }, subs: [samples] }], data: [preview] });
  const sha256 = createHash('sha256').update(raw).digest('hex');
  const image = { id: 'a.nef', label: 'a.nef', bytes: raw };
  const overlay = await overlayOf(image, { sha256, boxes: [] }, options);
  expect((await pixelsOf(overlay.bytes)).equals(await pixelsOf(preview))).toBe(true);
});
