import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { type FindInputs, findImages } from '../../../src/images/find/find-images.js';
import { tree } from './tree.js';

/** Where each picture that is found lies below what named it. */
async function below(inputs: FindInputs): Promise<(string | undefined)[]> {
  const places: (string | undefined)[] = [];
  for await (const found of findImages(inputs, { recursive: true })) {
    if (found.kind === 'failed') throw found.error;
    places.push(found.below);
  }
  return places;
}

test('a picture lies below the folder that was named', async () => {
  const root = tree('photos/a.jpg', 'photos/2024/05/b.jpg');
  for (const folder of [`${root}/photos`, `${root}/photos/`, `${root}//photos//`]) {
    expect(await below({ images: [folder] }), folder).toEqual(['2024/05/b.jpg', 'a.jpg']);
  }
  expect(await below({ images: [root] })).toEqual(['photos/2024/05/b.jpg', 'photos/a.jpg']);
});

test.each<[pattern: string, places: string[]]>([
  ['photos/**/*.jpg', ['2023/a.jpg', '2024/a.jpg']],
  ['photos/*/a.jpg', ['2023/a.jpg', '2024/a.jpg']],
  ['photos/2024/?.jpg', ['a.jpg']],
  ['photos/{2023,2024}/a.jpg', ['2023/a.jpg', '2024/a.jpg']],
  ['photos/{2024/a,2023/a}.jpg', ['2024/a.jpg', '2023/a.jpg']],
  ['{photos/2023,videos}/*.jpg', ['photos/2023/a.jpg', 'videos/v.jpg']],
  ['photos/20{23,24}/*', ['2023/a.jpg', '2024/a.jpg']],
])('one that %s matches lies below its part without magic', async (pattern, places) => {
  const root = tree('photos/2023/a.jpg', 'photos/2024/a.jpg', 'videos/v.jpg');
  expect(await below({ images: [`${root}/${pattern}`] })).toEqual(places);
});

test('one that is named by itself lies nowhere', async () => {
  const root = tree('photos/a.jpg');
  const names = [
    `${root}/photos/a.jpg`,
    `${pathToFileURL(`${root}/photos/b.jpg`)}`,
    `${root}/gone`,
  ];
  expect(await below({ images: names })).toEqual(['a.jpg', 'b.jpg', 'gone']);
  expect(await below({ images: ['-', 'http://host/a.jpg'] })).toEqual([undefined, undefined]);
});

test('one of a list lies where its line says', async () => {
  const root = tree('photos/a.jpg', 'photos/deep/b.jpg');
  const filesFrom = join(root, 'list');
  const lines = ['2024/a.jpg', './/b.jpg', '././c.jpg', '.d.jpg', '../e.jpg', '/f.jpg', '-'];
  writeFileSync(filesFrom, [...lines, `/${root}/photos`].join('\n'));
  expect(await below({ images: [], filesFrom })).toEqual([
    '2024/a.jpg',
    'b.jpg',
    'c.jpg',
    '.d.jpg',
    '../e.jpg',
    'f.jpg',
    '-',
    `${root.slice(1)}/photos/a.jpg`,
    `${root.slice(1)}/photos/deep/b.jpg`,
  ]);
});
