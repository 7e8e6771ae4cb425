import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { NormalizedBox, PixelBox } from '../../../src/domain/box.js';
import { toPixels } from '../../../src/tasks/detect/boxes.js';
import { ORIENTATIONS } from '../../support/pictures.js';

const UPRIGHT = { width: 50, height: 40 };

/** The box of the white pixels among black ones. */
async function whiteBox(stored: Buffer): Promise<PixelBox> {
  const { data, info } = await sharp(stored).raw().toBuffer({ resolveWithObject: true });
  const [columns, rows]: [number[], number[]] = [[], []];
  for (let pixel = 0; pixel < info.width * info.height; pixel += 1) {
    if ((data[pixel * info.channels] ?? 0) < 128) continue;
    columns.push(pixel % info.width);
    rows.push(Math.floor(pixel / info.width));
  }
  const [x, y] = [Math.min(...columns), Math.min(...rows)];
  return { x, y, width: Math.max(...columns) - x + 1, height: Math.max(...rows) - y + 1 };
}

/** A white rectangle on black, stored so that the orientation turns it upright. */
async function storedRectangle({ x, y, width, height }: PixelBox, orientation: number) {
  const white = { create: { width, height, channels: 3 as const, background: '#fff' } };
  const black = { create: { ...UPRIGHT, channels: 3 as const, background: '#000' } };
  const upright = await sharp(black)
    .composite([{ input: white, left: x, top: y }])
    .png()
    .toBuffer();
  // Which of the ways to store it is turned back into it is left to the decoder.
  for (const turns of [0, 90, 180, 270]) {
    for (const mirrored of [false, true]) {
      const turned = await sharp(upright).rotate(turns).png().toBuffer();
      const stored = await sharp(turned).flop(mirrored).png().toBuffer();
      const tagged = await sharp(stored).withMetadata({ orientation }).png().toBuffer();
      const seen = await sharp(tagged).autoOrient().raw().toBuffer();
      if (seen.equals(await sharp(upright).raw().toBuffer())) return stored;
    }
  }
  throw new Error('no way to store it');
}

describe('toPixels', () => {
  test.each(ORIENTATIONS)('follows orientation %i', async (orientation) => {
    for (const box of [
      { x: 4, y: 2, width: 11, height: 5 },
      { x: 30, y: 31, width: 20, height: 9 },
    ]) {
      const stored = await storedRectangle(box, orientation);
      const { width = 0, height = 0 } = await sharp(stored).metadata();
      const thousandths = (pixels: number, side: number) => (pixels * 1000) / side;
      const normalized: NormalizedBox = [
        thousandths(box.y, UPRIGHT.height),
        thousandths(box.x, UPRIGHT.width),
        thousandths(box.y + box.height, UPRIGHT.height),
        thousandths(box.x + box.width, UPRIGHT.width),
      ];
      expect(toPixels(normalized, { width, height, orientation })).toEqual(await whiteBox(stored));
    }
  });

  test('an upright picture needs no orientation', () => {
    expect(toPixels([250, 100, 500, 300], { width: 4000, height: 3000 })).toEqual({
      x: 400,
      y: 750,
      width: 800,
      height: 750,
    });
  });

  test('covers pixels that a box touches', () => {
    const box = toPixels([499, 499, 501, 501], { width: 10, height: 100 });
    expect(box).toEqual({ x: 4, y: 49, width: 2, height: 2 });
  });

  test('is never outside the picture, and never empty', () => {
    const corners = [0, 1e-300, 0.001, 1, 333, 499.5, 500, 667, 999, 999.999, 1000 - 1e-13, 1000];
    for (const orientation of ORIENTATIONS) {
      for (const [width, height] of [
        [1, 1],
        [3, 7],
        [4031, 3023],
        [16_383, 2],
      ] as const) {
        for (const from of corners) {
          for (const to of corners.filter((corner) => corner > from)) {
            const box = toPixels([from, from, to, to], { width, height, orientation });
            expect(Object.values(box).every(Number.isInteger)).toBe(true);
            expect(Math.min(box.x, box.y)).toBeGreaterThanOrEqual(0);
            expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(1);
            expect(box.x + box.width).toBeLessThanOrEqual(width);
            expect(box.y + box.height).toBeLessThanOrEqual(height);
          }
        }
      }
    }
  });

  test('has a pixel even if rounding leaves nothing between two numbers', () => {
    const [from, to] = [0.1, 0.1 + Number.EPSILON / 8];
    expect(from).toBeLessThan(to);
    const lying = { width: 10_000, height: 10_000, orientation: 3 };
    expect(toPixels([from, from, to, to], lying)).toMatchObject({ width: 1, height: 1 });
  });
});
