import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { held } from '../../../src/images/open/open.js';
import { type AdaptOptions, adapt } from '../../../src/images/prepare/adapt.js';
import { photo } from '../../support/pictures.js';

const OPTIONS: AdaptOptions = { maxEdge: 3072, keepMetadata: false, original: false };

async function adapted(bytes: Buffer, options: Partial<AdaptOptions> = {}) {
  const { content, ...facts } = await adapt(held(bytes), 'jpeg', { ...OPTIONS, ...options });
  return { ...facts, bytes: Buffer.from(await content.read(0, content.size)) };
}

const short = (value: number) => [value >> 8, value & 255];
const segment = (code: number, content: readonly number[]) =>
  Buffer.from([0xff, code, ...short(content.length + 2), ...content]);

/** Says that the picture lies on its side (EXIF, orientation 6). */
const ON_ITS_SIDE = segment(0xe1, [
  ...Buffer.from('Exif\0\0MM\0*'),
  ...[0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0],
]);
const turned = (jpeg: Buffer) =>
  Buffer.concat([jpeg.subarray(0, 2), ON_ITS_SIDE, jpeg.subarray(2)]);

const COLUMNS = 8;
const ROWS = 12;

/** Grey stripes; behind each of them is a restart, whose number `numberOf` may change. */
function striped(numberOf = (row: number) => row % 8): Buffer {
  const lengths = (one: number, two: number) => [one, two, ...Array<number>(14).fill(0)];
  const rows = Array.from({ length: ROWS }, (_, row) => {
    // A step of +200 or -200 in the first block; no difference in the others.
    const bits = `10${row % 2 ? '00110111' : '11001000'}0${'00'.repeat(COLUMNS - 1)}`;
    const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
    const bytes = padded.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [];
    return [...bytes, ...(row < ROWS - 1 ? [0xff, 0xd0 + numberOf(row)] : [])];
  });
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, [0, ...Array<number>(64).fill(3)]),
    segment(0xc0, [8, ...short(ROWS * 8), ...short(COLUMNS * 8), 1, 1, 0x11, 0]),
    segment(0xc4, [0x00, ...lengths(1, 1), 0, 8]),
    segment(0xc4, [0x10, ...lengths(1, 0), 0]),
    segment(0xdd, short(COLUMNS)),
    segment(0xda, [1, 1, 0, 0, 63, 0]),
    Buffer.from(rows.flat()),
    Buffer.from([0xff, 0xd9]),
  ]);
}

const small = () => photo(120, 80).jpeg().toBuffer();

describe('a JPEG that is written as the standard allows goes as it is', () => {
  test.each<[string, (jpeg: Buffer) => Buffer]>([
    [
      'fill bytes',
      (jpeg) => Buffer.concat([jpeg.subarray(0, 2), Buffer.alloc(9, 255), jpeg.subarray(2)]),
    ],
    ['restarts', () => striped()],
  ])('%s', async (_, change) => {
    const bytes = change(await small());
    expect(await adapted(bytes)).toMatchObject({ bytes, changes: [], notices: [] });
  });

  test.each<[string, (jpeg: Buffer) => Buffer]>([
    [
      'an empty comment',
      (jpeg) => Buffer.concat([jpeg.subarray(0, 2), segment(0xfe, []), jpeg.subarray(2)]),
    ],
    [
      'a comment whose length is 0',
      (jpeg) =>
        Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xfe, 0, 0]), jpeg.subarray(2)]),
    ],
    ['bytes behind its end', (jpeg) => Buffer.concat([jpeg, Buffer.alloc(3000)])],
  ])('without %s', async (_, change) => {
    const jpeg = await small();
    const sent = await adapted(change(jpeg));
    expect(sent).toMatchObject({ width: 120, height: 80, changes: ['stripped'], notices: [] });
    expect(await sharp(sent.bytes).raw().toBuffer()).toEqual(await sharp(jpeg).raw().toBuffer());
  });

  test('garbage between its segments', async () => {
    const jpeg = await small();
    const first = 4 + jpeg.readUInt16BE(4);
    const bytes = Buffer.concat([
      jpeg.subarray(0, first),
      Buffer.from([1, 2, 3]),
      jpeg.subarray(first),
    ]);
    expect(await adapted(bytes)).toMatchObject({ width: 120, height: 80, notices: [] });
  });
});

