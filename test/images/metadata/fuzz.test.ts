/** Files changed at random, always the same ones; `scripts/fuzz.mjs` takes many more. */
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { compareDecoded, faultOfPieces } from '../../../scripts/fuzz/checks.mjs';
import { mutated, randomOf } from '../../../scripts/fuzz/mutate.mjs';
import { type Format, picturesWithMetadata } from '../../../scripts/fuzz/pictures.mjs';
import { GeminiImageError } from '../../../src/domain/error.js';
import { joinPieces, sizeOf } from '../../../src/images/metadata/edits.js';
import { metadataReader } from '../../../src/images/metadata/metadata.js';
import { sourceOf } from '../../../src/images/open/byte-source.js';
import { recognise } from '../../../src/images/recognise.js';
import { fixtureBytes } from '../../support/files.js';

const pictures = await picturesWithMetadata(sharp, fixtureBytes('small.heic'));
const formats: readonly Format[] = ['jpeg', 'png', 'webp', 'heic'];

function* changed(files: readonly Buffer[], count: number): Generator<[number: number, Buffer]> {
  for (let seed = 0; seed < count; seed += 1) yield [seed, mutated(files, randomOf(seed))];
}

test('the recogniser throws nothing but errors with words', () => {
  const others = ['refused.avif', 'refused.gif', 'refused.tiff', 'small.heif'].map(fixtureBytes);
  let recognised = 0;
  for (const [seed, file] of changed([...Object.values(pictures).flat(), ...others], 20_000)) {
    try {
      recognise(file);
      recognised += 1;
    } catch (error) {
      expect(error, `seed ${seed}`).toBeInstanceOf(GeminiImageError);
    }
  }
  expect(recognised).toBeGreaterThan(10_000);
});

describe.each(formats)('%s', (format) => {
  test('the rest of a file is valid, and not larger than before', async () => {
    const readMetadata = await metadataReader(format);
    let stripped = 0;
    for (const [seed, file] of changed(pictures[format], 5_000)) {
      const source = sourceOf(file);
      const pieces = readMetadata(source).stripped;
      if (!pieces) continue;
      stripped += 1;
      const fault = faultOfPieces(pieces, source, sizeOf);
      if (fault) expect.fail(`seed ${seed}: ${fault}`);
      if (joinPieces(source, pieces).length !== sizeOf(pieces)) expect.fail(`seed ${seed}`);
    }
    expect(stripped).toBeGreaterThan(2_000);
  });

  test('decoders see the same as before', async () => {
    const readMetadata = await metadataReader(format);
    const compare = async ([seed, file]: [number, Buffer]) => {
      const source = sourceOf(file);
      const { stripped, orientation } = readMetadata(source);
      const after = stripped && Buffer.from(joinPieces(source, stripped));
      const modes = ['none', 'error'];
      const result = await compareDecoded(sharp, file, after, format, orientation, modes);
      expect(result.faults, `seed ${seed}`).toEqual([]);
      return result.decoded > 0;
    };
    // sharp has threads; libheif's memory is for one after the other.
    const atOnce = format === 'heic' ? 1 : 20;
    const files = [...changed(pictures[format], 200)];
    let decodable = 0;
    while (files.length > 0) {
      const results = await Promise.all(files.splice(0, atOnce).map(compare));
      decodable += results.filter(Boolean).length;
    }
    expect(decodable).toBeGreaterThan(40);
  });
});
