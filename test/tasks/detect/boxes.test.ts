import { describe, expect, test } from 'vitest';
import { readBox } from '../../../src/tasks/detect/boxes.js';

describe('readBox', () => {
  test.each<[what: string, value: unknown, box: readonly number[]]>([
    ['a box as it is', [100, 200, 300, 400], [100, 200, 300, 400]],
    ['the whole picture', [0, 0, 1000, 1000], [0, 0, 1000, 1000]],
    ['upside down', [300, 200, 100, 400], [100, 200, 300, 400]],
    ['the wrong way round', [100, 400, 300, 200], [100, 200, 300, 400]],
    ['out of the picture in part', [-50, -1, 1200, 1001], [0, 0, 1000, 1000]],
    ['inverted and out of the picture', [1200, 500, -50, 100], [0, 100, 1000, 500]],
    ['fractions', [0.5, 1.25, 2, 3], [0.5, 1.25, 2, 3]],
  ])('takes %s', (_, value, box) => {
    expect(readBox(value)).toEqual(box);
  });

  test.each<[what: string, value: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', '100,200,300,400'],
    ['an object', { 0: 1, 1: 2, 2: 3, 3: 4, length: 4 }],
    ['three numbers', [1, 2, 3]],
    ['five numbers', [1, 2, 3, 4, 5]],
    ['texts', ['1', '2', '3', '4']],
    ['a number that is none', [1, 2, Number.NaN, 4]],
    ['endless numbers', [0, 0, Number.POSITIVE_INFINITY, 10]],
    ['gaps', new Array(4)],
    ['a point', [5, 5, 5, 5]],
    ['a line', [5, 0, 5, 1000]],
    ['what lies outside', [1001, 0, 1300, 500]],
    ['what lies left of it', [0, -300, 500, -1]],
  ])('drops %s', (_, value) => {
    expect(readBox(value)).toBeUndefined();
  });
});
