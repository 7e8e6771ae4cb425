import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { held } from '../../src/images/open/open.js';
import { type AdaptOptions, adapt } from '../../src/images/prepare/adapt.js';
import { recognise } from '../../src/images/recognise.js';
import { boxOf, type Tags, tiffOf } from '../support/raws.js';

const OPTIONS: AdaptOptions = { maxEdge: 3072, keepMetadata: false, original: false };

async function adapted(bytes: Uint8Array, options: Partial<AdaptOptions> = {}) {
  const { formatName } = recognise(bytes);
  const { content, ...facts } = await adapt(held(bytes), formatName, { ...OPTIONS, ...options });
  return { ...facts, bytes: Buffer.from(await content.read(0, content.size)) };
}

/** Red above, blue below, so that it is seen how it lies. */
function picture(width: number, height: number, orientation?: number): Promise<Buffer> {
  const below = { create: { width, height: height / 2, channels: 3, background: '#00f' } } as const;
  const whole = { create: { width, height, channels: 3, background: '#f00' } } as const;
  const drawn = sharp(whole).composite([{ input: below, gravity: 'south' }]);
  const tagged = orientation === undefined ? drawn : drawn.withMetadata({ orientation });
  return tagged.jpeg().toBuffer();
}

/** Of a file as it is sent: which of its four edges are red. */
async function redEdges(bytes: Uint8Array): Promise<string[]> {
  const { width, height } = await sharp(bytes).metadata();
  const [x, y] = [Math.floor(width / 2), Math.floor(height / 2)];
  const edges = {
    top: [x, 2],
    right: [width - 3, y],
    bottom: [x, height - 3],
    left: [2, y],
  } as const;
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  return Object.entries(edges)
    .filter(([, [left, top]]) => (data[(top * width + left) * info.channels] ?? 0) > 128)
    .map(([name]) => name);
}

const CFA = 32_803;
const samples: Tags = { 259: 1, 262: CFA, 273: 8, 279: 4 };
let thumbnail: Buffer;
let large: Buffer;
let medium: Buffer;

beforeAll(async () => {
  thumbnail = await picture(160, 120);
  medium = await picture(1100, 720);
  large = await picture(1600, 1060);
});

/** Noise that holds no beginning of a JPEG. */
const noise = (bytes: number) =>
  Buffer.from(Array.from({ length: bytes }, (_, at) => (at * 73) & 127));

const kinds = (): Record<string, [name: string, mimeType: string, bytes: Buffer]> => {
  const data = [noise(500), thumbnail, noise(3), medium, noise(900), large, noise(77)];
  const like = (make: string, more: Tags = {}) =>
    tiffOf({ pages: [{ tags: { 271: make, 262: 2, ...more }, subs: [samples] }], data });
  const olympus = tiffOf({ magic: 'IIRO', pages: [{ tags: { 271: 'OLYMPUS' } }], data });
  const panasonic = tiffOf({ magic: 'IIU\0', pages: [{ tags: { 271: 'Panasonic' } }], data });
  const canon = tiffOf({ mark: 'CR\x02\0', pages: [{ tags: { 271: 'Canon' } }], data });
  const block = tiffOf({ pages: [{ tags: { 274: 1 } }] });
  const cr3 = Buffer.concat([
    boxOf('ftyp', Buffer.from('crx \0\0\0\x01crx isom', 'latin1')),
    boxOf('moov', boxOf('uuid', noise(16), boxOf('CMT1', block))),
    boxOf('mdat', ...data),
  ]);
  return {
    NEF: ['a Nikon raw (NEF)', 'image/x-nikon-nef', like('NIKON CORPORATION')],
    ARW: ['a Sony raw (ARW)', 'image/x-sony-arw', like('SONY')],
    PEF: ['a Pentax raw (PEF)', 'image/x-pentax-pef', like('PENTAX')],
    KDC: ['a Kodak raw (KDC)', 'image/x-kodak-kdc', like('EASTMAN KODAK COMPANY')],
    DNG: ['a camera raw (DNG)', 'image/x-adobe-dng', like('Ricoh', { 50706: 1 })],
    'of an unknown maker': ['a camera raw', 'image/x-dcraw', like('Leaf')],
    CR2: ['a Canon raw (CR2)', 'image/x-canon-cr2', canon],
    CR3: ['a Canon raw (CR3)', 'image/x-canon-cr3', cr3],
    ORF: ['an Olympus raw (ORF)', 'image/x-olympus-orf', olympus],
    RW2: ['a Panasonic raw (RW2)', 'image/x-panasonic-rw2', panasonic],
    RAF: [
      'a Fuji raw (RAF)',
      'image/x-fuji-raf',
      Buffer.concat([Buffer.from('FUJIFILMCCD-RAW 0201'), ...data]),
    ],
  };
};

