import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { held } from '../../../src/images/open/open.js';
import { type AdaptOptions, adapt } from '../../../src/images/prepare/adapt.js';
import { recognise } from '../../../src/images/recognise.js';
import { fixtureBytes } from '../../support/files.js';
import { drawing, photo } from '../../support/pictures.js';

const OPTIONS: AdaptOptions = { maxEdge: 3072, keepMetadata: false, original: false };
const END_OF_JPEG = Buffer.from([0xff, 0xd9]);

async function adapted(bytes: Uint8Array, options: Partial<AdaptOptions> = {}) {
  const { formatName } = recognise(bytes);
  const { content, ...facts } = await adapt(held(bytes), formatName, { ...OPTIONS, ...options });
  return { ...facts, bytes: Buffer.from(await content.read(0, content.size)) };
}

const kinds = {
  PNG: () => photo(120, 90).png().toBuffer(),
  'PNG of few colours': () => drawing(200, 150).flatten().png().toBuffer(),
  JPEG: () => photo(120, 90).jpeg().toBuffer(),
  'progressive JPEG': () => photo(120, 90).jpeg({ progressive: true }).toBuffer(),
  'JPEG of few details': () => sharp(fixtureBytes('harbor.jpg')).resize(240).jpeg().toBuffer(),
  WebP: () => photo(120, 90).webp().toBuffer(),
  'lossless WebP': () => photo(120, 90).webp({ lossless: true }).toBuffer(),
  HEIC: async () => fixtureBytes('small.heic'),
} as const satisfies Record<string, () => Promise<Buffer>>;

const parts = Object.keys(kinds).flatMap((kind) =>
  [0.7, 0.9, 0.99].map((part) => [kind as keyof typeof kinds, part] as const),
);

const CUT_OFF = {
  kind: 'input',
  message: 'it is cut off: the file ends before the picture does',
  hint: 'Copy or download it again, or send what is left of it with --damaged.',
};

describe('a picture of which a part is missing', () => {
  test.each(parts)('%s, of which %f is there, is refused', async (kind, part) => {
    const whole = await kinds[kind]();
    const bytes = whole.subarray(0, Math.floor(whole.length * part));
    await expect(adapted(bytes)).rejects.toMatchObject(CUT_OFF);
    await expect(adapted(bytes, { keepMetadata: true, maxEdge: 40 })).rejects.toMatchObject(
      CUT_OFF,
    );
    expect((await adapted(bytes, { original: true })).bytes).toEqual(bytes);
  });

  test.each(parts.filter(([kind]) => kind !== 'HEIC' && kind !== 'PNG of few colours'))(
    'what there is of a %s, of which %f is there, is sent if that is wanted',
    async (kind, part) => {
      const whole = await kinds[kind]();
      const { width = 0, height = 0 } = await sharp(whole).metadata();
      const cut = whole.subarray(0, Math.floor(whole.length * part));
      const { bytes, changes, notices } = await adapted(cut, { damaged: true });
      expect(changes[0]).toBe('damaged');
      expect(notices[0]?.message).toMatch(/^is damaged: what can be decoded of it is sent/);
      expect(await sharp(bytes).metadata()).toMatchObject({ width, height });
      const upperRows = (file: Uint8Array) =>
        sharp(file)
          .removeAlpha()
          .extract({ left: 0, top: 0, width, height: Math.floor(height / 4) })
          .resize(8, 8, { fit: 'fill' })
          .raw()
          .toBuffer();
      const [seen, meant] = [await upperRows(bytes), await upperRows(whole)];
      expect(seen.every((value, at) => Math.abs(value - (meant[at] ?? 0)) < 30)).toBe(true);
    },
  );

  test('a JPEG whose data turn to zeros is refused, whatever its length', async () => {
    for (const kind of ['JPEG', 'progressive JPEG', 'JPEG of few details'] as const) {
      const bytes = Buffer.from(await kinds[kind]());
      bytes.fill(0, Math.floor(bytes.length / 2));
      await expect(adapted(bytes)).rejects.toMatchObject(CUT_OFF);
      expect((await adapted(bytes, { damaged: true })).changes).toContain('damaged');
    }
  });

  test('a progressive JPEG that ends between two of its passes is refused', async () => {
    const whole = await kinds['progressive JPEG']();
    const scan = Buffer.from([0xff, 0xda]);
    const table = Buffer.from([0xff, 0xc4]);
    const second = whole.indexOf(scan, whole.indexOf(scan) + 2);
    const between = whole.lastIndexOf(table, second);
    for (const end of [between, second, whole.lastIndexOf(table)]) {
      await expect(adapted(whole.subarray(0, end))).rejects.toMatchObject(CUT_OFF);
    }
  });

  test('a JPEG with an end but without data for its size is refused', async () => {
    const whole = await kinds.JPEG();
    const scan = whole.indexOf(Buffer.from([0xff, 0xda]));
    const start = scan + 2 + whole.readUInt16BE(scan + 2);
    const empty = Buffer.concat([whole.subarray(0, start), END_OF_JPEG]);
    await expect(adapted(empty)).rejects.toMatchObject(CUT_OFF);
  });

  test('a PNG without the chunk that ends it is refused, as the service would', async () => {
    const whole = await kinds.PNG();
    for (const missing of [1, 12]) {
      await expect(adapted(whole.subarray(0, -missing))).rejects.toMatchObject(CUT_OFF);
    }
  });

  test('a PNG without any data is refused', async () => {
    const whole = await kinds.PNG();
    const end = whole.subarray(whole.length - 12);
    const bytes = Buffer.concat([whole.subarray(0, whole.indexOf('IDAT') - 4), end]);
    await expect(adapted(bytes)).rejects.toMatchObject(CUT_OFF);
  });
});

