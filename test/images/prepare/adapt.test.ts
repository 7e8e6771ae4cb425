import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { heicWithMetadata } from '../../../scripts/fuzz/heif-parts.mjs';
import { held } from '../../../src/images/open/open.js';
import { type AdaptOptions, adapt } from '../../../src/images/prepare/adapt.js';
import { recognise } from '../../../src/images/recognise.js';
import { fixture, fixtureBytes } from '../../support/files.js';
import {
  drawing,
  hugeJpeg,
  ORIENTATIONS,
  photo,
  scenePixels,
  turnedScene,
} from '../../support/pictures.js';

const OPTIONS: AdaptOptions = { maxEdge: 3072, keepMetadata: false, original: false };

async function adapted(bytes: Uint8Array, options: Partial<AdaptOptions> = {}) {
  const { formatName } = recognise(bytes);
  const { content, ...facts } = await adapt(held(bytes), formatName, { ...OPTIONS, ...options });
  return { ...facts, bytes: Buffer.from(await content.read(0, content.size)) };
}

const pixelsOf = (bytes: Uint8Array) => sharp(bytes).raw().toBuffer();

/** The smallest HEIC of all, which says that it has more pixels than are sent of others. */
function largeHeic(name: 'small.heic' | 'small.heif'): Buffer {
  const bytes = fixtureBytes(name);
  const size = bytes.indexOf('ispe') + 8;
  bytes.writeUInt32BE(4032, size);
  bytes.writeUInt32BE(3024, size + 4);
  return bytes;
}

describe('a HEIC or HEIF of 12 megapixels', () => {
  test.each(['small.heic', 'small.heif'] as const)('%s goes out byte for byte', async (name) => {
    const large = largeHeic(name);
    for (const options of [{ maxEdge: undefined }, { maxEdge: 0 }, { maxEdge: 4032 }]) {
      const sent = await adapted(large, options);
      expect(sent).toMatchObject({ changes: [], width: 4032, height: 3024 });
      expect(sent.bytes).toEqual(large);
    }
  });

  test('is sent without its metadata', async () => {
    const bytes = heicWithMetadata(largeHeic('small.heic'));
    const sent = await adapted(bytes, { maxEdge: undefined });
    expect(sent.changes).toEqual(['stripped']);
    expect(sent.bytes.length).toBe(bytes.length);
  });

  test('is decoded and shrunk if a side is given', async () => {
    // That it is decoded shows in its being refused: it has fewer pixels than it says.
    await expect(adapted(largeHeic('small.heic'), { maxEdge: 3072 })).rejects.toMatchObject({
      message: expect.stringContaining('cannot be decoded'),
    });
    const { changes, width } = await adapted(fixtureBytes('small.heic'), { maxEdge: 48 });
    expect([changes, width]).toEqual([['shrunk', 'converted'], 48]);
  });
});

test('a large picture of another format is shrunk to 3072 pixels by default', async () => {
  for (const format of ['jpeg', 'png', 'webp'] as const) {
    const large = await photo(3200, 40).toFormat(format).toBuffer();
    const { changes, width } = await adapted(large, { maxEdge: undefined });
    expect([changes.includes('shrunk'), width]).toEqual([true, 3072]);
  }
});

describe('a picture that Gemini takes as it is', () => {
  test.each(['small.png', 'small.jpg', 'small.webp', 'small.heic', 'small.heif', 'harbor.jpg'])(
    '%s goes out byte for byte',
    async (name) => {
      const { bytes, changes } = await adapted(fixtureBytes(name));
      expect(bytes).toEqual(fixtureBytes(name));
      expect(changes).toEqual([]);
    },
  );

  test.each(['jpeg', 'png', 'webp'] as const)(
    'a %s loses its metadata and not a pixel',
    async (format) => {
      const tagged = await photo(64, 48)
        .toFormat(format)
        .withExif({ IFD0: { Model: 'Camera of Anna' }, IFD3: { GPSLatitudeRef: 'N' } })
        .toBuffer();
      const { bytes, changes, mimeType } = await adapted(tagged);
      expect([changes, mimeType]).toEqual([['stripped'], `image/${format}`]);
      expect(bytes.includes('Anna')).toBe(false);
      expect(await pixelsOf(bytes)).toEqual(await pixelsOf(tagged));
      expect((await sharp(bytes).metadata()).exif).toBeUndefined();
      const kept = await adapted(tagged, { keepMetadata: true });
      expect([kept.bytes, kept.changes]).toEqual([tagged, []]);
      const original = await adapted(tagged, { original: true });
      expect([original.bytes, original.changes]).toEqual([tagged, []]);
    },
  );
});

