// JPEG as TIFF 6.0 had it (section 22), before technical note 2 replaced it: its tables stand in tags of
// the TIFF, or in a JPEG that lies somewhere in the file, and strips or tiles hold bare scans.
import type { SharpFactory } from '../../decoders/load-sharp.js';
import { EOI, SOI, SOS, segmentOf, walkJpeg } from '../../metadata/jpeg-segments.js';
import { type ByteSource, sourceOf } from '../../open/byte-source.js';
import type { PixelRaster } from '../pixels.js';
import { PHOTOMETRIC, type TiffImage } from './tiff-image.js';

const TAGS = {
  process: 512,
  stream: 513,
  streamBytes: 514,
  restartInterval: 515,
  quantisation: 519,
  dcTables: 520,
  acTables: 521,
} as const;

const BASELINE = 1;
const DQT = 0xdb;
const DHT = 0xc4;
const DRI = 0xdd;
const SOF0 = 0xc0;
const APP14 = 0xee;
const CHANNELS = 3;

/** @throws Error if it is coded without loss, or damaged; errors of sharp. */
export async function decodeOldJpeg(
  sharp: SharpFactory,
  image: TiffImage,
  source: ByteSource,
): Promise<PixelRaster> {
  const { width, height, chunk, offsets, lengths, directory, planar } = image;
  const [process = BASELINE] = directory.numbers(TAGS.process);
  if (process !== BASELINE) throw new Error('old JPEG without loss is not read');
  if (planar) throw new Error('old JPEG in planes is not read');
  const whole = wholeStream(image, source);
  const parts = whole
    ? [whole]
    : offsets.map((from, index) => {
        const to = from + (lengths[index] ?? source.length - from);
        return streamOf(image, source, Buffer.from(source.slice(from, to)), index);
      });
  const size = whole ? { width, height } : chunk;
  const across = Math.ceil(width / size.width);
  const data = Buffer.alloc(width * height * CHANNELS);
  for (const [index, jpeg] of parts.entries()) {
    const part = await sharp(jpeg, { failOn: 'none' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const [left, top] = [(index % across) * size.width, Math.floor(index / across) * size.height];
    const columns = Math.min(part.info.width, width - left);
    const rows = Math.min(part.info.height, height - top);
    if (columns <= 0 || part.info.channels !== CHANNELS) continue;
    for (let y = 0; y < rows; y += 1) {
      const from = y * part.info.width * CHANNELS;
      part.data.copy(data, ((top + y) * width + left) * CHANNELS, from, from + columns * CHANNELS);
    }
  }
  return { data, width, height, channels: CHANNELS };
}

/** A JPEG in the file that is the whole picture; its end may lie in the strips. */
function wholeStream(image: TiffImage, source: ByteSource): Buffer | undefined {
  const stream = embeddedStream(image, source);
  if (!stream || image.tiled) return undefined;
  const scan = stream.segments.find(({ code }) => code === SOS);
  if (!scan) return undefined;
  const ends = image.offsets.map((from, index) => from + (image.lengths[index] ?? 0));
  const to = Math.max(stream.from + stream.bytes, ...ends.filter((end) => end > stream.from));
  return Buffer.concat([source.slice(stream.from, to), Buffer.of(0xff, EOI)]);
}

function embeddedStream({ directory }: TiffImage, source: ByteSource) {
  const [from] = directory.numbers(TAGS.stream);
  if (from === undefined || !startsStream(source, from)) return undefined;
  const [bytes = source.length - from] = directory.numbers(TAGS.streamBytes);
  return { from, bytes, segments: walkJpeg(source, from).segments };
}

function startsStream(source: ByteSource, at: number): boolean {
  const [first, second] = source.slice(at, at + 2);
  return first === 0xff && second === SOI;
}

/** A JPEG of one strip or tile. */
function streamOf(image: TiffImage, source: ByteSource, scan: Buffer, index: number): Buffer {
  if (startsStream(sourceOf(scan), 0)) return scan;
  const { tiled, chunk, height } = image;
  const rows = tiled ? chunk.height : Math.min(chunk.height, height - index * chunk.height);
  const isRgb = image.photometric === PHOTOMETRIC.rgb;
  const samples = Math.min(image.samples, CHANNELS);
  const adobe = Buffer.concat([
    Buffer.from('Adobe\0\x64\0\0\0\0', 'latin1'),
    Buffer.of(isRgb || samples === 1 ? 0 : 1),
  ]);
  const [across, down] = isRgb || samples === 1 ? [1, 1] : image.subsampling;
  const components = Array.from({ length: samples }, (_, own) => own);
  const frame = Buffer.from([
    8,
    rows >> 8,
    rows & 255,
    chunk.width >> 8,
    chunk.width & 255,
    samples,
    ...components.flatMap((own) => [own + 1, own === 0 ? (across << 4) | down : 0x11, own]),
  ]);
  const heads = Buffer.from([
    samples,
    ...components.flatMap((own) => [own + 1, (own << 4) | own]),
    ...[0, 63, 0],
  ]);
  const [interval = 0] = image.directory.numbers(TAGS.restartInterval);
  return Buffer.concat([
    Buffer.of(0xff, SOI),
    segmentOf(APP14, adobe),
    ...tablesOf(image, source, samples),
    ...(interval > 0 ? [segmentOf(DRI, Buffer.of(interval >> 8, interval & 255))] : []),
    segmentOf(SOF0, frame),
    segmentOf(SOS, heads),
    scan,
    Buffer.of(0xff, EOI),
  ]);
}

/** The tables of each component: one number for both, and for its place in the list of tables. */
function tablesOf(image: TiffImage, source: ByteSource, samples: number): Uint8Array[] {
  const { directory } = image;
  const quantisation = directory.numbers(TAGS.quantisation);
  if (quantisation.length < samples) {
    const tables = (embeddedStream(image, source)?.segments ?? []).filter(
      ({ code }) => code === DQT || code === DHT,
    );
    if (tables.length === 0) throw new Error('its JPEG tables are missing');
    return tables.map(({ from, to }) => Buffer.from(source.slice(from, to)));
  }
  const places = (tag: number, own: number) => directory.numbers(tag)[own] ?? 0;
  return Array.from({ length: samples }, (_, own) => [
    segmentOf(DQT, Buffer.concat([Buffer.of(own), tableAt(source, quantisation[own] ?? 0, 64)])),
    segmentOf(DHT, Buffer.concat([Buffer.of(own), codesAt(source, places(TAGS.dcTables, own))])),
    segmentOf(
      DHT,
      Buffer.concat([Buffer.of(16 | own), codesAt(source, places(TAGS.acTables, own))]),
    ),
  ]).flat();
}

function tableAt(source: ByteSource, at: number, bytes: number): Uint8Array {
  const table = source.slice(at, at + bytes);
  if (at === 0 || table.length < bytes) throw new Error('its JPEG tables are missing');
  return table;
}

/** How many codes there are of each length, and what they mean. */
function codesAt(source: ByteSource, at: number): Uint8Array {
  const counts = tableAt(source, at, 16);
  return tableAt(source, at, 16 + counts.reduce((sum, count) => sum + count, 0));
}
