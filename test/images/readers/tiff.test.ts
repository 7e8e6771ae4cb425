import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { mutated, randomOf } from '../../../scripts/fuzz/mutate.mjs';
import { held } from '../../../src/images/open/open.js';
import { prepare } from '../../../src/images/prepare/prepare.js';
import { greyAt, HEIGHT, sceneAt, type TiffKind, tiffWith, WIDTH } from '../../support/tiffs.js';

const OPTIONS = { maxEdge: 0, keepMetadata: false };

async function decoded(bytes: Uint8Array, options = {}) {
  const made = await prepare(held(bytes), 'tiff', { ...OPTIONS, ...options });
  const raster = await sharp(made.bytes)
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { made, ...raster };
}

/** Places of the scene, and the colours that are seen there, 0 to 255. */
async function expectScene(
  bytes: Uint8Array,
  expected: (x: number, y: number) => readonly number[],
  tolerance = 10,
) {
  const { data, info } = await decoded(bytes);
  expect([info.width, info.height]).toEqual([WIDTH, HEIGHT]);
  for (const [x, y] of PLACES) {
    const at = (y * info.width + x) * info.channels;
    const seen = [...data.subarray(at, at + 3)];
    for (const [index, value] of expected(x, y).entries()) {
      expect(
        Math.abs((seen[index] ?? 0) - value * 255),
        `${x} ${y}: ${seen}, expected ${expected(x, y).map((one) => Math.round(one * 255))}`,
      ).toBeLessThan(tolerance);
    }
  }
}

const PLACES = [
  ...[1, 13, 26, 38].flatMap((x) => [2, 11, 21].map((y) => [x, y] as const)),
] as const;

const grey = (x: number, y: number) => Array(3).fill(greyAt(x, y));
const rgbOf = (most: number) => (x: number, y: number) =>
  sceneAt(x, y).map((value) => Math.round(value * most));
const greyOf = (most: number) => (x: number, y: number) => [Math.round(greyAt(x, y) * most)];
const exactly = (x: number, y: number) => sceneAt(x, y);

describe('depths of whole numbers are scaled by their bits', () => {
  test.each([2, 4, 6, 10, 12, 14, 24])('RGB of %i bits', async (bits) => {
    const most = 2 ** bits - 1;
    const expected = (x: number, y: number) =>
      sceneAt(x, y).map((value) => Math.round(value * most) / most);
    for (const rest of [{}, { planar: true }, { bigEndian: true }, { tile: 16 }]) {
      await expectScene(tiffWith({ bits, sample: rgbOf(most), ...rest }), expected, 14);
    }
  });

  test.each([6, 10, 12, 14, 24, 32])('grey of %i bits', async (bits) => {
    const kind = { bits, photometric: 1, sample: greyOf(2 ** bits - 1) };
    await expectScene(tiffWith(kind), grey);
    await expectScene(tiffWith({ ...kind, photometric: 0 }), (x, y) =>
      grey(x, y).map((value) => 1 - value),
    );
  });

  test('32 bits of three colours, packed', async () => {
    for (const compression of ['deflate', 'packbits'] as const) {
      const kind = { bits: 32, sample: rgbOf(2 ** 32 - 1), compression, rowsPerStrip: 5 };
      await expectScene(tiffWith(kind), exactly);
    }
  });

  test('the lowest bits of a byte first', async () => {
    await expectScene(tiffWith({ bits: 12, sample: rgbOf(4095), reversedBits: true }), exactly);
  });
});

describe('numbers with a sign', () => {
  test.each([8, 16, 32])('of %i bits', async (bits) => {
    const half = 2 ** (bits - 1);
    const sample = (x: number, y: number) => [Math.round(greyAt(x, y) * (2 * half - 1)) - half];
    await expectScene(tiffWith({ bits, format: 2, photometric: 1, sample }), grey);
  });

  test('bytes that only claim to have one', async () => {
    const kind = { bits: 8, format: 2, photometric: 1, sample: greyOf(255) } as const;
    await expectScene(tiffWith(kind), grey);
  });

  test('heights in metres, which fill a small part of 16 bits, are stretched', async () => {
    const sample = (x: number, y: number) => [Math.round(greyAt(x, y) * 900) - 100];
    await expectScene(tiffWith({ bits: 16, format: 2, photometric: 1, sample }), grey);
  });
});

