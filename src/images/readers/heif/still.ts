// The first picture of a HEIF as a file of its own, as decoders take it that know no sequences.
import { firstTrack, HEVC, readHeifCoding, type TrackPicture } from '../../metadata/heif-coding.js';
import { type ByteSource, sourceOf } from '../../open/byte-source.js';

/**
 * A file with the brand of a still picture: that of the sequence's main picture, or of the first one
 * of its track. The bytes themselves if there is nothing to change.
 */
export function asStill(bytes: Uint8Array): Uint8Array {
  const source = sourceOf(bytes);
  const { codec, hasItem, isSequence } = readHeifCoding(source);
  const brand =
    codec !== undefined && HEVC.includes(codec) ? 'heic' : codec === 'av01' ? 'avif' : undefined;
  if (!brand) return bytes;
  const picture = hasItem ? undefined : trackOf(source);
  if (picture) return stillOf(picture, source, brand);
  const isOther = isSequence || Buffer.from(bytes.subarray(8, 12)).toString('latin1') !== brand;
  if (!isOther || Buffer.from(bytes.subarray(4, 8)).toString('latin1') !== 'ftyp') return bytes;
  const still = Buffer.from(bytes);
  still.write(brand, 8, 'latin1');
  return still;
}

function trackOf(source: ByteSource): TrackPicture | undefined {
  try {
    return firstTrack(source);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function stillOf(picture: TrackPicture, source: ByteSource, brand: string): Uint8Array {
  const { codec, width, height, properties } = picture;
  const data = source.slice(picture.from, picture.to);
  const all = [fullBox('ispe', 0, long(width), long(height)), ...properties];
  const build = (start: number) => {
    const type = HEVC.includes(codec) ? 'hvc1' : codec;
    const item = fullBox('infe', 2, short(1), short(0), latin1(type), latin1('\0'));
    const numbers = Buffer.from([1, all.length, ...all.map((_, index) => index + 1)]);
    return fullBox(
      'meta',
      0,
      fullBox('hdlr', 0, long(0), latin1('pict'), Buffer.alloc(13)),
      fullBox('pitm', 0, short(1)),
      fullBox(
        'iloc',
        0,
        short(0x4400),
        short(1),
        short(1),
        short(0),
        short(1),
        long(start),
        long(data.length),
      ),
      fullBox('iinf', 0, short(1), item),
      box('iprp', box('ipco', ...all), fullBox('ipma', 0, long(1), Buffer.of(0), numbers)),
    );
  };
  const head = box('ftyp', latin1(brand), long(0), latin1(`mif1miaf${brand}`));
  const start = head.length + build(0).length + 8;
  return Buffer.concat([head, build(start), box('mdat', data)]);
}

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const short = (value: number) => Buffer.of(value >> 8, value & 255);

function long(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function box(type: string, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([long(content.length + 8), latin1(type), content]);
}

function fullBox(type: string, version: number, ...contents: readonly Uint8Array[]): Buffer {
  return box(type, Buffer.of(version, 0, 0, 0), ...contents);
}
