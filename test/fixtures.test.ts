import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { imageSize } from 'image-size';
import { describe, expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../fixtures/', import.meta.url));
const readme = readFileSync(join(folder, 'README.md'), 'utf8');

const rows = [...readme.matchAll(/^\| `([^`]+)` *\| (\S+) *\| ([^|]+?) *\|/gm)].map(
  ([, name = '', type = '', size = '']) => ({ name, type, size }),
);

/** In memory of its own: image-size reads past the end of bytes that share theirs. */
const read = (name: string) => Buffer.from(new Uint8Array(readFileSync(join(folder, name))).buffer);

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name !== 'README.md' && statSync(join(folder, name)).isFile())
  .sort();

const MAGIC: [type: string, offset: number, bytes: string][] = [
  ['png', 0, '\x89PNG\r\n\x1a\n'],
  ['jpeg', 0, '\xff\xd8\xff'],
  ['webp', 8, 'WEBP'],
  ['heic', 4, 'ftypheic'],
  ['heif', 4, 'ftypmif1'],
  ['avif', 4, 'ftypavif'],
  ['gif', 0, 'GIF89a'],
  ['tiff', 0, 'II*\0'],
  ['bmp', 0, 'BM'],
  ['svg', 0, '<svg '],
];

function typeOf(bytes: Buffer): string {
  const start = bytes.toString('latin1', 0, 32);
  return MAGIC.find(([, offset, magic]) => start.startsWith(magic, offset))?.[0] ?? 'none';
}

/** As the table writes it. */
function sizeOf(bytes: Buffer): string {
  try {
    const { width, height } = imageSize(bytes);
    return width > 0 && height > 0 ? `${width} × ${height}` : '—';
  } catch {
    return '—';
  }
}

/** The segments of a JPEG before its first scan. */
function jpegSegments(bytes: Buffer): { marker: number; body: Buffer }[] {
  const segments = [];
  for (let at = 2; bytes[at] === 0xff && bytes[at + 1] !== 0xda; ) {
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    segments.push({ marker: bytes.readUInt8(at + 1), body: bytes.subarray(at + 4, end) });
    at = end;
  }
  return segments;
}

const EXIF_OR_XMP = 0xe1;
const ICC = 0xe2;
const IPTC = 0xed;
const COMMENT = 0xfe;

test('the README names every file, and nothing else', () => {
  expect(rows.map(({ name }) => name).sort()).toEqual(files);
});

test('the folder stays small', () => {
  const total = files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(total).toBeLessThan(600_000);
});

test.each(rows)('$name is $type by its bytes, $size', ({ name, type, size }) => {
  const bytes = read(name);
  expect(typeOf(bytes)).toBe(type);
  expect(sizeOf(bytes)).toBe(size);
});

describe('harbor.jpg', () => {
  test('is 1280 × 853 and upright', () => {
    expect(imageSize(read('harbor.jpg'))).toEqual({ type: 'jpg', width: 1280, height: 853 });
  });

  test('carries no metadata', () => {
    const markers = jpegSegments(read('harbor.jpg')).map(({ marker }) => marker);
    expect(markers.length).toBeGreaterThan(0);
    for (const marker of [EXIF_OR_XMP, ICC, IPTC, COMMENT]) expect(markers).not.toContain(marker);
  });
});

describe('the others are what they claim', () => {
  test('small.png is a PNG of colours without alpha', () => {
    const colourType = read('small.png')[25];
    expect(colourType).toBe(2);
  });

  test('small.heic and small.heif are HEVC-coded and differ in the brand alone', () => {
    const heic = read('small.heic');
    const heif = read('small.heif');
    expect(heic.includes('hvc1')).toBe(true);
    expect(heif.subarray(0, 8)).toEqual(heic.subarray(0, 8));
    expect(heif.subarray(12)).toEqual(heic.subarray(12));
  });

  test('mislabelled.png is small.jpg', () => {
    expect(read('mislabelled.png')).toEqual(read('small.jpg'));
  });

  test('turned.jpg has orientation 6 and no other metadata', () => {
    const bytes = read('turned.jpg');
    expect(imageSize(bytes).orientation).toBe(6);
    const exif = jpegSegments(bytes).filter(({ marker }) => marker === EXIF_OR_XMP);
    expect(exif.map(({ body }) => body.length)).toEqual([32]);
  });

  test.each(['cut-header.png', 'cut-header.jpg', 'cut-header.webp', 'cut-header.heic'])(
    '%s is the start of the small picture of its type',
    (name) => {
      const cut = read(`broken/${name}`);
      const whole = read(name.replace('cut-header', 'small'));
      expect(cut.length).toBeLessThan(whole.length);
      expect(cut).toEqual(whole.subarray(0, cut.length));
    },
  );

  test('cut-body.jpg is small.jpg without its end', () => {
    const cut = read('broken/cut-body.jpg');
    expect(cut).toEqual(read('small.jpg').subarray(0, cut.length));
    expect(cut.subarray(-2).toString('hex')).not.toBe('ffd9');
  });

  test('empty.jpg is empty, zeros.png is zeros, text.jpg is text', () => {
    expect(read('broken/empty.jpg')).toHaveLength(0);
    expect(read('broken/zeros.png')).toEqual(Buffer.alloc(512));
    expect(read('broken/text.jpg').toString()).toMatch(/^[\x20-\x7e]+\n$/);
  });
});
