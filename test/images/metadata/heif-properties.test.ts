import { describe, expect, test } from 'vitest';
import { box, heicWithMetadata } from '../../../scripts/fuzz/heif-parts.mjs';
import { mutated, randomOf } from '../../../scripts/fuzz/mutate.mjs';
import { readHeif as decode } from '../../../src/emulator/pictures/libheif.js';
import {
  type HeifProperties,
  readHeifProperties,
} from '../../../src/images/metadata/heif-properties.js';
import { sourceOf } from '../../../src/images/open/byte-source.js';
import { fixtureBytes } from '../../support/files.js';
import { expectNoSecrets, read, strip } from './strip.js';

const heic = fixtureBytes('small.heic');

const short = (value: number) => Buffer.from([value >> 8, value & 255]);
const longs = (...values: number[]) =>
  Buffer.concat(values.map((v) => Buffer.from(hex8(v), 'hex')));
const hex8 = (value: number) => value.toString(16).padStart(8, '0');
const full = (version: number, flags = 0) => Buffer.from([version, 0, 0, flags]);

const ispe = (width: number, height: number) => box('ispe', full(0), longs(width, height));
const clap = (width: [number, number], height: [number, number]) =>
  box('clap', longs(...width, ...height, 0, 1, 0, 1));
const irot = (quarters: number) => box('irot', Buffer.from([quarters]));
const colr = (type: string, content: Buffer) => box('colr', Buffer.from(type), content);
const nclx = (primaries: number) => colr('nclx', Buffer.from([0, primaries, 0, 13, 0, 6, 0x80]));

function icc(name: string): Buffer {
  const profile = Buffer.alloc(132, name);
  profile.writeUInt32BE(profile.length);
  profile.write('acsp', 36, 'latin1');
  return profile;
}

interface Shape {
  /** Put behind the three properties that the fixture has. */
  properties?: Buffer[];
  /** An item and the numbers of its properties. */
  uses?: [item: number, numbers: number[]][];
  primary?: number;
  /** Of numbers of items: 2 or 4 bytes. */
  wideItems?: boolean;
  /** Of numbers of properties: 15 bits instead of 7. */
  wideNumbers?: boolean;
  /** From an item to those of which it is made. */
  madeOf?: [item: number, parts: number[]];
}

/** The fixture's pixels are item 1, with its decoder configuration, size and depth: 1, 2, 3. */
function heif(shape: Shape = {}): Buffer {
  const { properties = [], uses = [[1, [1, 2, 3, ...properties.map((_, i) => i + 4)]]] } = shape;
  const { primary = 1, wideItems = false, wideNumbers = false, madeOf } = shape;
  const id = wideItems ? (value: number) => longs(value) : short;
  const version = Number(wideItems);
  const part = (type: string) => {
    const at = heic.indexOf(type) - 4;
    return heic.subarray(at, at + heic.readUInt32BE(at));
  };
  const entries = uses.map(([item, numbers]) =>
    Buffer.concat([
      id(item),
      Buffer.from([numbers.length]),
      ...numbers.map((n) => (wideNumbers ? short(n | 0x8000) : Buffer.from([n | 0x80]))),
    ]),
  );
  const iprp = box(
    'iprp',
    box('ipco', part('ipco').subarray(8), ...properties),
    box('ipma', full(version, wideNumbers ? 1 : 0), longs(entries.length), ...entries),
  );
  const links = madeOf ? [id(madeOf[0]), short(madeOf[1].length), ...madeOf[1].map(id)] : undefined;
  const iref = links ? [box('iref', full(version), box('dimg', ...links))] : [];
  const mdat = part('mdat');
  const build = (start: number) => {
    const place = Buffer.concat([short(1), short(0), short(1), longs(start, mdat.length - 8)]);
    const iloc = box('iloc', full(0), Buffer.from([0x44, 0]), short(1), place);
    const pitm = box('pitm', full(version), id(primary));
    return box('meta', full(0), part('hdlr'), pitm, iloc, part('iinf'), iprp, ...iref);
  };
  const start = part('ftyp').length + build(0).length + 8;
  return Buffer.concat([part('ftyp'), build(start), mdat]);
}

