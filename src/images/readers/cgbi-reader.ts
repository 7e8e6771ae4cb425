// PNGs of Apple's apps (CgBI): the pixels are packed without the header of zlib, blue comes first, and
// colours have been multiplied by their alpha.
import { deflateSync, inflateRawSync } from 'node:zlib';
import { MAX_PIXELS, tooManyPixels } from '../errors.js';
import { isCgbi } from '../metadata/cgbi.js';
import { look, readAll } from '../open/open.js';
import type { Pixels, Reading } from './pixels.js';

/** @throws Error if its chunks are damaged; errors of sharp. */
export async function readCgbi({ sharp, image, options }: Reading): Promise<Pixels | undefined> {
  if (!look(image, isCgbi)) return undefined;
  const bytes = Buffer.from(await readAll(image));
  const picture = sharp(asPng(bytes), { failOn: options.damaged ? 'none' : 'error' });
  const { data, info } = await picture
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  for (let at = 0; at < data.length; at += channels) {
    const [blue = 0, green = 0, red = 0] = data.subarray(at, at + 3);
    const alpha = channels === 4 ? (data[at + 3] ?? 0) : 255;
    const unmultiplied = (value: number) =>
      alpha === 0 ? value : Math.min(255, Math.round((value * 255) / alpha));
    data[at] = unmultiplied(red);
    data[at + 1] = unmultiplied(green);
    data[at + 2] = unmultiplied(blue);
  }
  return {
    read: () => sharp(data, { raw: { width, height, channels } }),
    original: { width, height },
  };
}

const SIGNATURE_BYTES = 8;
/** Of a chunk: its length and type before its data, and its checksum behind. */
const CHUNK_BYTES = 12;
/** The most bytes that a pixel takes, and the row's filter. */
const MOST_BYTES = 8;

/** The same picture as decoders read it: without the mark, and its pixels packed as usual. */
function asPng(bytes: Buffer): Buffer {
  const before: Buffer[] = [bytes.subarray(0, SIGNATURE_BYTES)];
  const packed: Buffer[] = [];
  let most = 0;
  for (let at = SIGNATURE_BYTES; at + CHUNK_BYTES <= bytes.length; ) {
    const to = at + CHUNK_BYTES + bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const chunk = bytes.subarray(at, to);
    if (type === 'IHDR') {
      const size = { width: chunk.readUInt32BE(8), height: chunk.readUInt32BE(12) };
      if (size.width * size.height > MAX_PIXELS) throw tooManyPixels(size);
      most = (size.width * MOST_BYTES + 1) * size.height * 2;
    }
    if (type === 'IDAT') packed.push(chunk.subarray(8, -4));
    else if (type !== 'CgBI' && type !== 'IEND') before.push(chunk);
    at = to;
  }
  const rows = inflateRawSync(Buffer.concat(packed), { maxOutputLength: Math.max(most, 1024) });
  return Buffer.concat([
    ...before,
    // Only sharp reads it, at once.
    chunkOf('IDAT', deflateSync(rows, { level: 1 })),
    chunkOf('IEND', Buffer.alloc(0)),
  ]);
}

function chunkOf(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(data.length + CHUNK_BYTES);
  chunk.writeUInt32BE(data.length);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(checksum(chunk.subarray(4, -4)), chunk.length - 4);
  return chunk;
}

/** CRC-32 of ISO 3309, which Node has from version 22 on. */
function checksum(bytes: Uint8Array): number {
  let value = 0xffff_ffff;
  for (const byte of bytes) value = (CRCS[(value ^ byte) & 255] ?? 0) ^ (value >>> 8);
  return (value ^ 0xffff_ffff) >>> 0;
}

const CRCS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1)
    value = value & 1 ? 0xedb8_8320 ^ (value >>> 1) : value >>> 1;
  return value;
});