describe('a JPEG of a kind that hardly any program opens', () => {
  const withFrame = async (change: (jpeg: Buffer, frame: number) => void) => {
    const jpeg = await small();
    change(jpeg, jpeg.indexOf(Buffer.from([0xff, 0xc0])));
    return jpeg;
  };

  test.each([
    ['a JPEG of 12 bits a colour', (jpeg: Buffer, frame: number) => jpeg.writeUInt8(12, frame + 4)],
    ['a lossless JPEG', (jpeg: Buffer, frame: number) => jpeg.writeUInt8(0xc3, frame + 1)],
  ])('is refused by its name: %s', async (name, change) => {
    await expect(adapted(await withFrame(change))).rejects.toMatchObject({
      kind: 'input',
      message: expect.stringMatching(`^it is ${name}, which is not read: `),
      hint: 'Convert it to JPEG or PNG with another program first.',
    });
  });

  test('is converted: arithmetic coding', async () => {
    // Whatever the bits are, they mean something in this coding.
    const jpeg = await withFrame((bytes, frame) => bytes.writeUInt8(0xc9, frame + 1));
    const { changes, notices, bytes } = await adapted(jpeg);
    expect(changes).toContain('converted');
    expect(notices[0]?.message).toBe(
      'is a JPEG in arithmetic coding, which Gemini does not take; sent as image/jpeg',
    );
    expect(bytes.includes(Buffer.from([0xff, 0xc9]))).toBe(false);
  });
});

describe('a JPEG that is damaged inside', () => {
  const wrong = striped((row) => (row === 5 ? 7 : row % 8));
  const WARNING = 'is damaged inside: parts of the picture may look wrong';

  test.each<[string, Buffer, Partial<AdaptOptions>, string[]]>([
    ['upright', wrong, {}, ['damaged']],
    ['on its side', turned(wrong), {}, ['damaged', 'turned', 'stripped']],
    ['shrunk', wrong, { maxEdge: 48 }, ['damaged', 'shrunk']],
  ])(
    'is taken with a warning if it has its full height: %s',
    async (_, bytes, options, changes) => {
      const sent = await adapted(bytes, options);
      expect(sent.changes).toEqual(changes);
      expect(sent.notices.map(({ message }) => message)).toContain(WARNING);
      await expect(
        sharp(sent.bytes, { failOn: 'warning' }).raw().toBuffer(),
      ).resolves.toBeDefined();
    },
  );

  test('is refused if its data end before its last rows, unless that is wanted', async () => {
    const jpeg = await photo(240, 240).jpeg().toBuffer();
    const half = turned(
      Buffer.concat([jpeg.subarray(0, jpeg.length / 2), Buffer.from([0xff, 0xd9])]),
    );
    await expect(adapted(half)).rejects.toMatchObject({
      message: 'it cannot be decoded: its data end before its last rows',
      hint: expect.stringContaining('--damaged'),
    });
    const { changes } = await adapted(half, { damaged: true });
    expect(changes[0]).toBe('damaged');
  });

  test('without the data of its scan is cut off', async () => {
    const jpeg = await small();
    const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
    const data = scan + 2 + jpeg.readUInt16BE(scan + 2);
    for (const end of [scan, data]) {
      const bytes = Buffer.concat([jpeg.subarray(0, end), Buffer.from([0xff, 0xd9])]);
      await expect(adapted(bytes)).rejects.toMatchObject({
        message: 'it is cut off: the file ends before the picture does',
      });
    }
  });
});