describe('floating-point numbers', () => {
  const profile = async () => {
    const create = { width: 1, height: 1, channels: 3, background: '#000' } as const;
    const tagged = await sharp({ create }).withIccProfile('srgb').png().toBuffer();
    return (await sharp(tagged).metadata()).icc ?? Buffer.alloc(0);
  };

  test.each([32, 64])('%i bits with a colour profile are no black picture', async (bits) => {
    const kind: TiffKind = {
      bits,
      format: 3,
      sample: sceneAt,
      tags: { 34675: await profile() },
    };
    await expectScene(tiffWith(kind), exactly);
    await expectScene(tiffWith({ ...kind, planar: true, tile: 16 }), exactly);
  });

  test('without a profile they are amounts of light', async () => {
    const light = (value: number) =>
      value <= 0.04 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const sample = (x: number, y: number) => sceneAt(x, y).map(light);
    await expectScene(tiffWith({ bits: 32, format: 3, sample }), exactly);
  });

  test('grey ones of any range reach from black to white', async () => {
    const sample = (x: number, y: number) => [greyAt(x, y) * 5000 - 40];
    await expectScene(tiffWith({ bits: 32, format: 3, photometric: 1, sample }), grey);
  });

  test.each([32, 64])('differences of the bytes of %i bits are undone', async (bits) => {
    const sample = (x: number, y: number) => [greyAt(x, y)];
    for (const bigEndian of [false, true]) {
      const kind = { bits, format: 3, photometric: 1, sample, predictor: 3, bigEndian } as const;
      await expectScene(tiffWith(kind), grey);
    }
  });
});

describe('kinds of colours', () => {
  /** Red of sRGB in CIE L*a*b* at D50, and white. */
  const lab = (x: number) => (x < WIDTH / 2 ? [54.3, 80.8, 69.9] : [100, 0, 0]);
  const redAndWhite = (x: number) => (x < WIDTH / 2 ? [1, 0, 0] : [1, 1, 1]);

  test('L*a*b* of 8 and 16 bits, also with an alpha', async () => {
    const small = (x: number) => {
      const [l = 0, a = 0, b = 0] = lab(x);
      return [Math.round(l * 2.55), Math.round(a) & 255, Math.round(b) & 255];
    };
    const large = (x: number) => {
      const [l = 0, a = 0, b = 0] = lab(x);
      return [Math.round(l * 655.35), Math.round(a * 256), Math.round(b * 256)];
    };
    const icc = (x: number) => {
      const [l = 0, a = 0, b = 0] = lab(x);
      return [Math.round(l * 2.55), Math.round(a) + 128, Math.round(b) + 128];
    };
    await expectScene(tiffWith({ bits: 8, photometric: 8, sample: small }), redAndWhite);
    await expectScene(tiffWith({ bits: 16, photometric: 8, sample: large }), redAndWhite);
    await expectScene(tiffWith({ bits: 8, photometric: 9, sample: icc }), redAndWhite);
    const withAlpha = (alpha: number) => (x: number) => [...small(x), alpha];
    for (const alpha of [255, 0]) {
      const kind = { bits: 8, photometric: 8, sample: withAlpha(alpha), extras: [2] };
      await expectScene(tiffWith(kind), redAndWhite);
      expect((await decoded(tiffWith(kind))).info.channels).toBe(3);
    }
  });

  test('brightness and colour differences without JPEG', async () => {
    const ycbcr = (x: number, y: number) => {
      const [r, g, b] = sceneAt(x, y).map((value) => value * 255) as [number, number, number];
      const luma = 0.299 * r + 0.587 * g + 0.114 * b;
      return [luma, (b - luma) / 1.772 + 128, (r - luma) / 1.402 + 128].map(Math.round);
    };
    const kind = { bits: 8, photometric: 6, sample: ycbcr, tags: { 530: [1, 1] } };
    // Blue suffers the most when the result is packed as JPEG.
    await expectScene(tiffWith(kind), exactly, 30);
    await expectScene(tiffWith({ ...kind, planar: true }), exactly, 30);
  });

  test('colour differences that four pixels share', async () => {
    const unit = (x: number, y: number) => [60, 120, 180, 240, 90 + x, 150 + y];
    const units = Array.from({ length: HEIGHT / 2 }, (_, y) =>
      Array.from({ length: WIDTH / 2 }, (_, x) => unit(x, y)),
    ).flat(2);
    const kind = { bits: 8, photometric: 6, sample: () => [0, 0, 0], tags: { 530: [2, 2] } };
    const empty = tiffWith(kind);
    const bytes = Buffer.concat([
      empty.subarray(0, empty.length - WIDTH * HEIGHT * 3),
      Buffer.from(units),
      Buffer.alloc(WIDTH * HEIGHT * 3 - units.length),
    ]);
    const { readAnyTiff } = await import('../../../src/images/readers/tiff/tiff-reader.js');
    const read = await readAnyTiff({ sharp, image: held(bytes), format: 'tiff', options: OPTIONS });
    const pixels = (await read?.read().raw().toBuffer()) ?? Buffer.alloc(0);
    const at = (x: number, y: number) => [...pixels.subarray((y * WIDTH + x) * 4).subarray(0, 3)];
    const expected = (luma: number, [, , , , cb = 0, cr = 0]: number[]) => [
      luma + 1.402 * (cr - 128),
      luma - 0.344 * (cb - 128) - 0.714 * (cr - 128),
      luma + 1.772 * (cb - 128),
    ];
    for (const [x, y, luma] of [
      [0, 0, 60],
      [1, 0, 120],
      [20, 11, 180],
      [39, 23, 240],
    ] as const) {
      const own = unit(Math.floor(x / 2), Math.floor(y / 2));
      for (const [index, value] of expected(luma, own).entries()) {
        expect(Math.abs((at(x, y)[index] ?? 0) - Math.min(255, Math.max(0, value)))).toBeLessThan(
          2,
        );
      }
    }
  });

  test('more channels than colours', async () => {
    const sample = (x: number, y: number) => [...rgbOf(255)(x, y), 7, 200];
    await expectScene(tiffWith({ bits: 8, sample, extras: [0, 0] }), exactly);
    const alpha = await decoded(tiffWith({ bits: 8, sample, extras: [0, 2] }), {
      background: 'keep',
    });
    expect(alpha.info.channels).toBe(4);
    expect(alpha.data[3]).toBe(200);
  });

  test('inks in planes of tiles', async () => {
    const sample = (x: number, y: number) => [...sceneAt(x, y).map((v) => 255 - v * 255), 0];
    const bytes = tiffWith({ bits: 8, photometric: 5, sample, planar: true, tile: 16 });
    const { data, info } = await decoded(bytes);
    const at = (2 * info.width + 38) * info.channels;
    const [red = 0, green = 0, blue = 0] = data.subarray(at, at + 3);
    // Red, as printed.
    expect(red).toBeGreaterThan(180);
    expect(Math.max(green, blue)).toBeLessThan(90);
  });

  test('tiles in planes, turned by their orientation', async () => {
    const kind = { bits: 16, sample: rgbOf(65_535), planar: true, tile: 16, orientation: 6 };
    const { made, data, info } = await decoded(tiffWith(kind));
    expect([info.width, info.height, made.orientation]).toEqual([HEIGHT, WIDTH, 6]);
    // The lower left corner is now the upper left one.
    expect([...data.subarray(0, 3)].map((value) => Math.round(value / 255))).toEqual([0, 1, 1]);
  });
});

