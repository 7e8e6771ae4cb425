/** Files changed at random, always the same ones; `scripts/fuzz.mjs` takes many more. */
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { checkConverted, convertedPictures } from '../../../scripts/fuzz/converted.mjs';
import { mutated, randomOf } from '../../../scripts/fuzz/mutate.mjs';
import { contentOf } from '../../../src/domain/content.js';
import { GeminiImageError } from '../../../src/domain/error.js';
import { held } from '../../../src/images/open/open.js';
import { adapt } from '../../../src/images/prepare/adapt.js';
import { hasProgram } from '../../support/programs.js';

const pictures = await convertedPictures(sharp);
const FILES = 40;

describe.each(['tiff', 'avif', 'gif', 'bmp', 'svg'] as const)('%s', (format) => {
  test('what is sent is a picture, or an error with words says why not', async () => {
    let sent = 0;
    const plain = pictures[format];
    const changed = Array.from({ length: FILES }, (_, seed) => mutated(plain, randomOf(seed)));
    for (const [number, file] of [...plain, ...changed].entries()) {
      const { decoded, faults } = await checkConverted(sharp, file, format, {
        ...{ adapt, held, GeminiImageError },
      });
      expect(faults, `file ${number}`).toEqual([]);
      sent += decoded;
    }
    expect(sent).toBeGreaterThanOrEqual(plain.length);
  });
});

describe.skipIf(!hasProgram('convert') || !hasProgram('vips'))('a fault is found', () => {
  test('if a picture comes out black that two other decoders see', async () => {
    const black = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#000' } })
      .png()
      .toBuffer();
    const [tiff = black] = pictures.tiff;
    const { faults } = await checkConverted(sharp, tiff, 'tiff', {
      ...{ held, GeminiImageError },
      adapt: async () => ({ content: contentOf(black) }),
    });
    expect(faults).toEqual(['came out as one colour, but magick and vips see more']);
  });

  test('if something else than an error of the program is thrown', async () => {
    const { faults } = await checkConverted(sharp, Buffer.alloc(0), 'gif', {
      ...{ held, GeminiImageError },
      adapt: () => Promise.reject(new TypeError('a bug')),
    });
    expect(faults[0]).toMatch(/^threw TypeError: a bug/);
  });
});