describe('a whole picture is taken', () => {
  test.each(Object.keys(kinds) as (keyof typeof kinds)[])('%s', async (kind) => {
    const bytes = await kinds[kind]();
    expect(await adapted(bytes)).toMatchObject({ bytes, changes: [], notices: [] });
  });

  test.each([
    ['a JPEG', kinds.JPEG],
    ['a progressive JPEG', kinds['progressive JPEG']],
  ])('%s that lacks nothing but the mark of its end', async (_, make) => {
    const whole = await make();
    const bytes = whole.subarray(0, whole.length - 2);
    expect(await adapted(bytes)).toMatchObject({ bytes: whole, changes: ['mended'] });
    const shrunk = await adapted(bytes, { maxEdge: 100 });
    expect(shrunk).toMatchObject({ width: 100, changes: ['mended', 'shrunk'] });
    expect((await adapted(bytes, { original: true })).bytes).toEqual(bytes);
  });

  test.each(Object.keys(kinds) as (keyof typeof kinds)[])(
    '%s with bytes behind it',
    async (kind) => {
      const bytes = await kinds[kind]();
      for (const more of [Buffer.alloc(3000), Buffer.from('MotionPhoto_Data'), bytes]) {
        const sent = await adapted(Buffer.concat([bytes, more]), { keepMetadata: true });
        expect(sent.changes).toEqual([]);
      }
    },
  );

  test('a white JPEG whose data are hardly anything but zeros', async () => {
    const white = { create: { width: 800, height: 600, channels: 3, background: '#fff' } } as const;
    for (const settings of [{}, { optimiseCoding: true }, { chromaSubsampling: '4:4:4' }]) {
      const bytes = await sharp(white).jpeg(settings).toBuffer();
      expect(await adapted(bytes)).toMatchObject({ bytes, changes: [] });
      const grey = await sharp(white).toColourspace('b-w').jpeg(settings).toBuffer();
      expect(await adapted(grey)).toMatchObject({ bytes: grey, changes: [] });
    }
  });

  test('a WebP that lacks the byte that pads it', async () => {
    const whole = await photo(31, 31)
      .webp()
      .withExif({ IFD0: { Model: 'x' } })
      .toBuffer();
    const odd = Buffer.concat([whole, Buffer.from('ABCD\x01\0\0\0\0\0', 'latin1')]);
    odd.writeUInt32LE(odd.length - 8, 4);
    expect((await adapted(odd.subarray(0, -1))).changes).toEqual(['stripped']);
  });
});

describe('a picture with a hole in its data', () => {
  const DAMAGED = { kind: 'input', message: 'it is damaged: a part of its data is missing' };
  const holed = (whole: Buffer, bytes = 512) => {
    const damaged = Buffer.from(whole);
    const from = Math.floor(whole.length / 2);
    return damaged.fill(0, from, from + bytes);
  };
  const files = {
    PNG: () => photo(120, 90).png().toBuffer(),
    JPEG: async () => fixtureBytes('harbor.jpg'),
    'progressive JPEG': () =>
      sharp(fixtureBytes('harbor.jpg')).jpeg({ progressive: true }).toBuffer(),
  } as const satisfies Record<string, () => Promise<Buffer>>;

  test.each(Object.entries(files))('%s is refused, or sent as far as it goes', async (_, make) => {
    const bytes = holed(await make());
    await expect(adapted(bytes)).rejects.toMatchObject(DAMAGED);
    const { changes, notices } = await adapted(bytes, { damaged: true });
    expect(changes[0]).toBe('damaged');
    expect(notices[0]?.message).toMatch(/^is damaged: /);
    expect((await adapted(bytes, { original: true })).bytes).toEqual(bytes);
  });

  test('a JPEG that codes one colour by zeros is none', async () => {
    const flat = sharp({ create: { width: 1000, height: 800, channels: 3, background: '#345' } });
    for (const options of [{ optimiseCoding: true }, { mozjpeg: true }]) {
      const bytes = await flat.clone().jpeg(options).toBuffer();
      expect(bytes.includes(Buffer.alloc(64))).toBe(true);
      expect(await adapted(bytes)).toMatchObject({ bytes, changes: [] });
    }
  });

  test('a PNG whose notes alone are damaged is none', async () => {
    const whole = await photo(120, 90)
      .png()
      .withExif({ IFD0: { Model: 'Camera' } })
      .toBuffer();
    const bytes = Buffer.from(whole);
    const note = bytes.indexOf('Camera');
    bytes.fill(0, note, note + 3);
    expect((await adapted(bytes)).changes).toEqual(['stripped']);
  });
});

test('a picture of another format that is cut off is refused, or sent as far as it goes', async () => {
  const gif = await photo(120, 90).gif().toBuffer();
  const bytes = gif.subarray(0, Math.floor(gif.length * 0.7));
  await expect(adapted(bytes)).rejects.toMatchObject({
    message: expect.stringMatching(/^it cannot be decoded: /),
    hint: 'Copy it again, or send what can be decoded of it with --damaged.',
  });
  const { changes } = await adapted(bytes, { damaged: true });
  expect(changes).toEqual(['damaged', 'flattened', 'converted']);
});

test('--damaged changes nothing about a whole picture', async () => {
  const bytes = await kinds.JPEG();
  expect(await adapted(bytes, { damaged: true })).toMatchObject({
    bytes,
    changes: [],
    notices: [],
  });
  expect((await adapted(bytes, { damaged: true, maxEdge: 50 })).changes).toEqual(['shrunk']);
});