describe('what sharp stumbles on', () => {
  test('a photometric interpretation that is missing', async () => {
    const sample = (x: number, y: number) => rgbOf(255)(x, y);
    await expectScene(tiffWith({ bits: 8, sample, leaveOut: [262] }), exactly);
  });

  test('tags that a program has made up', async () => {
    const tags = { 0: new Uint8Array(3), 65000: [1, 2, 3], 34665: new Uint8Array(40) };
    await expectScene(tiffWith({ bits: 8, sample: rgbOf(255), tags }), exactly);
  });

  test('data that are missing are told, unless a part is enough', async () => {
    const whole = tiffWith({ bits: 12, sample: rgbOf(4095), rowsPerStrip: 4 });
    // Half of the pixels; what describes them stands before.
    const cut = whole.subarray(0, whole.length - (WIDTH * HEIGHT * 36) / 8 / 2);
    await expect(decoded(cut)).rejects.toMatchObject({
      kind: 'input',
      message: 'it cannot be decoded: a part of its data is missing',
    });
    expect((await decoded(cut, { damaged: true })).info.height).toBe(HEIGHT);
  });

  test('a way of packing that is not read is named', async () => {
    const tags = { 259: [34_925] };
    await expect(decoded(tiffWith({ bits: 12, sample: rgbOf(4095), tags }))).rejects.toMatchObject({
      message: 'it cannot be decoded: it is packed by LZMA, which is not read',
    });
  });
});

