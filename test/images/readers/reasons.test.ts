import { expect, test } from 'vitest';
import { joinReasons } from '../../../src/images/readers/reasons.js';

test('what a decoder says many times is said once, without the names of its functions', () => {
  const said =
    'tiff2vips: LZMA compression support is not configured\n'.repeat(40) +
    'tiff2vips: seek error\n';
  expect(joinReasons([said, 'seek error.'])).toBe(
    'LZMA compression support is not configured; seek error',
  );
  expect(joinReasons(['Input buffer has corrupt header: pngload_buffer: end of stream'])).toBe(
    'end of stream',
  );
  expect(joinReasons(['VipsJpeg: Premature end of Input file\nvips2jpeg: again'])).toBe(
    'Premature end of it; again',
  );
});

test('it is one line of at most 200 characters', () => {
  const many = Array.from({ length: 80 }, (_, number) => `bad tile ${number}\u0000\r\n`);
  const line = joinReasons([many.join('')]);
  expect(line).toHaveLength(200);
  expect(line).toMatch(/^bad tile 0; bad tile 1; .*…$/);
});

test('a decoder that says nothing leaves a reason too', () => {
  expect(joinReasons(['Input file has corrupt header:'])).toBe('its header is damaged');
  expect(joinReasons([])).toBe('its header is damaged');
});
