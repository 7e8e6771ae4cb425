import { expect, test } from 'vitest';
import { find, tree } from './tree.js';

const NFC = 'caf\u00e9';
const NFD = 'cafe\u0301';

test.each([
  ['composed', NFC, NFD],
  ['taken apart', NFD, NFC],
])('a name that is %s on the disk is found in the other form', async (_, here, typed) => {
  const root = tree(`${here}.jpg`, `${here}/1/${here}.png`, `${here}/1/other.png`);
  expect(await find(root, [`ROOT/${typed}.jpg`])).toEqual([`ROOT/${here}.jpg`]);
  expect(await find(root, [`ROOT/${typed}/1`])).toEqual([
    `ROOT/${here}/1/${here}.png`,
    `ROOT/${here}/1/other.png`,
  ]);
  expect(await find(root, [`ROOT/${typed}/1/${typed}.png`])).toEqual([
    `ROOT/${here}/1/${here}.png`,
  ]);
  for (const glob of [
    `${typed}/*/${typed}.*`,
    `*/1/${typed}.PNG`,
    `**/${typed}*.png`,
    `${typed}/1/caf?.png`,
  ]) {
    if (here === NFD || !glob.includes('?')) {
      expect(await find(root, [`ROOT/${glob}`]), glob).toEqual([`ROOT/${here}/1/${here}.png`]);
    }
  }
  const options = { recursive: true, exclude: [`${typed}.png`, `${typed}.jpg`] };
  expect(await find(root, ['ROOT'], options)).toEqual([`ROOT/${here}/1/other.png`]);
});

test('a path whose parts are in different forms is found', async () => {
  const root = tree(`${NFC}/${NFD}.jpg`);
  for (const typed of [`${NFC}/${NFC}`, `${NFD}/${NFD}`, `${NFD}/${NFC}`]) {
    expect(await find(root, [`ROOT/${typed}.jpg`])).toEqual([`ROOT/${NFC}/${NFD}.jpg`]);
  }
});

test('where both forms are there, each name means its own file', async () => {
  const root = tree(`${NFC}.jpg`, `${NFD}.jpg`);
  expect(await find(root, [`ROOT/${NFD}.jpg`])).toEqual([`ROOT/${NFD}.jpg`]);
  expect(await find(root, [`ROOT/${NFC}.jpg`])).toEqual([`ROOT/${NFC}.jpg`]);
});

test('a name that is there in no form is kept as it was typed', async () => {
  const root = tree();
  expect(await find(root, [`ROOT/${NFD}.jpg`])).toEqual([`ROOT/${NFD}.jpg`]);
});