describe('a picture on its side', () => {
  test.each(ORIENTATIONS)('is turned upright from orientation %i', async (orientation) => {
    const upright = await scenePixels();
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const lying = await turnedScene(orientation, format);
      const sent = await adapted(lying);
      const { orientation: tag, width, height } = await sharp(sent.bytes).metadata();
      expect([format, width, height]).toEqual([format, 60, 40]);
      expect(tag ?? 1).toBe(1);
      expect(difference(await pixelsOf(sent.bytes), upright)).toBeLessThan(12);
      expect(sent.changes.includes('turned')).toBe(orientation !== 1);
      expect(sent.orientation).toBe(orientation === 1 ? undefined : orientation);
      expect(sent).toMatchObject({ width: 60, height: 40 });
    }
  });

  test('reports its orientation even if it is sent as it is', async () => {
    const lying = await turnedScene(8);
    expect(await adapted(lying, { original: true })).toMatchObject({ changes: [], orientation: 8 });
  });

  test.each([6, 1])('one that has to be converted says how it lay: %i', async (orientation) => {
    const lying = await photo(60, 40).withMetadata({ orientation }).tiff().toBuffer();
    const { changes, ...sent } = await adapted(lying);
    expect(sent.orientation).toBe(orientation === 1 ? undefined : orientation);
    expect(changes.includes('turned')).toBe(orientation !== 1);
  });

  test('keeps its metadata if that is wanted, except the orientation', async () => {
    const lying = await sharp(await turnedScene(6))
      .keepMetadata()
      .withExifMerge({ IFD0: { Model: 'Camera of Anna' } })
      .jpeg()
      .toBuffer();
    expect((await sharp(lying).metadata()).orientation).toBe(6);
    const { bytes, changes } = await adapted(lying, { keepMetadata: true });
    const { exif, orientation } = await sharp(bytes).metadata();
    expect(exif?.includes('Camera of Anna')).toBe(true);
    expect(orientation ?? 1).toBe(1);
    expect(changes).toEqual(['turned']);
  });

  test('has no orientation in its XMP either', async () => {
    const xmp =
      '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
      '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>';
    const lying = await sharp(await turnedScene(6))
      .keepMetadata()
      .withXmp(xmp)
      .jpeg()
      .toBuffer();
    const { bytes } = await adapted(lying, { keepMetadata: true });
    expect((await sharp(bytes).metadata()).xmpAsString).toContain('tiff:Orientation="1"');
  });

  test('goes out on its side with --original', async () => {
    const lying = await turnedScene(6);
    expect((await adapted(lying, { original: true })).bytes).toEqual(lying);
  });
});

/** The largest difference between two rasters of one size, of 255. */
function difference(one: Buffer, other: Buffer): number {
  expect(one.length).toBe(other.length);
  return one.reduce((most, value, at) => Math.max(most, Math.abs(value - (other[at] ?? 0))), 0);
}