const propertiesOf = (file: Buffer): HeifProperties => readHeifProperties(sourceOf(file));

describe('the size is the one that libheif tells', () => {
  test.each<[what: string, width: number, height: number, shape: Shape]>([
    ['as stored', 96, 64, {}],
    ['cropped', 50, 40, { properties: [clap([50, 1], [40, 1])] }],
    ['cropped to halves', 51, 41, { properties: [clap([101, 2], [81, 2])] }],
    ['cropped to parts', 33, 29, { properties: [clap([100, 3], [200, 7])] }],
    ['turned left', 64, 96, { properties: [irot(1)] }],
    ['upside down', 96, 64, { properties: [irot(2)] }],
    ['turned right, with unused bits', 64, 96, { properties: [irot(0xff)] }],
    ['mirrored', 96, 64, { properties: [box('imir', Buffer.from([1]))] }],
    ['cropped, then turned', 40, 50, { properties: [clap([50, 1], [40, 1]), irot(1)] }],
    ['turned, then cropped', 40, 80, { properties: [irot(1), clap([40, 1], [80, 1])] }],
    ['turned in another order', 64, 96, { properties: [irot(3)], uses: [[1, [4, 3, 2, 1]]] }],
    [
      'not turned like others',
      96,
      64,
      {
        properties: [irot(1)],
        uses: [
          [2, [2, 4]],
          [1, [1, 2, 3]],
        ],
      },
    ],
    ['with property 0', 96, 64, { uses: [[1, [1, 2, 3, 0]]] }],
    ['by wide items', 64, 96, { properties: [irot(1)], wideItems: true }],
    ['by wide numbers', 64, 96, { properties: [irot(1)], wideNumbers: true }],
  ])('%s', async (_, width, height, shape) => {
    const file = heif(shape);
    expect(propertiesOf(file).size).toEqual({ width, height });
    const { samples, ...size } = await decode(file, () => {});
    expect(size).toEqual({ width, height });
  });

  test.each(['small.heic', 'small.heif'])('of %s', (name) => {
    const size = { width: 96, height: 64 };
    expect(propertiesOf(fixtureBytes(name))).toMatchObject({ size, profile: undefined });
  });

  test('by numbers over 127, of which libheif reads none', () => {
    const properties = [...Array<Buffer>(200).fill(box('free')), irot(1)];
    const file = heif({ properties, uses: [[1, [2, 204]]], wideNumbers: true });
    expect(propertiesOf(file).size).toEqual({ width: 64, height: 96 });
  });

  test('where other bytes follow', () => {
    const file = Buffer.concat([heic, longs(3, 4, 5)]);
    expect(propertiesOf(file).size).toEqual({ width: 96, height: 64 });
  });
});

describe('no size where', () => {
  test.each<[what: string, shape: Shape]>([
    ['none is said', { uses: [[1, [1, 3]]] }],
    ['two are said', { properties: [ispe(20, 10)] }],
    ['a side is 0', { properties: [ispe(0, 10)], uses: [[1, [1, 4]]] }],
    ['it is cut off', { properties: [box('ispe', full(0), longs(20))], uses: [[1, [1, 4]]] }],
    ['nothing is left', { properties: [clap([1, 3], [40, 1])] }],
    ['the crop is 0 of 0', { properties: [clap([0, 0], [40, 1])] }],
    ['the crop is larger than the picture', { properties: [clap([97, 1], [40, 1])] }],
    ['the crop is cut off', { properties: [box('clap', longs(50, 1))] }],
    ['the turn is cut off', { properties: [box('irot')] }],
    ['a property is missing', { uses: [[1, [1, 2, 3, 9]]] }],
    ['the primary item has no properties', { primary: 2 }],
  ])('%s', (_, shape) => {
    expect(propertiesOf(heif(shape)).size).toBeUndefined();
  });

  test('a file has no list of items', () => {
    expect(Object.values(propertiesOf(Buffer.alloc(0))).every((one) => !one)).toBe(true);
    expect(propertiesOf(heic.subarray(0, 28)).size).toBeUndefined();
  });

  test('damage to the colours leaves the size', () => {
    const size = { width: 96, height: 64 };
    expect(propertiesOf(heif({ properties: [box('colr')] }))).toMatchObject({
      size,
      profile: undefined,
    });
    const cropped = [clap([50, 0], [40, 1]), nclx(12)];
    expect(propertiesOf(heif({ properties: cropped }))).toMatchObject({
      size: undefined,
      numbers: { primaries: 12, transfer: 13 },
    });
  });
});

