import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { loadPicture } from '../../../src/images/load.js';
import { LOADING } from '../../support/loading.js';

async function sentOf(bytes: Buffer, more = {}) {
  const picture = { id: 'a.bmp', label: 'a.bmp', bytes };
  const { content, facts } = await loadPicture(picture, { ...LOADING, ...more });
  const sent = Buffer.from(await content.read(0, content.size));
  const { data, info } = await sharp(sent).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const from = (y * info.width + x) * info.channels;
    return [...data.subarray(from, from + info.channels)];
  };
  return { at, info, facts };
}

const short = (value: number) => [value & 255, (value >> 8) & 255];
const long = (value: number) => [...short(value), ...short(value >>> 16)];

/** The four colours of the scene: red, green, blue, and white. */
const COLOURS = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 255],
] as const;
const WIDTH = 10;
const HEIGHT = 6;
/** Red and green above, blue and white below. */
const colourAt = (x: number, y: number) => (y < HEIGHT / 2 ? 0 : 2) + (x < WIDTH / 2 ? 0 : 1);
const PALETTE = COLOURS.map(([red, green, blue]) => [blue, green, red]);

interface Bitmap {
  header?: number;
  bits: number;
  compression?: number;
  /** A row, from the colours of its pixels. */
  row?: (colours: readonly number[]) => number[];
  pixels?: readonly number[];
  masks?: readonly number[];
  isTopDown?: boolean;
  colours?: number;
}

function bitmap(spec: Bitmap): Buffer {
  const { header = 40, bits, compression = 0, row, masks = [], isTopDown = false, colours } = spec;
  const isCore = header === 12;
  const rows = Array.from({ length: HEIGHT }, (_, y) =>
    Array.from({ length: WIDTH }, (__, x) => colourAt(x, isTopDown ? y : HEIGHT - 1 - y)),
  );
  const padded = (bytes: number[]) => [...bytes, ...Array((4 - (bytes.length % 4)) % 4).fill(0)];
  const pixels = spec.pixels ?? rows.flatMap((line) => padded(row?.(line) ?? []));
  const palette = bits <= 8 ? PALETTE.flatMap((colour) => (isCore ? colour : [...colour, 0])) : [];
  const more = masks.flatMap(long);
  const body = isCore
    ? [...long(12), ...short(WIDTH), ...short(HEIGHT), ...short(1), ...short(bits)]
    : [
        ...[...long(header), ...long(WIDTH), ...long(isTopDown ? -HEIGHT : HEIGHT), ...short(1)],
        ...[...short(bits), ...long(compression), ...long(pixels.length), ...long(0), ...long(0)],
        ...[...long(colours ?? (bits <= 8 ? PALETTE.length : 0)), ...long(0)],
      ];
  const inside = header > 40 ? more : [];
  const filled = [...body, ...inside, ...Array(Math.max(0, header)).fill(0)].slice(0, header);
  const behind = header === 40 ? more : [];
  const start = 14 + header + behind.length + palette.length;
  const file = [...filled, ...behind, ...palette, ...pixels];
  return Buffer.from([0x42, 0x4d, ...long(14 + file.length), 0, 0, 0, 0, ...long(start), ...file]);
}

async function expectScene(bytes: Buffer, tolerance = 1) {
  const { at, info } = await sentOf(bytes);
  expect([info.width, info.height]).toEqual([WIDTH, HEIGHT]);
  for (const [x, y] of [
    [0, 0],
    [9, 0],
    [4, 2],
    [5, 3],
    [0, 5],
    [9, 5],
  ] as const) {
    const seen = at(x, y);
    for (const [index, value] of (COLOURS[colourAt(x, y)] ?? []).entries()) {
      expect(Math.abs((seen[index] ?? 0) - value), `${x},${y}: ${seen}`).toBeLessThanOrEqual(
        tolerance,
      );
    }
  }
}

/** Pixels in words of 16 or 32 bits by masks of red, green, blue and alpha. */
const byMasks = (bytes: 2 | 4, masks: readonly number[]) => (colours: readonly number[]) =>
  colours.flatMap((colour) => {
    const [red = 0, green = 0, blue = 0] = COLOURS[colour] ?? [];
    let word = 0n;
    for (const [index, value] of [red, green, blue, 255].entries()) {
      if (value > 0) word |= BigInt(masks[index] ?? 0);
    }
    return Array.from({ length: bytes }, (_, at) => Number((word >> BigInt(at * 8)) & 255n));
  });