describe('a picture that is larger than the service looks at', () => {
  test.each([
    ['a JPEG', () => photo(400, 200).jpeg(), 'image/jpeg', ['shrunk']],
    ['a PNG of many colours', () => photo(400, 200).png(), 'image/jpeg', ['shrunk', 'converted']],
    ['a transparent PNG', () => drawing(400, 200).png(), 'image/png', ['flattened', 'shrunk']],
    ['a PNG of few colours', () => drawing(400, 200).removeAlpha().png(), 'image/png', ['shrunk']],
    ['a WebP', () => photo(400, 200).webp(), 'image/jpeg', ['shrunk', 'converted']],
  ])('%s is shrunk', async (_, make, mimeType, changes) => {
    const sent = await adapted(await make().toBuffer(), { maxEdge: 100 });
    expect(sent).toMatchObject({ mimeType, width: 100, height: 50, changes });
    expect(sent.original).toEqual({ width: 400, height: 200 });
    expect(await sharp(sent.bytes).metadata()).toMatchObject({ width: 100, height: 50 });
  });

  test('stays a PNG if it had a palette, although shrinking mixes new colours', async () => {
    const chart = await drawing(400, 300)
      .flatten({ background: '#fff' })
      .png({ palette: true, colours: 16 })
      .toBuffer();
    expect((await sharp(chart).metadata()).isPalette).toBe(true);
    const sent = await adapted(chart, { maxEdge: 150 });
    expect(sent).toMatchObject({ mimeType: 'image/png', changes: ['shrunk'] });
    expect((await sharp(sent.bytes).metadata()).isPalette).toBe(true);
  });

  test('is unchanged at the edge, and if no edge is set', async () => {
    const bytes = await photo(101, 40).jpeg().toBuffer();
    expect((await adapted(bytes, { maxEdge: 101 })).bytes).toEqual(bytes);
    expect((await adapted(bytes, { maxEdge: 0 })).bytes).toEqual(bytes);
    expect((await adapted(bytes, { maxEdge: 100 })).changes).toEqual(['shrunk']);
  });

  test('keeps the colour resolution of a JPEG', async () => {
    const full = await photo(400, 200).jpeg({ chromaSubsampling: '4:4:4' }).toBuffer();
    const { bytes } = await adapted(full, { maxEdge: 100 });
    expect((await sharp(bytes).metadata()).chromaSubsampling).toBe('4:4:4');
  });

  test('is turned and shrunk in one', async () => {
    const lying = await photo(400, 200).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const sent = await adapted(lying, { maxEdge: 100 });
    expect(sent).toMatchObject({
      width: 50,
      height: 100,
      changes: ['turned', 'shrunk', 'stripped'],
      orientation: 6,
    });
  });

  test('is refused before it is decoded if it would fill the memory', async () => {
    await expect(adapted(fixtureBytes('broken/huge-header.png'))).rejects.toMatchObject({
      kind: 'input',
      message: 'it claims 100000 × 100000 pixels (10000 megapixels); at most 268 are decoded',
    });
  });
});

describe('a panorama of 280 megapixels', () => {
  const [width, height] = [40_000, 7000];

  test('is shrunk while it is loaded', async () => {
    const sent = await adapted(hugeJpeg(width, height), { maxEdge: undefined });
    expect(sent).toMatchObject({
      mimeType: 'image/jpeg',
      original: { width, height },
      width: 3072,
      height: 538,
      changes: ['shrunk'],
    });
    const { data, info } = await sharp(sent.bytes).raw().toBuffer({ resolveWithObject: true });
    const at = (y: number) => data[(y * info.width + 1500) * info.channels] ?? 0;
    expect(at(20) - at(515)).toBeGreaterThan(60);
  });

  test('is refused if all of it would have to be held', async () => {
    const message = 'it claims 40000 × 7000 pixels (280 megapixels); at most 268 are decoded';
    const turned = hugeJpeg(width, height);
    await expect(adapted(turned, { maxEdge: 30_000 })).rejects.toMatchObject({ message });
    // The same frame, but for a picture in layers.
    const layers = Buffer.from(turned);
    layers[layers.indexOf(Buffer.from([0xff, 0xc0])) + 1] = 0xc2;
    const decodeLimits = { memoryBytes: 600_000_000 };
    await expect(adapted(layers, { decodeLimits })).rejects.toMatchObject({
      message: 'it would take about 1.2 GB of memory to decode; at most 600 MB are used',
    });
  });
});

