/** What is kept of many questions outside of the heap. */
import { expect, test } from 'vitest';
import { HASH_BYTES, RowsByText } from '../../../src/run/batch/rows-by-text.js';

const VALUE = HASH_BYTES;
const WIDTH = HASH_BYTES + 4;

test('a text has the newest of its rows, however many there are', () => {
  const rows = new RowsByText(WIDTH);
  const texts = Array.from({ length: 2000 }, (_, at) => `3c47a3f8608b2a42 photos/${at % 1900}.jpg`);
  for (const [at, text] of texts.entries()) {
    expect(rows.newestOf(text)).toBe(at < 1900 ? undefined : at - 1900);
    const row = rows.add(text);
    expect(row).toBe(at);
    rows.set(row, VALUE, 3 * at);
  }
  for (const [at, text] of texts.entries()) {
    expect(rows.newestOf(text)).toBe(at < 100 ? at + 1900 : at);
    expect(rows.get(at, VALUE)).toBe(3 * at);
    expect(rows.markOfRow(at)).toBe(rows.markOf(text));
  }
  expect(rows.newestOf('3c47a3f8608b2a42 photos/1900.jpg')).toBeUndefined();
});
