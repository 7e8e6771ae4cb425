import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { loadPicture } from '../../../src/images/load.js';
import { LOADING } from '../../support/loading.js';

const short = (value: number) => [value & 255, (value >> 8) & 255];
const long = (value: number) => [...short(value), ...short(value >>> 16)];

function icon(pictures: readonly (readonly number[])[], type = 1): Buffer {
  let from = 6 + pictures.length * 16;
  const entries = pictures.flatMap((data) => {
    const entry = [0, 0, 0, 0, 1, 0, 32, 0, ...long(data.length), ...long(from)];
    from += data.length;
    return entry;
  });
  return Buffer.from([0, 0, type, 0, ...short(pictures.length), ...entries, ...pictures.flat()]);
}

/** A square bitmap: its left half is blue, its right half is see-through. */
function bitmap(edge: number, bits: 24 | 32, alpha: readonly [number, number] = [255, 0]) {
  const row = Array.from({ length: edge }, (_, x) => [
    ...[255, 0, 0],
    ...(bits === 32 ? [alpha[x < edge / 2 ? 0 : 1]] : []),
  ]).flat() as number[];
  const padded = [...row, ...Array((4 - (row.length % 4)) % 4).fill(0)];
  const mask = Array.from({ length: Math.ceil(edge / 32) * 4 }, (_, at) =>
    [0, 1, 2, 3, 4, 5, 6, 7].reduce((byte, bit) => {
      const x = at * 8 + bit;
      return byte | (x >= edge / 2 && x < edge ? 0x80 >> bit : 0);
    }, 0),
  );
  return [
    ...[...long(40), ...long(edge), ...long(edge * 2), ...short(1), ...short(bits)],
    ...Array(24).fill(0),
    ...Array.from({ length: edge }, () => padded).flat(),
    ...Array.from({ length: edge }, () => mask).flat(),
  ] as number[];
}

async function sentOf(bytes: Buffer) {
  const picture = { id: 'a.ico', label: 'a.ico', bytes };
  const { content, facts, notices } = await loadPicture(picture, LOADING);
  const sent = Buffer.from(await content.read(0, content.size));
  const { data, info } = await sharp(sent).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const from = (y * info.width + x) * info.channels;
    return [...data.subarray(from, from + 3)];
  };
  return { at, width: info.width, facts, notices };
}

describe('of an icon', () => {
  test.each<[string, number[]]>([
    ['with alpha', bitmap(16, 32)],
    ['with a mask', bitmap(16, 24)],
    ['with a mask and an empty alpha', bitmap(16, 32, [0, 0])],
  ])('a bitmap %s is laid on white', async (_, data) => {
    const { at, width, facts } = await sentOf(icon([data]));
    expect(width).toBe(16);
    expect([at(2, 2), at(13, 13)]).toEqual([
      [0, 0, 255],
      [255, 255, 255],
    ]);
    expect(facts.sent.changes).toEqual(['flattened', 'converted']);
  });

  test('the largest is sent, and how many there are is told', async () => {
    const png = [
      ...(await sharp({ create: { width: 48, height: 48, channels: 3, background: '#0f0' } })
        .png()
        .toBuffer()),
    ];
    const { at, width, facts, notices } = await sentOf(icon([bitmap(16, 24), png, bitmap(32, 24)]));
    expect([width, at(5, 5), facts.pages]).toEqual([48, [0, 255, 0], 3]);
    expect(notices.map(({ message }) => message)).toContain(
      'a.ico has 3 sizes, the largest was sent',
    );
  });

  test('a cursor is one too', async () => {
    expect((await sentOf(icon([bitmap(16, 32)], 2))).width).toBe(16);
  });

  test('what is not there is passed over, and nothing else refused with words', async () => {
    const bytes = icon([bitmap(16, 24), bitmap(32, 24)]);
    expect((await sentOf(bytes.subarray(0, -9))).width).toBe(16);
    await expect(sentOf(icon([bitmap(16, 24)]).subarray(0, -9))).rejects.toMatchObject({
      message: 'it cannot be decoded: it has no icon whose data is there',
    });
  });
});