describe('a picture that Gemini does not take', () => {
  test.each([
    ['refused.gif', 'image/png'],
    ['refused.avif', 'image/png'],
    ['refused.tiff', 'image/png'],
  ])('%s is converted', async (name, mimeType) => {
    const sent = await adapted(fixtureBytes(name));
    expect(sent).toMatchObject({ mimeType, width: 96, height: 64, changes: ['converted'] });
    expect(sent.notices.map(({ topic }) => topic)).toEqual(['converted']);
  });

  test('many colours become a JPEG, kept transparency a PNG', async () => {
    const opaque = await adapted(await photo(90, 60).avif({ lossless: true }).toBuffer());
    expect(opaque.mimeType).toBe('image/jpeg');
    const transparent = await adapted(await drawing(90, 60).avif().toBuffer(), {
      background: 'keep',
    });
    expect(transparent.mimeType).toBe('image/png');
    expect((await sharp(transparent.bytes).metadata()).hasAlpha).toBe(true);
  });

  test('of a GIF that moves the first frame is sent', async () => {
    const frame = (fill: string) =>
      sharp({ create: { width: 8, height: 8, channels: 3, background: fill } })
        .png()
        .toBuffer();
    const moving = await sharp([await frame('#f00'), await frame('#0f0')], {
      join: { animated: true },
    })
      .gif()
      .toBuffer();
    const { bytes, width, height } = await adapted(moving);
    expect([width, height]).toEqual([8, 8]);
    expect([...(await pixelsOf(bytes)).subarray(0, 3)]).toEqual([255, 0, 0]);
  });

  test('colours that are not sRGB become sRGB', async () => {
    const red = sharp({ create: { width: 8, height: 8, channels: 3, background: '#f00' } });
    const cmyk = await red.clone().toColourspace('cmyk').tiff().toBuffer();
    const { bytes } = await adapted(cmyk);
    const [r = 0, g = 0, b = 0] = await pixelsOf(bytes);
    expect((await sharp(bytes).metadata()).space).toBe('srgb');
    expect(r).toBeGreaterThan(200);
    expect(Math.max(g, b)).toBeLessThan(80);
    const wide = await red.clone().withIccProfile('p3').tiff().toBuffer();
    expect((await sharp((await adapted(wide)).bytes).metadata()).icc).toBeUndefined();
  });

  test('wide colours of 16 bits become sRGB, too', async () => {
    const seen = async (depth: 'rgb16' | 'srgb') => {
      const red = sharp({ create: { width: 8, height: 8, channels: 3, background: '#f82' } });
      const wide = await red.toColourspace(depth).withIccProfile('p3').png().toBuffer();
      const { bytes } = await adapted(wide, { maxEdge: 4 });
      return [...(await pixelsOf(bytes)).subarray(0, 3)];
    };
    const [deep, plain] = [await seen('rgb16'), await seen('srgb')];
    expect(deep.map((value, at) => Math.abs(value - (plain[at] ?? 0)) < 4)).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('its metadata does not come along', async () => {
    const tagged = await photo(60, 40)
      .avif()
      .withExif({ IFD0: { Model: 'Camera of Anna' } })
      .toBuffer();
    const { bytes, changes } = await adapted(tagged);
    expect(changes).toEqual(['converted', 'stripped']);
    expect(bytes.includes('Anna')).toBe(false);
    const kept = await adapted(tagged, { keepMetadata: true });
    expect(kept.changes).toEqual(['converted']);
    expect(kept.bytes.includes('Camera of Anna')).toBe(true);
  });

  test('a comment that sharp does not report is found, and named as lost if it is wanted', async () => {
    const gif = fixtureBytes('refused.gif');
    const comment = Buffer.from('\x21\xfe\x04Anna\0', 'latin1');
    const at = gif.lastIndexOf(0x3b);
    const tagged = Buffer.concat([gif.subarray(0, at), comment, gif.subarray(at)]);
    expect((await adapted(tagged)).changes).toEqual(['converted', 'stripped']);
    const { changes, notices } = await adapted(tagged, { keepMetadata: true });
    expect(changes).toEqual(['converted', 'stripped']);
    expect(notices.map(({ topic }) => topic)).toEqual(['converted', 'lost']);
  });

  test('a picture that claims too many pixels is refused', async () => {
    const gif = Buffer.from(fixtureBytes('refused.gif'));
    const frame = gif.indexOf(Buffer.from([0x2c, 0, 0, 0, 0, 96, 0, 64, 0]));
    for (const at of [6, 8, frame + 5, frame + 7]) gif.writeUInt16LE(65_535, at);
    await expect(adapted(gif)).rejects.toMatchObject({
      kind: 'input',
      message: 'it claims 65535 × 65535 pixels (4295 megapixels); at most 268 are decoded',
    });
  });

  test('damage is refused with the reason of the decoder', async () => {
    const gif = fixtureBytes('refused.gif').subarray(0, 60);
    await expect(adapted(gif)).rejects.toMatchObject({
      kind: 'input',
      message: expect.stringMatching(/^it cannot be decoded: \w/),
    });
  });

  test('a TIFF that is cut off is not reported as a kind that cannot be read', async () => {
    const tiff = fixtureBytes('refused.tiff').subarray(0, 700);
    await expect(adapted(tiff)).rejects.toMatchObject({
      message: 'it cannot be decoded: it contains unsupported image format',
    });
  });

  test('it is refused if it is to be sent byte for byte', async () => {
    await expect(adapted(fixtureBytes('refused.gif'), { original: true })).rejects.toMatchObject({
      kind: 'input',
      message: 'it is a GIF, which Gemini does not take',
      hint: 'Leave out --original.',
    });
  });

  test.each([
    ['a JPEG 2000', Buffer.from([0xff, 0x4f, 0xff, 0x51, 0, 0])],
    ['a QOI picture', Buffer.from('qoif\0\0\0\x01', 'latin1')],
    ['a portable anymap (PNM)', Buffer.from('P6\n1 1\n255\nabc', 'latin1')],
  ])('%s is refused by its name', async (name, bytes) => {
    await expect(adapted(bytes)).rejects.toMatchObject({
      kind: 'input',
      message: `it is ${name}, which neither Gemini nor the installed sharp reads`,
    });
  });
});

describe('an SVG', () => {
  const svg = (attributes: string, content = '<rect width="9" height="9" fill="#f00"/>') =>
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>${content}</svg>`);

  test('of the size of an icon is drawn large enough to be read', async () => {
    const sent = await adapted(svg('width="24" height="12"'));
    expect(sent).toMatchObject({ mimeType: 'image/png', width: 1024, height: 512 });
    expect(sent.changes).toEqual(['flattened', 'converted']);
  });

  test('of any size is drawn no larger than is sent', async () => {
    const huge = await adapted(svg('width="100000" height="50000"'));
    expect(huge).toMatchObject({
      ...{ width: 3072, height: 1536 },
      changes: ['flattened', 'shrunk', 'converted'],
    });
    expect(await adapted(svg('viewBox="0 0 10 10"'), { maxEdge: 64 })).toMatchObject({
      width: 64,
      height: 64,
    });
  });

  test('is drawn large enough even if no edge is set', async () => {
    expect(await adapted(svg('width="24" height="12"'), { maxEdge: 0 })).toMatchObject({
      width: 1024,
      height: 512,
    });
  });

  test('of an absurd size is refused', async () => {
    for (const [size, maxEdge] of [
      ['width="1e9" height="1e9"', 3072],
      ['width="100000" height="100000"', 0],
    ] as const) {
      await expect(adapted(svg(size), { maxEdge })).rejects.toMatchObject({
        kind: 'input',
        message: expect.stringMatching(/^it claims \d+ × \d+ pixels/),
      });
    }
  });

  test('that is one line is drawn', async () => {
    expect(await adapted(svg('width="20000" height="1"'))).toMatchObject({
      width: 3072,
      height: 1,
    });
  });

  test('finds no files and no addresses', async () => {
    const picture = fixture('small.png');
    const links = [picture, `file://${picture}`, 'small.png', 'http://127.0.0.1:9/a.png']
      .map((href) => `<image href="${href}" width="96" height="64"/>`)
      .join('');
    const message = 'it cannot be decoded: every pixel of it is transparent';
    await expect(adapted(svg('width="96" height="64"', links))).rejects.toMatchObject({ message });
    const ground = '<rect width="96" height="64" fill="#00f"/>';
    const { bytes } = await adapted(svg('width="96" height="64"', ground + links));
    const { channels } = await sharp(bytes).stats();
    for (const [channel, value] of [0, 0, 255].entries()) {
      const { min = 0, max = 0 } = channels[channel] ?? {};
      // JPEG changes a value by one or two.
      expect(Math.max(Math.abs(min - value), Math.abs(max - value))).toBeLessThan(3);
    }
  });
});
