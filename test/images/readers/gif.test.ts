import sharp from 'sharp';
import { expect, test } from 'vitest';
import { loadPicture } from '../../../src/images/load.js';
import { LOADING } from '../../support/loading.js';

/** A GIF of two colours, whose only frame may be smaller than its canvas. */
function gif(canvas: number, frame: { left: number; top: number; edge: number }): Buffer {
  const short = (value: number) => [value & 255, value >> 8];
  const { left, top, edge } = frame;
  // Codes of three bits: a clear code before each pixel keeps them that long.
  const codes = [...Array.from({ length: edge * edge }, () => [4, 1]).flat(), 5];
  const packed = Buffer.alloc(Math.ceil((codes.length * 3) / 8));
  for (const [index, code] of codes.entries()) {
    for (let bit = 0; bit < 3; bit += 1) {
      const to = index * 3 + bit;
      packed[to >> 3] = (packed[to >> 3] ?? 0) | (((code >> bit) & 1) << (to & 7));
    }
  }
  return Buffer.from([
    ...Buffer.from('GIF89a'),
    ...short(canvas),
    ...short(canvas),
    ...[0x80, 0, 0, ...[0, 0, 0], ...[0, 0, 255]],
    ...[0x2c, ...short(left), ...short(top), ...short(edge), ...short(edge), 0],
    ...[2, packed.length, ...packed, 0, 0x3b],
  ]);
}

async function sentOf(bytes: Buffer, more = {}) {
  const picture = { id: 'a.gif', label: 'a.gif', bytes };
  const { content, facts } = await loadPicture(picture, { ...LOADING, ...more });
  const sent = Buffer.from(await content.read(0, content.size));
  const { data, info } = await sharp(sent).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const from = (y * info.width + x) * info.channels;
    return [...data.subarray(from, from + info.channels)];
  };
  return { at, changes: facts.sent.changes };
}

test('beside a frame that is smaller than its canvas, nothing is seen', async () => {
  const small = gif(8, { left: 2, top: 3, edge: 4 });
  const { at, changes } = await sentOf(small);
  expect([at(0, 0), at(7, 7), at(1, 3), at(2, 2)]).toEqual(Array(4).fill([255, 255, 255]));
  expect([at(2, 3), at(5, 6)]).toEqual(Array(2).fill([0, 0, 255]));
  expect(changes).toEqual(['flattened', 'converted']);
  const kept = await sentOf(small, { background: 'keep' });
  expect([kept.at(0, 0)[3], kept.at(3, 3)[3]]).toEqual([0, 255]);
});

test('a frame that fills its canvas is opaque', async () => {
  const { at, changes } = await sentOf(gif(4, { left: 0, top: 0, edge: 4 }));
  expect(at(0, 0)).toEqual([0, 0, 255]);
  expect(changes).toEqual(['converted']);
});
