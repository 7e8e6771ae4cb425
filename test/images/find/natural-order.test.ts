import { describe, expect, test } from 'vitest';
import { compareNames } from '../../../src/images/find/directory.js';

/** Numbers from 0 up to a limit, the same in every run. */
function seeded(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

describe('compareNames', () => {
  test.each([
    [['img1', 'img2', 'img10', 'img10a', 'img11']],
    [['2024-1-9', '2024-1-10', '2024-11-2']],
    [['a', 'a1', 'a01b', 'a1b', 'a2', 'b']],
    [['99999999999999999998.jpg', '99999999999999999999.jpg', '100000000000000000000.jpg']],
    [['007', '7', '08', '10']],
    [['B', 'a', 'é', '日本']],
    [['a.jpg', 'a1.jpg', 'ab.jpg']],
  ])('sorts %j as written', (names) => {
    expect(names.toReversed().sort(compareNames)).toEqual(names);
    expect(names.toSorted(compareNames)).toEqual(names);
  });

  test('is a total order', () => {
    const random = seeded(7);
    const letters = ['0', '00', '1', '2', '10', 'a', 'b', '-', '.', 'é', '/'];
    const name = () => Array.from({ length: random(6) }, () => letters[random(11)]).join('');
    const wrong: string[][] = [];
    for (let round = 0; round < 5000; round += 1) {
      const [a, b, c] = [name(), name(), name()];
      const [ab, bc] = [Math.sign(compareNames(a, b)), Math.sign(compareNames(b, c))];
      if (Math.sign(compareNames(b, a)) + ab !== 0) wrong.push([a, b]);
      if ((ab === 0) !== (a === b)) wrong.push([a, b]);
      if (ab === bc && Math.sign(compareNames(a, c)) !== ab) wrong.push([a, b, c]);
    }
    expect(wrong).toEqual([]);
  });
});
