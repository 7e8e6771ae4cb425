import { expect, test } from 'vitest';
import { writeBase64 } from '../../src/gemini/base64.js';
import { base64Length } from '../../src/gemini/request-size.js';

/** Every byte after every other, in an order that does not repeat soon. */
const BYTES = Uint8Array.from({ length: 70_000 }, (_, at) => (at * 167 + (at >> 8) * 13) & 0xff);

/** What is written into a buffer that has just enough room after its fifth byte. */
function written(bytes: Uint8Array): string {
  const room = base64Length(bytes.length);
  const into = Buffer.alloc(5 + room, '.');
  expect(writeBase64(bytes, into, 5)).toBe(room);
  expect(into.toString('latin1', 0, 5)).toBe('.....');
  return into.toString('latin1', 5);
}

test('it is that of Node, with its padding, for any length and from any place in memory', () => {
  for (let length = 0; length <= 50; length += 1) {
    const bytes = BYTES.subarray(length, 2 * length);
    expect(written(bytes)).toBe(Buffer.from(bytes).toString('base64'));
  }
});

test('every two bytes become the letters that are theirs', () => {
  expect(written(BYTES)).toBe(Buffer.from(BYTES).toString('base64'));
  const pairs = Buffer.alloc(131_072);
  for (let pair = 0; pair < 65_536; pair += 1) pairs.writeUInt16LE(pair, 2 * pair);
  expect(written(pairs)).toBe(pairs.toString('base64'));
});

test('a buffer without enough room is not written past', () => {
  expect(() => writeBase64(BYTES.subarray(0, 12), Buffer.alloc(20).subarray(0, 15), 0)).toThrow(
    RangeError,
  );
});
