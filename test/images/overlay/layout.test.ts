import { describe, expect, test } from 'vitest';
import { areaOf, intersection, type Rectangle } from '../../../src/images/overlay/canvas.js';
import { placePlate } from '../../../src/images/overlay/layout.js';

const PICTURE = { width: 200, height: 100 };
const PLATE = { width: 50, height: 10 };

const box = (left: number, top: number, right: number, bottom: number): Rectangle => ({
  left,
  top,
  right,
  bottom,
});

const place = (of: Rectangle, ...before: Rectangle[]) => placePlate(of, PLATE, PICTURE, before);

describe('placePlate', () => {
  test.each<[where: string, of: Rectangle, plate: Rectangle]>([
    ['above a box', box(20, 30, 60, 90), box(20, 20, 70, 30)],
    ['above a box at the right edge', box(180, 30, 200, 90), box(150, 20, 200, 30)],
    ['inside a high box at the top', box(20, 5, 60, 90), box(20, 5, 70, 15)],
    ['below a low box at the top', box(20, 0, 60, 20), box(20, 20, 70, 30)],
    ['inside a box that is the picture', box(0, 0, 200, 100), box(0, 0, 50, 10)],
  ])('puts it %s', (_, of, plate) => {
    expect(place(of)).toEqual(plate);
  });

  test('hides no other plate if there is room', () => {
    const plates: Rectangle[] = [];
    // Boxes with the same corner.
    for (const size of [90, 80, 70, 60]) {
      const plate = place(box(5, 5, 5 + size, 5 + size), ...plates);
      for (const other of plates) expect(areaOf(intersection(plate, other))).toBe(0);
      plates.push(plate);
    }
  });

  test('is inside the picture wherever the box is', () => {
    for (let left = 0; left < PICTURE.width; left += 7) {
      for (let top = 0; top < PICTURE.height; top += 3) {
        for (const size of [1, 9, 40, 200]) {
          const { width, height } = PICTURE;
          const of = box(left, top, Math.min(left + size, width), Math.min(top + size, height));
          const plate = place(of, box(0, 0, 200, 20));
          expect(areaOf(intersection(plate, box(0, 0, width, height)))).toBe(500);
        }
      }
    }
  });

  test('is inside a picture that has room for nothing else', () => {
    const plate = placePlate(box(0, 5, 50, 7), PLATE, { width: 50, height: 12 }, []);
    expect(plate.top).toBeGreaterThanOrEqual(0);
    expect(plate.bottom).toBeLessThanOrEqual(12);
  });
});