test.each([
  ...['NEF', 'ARW', 'PEF', 'KDC', 'DNG', 'of an unknown maker'],
  ...['CR2', 'CR3', 'ORF', 'RW2', 'RAF'],
])('a raw is told by its structure, and its largest preview is sent: %s', async (kind) => {
  const [name, mimeType, bytes] = kinds()[kind] ?? ['', '', Buffer.alloc(0)];
  const { formatName, format } = recognise(bytes);
  expect([formatName, format.name, format.mimeType]).toEqual(['raw', name, mimeType]);
  const sent = await adapted(bytes);
  expect(sent).toMatchObject({ bytes: large, changes: ['preview'], width: 1600, height: 1060 });
  expect(sent.notices).toEqual([
    { topic: 'preview', message: `is ${name}; its preview of 1600 × 1060 pixels is sent` },
  ]);
});

test('a TIFF of a camera that is a picture stays one', () => {
  const tiff = tiffOf({ pages: [{ tags: { 271: 'NIKON', 259: 1, 262: 2 } }] });
  expect(recognise(tiff).formatName).toBe('tiff');
});

describe('the preview', () => {
  const raw = (orientation: number, ...data: readonly Uint8Array[]) =>
    tiffOf({ pages: [{ tags: { 271: 'NIKON', 274: orientation }, subs: [samples] }], data });

  test.each([
    [3, ['bottom']],
    [6, ['right']],
    [8, ['left']],
  ])('is turned as the raw says: %i', async (orientation, edges) => {
    const sent = await adapted(raw(orientation, large));
    expect(sent.changes).toEqual(['preview', 'turned', 'stripped']);
    expect(sent.orientation).toBe(orientation);
    expect(await redEdges(sent.bytes)).toContain(edges[0]);
  });

  test('is not turned twice', async () => {
    const upright = await picture(1060, 1600);
    expect((await adapted(raw(6, upright))).changes).toEqual(['preview']);
    const itself = await picture(1600, 1060, 8);
    const sent = await adapted(raw(6, itself));
    expect(sent).toMatchObject({ orientation: 8, width: 1060, height: 1600 });
  });

  test('that is smaller than 1,000 pixels is not used', async () => {
    await expect(adapted(raw(1, thumbnail))).rejects.toMatchObject({
      kind: 'input',
      message:
        'it is a Nikon raw (NEF), and the largest preview in it has 160 × 120 pixels; at least 1000 on a side are needed',
      hint: 'Develop it with another program, and give the JPEG that this writes.',
    });
    await expect(adapted(raw(1, noise(5000)))).rejects.toMatchObject({
      message:
        'it is a Nikon raw (NEF), and there is no preview in it; at least 1000 on a side are needed',
    });
  });

  test('is not a part of the samples that is coded like a JPEG', async () => {
    const at = raw(1).length;
    const lossy = (place: number) =>
      tiffOf({
        pages: [{ tags: { 50706: 1 }, subs: [{ 259: 34_892, 262: 34_892, 324: place }] }],
        data: [large, medium],
      });
    const place = lossy(at).indexOf(large);
    expect(await adapted(lossy(place))).toMatchObject({ bytes: medium, width: 1100 });
  });

  test('is shrunk like any picture, and is never sent byte for byte', async () => {
    const bytes = raw(1, large);
    const sent = await adapted(bytes, { maxEdge: 800 });
    expect(sent).toMatchObject({ width: 800, height: 530, changes: ['preview', 'shrunk'] });
    await expect(adapted(bytes, { original: true })).rejects.toMatchObject({
      message: 'it is a camera raw, which Gemini does not take',
    });
  });

  test('is looked for within bounds', async () => {
    const marks = Buffer.alloc(3_000_000, '\xff\xd8\xff\xc0', 'latin1');
    await expect(adapted(raw(1, marks))).rejects.toMatchObject({ kind: 'input' });
  });
});