test('a page that is not the first one is read by its own directory', async () => {
  const first = tiffWith({ bits: 8, sample: () => [255, 0, 0] });
  const second = tiffWith({ bits: 12, sample: rgbOf(4095), base: first.length });
  const both = Buffer.concat([first, second]);
  // The place of the next directory stands behind the entries of the first one.
  both.writeUInt32LE(first.length + 8, 10 + first.readUInt16LE(8) * 12);
  const made = await decoded(both, { directory: 1 });
  expect([...made.data.subarray(0, 3)].map((value) => Math.round(value / 255))).toEqual([0, 0, 1]);
  expect([...(await decoded(both)).data.subarray(0, 3)]).toEqual([255, 0, 0]);
});

test('damaged ones give pixels or a reason, whatever is wrong with them', async () => {
  const { readAnyTiff } = await import('../../../src/images/readers/tiff/tiff-reader.js');
  const kinds: TiffKind[] = [
    { bits: 12, sample: rgbOf(4095), rowsPerStrip: 5 },
    { bits: 32, format: 3, sample: sceneAt, compression: 'deflate', planar: true, tile: 16 },
    { bits: 8, photometric: 6, sample: rgbOf(255), compression: 'packbits', tags: { 530: [2, 2] } },
    { bits: 16, photometric: 8, sample: rgbOf(9999), tags: { 259: [5] } },
    { bits: 8, photometric: 6, sample: rgbOf(255), tags: { 259: [6], 519: [9, 99, 199] } },
  ];
  const files = kinds.map(tiffWith);
  const ends = { pixels: 0, reasons: 0, none: 0 };
  for (let seed = 0; seed < 400; seed += 1) {
    const image = held(mutated(files, randomOf(seed)));
    for (const damaged of [false, true]) {
      const options = { ...OPTIONS, damaged };
      try {
        const read = await readAnyTiff({ sharp, image, format: 'tiff', options });
        if (!read) ends.none += 1;
        else if (await read.read().resize(4).raw().toBuffer()) ends.pixels += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        expect(error).not.toBeInstanceOf(TypeError);
        ends.reasons += 1;
      }
    }
  }
  expect(Math.min(ends.pixels, ends.reasons)).toBeGreaterThan(100);
});

test('LZW is unpacked as sharp packs it', async () => {
  const { readAnyTiff } = await import('../../../src/images/readers/tiff/tiff-reader.js');
  const pixels = Buffer.alloc(300 * 200 * 3);
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = (at * at * 7 + (at >> 5)) & 255;
  const picture = sharp(pixels, { raw: { width: 300, height: 200, channels: 3 } });
  for (const predictor of ['none', 'horizontal'] as const) {
    const tiff = await picture.clone().tiff({ compression: 'lzw', predictor }).toBuffer();
    const read = await readAnyTiff({ sharp, image: held(tiff), format: 'tiff', options: OPTIONS });
    expect(await read?.read().removeAlpha().raw().toBuffer()).toEqual(pixels);
  }
});

