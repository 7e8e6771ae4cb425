import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { held } from '../../../src/images/open/open.js';
import { type AdaptOptions, adapt } from '../../../src/images/prepare/adapt.js';
import { recognise } from '../../../src/images/recognise.js';
import { photo } from '../../support/pictures.js';

const OPTIONS: AdaptOptions = { maxEdge: 3072, keepMetadata: false, original: false };

async function adapted(bytes: Buffer, options: Partial<AdaptOptions> = {}) {
  const { formatName } = recognise(bytes);
  const { content, ...facts } = await adapt(held(bytes), formatName, { ...OPTIONS, ...options });
  return { ...facts, bytes: Buffer.from(await content.read(0, content.size)) };
}

/** By whichever of these a format knows. */
const LOSSLESS = { lossless: true, compression: 'lzw' };

/** A sign of one colour on nothing; what is beneath is black. */
function sign(fill: string, opacity = 1) {
  return sharp(
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40">
      <path d="M20 10h20v20h-20z" fill="${fill}" opacity="${opacity}"/></svg>`),
  );
}

async function coloursOf(bytes: Buffer) {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const from = (y * info.width + x) * info.channels;
    return [...data.subarray(from, from + 3)];
  };
  return { corner: at(2, 2), sign: at(30, 20), channels: info.channels };
}

const expectNear = (colour: readonly number[], expected: readonly number[]) => {
  for (const [index, value] of colour.entries()) {
    expect(Math.abs(value - (expected[index] ?? 0))).toBeLessThan(4);
  }
};

describe('a transparent picture', () => {
  test.each(['png', 'webp', 'avif', 'tiff', 'gif'] as const)(
    'of %s is laid on white, and grey where white would hide it',
    async (format) => {
      const dark = await adapted(await sign('#a01010').toFormat(format, LOSSLESS).toBuffer());
      expect(dark.changes).toContain('flattened');
      const onWhite = await coloursOf(dark.bytes);
      expect(onWhite.channels).toBe(3);
      expectNear(onWhite.corner, [255, 255, 255]);
      const light = await adapted(await sign('#fff').toFormat(format, LOSSLESS).toBuffer());
      const onGrey = await coloursOf(light.bytes);
      expectNear(onGrey.corner, [128, 128, 128]);
      expectNear(onGrey.sign, [255, 255, 255]);
    },
  );

  test('with a palette is one too', async () => {
    const sent = await adapted(await sign('#a01010').png({ palette: true }).toBuffer());
    expect(sent.changes).toEqual(['flattened']);
    expectNear((await coloursOf(sent.bytes)).corner, [255, 255, 255]);
  });

  test('that is faint all over is laid on what shows it', async () => {
    const sent = await adapted(await sign('#fff', 0.4).png().toBuffer());
    const { corner, sign: drawn } = await coloursOf(sent.bytes);
    expect((drawn[0] ?? 0) - (corner[0] ?? 0)).toBeGreaterThan(30);
  });

  test('is laid on a colour that is asked for', async () => {
    const sent = await adapted(await sign('#fff').png().toBuffer(), { background: '#336699' });
    expectNear((await coloursOf(sent.bytes)).corner, [0x33, 0x66, 0x99]);
  });

  test('stays as it is if that is asked for', async () => {
    const bytes = await sign('#fff').png().toBuffer();
    expect(await adapted(bytes, { background: 'keep' })).toMatchObject({ bytes, changes: [] });
    expect(await adapted(bytes, { original: true })).toMatchObject({ bytes, changes: [] });
  });

  test('keeps its metadata if that is asked for', async () => {
    const bytes = await sign('#a01010')
      .png()
      .withExif({ IFD0: { ImageDescription: 'Kept' } })
      .toBuffer();
    const sent = await adapted(bytes, { keepMetadata: true });
    expect(sent.changes).toContain('flattened');
    expect(sent.bytes.includes('Kept')).toBe(true);
    expectNear((await coloursOf(sent.bytes)).corner, [255, 255, 255]);
  });
});

test.each(['png', 'webp'] as const)(
  'a %s whose alpha is full everywhere is kept',
  async (format) => {
    const bytes = await photo(90, 60).ensureAlpha().toFormat(format).toBuffer();
    expect(await adapted(bytes)).toMatchObject({ bytes, changes: [] });
  },
);