const MASKS_4444 = [0xf00, 0xf0, 0xf, 0xf000];
const MASKS_5551 = [0x7c00, 0x3e0, 0x1f, 0x8000];
const MASKS_565 = [0xf800, 0x7e0, 0x1f];
const MASKS_8888 = [0xff, 0xff00, 0xff_0000, 0xff00_0000];

const inDepth = (bits: number) => (colours: readonly number[]) => {
  const bytes: number[] = Array(Math.ceil((colours.length * bits) / 8)).fill(0);
  for (const [x, colour] of colours.entries()) {
    const at = Math.floor((x * bits) / 8);
    bytes[at] = (bytes[at] ?? 0) | (colour << (8 - bits - ((x * bits) % 8)));
  }
  return bytes;
};

const inColours = (bytes: 3 | 4) => (colours: readonly number[]) =>
  colours.flatMap((colour) => [...(PALETTE[colour] ?? []), ...(bytes === 4 ? [0] : [])]);

/** Runs of half a row; the rows go from the bottom up. */
const runsOf = (run: (colour: number) => number[]) =>
  Array.from({ length: HEIGHT }, (_, row) => {
    const y = HEIGHT - 1 - row;
    return [...run(colourAt(0, y)), ...run(colourAt(9, y)), ...(y === 0 ? [] : [0, 0])];
  }).flat();

describe('a bitmap is read', () => {
  test.each<[string, Bitmap]>([
    ['of 2 bits', { bits: 2, row: inDepth(2) }],
    ['of 4 bits', { bits: 4, row: inDepth(4) }],
    ['of 8 bits', { bits: 8, row: inDepth(8) }],
    ['of 8 bits, from the top down', { bits: 8, row: inDepth(8), isTopDown: true }],
    ['of 16 bits', { bits: 16, row: byMasks(2, MASKS_5551) }],
    ['of 24 bits', { bits: 24, row: inColours(3) }],
    ['of 32 bits, whose fourth byte is empty', { bits: 32, row: inColours(4) }],
    ['of OS/2 1', { header: 12, bits: 8, row: inDepth(8) }],
    ['of OS/2 1 in colours', { header: 12, bits: 24, row: inColours(3) }],
    ['of OS/2 2', { header: 64, bits: 8, row: inDepth(8) }],
    ['of OS/2 2 with a short header', { header: 16, bits: 24, row: inColours(3) }],
    ['by masks: 565', { bits: 16, compression: 3, masks: MASKS_565, row: byMasks(2, MASKS_565) }],
    [
      'by masks: 4444',
      { header: 56, bits: 16, compression: 3, masks: MASKS_4444, row: byMasks(2, MASKS_4444) },
    ],
    [
      'by masks: 5551',
      { header: 124, bits: 16, compression: 3, masks: MASKS_5551, row: byMasks(2, MASKS_5551) },
    ],
    [
      'by masks behind its header',
      { bits: 16, compression: 6, masks: MASKS_4444, row: byMasks(2, MASKS_4444) },
    ],
    [
      'by masks, red first',
      { header: 108, bits: 32, compression: 3, masks: MASKS_8888, row: byMasks(4, MASKS_8888) },
    ],
    [
      'in runs of 8 bits',
      { bits: 8, compression: 1, pixels: [...runsOf((colour) => [5, colour]), 0, 1] },
    ],
    [
      'in runs of 4 bits',
      { bits: 4, compression: 2, pixels: [...runsOf((colour) => [5, colour * 17]), 0, 1] },
    ],
    [
      'in runs of OS/2 in colours',
      {
        header: 64,
        bits: 24,
        compression: 4,
        pixels: [...runsOf((colour) => [5, ...(PALETTE[colour] ?? [])]), 0, 1],
      },
    ],
    [
      'in runs beyond the end of a row',
      {
        bits: 8,
        compression: 1,
        pixels: [...runsOf((colour) => (colour % 2 ? [99, colour] : [5, colour])), 0, 1],
      },
    ],
    [
      'in runs without a mark of the end',
      { bits: 8, compression: 1, pixels: runsOf((colour) => [5, colour]) },
    ],
    [
      'in runs and rows as they are',
      {
        bits: 8,
        compression: 1,
        pixels: [
          ...runsOf((colour) => (colour % 2 ? [0, 5, ...Array(5).fill(colour), 0] : [5, colour])),
          0,
          1,
        ],
      },
    ],
  ])('%s', async (_, spec) => {
    await expectScene(bitmap(spec), 8);
  });

  test('with fewer colours in its list than it may have, and one that it lacks', async () => {
    const bytes = bitmap({ bits: 8, row: (colours) => colours.map((c, x) => (x === 0 ? 200 : c)) });
    expect((await sentOf(bytes)).at(0, 0).slice(0, 3)).toEqual([0, 0, 0]);
  });

  test('whose last row is not filled up', async () => {
    const bytes = bitmap({ bits: 8, row: inDepth(8) });
    await expectScene(bytes.subarray(0, -2));
  });

  test('in a list of bitmaps', async () => {
    const one = bitmap({ bits: 8, row: inDepth(8) });
    one.writeUInt32LE(one.readUInt32LE(10) + 14, 10);
    await expectScene(
      Buffer.concat([Buffer.from([0x42, 0x41, ...long(40), ...long(0), ...long(0)]), one]),
    );
  });

  test.each(['png', 'jpeg'] as const)('with a %s inside', async (format) => {
    const data = await sharp({
      create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#00f' },
    })
      .toFormat(format)
      .toBuffer();
    const { at } = await sentOf(
      bitmap({ bits: 0, compression: format === 'png' ? 5 : 4, pixels: [...data] }),
    );
    expect(at(3, 3)[2]).toBeGreaterThan(250);
  });
});

