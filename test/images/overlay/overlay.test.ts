import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { LabelledBox, NormalizedBox } from '../../../src/domain/box.js';
import { held } from '../../../src/images/open/open.js';
import { type OverlayEnding, overlayEnding } from '../../../src/images/overlay/encoders.js';
import { drawOverlay } from '../../../src/images/overlay/overlay.js';
import { fixtureBytes } from '../../support/files.js';
import { drawing, ORIENTATIONS, photo, scenePixels, turnedScene } from '../../support/pictures.js';

type Pixel = readonly number[];

/** Of the first two kinds of objects. */
const ORANGE: Pixel = [230, 159, 0];
const BLUE: Pixel = [86, 180, 233];
const BLACK: Pixel = [0, 0, 0];

const found = (label: string, ...normalized: NormalizedBox): LabelledBox => ({
  label,
  normalized,
  // Of the stored picture, which is not drawn on.
  box: { x: 0, y: 0, width: 1, height: 1 },
});

async function drawn(
  picture: Uint8Array,
  boxes: readonly LabelledBox[],
  ending: OverlayEnding = '.png',
) {
  const { bytes, mimeType } = await drawOverlay(held(picture), boxes, { ending });
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const pixel = (x: number, y: number): Pixel => {
    const at = (y * width + x) * channels;
    return [...data.subarray(at, at + channels)];
  };
  const where = (is: (pixel: Pixel, x: number, y: number) => boolean) => {
    const places: [x: number, y: number][] = [];
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) if (is(pixel(x, y), x, y)) places.push([x, y]);
    }
    return places;
  };
  return { bytes: Buffer.from(bytes), mimeType, width, height, channels, pixel, where };
}

const same = (one: Pixel, other: Pixel) => one.every((value, at) => value === other[at]);

/** Whatever can be read in it. */
const textsIn = (exif: Buffer | undefined) => exif?.toString('latin1').match(/[ -~]{5,}/g);

const grey = (width: number, height: number, level = 128) => {
  const background = { r: level, g: level, b: level };
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
};

describe('lines', () => {
  test('lie around the box, in two colours, and nothing else changes', async () => {
    const before = await photo(400, 300).png().toBuffer();
    const [box] = [found('boat', 500, 250, 800, 750)];
    const { pixel, where, width, height } = await drawn(before, [box]);
    expect([width, height]).toEqual([400, 300]);
    // The box is x 100 to 300 and y 150 to 240; around it two pixels of colour, then one of black.
    for (const [x, y] of [
      [99, 200],
      [98, 200],
      [300, 200],
      [301, 200],
      [200, 240],
      [200, 241],
      [250, 149],
      [250, 148],
    ] as const) {
      expect([x, y, ...pixel(x, y)]).toEqual([x, y, ...ORANGE]);
    }
    for (const [x, y] of [
      [97, 200],
      [302, 200],
      [200, 242],
      [250, 147],
    ] as const) {
      expect([x, y, ...pixel(x, y)]).toEqual([x, y, ...BLACK]);
    }
    const original = await sharp(before).raw().toBuffer();
    const changed = where((now, x, y) => {
      const at = (y * 400 + x) * 3;
      return !same(now, [...original.subarray(at, at + 3)]);
    });
    const inside = ([x, y]: [number, number]) => x >= 100 && x < 300 && y >= 150 && y < 240;
    expect(changed.filter(inside)).toEqual([]);
    // Its plate stands above it.
    const far = ([x, y]: [number, number]) => x < 97 || x > 302 || y < 130 || y > 242;
    expect(changed.filter(far)).toEqual([]);
    expect(changed.length).toBeGreaterThan(1000);
  });

  test.each(ORIENTATIONS)('sit on what is seen, turned from %i', async (orientation) => {
    // The red field of the scene.
    const { pixel, width, height } = await drawn(await turnedScene(orientation, 'png'), [
      found('red', 200, 0, 600, 333),
    ]);
    expect([width, height]).toEqual([60, 40]);
    const upright = await scenePixels();
    const middle = (16 * 60 + 10) * 3;
    expect(pixel(10, 16)).toEqual([...upright.subarray(middle, middle + 3)]);
    expect(pixel(20, 16)).toEqual(ORANGE);
    expect(pixel(22, 16)).toEqual(BLACK);
    expect(pixel(10, 24)).toEqual(ORANGE);
  });

  test('at the edges stay in the picture', async () => {
    const { pixel } = await drawn(await grey(300, 200), [found('all', 0, 0, 1000, 1000)]);
    for (const [x, y] of [
      [0, 100],
      [299, 100],
      [150, 199],
      [299, 0],
    ] as const) {
      expect(pixel(x, y)).toEqual(BLACK);
    }
    for (const [x, y] of [
      [1, 100],
      [297, 100],
      [150, 197],
    ] as const) {
      expect(pixel(x, y)).toEqual(ORANGE);
    }
  });

  test('are one colour a label', async () => {
    const { pixel } = await drawn(await grey(300, 200), [
      found('boat', 300, 100, 400, 200),
      found('tree', 300, 400, 400, 500),
      found('boat', 800, 700, 900, 800),
    ]);
    expect([pixel(45, 80), pixel(135, 80), pixel(225, 180)]).toEqual([ORANGE, BLUE, ORANGE]);
  });

  test('grow with the picture', async () => {
    const thickness = async (width: number, height: number) => {
      const { pixel } = await drawn(await grey(width, height), [found('x', 400, 400, 600, 600)]);
      const right = Array.from({ length: width / 2 }, (_, x) => pixel(width / 2 + x, height / 2));
      return right.filter((one) => same(one, ORANGE)).length;
    };
    expect([await thickness(300, 200), await thickness(3000, 2000)]).toEqual([2, 6]);
  });
});

