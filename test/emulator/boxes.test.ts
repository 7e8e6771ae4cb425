import sharp from 'sharp';
import { expect, test } from 'vitest';
import { ORIENTATIONS, photo, turnedScene } from '../support/pictures.js';
import { inJson, request, type Shown, textOf } from './asked.js';
import { emulatorForFile, fixture } from './client.js';
import { upload } from './upload-client.js';

const { url, generate } = emulatorForFile({ processingMs: 0 });

const SCHEMA = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      box_2d: { type: 'array', items: { type: 'integer' }, minItems: 4, maxItems: 4 },
      label: { type: 'string' },
    },
    required: ['box_2d', 'label'],
  },
};

interface Found {
  label: string;
  box_2d: number[];
}

async function found(...pictures: Shown[]): Promise<Found[]> {
  const prompt = 'Find: boats, people';
  return JSON.parse(await textOf(generate(request(pictures, prompt, inJson(SCHEMA)))));
}

interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
  fill: string;
}

function drawn(width: number, height: number, background: string, rects: readonly Rect[]) {
  const shapes = rects.map(
    ({ x, y, width, height, fill }) =>
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="${width}" height="${height}" fill="${background}"/>${shapes.join('')}</svg>`;
  return sharp(Buffer.from(svg));
}

/** Largest first, as the rectangles are given. */
function expectBoxes(found: readonly Found[], expected: readonly number[][], within = 10): void {
  expect(found).toHaveLength(expected.length);
  for (const [index, box] of expected.entries()) {
    for (const [side, edge] of box.entries()) {
      expect(Math.abs((found[index]?.box_2d[side] ?? -1) - edge)).toBeLessThanOrEqual(within);
      expect(Number.isInteger(found[index]?.box_2d[side])).toBe(true);
    }
  }
}

const boxIn = (width: number, height: number, rect: Rect) => [
  (rect.y / height) * 1000,
  (rect.x / width) * 1000,
  ((rect.y + rect.height) / height) * 1000,
  ((rect.x + rect.width) / width) * 1000,
];

const RECTS: readonly Rect[] = [
  { x: 0.05, y: 0.1, width: 0.4, height: 0.5, fill: '#e0201c' },
  { x: 0.55, y: 0.07, width: 0.38, height: 0.3, fill: '#1c48e4' },
  { x: 0.61, y: 0.53, width: 0.13, height: 0.41, fill: '#2e9a3c' },
  { x: 0.8, y: 0.6, width: 0.15, height: 0.2, fill: '#e0201c' },
  { x: 0.1, y: 0.8, width: 0.125, height: 0.12, fill: '#fce83a' },
];

const sized = (width: number, height: number) =>
  RECTS.map(({ fill, ...rect }) => ({
    x: Math.round(rect.x * width),
    y: Math.round(rect.y * height),
    width: Math.round(rect.width * width),
    height: Math.round(rect.height * height),
    fill,
  }));

test.each([
  [200, 160, 'png'],
  [1283, 857, 'png'],
  [1283, 857, 'jpeg'],
  [640, 1499, 'webp'],
  [480, 360, 'jpeg'],
] as const)(
  'rectangles on %i × %i pixels of %s have their boxes',
  async (width, height, format) => {
    const rects = sized(width, height);
    for (const background of ['#ffffff', '#123456', '#c8c8c8']) {
      const bytes = await drawn(width, height, background, rects)[format]().toBuffer();
      const regions = await found([`image/${format}`, bytes]);
      expectBoxes(
        regions,
        rects.map((rect) => boxIn(width, height, rect)),
      );
      expect(regions.map(({ label }) => label)).toEqual(
        ['red', 'blue', 'green', 'red', 'yellow'].map((colour) => `[offline] ${colour} region`),
      );
    }
  },
);

test('five at the most, and none of less than about 1 %', async () => {
  const rects = Array.from({ length: 7 }, (_, at) => ({
    x: at * 140,
    y: 100,
    width: 100,
    height: 700 - at * 80,
    fill: '#1c48e4',
  }));
  const regions = await found([
    'image/png',
    await drawn(1000, 1000, '#fff', rects).png().toBuffer(),
  ]);
  expectBoxes(
    regions,
    rects.slice(0, 5).map((rect) => boxIn(1000, 1000, rect)),
  );
  const specks = Array.from({ length: 7 }, (_, at) => ({
    ...{ x: at * 140, y: 100, width: 60, height: 60, fill: '#1c48e4' },
  }));
  const bytes = await drawn(1000, 1000, '#fff', specks).png().toBuffer();
  expect(await found(['image/png', bytes])).toEqual([]);
});

test('background inside a frame or beside a bar is no region', async () => {
  const rects = [
    { x: 0, y: 40, width: 200, height: 30, fill: '#2e9a3c' },
    { x: 20, y: 100, width: 60, height: 80, fill: '#e0201c' },
    { x: 30, y: 110, width: 40, height: 60, fill: '#fff' },
  ];
  const bytes = await drawn(200, 200, '#fff', rects).png().toBuffer();
  expectBoxes(
    await found(['image/png', bytes]),
    rects.slice(0, 2).map((rect) => boxIn(200, 200, rect)),
  );
});

test('a region on a transparent ground has its box', async () => {
  const rect = { x: 30, y: 20, width: 50, height: 40, fill: '#70309c' };
  const bytes = await drawn(120, 90, 'none', [rect]).png().toBuffer();
  const regions = await found(['image/png', bytes]);
  expectBoxes(regions, [boxIn(120, 90, rect)]);
  expect(regions[0]?.label).toBe('[offline] purple region');
});

test('a round region is touched by its box on all sides', async () => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="600">
    <rect width="900" height="600" fill="#ddd"/><circle cx="300" cy="250" r="180" fill="#333"/></svg>`;
  const bytes = await sharp(Buffer.from(svg)).jpeg({ quality: 80 }).toBuffer();
  expectBoxes(await found(['image/jpeg', bytes]), [[117, 133, 717, 533]]);
});