test('where no run reaches, nothing is seen', async () => {
  // One pixel, then a step of three to the right and two up.
  const bytes = bitmap({ bits: 8, compression: 1, pixels: [1, 0, 0, 2, 3, 2, 1, 2, 0, 1] });
  const { at, facts } = await sentOf(bytes);
  expect(facts.sent.changes).toEqual(['flattened', 'converted']);
  expect([at(0, 5), at(4, 3), at(9, 0)]).toEqual([
    [255, 0, 0],
    [0, 0, 255],
    [255, 255, 255],
  ]);
});

test('what an alpha mask makes transparent is seen through', async () => {
  const masks = MASKS_8888;
  const row = (colours: readonly number[]) =>
    colours.flatMap((_, x) => [255, 0, 0, x < 5 ? 255 : 0]);
  const bytes = bitmap({ header: 124, bits: 32, compression: 3, masks, row });
  const { at } = await sentOf(bytes);
  expect([at(0, 0), at(9, 0)]).toEqual([
    [255, 0, 0],
    [255, 255, 255],
  ]);
});

test('an embedded profile counts', async () => {
  const wide = await sharp({ create: { width: 2, height: 2, channels: 3, background: '#0f0' } })
    .withIccProfile('p3')
    .png()
    .toBuffer();
  const { icc } = await sharp(wide).metadata();
  const profile = icc ?? Buffer.alloc(0);
  const row = (colours: readonly number[]) => colours.flatMap(() => [128, 128, 200]);
  const plain = bitmap({ header: 124, bits: 24, row });
  const bytes = Buffer.concat([plain, profile]);
  bytes.writeUInt32LE(0x4d42_4544, 14 + 56);
  bytes.writeUInt32LE(plain.length - 14, 14 + 112);
  bytes.writeUInt32LE(profile.length, 14 + 116);
  const [red = 0, green = 0] = (await sentOf(bytes)).at(2, 2);
  expect(red).toBeGreaterThan(205);
  expect(green).toBeLessThan(127);
});

test.each<[string, Buffer, RegExp]>([
  [
    'is cut off',
    bitmap({ bits: 8, row: inDepth(8) }).subarray(0, -20),
    /it is cut off: 2 of its 6 rows are missing/,
  ],
  [
    'is packed as a fax',
    bitmap({ header: 64, bits: 1, compression: 3, pixels: [0] }),
    /packed as a fax \(Huffman\), which is not read/,
  ],
  [
    'has a strange depth',
    bitmap({ bits: 7, pixels: [0] }),
    /it has 7 bits a pixel, which no bitmap has/,
  ],
])('one that %s is refused with words', async (_, bytes, message) => {
  await expect(sentOf(bytes)).rejects.toMatchObject({
    kind: 'input',
    message: expect.stringMatching(message),
  });
});

test('of one that is cut off, what there is is sent if that is asked for', async () => {
  const bytes = bitmap({ bits: 8, row: inDepth(8) }).subarray(0, -20);
  const { at, facts } = await sentOf(bytes, { damaged: true });
  expect(facts.sent.changes[0]).toBe('damaged');
  expect(at(0, 5).slice(0, 3)).toEqual([0, 0, 255]);
});