describe('the profile', () => {
  const [own, tiles] = [icc('own'), icc('tile')];

  test.each<[what: string, profile: HeifProperties['profile'], properties: Buffer[]]>([
    ['is ICC', own, [colr('prof', own)]],
    ['is ICC of the restricted kind', own, [colr('rICC', own)]],
    ['is ICC rather than a number', own, [nclx(12), colr('prof', own)]],
    ['is none of its own where there are numbers', undefined, [nclx(12)]],
    ['is not what has no mark', undefined, [colr('prof', Buffer.alloc(200))]],
    ['is not what is cut off', undefined, [colr('prof', own.subarray(0, 100))]],
  ])('%s', (_, profile, properties) => {
    expect(propertiesOf(heif({ properties })).profile).toEqual(profile);
  });

  test('numbers and the brightest light are told beside it', () => {
    const light = box('clli', short(470), short(263));
    const bright = colr('nclx', Buffer.from([0, 9, 0, 16, 0, 9, 0]));
    expect(propertiesOf(heif({ properties: [bright, light] }))).toMatchObject({
      numbers: { primaries: 9, transfer: 16 },
      peak: 470,
    });
    expect(propertiesOf(heif({ properties: [nclx(1)] })).peak).toBeUndefined();
  });

  const grid = { primary: 5, madeOf: [5, [1, 2]] } satisfies Shape;

  test.each([false, true])('is that of a first tile (wide items: %s)', (wideItems) => {
    const properties = [ispe(500, 300), colr('prof', tiles), nclx(12)];
    const uses: [number, number[]][] = [
      [1, [1, 2, 5]],
      [2, [1, 2, 6]],
      [5, [4]],
    ];
    expect(propertiesOf(heif({ ...grid, properties, uses, wideItems }))).toMatchObject({
      size: { width: 500, height: 300 },
      profile: tiles,
    });
  });

  test('is its own where a grid has one', () => {
    const properties = [ispe(500, 300), colr('prof', tiles), colr('prof', own)];
    const uses: [number, number[]][] = [
      [1, [1, 2, 5]],
      [5, [4, 6]],
    ];
    expect(propertiesOf(heif({ ...grid, properties, uses })).profile).toEqual(own);
  });

  test('is not of what something else is made of', () => {
    const properties = [ispe(500, 300), nclx(12)];
    const uses: [number, number[]][] = [
      [1, [1, 2, 5]],
      [5, [4]],
    ];
    const shape: Shape = { properties, uses, primary: 5, madeOf: [6, [1]] };
    expect(propertiesOf(heif(shape)).profile).toBeUndefined();
  });
});

test('metadata is found where other bytes follow, and these are told of', () => {
  const photo = Buffer.concat([heicWithMetadata(heic), longs(3, 4, 5)]);
  const after = strip(photo, 'heic');
  expectNoSecrets(photo, after);
  expect(after.length).toBe(photo.length);
  expect(read(photo, 'heic').stays).toEqual(expect.any(String));
});

test('damaged files are read without a throw', () => {
  const profile = colr('prof', icc('own'));
  const files = [
    heif({ properties: [clap([50, 1], [40, 1]), irot(1), profile], wideNumbers: true }),
    heif({
      primary: 5,
      uses: [
        [1, [1, 2, 5]],
        [5, [4]],
      ],
      properties: [ispe(9, 9), profile],
      madeOf: [5, [1]],
    }),
    heif({ properties: [nclx(12)], wideItems: true }),
  ];
  let [sizes, profiles] = [0, 0];
  for (let seed = 0; seed < 8_000; seed += 1) {
    const { size, profile } = propertiesOf(mutated(files, randomOf(seed)));
    if (size) sizes += 1;
    if (profile) profiles += 1;
  }
  expect(sizes).toBeGreaterThan(2_000);
  expect(profiles).toBeGreaterThan(2_000);
});
