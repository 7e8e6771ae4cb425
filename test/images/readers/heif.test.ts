import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { box, boxesOf, fullBox, heicWithMetadata } from '../../../scripts/fuzz/heif-parts.mjs';
import { loadPicture } from '../../../src/images/load.js';
import { fixtureBytes } from '../../support/files.js';
import { LOADING } from '../../support/loading.js';

async function loaded(bytes: Uint8Array, more = {}) {
  const { content, facts, notices } = await loadPicture(
    { id: 'x', label: 'x', bytes },
    { ...LOADING, ...more },
  );
  const sent = Buffer.from(await content.read(0, content.size));
  const { data, info } = await sharp(sent)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { facts, sent, data, info, said: notices.map(({ message }) => message) };
}

const short = (value: number) => Buffer.of(value >> 8, value & 255);
const long = (...values: number[]) => Buffer.concat(values.map((v) => Buffer.from(hex(v), 'hex')));
const hex = (value: number) => value.toString(16).padStart(8, '0');
const latin1 = (text: string) => Buffer.from(text, 'latin1');

/** Red on the left, green on the right; encoded without loss that could be seen. */
let avif: Buffer;
beforeAll(async () => {
  const half = (background: string) =>
    ({ create: { width: 32, height: 32, channels: 3, background } }) as const;
  avif = await sharp({ create: { width: 64, height: 32, channels: 3, background: '#c02020' } })
    .composite([{ input: half('#20a020'), left: 32, top: 0 }])
    .removeAlpha()
    .avif({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer();
});

/** The colours in the middle of both halves. */
function halves({ data, info }: { data: Buffer; info: { width: number; channels: number } }) {
  const at = (x: number) => [
    ...data.subarray((16 * info.width + x) * 3, (16 * info.width + x) * 3 + 3),
  ];
  return [at(16), at(48)];
}

const near = (one: readonly number[], other: readonly number[], tolerance = 8) =>
  expect(
    Math.max(...one.map((value, index) => Math.abs(value - (other[index] ?? 0)))),
    `${one} is not ${other}`,
  ).toBeLessThanOrEqual(tolerance);

const RED = [0xc0, 0x20, 0x20];
const GREEN = [0x20, 0xa0, 0x20];

/** The same picture as the first of a track, and without a list of items. */
function sequenceOf(
  still: Buffer,
  brand: string,
  codec: string,
  config: string,
  ...more: Buffer[]
): Buffer {
  const find = (type: string) => {
    const at = still.indexOf(type) - 4;
    return still.subarray(at, at + still.readUInt32BE(at));
  };
  const size = still.indexOf('ispe') + 8;
  const [width, height] = [still.readUInt32BE(size), still.readUInt32BE(size + 4)];
  const { mdat = Buffer.alloc(8) } = boxesOf(still);
  const data = mdat.subarray(8);
  const entry = box(
    codec,
    Buffer.alloc(6),
    short(1),
    Buffer.alloc(16),
    short(width),
    short(height),
    Buffer.alloc(50),
    find(config),
    ...more,
  );
  const ftyp = box('ftyp', latin1(brand), long(0), latin1(`${brand}msf1iso8`));
  const handler = (type: string) => fullBox('hdlr', 0, long(0), latin1(type), Buffer.alloc(13));
  const build = (start: number) =>
    box(
      'moov',
      fullBox('mvhd', 0, Buffer.alloc(96)),
      box('trak', box('mdia', handler('soun'))),
      box(
        'trak',
        box(
          'mdia',
          handler('pict'),
          box(
            'minf',
            box(
              'stbl',
              fullBox('stsd', 0, long(1), entry),
              fullBox('stsz', 0, long(0, 2, data.length, 7)),
              fullBox('stco', 0, long(1, start)),
            ),
          ),
        ),
      ),
    );
  const start = ftyp.length + build(0).length + 8;
  return Buffer.concat([ftyp, build(start), box('mdat', data)]);
}

describe('a sequence is sent as its first picture', () => {
  test('of AV1, by its list of items', async () => {
    const moving = Buffer.from(avif);
    moving.write('avis', 8, 'latin1');
    const [left = [], right = []] = halves(await loaded(moving));
    near(left, RED);
    near(right, GREEN);
  });

  test('of AV1, by its track alone', async () => {
    const made = await loaded(sequenceOf(avif, 'avis', 'av01', 'av1C'));
    const [left = [], right = []] = halves(made);
    near(left, RED);
    near(right, GREEN);
    expect(made.facts.pages).toBe(2);
    expect(made.said).toContain('x has 2 frames, the first was sent');
  });

  test.each(['msf1', 'hevc'])('of HEVC, with the brand %s', async (brand) => {
    const heic = fixtureBytes('small.heic');
    const made = await loaded(sequenceOf(heic, brand, 'hvc1', 'hvcC'));
    expect(made.facts.sent).toMatchObject({ width: 96, height: 64 });
    expect(made.facts.sent.mimeType).not.toBe('image/heic');
    expect(made.facts.sent.changes).toContain('converted');
    expect(made.said[0]).toMatch(
      /^x is a HEIF of moving pictures, which Gemini does not take; sent as image\/(jpeg|png)$/,
    );
    const single = await loaded(heic, { maxEdge: 95 });
    expect((await sharp(made.sent).stats()).entropy).toBeCloseTo(
      (await sharp(single.sent).stats()).entropy,
      0,
    );
  });
});

describe('a HEIF that is not coded by HEVC does not go out as it is', () => {
  test('AV1 is converted', async () => {
    const heif = Buffer.from(avif.toString('latin1').replaceAll('avif', 'miaf'), 'latin1');
    heif.write('mif1', 8, 'latin1');
    const made = await loaded(heif);
    const [left = [], right = []] = halves(made);
    near(left, RED);
    near(right, GREEN);
    expect(made.said[0]).toContain('x is a HEIF coded by AV1, which Gemini does not take; sent as');
    await expect(loaded(heif, { original: true })).rejects.toMatchObject({
      message: 'it is a HEIF coded by AV1, which Gemini does not take',
      hint: 'Leave out --original.',
    });
  });

  test.each([
    ['avc1', 'H.264'],
    ['unci', 'samples that are not compressed'],
    ['lhv1', 'L-HEVC'],
  ])('%s is refused by its name', async (codec, name) => {
    for (const brand of ['heic', 'mif1']) {
      const heif = Buffer.from(
        fixtureBytes('small.heic').toString('latin1').replace('hvc1', codec),
        'latin1',
      );
      heif.write(brand, 8, 'latin1');
      await expect(loaded(heif)).rejects.toMatchObject({
        kind: 'input',
        message: expect.stringContaining(`it is a HEIF coded by ${name}, which is not read`),
      });
    }
  });

  test('the short form is refused with a reason, if it cannot be read', async () => {
    const bits = Buffer.concat([
      box('ftyp', latin1('mif3avif')),
      box('mini', Buffer.alloc(40, 0x5a)),
    ]);
    await expect(loaded(bits)).rejects.toMatchObject({
      kind: 'input',
      message: expect.stringContaining('short form'),
    });
  });
});

test('an EXIF orientation turns no HEIC, as the standard says', async () => {
  const heic = heicWithMetadata(fixtureBytes('small.heic'));
  expect(heic.includes('Exif')).toBe(true);
  const { facts, data } = await loaded(heic, { maxEdge: 48 });
  expect(facts).toMatchObject({ width: 96, height: 64, sent: { width: 48, height: 32 } });
  expect(facts.orientation).toBeUndefined();
  expect(data).toEqual((await loaded(fixtureBytes('small.heic'), { maxEdge: 48 })).data);
});

describe('colours by numbers', () => {
  /** The picture with a `colr` box of these numbers. */
  function numbered(picture: Buffer, primaries: number, transfer: number, ...more: Buffer[]) {
    // The last two: BT.601 between brightness and colours, in the full range.
    const numbers = [short(primaries), short(transfer), short(6), Buffer.of(0x80)];
    const colr = box('colr', latin1('nclx'), ...numbers);
    return sequenceOf(picture, 'avis', 'av01', 'av1C', colr, ...more);
  }

  test('wide ones become stronger in sRGB', async () => {
    const plain = halves(await loaded(avif));
    const p3 = halves(await loaded(numbered(avif, 12, 13)));
    const wide = halves(await loaded(numbered(avif, 9, 13)));
    // #c02020 of Display P3 and of BT.2020, by the matrices of CSS Color 4.
    near(p3[0] ?? [], [210, 0, 14], 6);
    near(wide[0] ?? [], [239, 0, 16], 6);
    near(plain[0] ?? [], RED);
  });

  const even = (value: number) =>
    sharp({
      create: { width: 64, height: 32, channels: 3, background: { r: value, g: value, b: value } },
    })
      .avif({ quality: 95 })
      .toBuffer();

  test('what is drawn for HDR is neither dull nor cut off', async () => {
    // 58 % of PQ and 75 % of HLG are white as a page shows it; above it there has to be room.
    for (const [value, transfer] of [
      [148, 16],
      [191, 18],
    ] as const) {
      const [grey = []] = halves(await loaded(numbered(await even(value), 9, transfer)));
      near(grey, [192, 192, 192], 8);
    }
  });

  test('the brightest light in it is white', async () => {
    // 75 % of PQ are 983 candela a square metre.
    const bright = await even(192);
    const light = (peak: number) => box('clli', short(peak), short(100));
    near(halves(await loaded(numbered(bright, 9, 16, light(1000))))[0] ?? [], [255, 255, 255], 4);
    const [dimmer = []] = halves(await loaded(numbered(bright, 9, 16, light(4000))));
    expect(dimmer[0]).toBeLessThan(240);
    expect(dimmer[0]).toBeGreaterThan(215);
  });

  test('a HEIC that is sent as something else has them, too', async () => {
    const heic = fixtureBytes('small.heic');
    const plain = await loaded(sequenceOf(heic, 'hevc', 'hvc1', 'hvcC'));
    const colr = box('colr', latin1('nclx'), short(12), short(13), short(6), Buffer.of(0x80));
    const wide = await loaded(sequenceOf(heic, 'hevc', 'hvc1', 'hvcC', colr));
    expect(wide.data.length).toBe(plain.data.length);
    expect(wide.data.equals(plain.data)).toBe(false);
  });
});
