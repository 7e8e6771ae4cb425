import { expect, test } from 'vitest';
import { pictureFormats } from '../../src/images/formats.js';
import { nameDisagrees } from '../../src/images/load.js';

const { png, jpeg, webp, heic, heif } = pictureFormats;

test.each([
  ['a.png', png],
  ['A.PNG', png],
  ['a.apng', png],
  ['a.jpg', jpeg],
  ['a.jpeg', jpeg],
  ['a.jpe', jpeg],
  ['a.webp', webp],
  ['a.heic', heic],
  ['a.heif', heic],
  ['a.heif', heif],
  ['a.heic', heif],
])('%s says the same as the bytes: %o', async (name, format) => {
  expect(await nameDisagrees(name, format)).toBe(false);
});

test.each([
  ['a.png', jpeg],
  ['a.jpg', png],
  ['holiday.2024.gif', webp],
  ['a.heic', jpeg],
  ['a.txt', png],
  ['a.pdf', jpeg],
])('%s says otherwise', async (name, format) => {
  expect(await nameDisagrees(name, format)).toBe(true);
});

test.each(['-', 'image', 'png', 'photo', 'a.unknown', '.png-backup', 'a.png/photo', 'a.', ''])(
  '%j says nothing',
  async (name) => {
    expect(await nameDisagrees(name, jpeg)).toBe(false);
  },
);
