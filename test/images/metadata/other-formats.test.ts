import { describe, expect, test } from 'vitest';
import { mutated, randomOf } from '../../../scripts/fuzz/mutate.mjs';
import { holdsMetadata } from '../../../src/images/metadata/other-formats.js';
import { sourceOf } from '../../../src/images/open/byte-source.js';
import { fixtureBytes } from '../../support/files.js';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const ofGif = (file: Buffer) => holdsMetadata(sourceOf(file), 'gif');
const ofTiff = (file: Buffer) => holdsMetadata(sourceOf(file), 'tiff');

/** Its flags tell of a table of two colours. */
const HEADER = latin1('GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff');
const COMMENT = latin1('!\xfe\x05words\0');
const LOOP = latin1('!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0');
/** The packet is not cut into blocks; what follows leads a reader to its end from anywhere. */
const XMP = Buffer.concat([
  latin1('!\xff\x0bXMP DataXMP<x:xmpmeta/>\x01'),
  Buffer.from(Array.from({ length: 256 }, (_, index) => 255 - index)),
  Buffer.alloc(1),
]);
const CONTROL = latin1('!\xf9\x04\0\0\0\0\0');
/** With a table of four colours of its own, and pixels that read like a comment. */
const IMAGE = latin1(`,\0\0\0\0\x01\0\x01\0\x81${'!\xfe\0'.repeat(4)}\x02\x03!\xfe\x01\x02D\x01\0`);
const END = latin1(';');

const gif = (...blocks: Buffer[]) => Buffer.concat([HEADER, ...blocks, END]);

describe('a GIF holds metadata', () => {
  test.each<[what: string, holds: boolean, file: Buffer]>([
    ['not in its pixels', false, gif(CONTROL, IMAGE)],
    ['not in what makes it move', false, gif(LOOP, CONTROL, IMAGE, CONTROL, IMAGE)],
    ['in a comment', true, gif(COMMENT, IMAGE)],
    ['in a comment behind pictures', true, gif(LOOP, IMAGE, CONTROL, IMAGE, COMMENT)],
    ['in XMP', true, gif(XMP, IMAGE)],
    ['in XMP behind pictures', true, gif(IMAGE, LOOP, XMP)],
    ['not behind its end', false, Buffer.concat([gif(IMAGE), COMMENT])],
    ['not behind what is no block', false, gif(latin1('\x07'), COMMENT)],
    ['not where it is cut off before', false, gif(LOOP, IMAGE).subarray(0, -4)],
    [
      'in a file without a table of colours',
      true,
      Buffer.concat([latin1('GIF89a\x01\0\x01\0\0\0\0'), COMMENT]),
    ],
    ['not if it is empty', false, Buffer.alloc(0)],
  ])('%s', (_, holds, file) => {
    expect(ofGif(file)).toBe(holds);
  });

  test('not in a fixture', () => {
    expect(ofGif(fixtureBytes('refused.gif'))).toBe(false);
  });
});

const KINDS = ['II', 'MM'].flatMap((order) => [42, 43].map((version) => ({ order, version })));

/** With the directory behind the header and some bytes. */
function tiff({ order, version }: (typeof KINDS)[number], tags: number[], count = tags.length) {
  const number = (value: number, bytes: number) => {
    const buffer = Buffer.alloc(bytes);
    if (order === 'II') buffer.writeUIntLE(value, 0, Math.min(bytes, 6));
    else buffer.writeUIntBE(value, Math.max(0, bytes - 6), Math.min(bytes, 6));
    return buffer;
  };
  const isBig = version === 43;
  const width = isBig ? 8 : 4;
  const head = isBig ? [number(8, 2), number(0, 2), number(24, 8)] : [number(24, 4)];
  const entries = tags.map((tag) => [
    number(tag, 2),
    number(3, 2),
    number(1, width),
    number(305, width),
  ]);
  const start = Buffer.concat([latin1(order), number(version, 2), ...head]);
  return Buffer.concat([
    start,
    Buffer.alloc(24 - start.length),
    number(count, isBig ? 8 : 2),
    ...entries.flat(),
    number(0, width),
  ]);
}

const PLAIN = [256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 34_675];

describe.each(KINDS)('a TIFF ($order, $version) holds metadata', (kind) => {
  test.each([270, 271, 272, 305, 306, 315, 316, 700, 33_432, 33_723, 34_377, 34_665, 34_853])(
    'by tag %i',
    (tag) => {
      expect(ofTiff(tiff(kind, [...PLAIN, tag]))).toBe(true);
      expect(ofTiff(tiff(kind, [tag, ...PLAIN]))).toBe(true);
    },
  );

  test('not by size, place of pixels, orientation and colour profile', () => {
    expect(ofTiff(tiff(kind, PLAIN))).toBe(false);
    expect(ofTiff(tiff(kind, []))).toBe(false);
  });

  test('as far as its directory goes', () => {
    expect(ofTiff(tiff(kind, [...PLAIN, 700], PLAIN.length))).toBe(false);
    expect(ofTiff(tiff(kind, [...PLAIN, 700], 60_000))).toBe(true);
    expect(ofTiff(tiff(kind, PLAIN, 60_000))).toBe(false);
    expect(ofTiff(tiff(kind, [700]).subarray(0, 24))).toBe(false);
  });
});

test.each(KINDS)('a file that is no TIFF holds none ($order, $version)', (kind) => {
  const file = tiff(kind, [700]);
  expect(ofTiff(file)).toBe(true);
  expect(ofTiff(Buffer.concat([latin1('MI'), file.subarray(2)]))).toBe(false);
  for (const version of [0, 41, 44]) expect(ofTiff(tiff({ ...kind, version }, [700]))).toBe(false);
  for (const at of [2, 3]) {
    const other = Buffer.from(file);
    other[at] = (other[at] ?? 0) + 2;
    expect(ofTiff(other)).toBe(false);
  }
});

test('an empty file is no TIFF', () => {
  expect(ofTiff(Buffer.alloc(0))).toBe(false);
});

test('damaged files are read without a throw', () => {
  const files = {
    gif: [gif(LOOP, CONTROL, IMAGE, XMP), gif(IMAGE, COMMENT), fixtureBytes('refused.gif')],
    tiff: [...KINDS.map((kind) => tiff(kind, [...PLAIN, 700])), fixtureBytes('refused.tiff')],
  };
  for (const format of ['gif', 'tiff'] as const) {
    let holding = 0;
    for (let seed = 0; seed < 10_000; seed += 1) {
      const file = mutated(files[format], randomOf(seed));
      if (holdsMetadata(sourceOf(file), format)) holding += 1;
    }
    expect(holding).toBeGreaterThan(2_000);
    expect(holding).toBeLessThan(10_000);
  }
});
