import sharp from 'sharp';
import { expect, test } from 'vitest';
import { about, emulatorForFile, fixture } from './client.js';

const { generate } = emulatorForFile();

type Picture = [mimeType: string, bytes: Buffer];

async function described(...pictures: Picture[]): Promise<string> {
  const { json } = await generate(about(...pictures));
  expect(json.error).toBeUndefined();
  return json.candidates[0].content.parts[0].text;
}

async function refused(...picture: Picture): Promise<void> {
  const { status, json } = await generate(about(picture));
  expect(status).toBe(400);
  expect(json.error).toEqual({
    code: 400,
    message:
      'Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
    status: 'INVALID_ARGUMENT',
  });
}

function canvas(width: number, height: number, background: string) {
  return sharp({ create: { width, height, channels: 4, background } });
}

/** Wide stripes of equal height, one under the other. */
function stripes(width: number, height: number, colours: readonly string[]) {
  const band = height / colours.length;
  const rects = colours
    .map((fill, at) => `<rect y="${at * band}" width="${width}" height="${band}" fill="${fill}"/>`)
    .join('');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${rects}</svg>`;
  return sharp(Buffer.from(svg));
}

test.each([
  ['small.png', 'image/png', 'A PNG picture of 96 × 64 pixels, landscape, mostly '],
  ['small.jpg', 'image/jpeg', 'A JPEG picture of 96 × 64 pixels, landscape, mostly '],
  ['small.webp', 'image/webp', 'A WebP picture of 96 × 64 pixels, landscape, mostly '],
  ['small.heic', 'image/heic', 'A HEIC picture of 96 × 64 pixels, landscape, mostly '],
  ['small.heic', 'image/heif', 'A HEIC picture of 96 × 64 pixels, landscape, mostly '],
  ['small.heif', 'image/heif', 'A HEIF picture of 96 × 64 pixels, landscape, mostly '],
  ['harbor.jpg', 'image/jpeg', 'A JPEG picture of 1280 × 853 pixels, landscape, mostly '],
])('%s as %s is measured', async (name, mimeType, start) => {
  const text = await described([mimeType, fixture(name)]);
  expect(text.startsWith(`[offline] ${start}`)).toBe(true);
  expect(text).toMatch(/\.$/);
  expect(text).not.toContain('\n');
});

test('different pictures give different texts, the same one always the same', async () => {
  const texts = await Promise.all([
    described(['image/jpeg', fixture('harbor.jpg')]),
    described(['image/jpeg', fixture('small.jpg')]),
    described(['image/png', fixture('small.png')]),
    described(['image/webp', fixture('small.webp')]),
    described(['image/heic', fixture('small.heic')]),
  ]);
  expect(new Set(texts).size).toBe(texts.length);
  expect(await described(['image/jpeg', fixture('harbor.jpg')])).toBe(texts[0]);
});

test('the main colours come in the order of their shares', async () => {
  const picture = stripes(100, 100, ['#4682b4', '#ffffff', '#4682b4', '#f68a1e', '#4682b4']);
  expect(await described(['image/png', await picture.png().toBuffer()])).toBe(
    '[offline] A PNG picture of 100 × 100 pixels, square, mostly steel blue (60%), orange (20%) and white (20%).',
  );
});

test.each([
  ['#ff0000', 'red'],
  ['#00ff00', 'bright green'],
  ['#0000ff', 'blue'],
  ['#ffff00', 'yellow'],
  ['#ff00ff', 'magenta'],
  ['#00ffff', 'cyan'],
  ['#000000', 'black'],
  ['#ffffff', 'white'],
  ['#808080', 'grey'],
  ['#ffa500', 'orange'],
  ['#800080', 'purple'],
  ['#ffc0cb', 'pink'],
  ['#8b4513', 'brown'],
  ['#000080', 'navy'],
])('%s is called %s', async (background, name) => {
  const bytes = await canvas(30, 40, background).png().toBuffer();
  expect(await described(['image/png', bytes])).toBe(
    `[offline] A PNG picture of 30 × 40 pixels, portrait, one flat ${name}.`,
  );
});

test('a transparent picture has no colour', async () => {
  const hidden = await canvas(20, 20, 'rgba(255,0,0,0)').png().toBuffer();
  expect(await described(['image/png', hidden])).toContain('square, fully transparent.');
  const input = await canvas(5, 5, '#0000ff').png().toBuffer();
  const spot = await canvas(20, 20, 'rgba(255,0,0,0)').composite([{ input }]).png().toBuffer();
  expect(await described(['image/png', spot])).toContain('one flat blue');
});

test.each(['jpeg', 'png', 'webp'] as const)('EXIF turns a %s', async (format) => {
  const image = canvas(60, 30, '#ff0000').withMetadata({ orientation: 6 });
  const text = await described([`image/${format}`, await image[format]().toBuffer()]);
  expect(text).toContain('60 × 30 pixels, portrait, ');
  expect(text).toContain(', turned by its EXIF tag (6).');
});

test('EXIF that does not swap the sides leaves the shape', async () => {
  const image = canvas(60, 30, '#ff0000').withMetadata({ orientation: 3 }).jpeg();
  const text = await described(['image/jpeg', await image.toBuffer()]);
  expect(text).toContain('landscape, one flat red, turned by its EXIF tag (3).');
});

test('several pictures are described in one line, in their order', async () => {
  const text = await described(
    ['image/png', fixture('small.png')],
    ['image/jpeg', fixture('turned.jpg')],
  );
  expect(text).toMatch(
    /^\[offline\] 2 pictures\. Picture 1: a PNG [^.;]*; Picture 2: a JPEG .*\.$/,
  );
});

test.each([
  [
    'grey, 16 bits',
    async () => canvas(9, 9, '#808080').toColourspace('grey16').png().toBuffer(),
    'png',
  ],
  ['a palette', async () => canvas(9, 9, '#808080').png({ palette: true }).toBuffer(), 'png'],
  ['CMYK', async () => canvas(9, 9, '#808080').toColourspace('cmyk').jpeg().toBuffer(), 'jpeg'],
  [
    'progressive',
    async () => canvas(9, 9, '#808080').jpeg({ progressive: true }).toBuffer(),
    'jpeg',
  ],
  ['lossless', async () => canvas(9, 9, '#808080').webp({ lossless: true }).toBuffer(), 'webp'],
  ['one pixel', async () => canvas(1, 1, '#808080').png().toBuffer(), 'png'],
])('%s is decoded', async (_, bytes, format) => {
  expect(await described([`image/${format}`, await bytes()])).toMatch(/ grey\.$/);
});

test.each([
  ['small.png', 'image/jpeg'],
  ['small.jpg', 'image/png'],
  ['small.webp', 'image/png'],
  ['small.heic', 'image/jpeg'],
  ['mislabelled.png', 'image/png'],
  ['refused.gif', 'image/png'],
  ['refused.avif', 'image/heic'],
  ['refused.avif', 'image/heif'],
  ['refused.bmp', 'image/png'],
  ['refused.tiff', 'image/jpeg'],
  ['refused.svg', 'image/webp'],
  ['broken/text.jpg', 'image/jpeg'],
  ['broken/empty.jpg', 'image/jpeg'],
  ['broken/zeros.png', 'image/png'],
  ['broken/huge-header.png', 'image/png'],
])('%s is no %s', async (name, mimeType) => {
  await refused(mimeType, fixture(name));
});

test.each([
  ['small.png', 'image/png'],
  ['small.jpg', 'image/jpeg'],
  ['small.webp', 'image/webp'],
  ['small.heic', 'image/heic'],
])('%s is refused wherever it is cut off', async (name, mimeType) => {
  const whole = fixture(name);
  for (const share of [0, 0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99]) {
    await refused(mimeType, whole.subarray(0, Math.floor(whole.length * share)));
  }
  await refused(mimeType, whole.subarray(0, -1));
});

test('a lossy WebP that is cut off is not taken for grey', async () => {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const create = { width: 200, height: 200, channels: 3, background: '#fff', noise } as const;
  const whole = await sharp({ create }).webp().toBuffer();
  await refused('image/webp', whole.subarray(0, whole.length / 2));
});

test('a picture is still read after many broken ones', async () => {
  for (let round = 0; round < 5; round += 1) {
    await refused('image/jpeg', fixture('broken/cut-body.jpg'));
    await refused('image/heic', fixture('small.heic').subarray(0, 700));
  }
  expect(await described(['image/jpeg', fixture('small.jpg')])).toContain('96 × 64');
  expect(await described(['image/heic', fixture('small.heic')])).toContain('96 × 64');
});