describe('plates', () => {
  const plateOf = async (label: string, box: NormalizedBox, width = 300, height = 200) => {
    const picture = await drawn(await grey(width, height), [found(label, ...box)]);
    return { ...picture, orange: picture.where((pixel) => same(pixel, ORANGE)) };
  };

  test('hold their label above the box', async () => {
    const { pixel, where } = await plateOf('boat', [500, 200, 900, 800]);
    // It begins where the outer line does, ends where that begins, and has an edge of its own.
    expect(pixel(58, 95)).toEqual(ORANGE);
    expect(pixel(57, 95)).toEqual(BLACK);
    expect(pixel(56, 95)).toEqual([128, 128, 128]);
    const ink = where((pixel, x, y) => x > 58 && x < 90 && y > 82 && y < 95 && same(pixel, BLACK));
    expect(ink.length).toBeGreaterThan(20);
  });

  test.each([
    ['German', 'Größe'],
    ['Russian', 'лодка'],
    ['Greek', 'βάρκα'],
    ['Arabic', 'قارب صغير'],
    ['Chinese', '小船'],
    ['Hindi', 'नाव'],
    ['an emoji', '🚤'],
    ['300 characters', 'boat '.repeat(60)],
    ['300 Chinese characters', '船'.repeat(300)],
    ['markup', '<b>&amp;"\'</b>'],
    ['a script of few fonts', '\u{1e4d0}'],
  ])('are there for %s, whatever fonts this machine has', async (_, label) => {
    const { orange } = await plateOf(label, [500, 200, 900, 800]);
    // Above the lines there is orange, and not outside of the picture.
    const plate = orange.filter(([, y]) => y < 95);
    expect(plate.length).toBeGreaterThan(80);
    expect(Math.max(...plate.map(([x]) => x))).toBeLessThan(299);
  });

  const overlay = async (label: string) =>
    (await drawn(await grey(300, 200), [found(label, 500, 200, 900, 800)])).bytes;

  test('show a number if no font has the label', async () => {
    expect(await overlay('\u0378')).toEqual(await overlay('#1'));
  });

  test('show the words of a label with an emoji that no font has', async () => {
    expect(await overlay('boat \u{1faff}')).toEqual(await overlay('boat'));
  });

  test('show composed letters as they are', async () => {
    expect(await overlay('cafe\u0301')).toEqual(await overlay('caf\u00e9'));
  });

  test('show the beginning of a label that is too long', async () => {
    const [long, longer] = [await overlay('x'.repeat(200)), await overlay('x'.repeat(300))];
    expect(long).toEqual(longer);
    expect(long).not.toEqual(await overlay('x'.repeat(10)));
  });

  test('are left out if they would hide the picture', async () => {
    const { orange } = await plateOf('boat', [300, 300, 700, 700], 20, 20);
    // Two lines around a box of 8 by 8 pixels.
    expect(orange.length).toBe(12 * 12 - 8 * 8);
  });
});