test('a flat picture has none', async () => {
  const flat = sharp({
    create: { width: 300, height: 200, channels: 3, background: '#a0522d' },
  });
  // photon decodes the last rows of some lossy WebP in a colour that is not there.
  for (const [format, bytes] of [
    ['png', await flat.png().toBuffer()],
    ['jpeg', await flat.jpeg().toBuffer()],
    ['webp', await flat.webp({ lossless: true }).toBuffer()],
  ] as const) {
    expect(await found([`image/${format}`, bytes])).toEqual([]);
  }
  expect(await found()).toEqual([]);
});

test.each(ORIENTATIONS)(
  'boxes are those of the picture as displayed (EXIF %i)',
  async (orientation) => {
    const bytes = await turnedScene(orientation, 'png');
    const regions = await found(['image/png', bytes]);
    const corners = new Map(regions.map(({ label, box_2d }) => [label, box_2d]));
    expect(corners.get('[offline] red region')).toEqual([200, 0, 600, 333]);
    expect(corners.get('[offline] green region')).toEqual([200, 667, 600, 1000]);
    expect(corners.get('[offline] blue region')).toEqual([600, 0, 1000, 333]);
  },
);

test('an uploaded picture has the same boxes', async () => {
  const bytes = fixture('harbor.jpg');
  const { uri } = await upload(url(), 'image/jpeg', bytes);
  const parts = [{ fileData: { fileUri: uri, mimeType: 'image/jpeg' } }, { text: 'Find: all' }];
  const body = { contents: [{ parts }], generationConfig: inJson(SCHEMA) };
  const regions = await found(['image/jpeg', bytes]);
  expect(regions.length).toBeGreaterThan(0);
  expect(JSON.parse(await textOf(generate(body)))).toEqual(regions);
});

test('HEIC has boxes, too', async () => {
  const regions = await found(['image/heic', fixture('small.heic')]);
  expect(regions.length).toBeGreaterThan(0);
  for (const { box_2d } of regions) expect(Math.max(...box_2d)).toBeLessThanOrEqual(1000);
});

test('noise has no region worth a box, and takes no long time', async () => {
  const bytes = await photo(600, 400).png().toBuffer();
  expect(Array.isArray(await found(['image/png', bytes]))).toBe(true);
});

test('boxes keep to the number that is asked for, inside of an object as well', async () => {
  const rects = sized(200, 160);
  const bytes = await drawn(200, 160, '#fff', rects).png().toBuffer();
  const objects = { ...SCHEMA, minItems: 2, maxItems: 2 };
  const schema = { type: 'object', properties: { objects }, required: ['objects'] };
  const body = request([['image/png', bytes]], 'Find all.', inJson(schema));
  const answer = JSON.parse(await textOf(generate(body)));
  expectBoxes(
    answer.objects,
    rects.slice(0, 2).map((rect) => boxIn(200, 160, rect)),
  );
});
