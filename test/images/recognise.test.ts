import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { GeminiImageError } from '../../src/domain/error.js';
import { recognise } from '../../src/images/recognise.js';
import { sizeReader } from '../../src/images/size.js';
import { fixture, fixtureBytes } from '../support/files.js';

const pictures = readdirSync(fixture('.'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.(?!md$)\w+$/.test(name),
);

/** The error of bytes that are refused, undefined where they are taken; anything else is thrown. */
async function refusalOf(bytes: Uint8Array): Promise<GeminiImageError | undefined> {
  try {
    const { formatName, format } = recognise(bytes);
    if (format.native) (await sizeReader(formatName))(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof GeminiImageError) return error;
    throw error;
  }
}

test.each([
  ['harbor.jpg', 'image/jpeg', { width: 1280, height: 853 }],
  ['small.png', 'image/png', { width: 96, height: 64 }],
  ['small.webp', 'image/webp', { width: 96, height: 64 }],
  ['small.heic', 'image/heic', { width: 96, height: 64 }],
  ['small.heif', 'image/heif', { width: 96, height: 64 }],
  ['turned.jpg', 'image/jpeg', { width: 96, height: 64 }],
  ['broken/huge-header.png', 'image/png', { width: 100_000, height: 100_000 }],
])('%s is %s with its stored size', async (name, mimeType, size) => {
  const { formatName, format } = recognise(fixtureBytes(name));
  expect(format.mimeType).toBe(mimeType);
  expect((await sizeReader(formatName))(fixtureBytes(name))).toEqual(size);
});

test.each(pictures)('%s cut anywhere in its first 64 bytes is refused as input', async (name) => {
  const bytes = fixtureBytes(name);
  for (let length = 0; length <= Math.min(64, bytes.length); length += 1) {
    const refusal = await refusalOf(bytes.subarray(0, length));
    if (refusal) expect([length, refusal.kind]).toEqual([length, 'input']);
  }
});

test.each(pictures)(
  '%s with a byte of its head changed is taken or refused as input',
  async (name) => {
    const bytes = fixtureBytes(name);
    for (let at = 0; at < Math.min(64, bytes.length); at += 1) {
      for (const value of [0x00, 0x7f, 0xff]) {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        expect((await refusalOf(changed))?.kind ?? 'input').toBe('input');
      }
    }
  },
);

test.each([
  ['small.png', 24],
  ['small.webp', 30],
  ['small.jpg', 100],
  ['small.heic', 100],
])('%s is not believed as long as its size is missing (%i bytes)', async (name, length) => {
  const bytes = fixtureBytes(name);
  const refused = [];
  for (let cut = 12; cut < length; cut += 1) {
    if (await refusalOf(bytes.subarray(0, cut))) refused.push(cut);
  }
  expect(refused).toHaveLength(length - 12);
});

test.each([
  ['broken/empty.jpg', 'it is empty'],
  ['broken/text.jpg', 'it is text, not a picture'],
  ['broken/zeros.png', 'it is zero bytes, not a picture'],
  ['broken/cut-header.png', 'it is a PNG whose header is cut off or damaged'],
  ['broken/cut-header.jpg', 'it is a JPEG whose header is cut off or damaged'],
  ['broken/cut-header.webp', 'it is a WebP whose header is cut off or damaged'],
  ['broken/cut-header.heic', 'it is a HEIC whose header is cut off or damaged'],
])('%s: %s', async (name, message) => {
  const refusal = await refusalOf(fixtureBytes(name));
  expect(refusal).toMatchObject({ kind: 'input', message, retryable: false });
  expect(refusal?.hint).toBeDefined();
});

test('bytes of no kind are called so', async () => {
  expect((await refusalOf(Buffer.from([1, 2, 254, 255])))?.message).toBe(
    'it is an unknown kind of data, not a picture',
  );
});

test('a JPEG header before millions of zeros or of empty segments is read at once', async () => {
  const header = fixtureBytes('small.jpg').subarray(0, 20);
  const zeros = Buffer.concat([header, Buffer.alloc(40_000_000)]);
  const segments = Buffer.concat([header, Buffer.alloc(40_000_000, '\xff\xe1\0\x02', 'latin1')]);
  for (const bytes of [zeros, segments]) {
    let looks = 0;
    const source = {
      length: bytes.length,
      slice(from: number, to: number) {
        looks += 1;
        return bytes.subarray(from, to);
      },
    };
    const readSize = await sizeReader('jpeg');
    expect(() => readSize(source)).toThrow('header is cut off or damaged');
    expect(looks).toBeLessThan(200_000);
  }
});

test('legal fill bytes, garbage and comments without a length before the size of a JPEG', async () => {
  const photo = fixtureBytes('small.jpg');
  for (const more of ['\xff\xff\xff\xfe\0\x03!', 'garbage', '\xff\xfe\0\0', '\xff\xff\xff\xff']) {
    const parts = [photo.subarray(0, 2), Buffer.from(more, 'latin1'), photo.subarray(2)];
    expect((await sizeReader('jpeg'))(Buffer.concat(parts))).toEqual({ width: 96, height: 64 });
  }
});

test('a header after megabytes of metadata is found', async () => {
  const photo = fixtureBytes('small.jpg');
  const segment = Buffer.alloc(65_537, 'x');
  segment.write('\xff\xe1\xff\xff', 'latin1');
  const parts = [photo.subarray(0, 2), ...Array(100).fill(segment), photo.subarray(2)];
  expect((await sizeReader('jpeg'))(Buffer.concat(parts))).toEqual({ width: 96, height: 64 });
});