describe('pictures', () => {
  const box = found('boat', 300, 300, 700, 700);
  /** Its colour below the box. */
  const withLine = async (bytes: Uint8Array, ending?: OverlayEnding) => {
    const picture = await drawn(bytes, [box], ending);
    const [x, y] = [Math.floor(picture.width / 2), Math.ceil(picture.height * 0.7)];
    return { ...picture, line: picture.pixel(x, y).slice(0, 3) };
  };

  test.each([
    'small.webp',
    'refused.avif',
    'refused.gif',
    'refused.svg',
    'refused.tiff',
    'turned.jpg',
  ])('%s is drawn on', async (name) => {
    expect((await withLine(fixtureBytes(name))).line).toEqual(ORANGE);
  });

  test.each<[what: string, picture: () => Promise<Buffer>]>([
    ['grey', () => photo(200, 150).toColourspace('b-w').png().toBuffer()],
    ['16 bits', () => photo(200, 150).toColourspace('rgb16').png().toBuffer()],
    ['16 bits of grey', () => photo(200, 150).toColourspace('grey16').png().toBuffer()],
    ['CMYK', () => photo(200, 150).toColourspace('cmyk').jpeg().toBuffer()],
    ['a palette', () => photo(200, 150).png({ palette: true }).toBuffer()],
    ['transparent', () => drawing(200, 150).png().toBuffer()],
  ])('one that is %s is drawn on', async (_, picture) => {
    expect((await withLine(await picture())).line).toEqual(ORANGE);
  });

  test('transparent pixels stay transparent, and are white in a JPEG', async () => {
    const picture = await drawing(200, 150).png().toBuffer();
    const png = await withLine(picture);
    expect([png.pixel(5, 5), png.pixel(59, 75)]).toEqual([
      [0, 0, 0, 0],
      [...ORANGE, 255],
    ]);
    expect((await withLine(picture, '.jpg')).pixel(5, 5)).toEqual([255, 255, 255]);
  });

  test.each([
    ['.png', 'image/png', 'png'],
    ['.jpg', 'image/jpeg', 'jpeg'],
    ['.jpeg', 'image/jpeg', 'jpeg'],
    ['.webp', 'image/webp', 'webp'],
  ] as const)('%s is %s, and tells of nothing but what it is', async (ending, mimeType, format) => {
    const tagged = await photo(300, 200)
      .withExif({ IFD0: { Model: 'Camera of Anna' }, IFD3: { GPSLatitudeRef: 'N' } })
      .jpeg()
      .toBuffer();
    const picture = await drawn(tagged, [box], ending);
    const metadata = await sharp(picture.bytes).metadata();
    expect([picture.mimeType, metadata.format]).toEqual([mimeType, format]);
    expect(textsIn(metadata.exif)).toEqual(['gemini-image detect --overlay']);
    expect([metadata.xmp, metadata.iptc, metadata.icc]).toEqual([undefined, undefined, undefined]);
    expect(picture.bytes.includes('Anna')).toBe(false);
  });

  test('one that is broken is refused with the reason', async () => {
    const picture = held(fixtureBytes('broken/cut-body.jpg'));
    await expect(drawOverlay(picture, [], { ending: '.png' })).rejects.toMatchObject({
      kind: 'input',
      message: expect.stringMatching(/^it cannot be decoded: /),
    });
  });

  test('one that its format has no room for is refused', async () => {
    const picture = held(await grey(16_400, 2));
    await expect(drawOverlay(picture, [], { ending: '.webp' })).rejects.toMatchObject({
      kind: 'input',
      message: 'its overlay is too large for a .webp',
      hint: 'Write it to a .png.',
    });
  });

  test('60 boxes are drawn', async () => {
    const boxes = Array.from({ length: 60 }, (_, n) => {
      const [top, left] = [(n * 37) % 900, (n * 151) % 900];
      return found(`object ${n}`, top, left, top + 60, left + 60);
    });
    const { where } = await drawn(await grey(600, 400), boxes);
    expect(where((pixel) => new Set(pixel).size > 1).length).toBeGreaterThan(20_000);
  });
});

test.each([
  ['a.png', '.png'],
  ['b/A.JPG', '.jpg'],
  ['a.jpeg', '.jpeg'],
  ['a.b.WebP', '.webp'],
  ['a.gif', undefined],
  ['png', undefined],
  ['.png', undefined],
  ['a.', undefined],
])('the ending of %s asks for %s', (path, ending) => {
  expect(overlayEnding(path)).toBe(ending);
});

describe('answers that are out of their minds', () => {
  /** Boxes of falling size, all within the picture. */
  const many = (count: number, label: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => {
      const edge = Math.floor((index * 450) / count);
      return found(label(index), edge, edge, 1000 - edge, 1000 - edge);
    });

  test('10,000 boxes, each of a kind of its own, are drawn', async () => {
    const boxes = many(10_000, (index) => `kind ${index}`);
    const { width, pixel } = await drawn(await grey(600, 400), boxes);
    expect(width).toBe(600);
    // The lines of the smallest ones lie on top.
    expect(pixel(300, 200)).toEqual([128, 128, 128]);
    expect(same(pixel(0, 200), [128, 128, 128])).toBe(false);
  });

  test('labels of 100,000 characters are cut short', async () => {
    const boxes = many(20, (index) => `${index} ${'word '.repeat(20_000)}`);
    const scripts = [
      '\u0915\u094d'.repeat(50_000),
      'e\u0301'.repeat(50_000),
      '👩‍👩‍👧'.repeat(15_000),
    ];
    const all = [...boxes, ...scripts.map((label) => found(label, 100, 100, 900, 900))];
    const { width, height } = await drawn(await grey(600, 400), all);
    expect([width, height]).toEqual([600, 400]);
  });
});