describe('JPEG as TIFF had it at first', () => {
  /** The parts of a JPEG of the scene: its tables, each by itself, and its scan. */
  async function partsOf(width: number, height: number, left = 0, top = 0) {
    const pixels = Array.from({ length: width * height }, (_, at) =>
      sceneAt(
        Math.min(left + (at % width), WIDTH - 1),
        Math.min(top + Math.floor(at / width), HEIGHT - 1),
      ),
    );
    const raw = { width, height, channels: 3 } as const;
    const jpeg = await sharp(Buffer.from(pixels.flat().map((value) => value * 255)), { raw })
      .jpeg({ quality: 95, chromaSubsampling: '4:2:0', optimiseCoding: false })
      .toBuffer();
    const segments: { code: number; content: Buffer }[] = [];
    let at = 2;
    for (; jpeg[at + 1] !== 0xda; at += 2 + jpeg.readUInt16BE(at + 2)) {
      const content = jpeg.subarray(at + 4, at + 2 + jpeg.readUInt16BE(at + 2));
      segments.push({ code: jpeg[at + 1] ?? 0, content });
    }
    const scan = jpeg.subarray(at + 2 + jpeg.readUInt16BE(at + 2), jpeg.length - 2);
    return { jpeg, segments, scan };
  }

  /** A TIFF whose strips or tiles are these scans, and whose tags tell where their tables are. */
  function oldTiff(scans: readonly Buffer[], tables: Buffer, tags: Record<number, number[]>) {
    const tile = scans.length > 1 ? 16 : undefined;
    const common = { bits: 8, photometric: 6, sample: () => [0, 0, 0], ...(tile && { tile }) };
    const places = [519, 520, 521, 513].filter((tag) => tag in tags);
    const file = (start: number) => {
      let at = start + tables.length;
      const starts = scans.map(({ length }) => {
        at += length;
        return at - length;
      });
      const moved = Object.entries(tags).map(([tag, values]) => [
        tag,
        places.includes(Number(tag)) ? values.map((value) => value + start) : values,
      ]);
      const lengths = scans.map(({ length }) => length);
      return tiffWith({
        ...common,
        tags: {
          ...Object.fromEntries(moved),
          259: [6],
          530: [2, 2],
          [tile ? 325 : 279]: lengths,
          65001: Buffer.concat([tables, ...scans]),
          65002: starts,
        },
      });
    };
    // What has been written behind the directory tells where the tables lie.
    const marker = file(0);
    const start = marker.indexOf(tables);
    const made = file(start);
    const [list] = [made.indexOf(tables)];
    expect(list).toBe(start);
    return placed(made, tile ? 324 : 273);
  }

  /** The list of places of the pixels is the one that was written down beside it. */
  function placed(tiff: Buffer, tag: number): Buffer {
    const entryOf = (wanted: number) => {
      for (let at = 10; ; at += 12) if (tiff.readUInt16LE(at) === wanted) return at;
    };
    const [own, other] = [entryOf(65_002), entryOf(tag)];
    tiff.copy(tiff, other + 2, own + 2, own + 12);
    return tiff;
  }

  test('a strip with its tables in tags', async () => {
    const { segments, scan } = await partsOf(WIDTH, HEIGHT);
    const quantisation = segments.filter(({ code }) => code === 0xdb).map(({ content }) => content);
    const codes = segments.filter(({ code }) => code === 0xc4).map(({ content }) => content);
    const tablesIn = (parts: Buffer[], size: (part: Buffer) => number) =>
      parts.flatMap((part) => {
        const found = [];
        for (let at = 0; at < part.length; ) {
          const length = size(part.subarray(at + 1));
          found.push({ id: part[at] ?? 0, bytes: part.subarray(at + 1, at + 1 + length) });
          at += 1 + length;
        }
        return found;
      });
    const q = tablesIn(quantisation, () => 64);
    const h = tablesIn(codes, (part) => 16 + part.subarray(0, 16).reduce((sum, n) => sum + n, 0));
    const pieces: Buffer[] = [];
    const add = (bytes: Buffer) => {
      const at = pieces.reduce((sum, { length }) => sum + length, 0);
      pieces.push(bytes);
      return at;
    };
    const one = (list: typeof q, id: number) =>
      list.find((table) => table.id === id)?.bytes ?? Buffer.alloc(0);
    const [luma, chroma] = [add(one(q, 0)), add(q.length > 1 ? one(q, 1) : one(q, 0))];
    const dc = [add(one(h, 0)), add(one(h, 1))];
    const ac = [add(one(h, 16)), add(one(h, 17))];
    const lists = (pair: number[]) => [pair[0] ?? 0, pair[1] ?? 0, pair[1] ?? 0];
    const tags = { 512: [1], 519: [luma, chroma, chroma], 520: lists(dc), 521: lists(ac) };
    await expectScene(oldTiff([scan], Buffer.concat(pieces), tags), exactly, 30);
  });

  test('a whole JPEG in the file', async () => {
    const { jpeg, scan } = await partsOf(WIDTH, HEIGHT);
    await expectScene(oldTiff([scan], jpeg, { 513: [0], 514: [jpeg.length] }), exactly, 30);
  });

  test('tiles that are JPEGs', async () => {
    const places = [0, 16].flatMap((top) => [0, 16, 32].map((left) => [left, top] as const));
    const tiles = await Promise.all(places.map(([left, top]) => partsOf(16, 16, left, top)));
    const scans = tiles.map(({ jpeg }) => jpeg);
    await expectScene(oldTiff(scans, Buffer.from('no tables'), {}), exactly, 30);
  });

  test('one without loss is refused with its reason', async () => {
    const { scan } = await partsOf(WIDTH, HEIGHT);
    const tiff = oldTiff([scan], Buffer.from('no tables'), { 512: [14] });
    await expect(decoded(tiff)).rejects.toMatchObject({
      message: 'it cannot be decoded: old JPEG without loss is not read',
    });
  });
});
