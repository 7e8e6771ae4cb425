/** Photos as cameras and phones make them: maker notes, several pictures in a file, films behind it. */
import sharp from 'sharp';
import { jpegSegment } from '../../scripts/fuzz/parts.mjs';

const SIDE = 48;

/** A photo of some colours. */
function scene(red = 200) {
  return sharp({
    create: { width: SIDE, height: SIDE, channels: 3, background: { r: red, g: 120, b: 60 } },
  });
}

export const jpeg = (red?: number) => scene(red).jpeg().toBuffer();

/** With these segments behind the first two bytes. */
export function withParts(file: Buffer, ...segments: readonly Buffer[]): Buffer {
  return Buffer.concat([file.subarray(0, 2), ...segments, file.subarray(2)]);
}

export const xmpSegment = (xmp: string) =>
  jpegSegment(0xe1, `http://ns.adobe.com/xap/1.0/\0${xmp}`);

interface Entry {
  tag: number;
  type: 2 | 4 | 7;
  value: Buffer | number;
}

/** A directory of TIFF, whose values stand behind it; `at` is its place, from which they count. */
function directory(entries: readonly Entry[], at: number, bigEndian = false): Buffer {
  const head = Buffer.alloc(2 + entries.length * 12 + 4);
  const short = (value: number, to: number) =>
    bigEndian ? head.writeUInt16BE(value, to) : head.writeUInt16LE(value, to);
  const long = (value: number, to: number) =>
    bigEndian ? head.writeUInt32BE(value, to) : head.writeUInt32LE(value, to);
  const values: Buffer[] = [];
  let end = at + head.length;
  short(entries.length, 0);
  for (const [index, { tag, type, value }] of entries.entries()) {
    const place = 2 + index * 12;
    short(tag, place);
    short(type, place + 2);
    if (typeof value === 'number') {
      long(1, place + 4);
      long(value, place + 8);
      continue;
    }
    long(value.length, place + 4);
    if (value.length <= 4) value.copy(head, place + 8);
    else {
      long(end, place + 8);
      const padded = Buffer.concat([value, Buffer.alloc(value.length % 2)]);
      values.push(padded);
      end += padded.length;
    }
  }
  return Buffer.concat([head, ...values]);
}

/** EXIF of a camera, with its maker's note; `note` is told where in the block it will stand. */
function exifOf(make: string, note: (at: number) => Buffer): Buffer {
  const ascii = (text: string) => Buffer.from(`${text}\0`);
  const first = (exifAt: number) =>
    directory(
      [
        { tag: 0x010e, type: 2, value: ascii('OLYMPUS DIGITAL CAMERA         ') },
        { tag: 0x010f, type: 2, value: ascii(make) },
        { tag: 0x0110, type: 2, value: ascii('A model') },
        { tag: 0x8769, type: 4, value: exifAt },
      ],
      8,
    );
  const exifAt = 8 + first(0).length;
  const dated = { tag: 0x9003, type: 2, value: ascii('2024:05:06 07:08:09') } as const;
  const sized = (bytes: Buffer) =>
    directory([dated, { tag: 0x927c, type: 7, value: bytes }], exifAt);
  const noteAt = exifAt + 2 + 2 * 12 + 4 + 20;
  const head = Buffer.from('II*\0\x08\0\0\0', 'latin1');
  return Buffer.concat([head, first(exifAt), sized(note(noteAt))]);
}

const exifSegment = (block: Buffer) => jpegSegment(0xe1, 'Exif\0\0', block);

/** A Canon, whose note counts places from the beginning of EXIF. */
export const canonNote = exifSegment(
  exifOf('Canon', (at) =>
    directory([{ tag: 6, type: 2, value: Buffer.from('Canon of a test, with a long name\0') }], at),
  ),
);

/** One whose note says that its values are where none are. */
export const brokenNote = exifSegment(
  exifOf('Canon', () => {
    const note = directory([{ tag: 6, type: 2, value: Buffer.from('Canon of a test\0') }], 0);
    note.writeUInt32LE(0x7fff_0000, 10);
    note.writeUInt16LE(99, 4);
    return note;
  }),
);

/** A phone's half of a Live Photo: the identifier is that of the film beside it. */
export const livePhotoNote = exifSegment(
  exifOf('Apple', () =>
    Buffer.concat([
      Buffer.from('Apple iOS\0\0\x01MM', 'latin1'),
      directory(
        [{ tag: 0x11, type: 2, value: Buffer.from('7E5C3F2A-0000-4000-8000-000000000001\0') }],
        14,
        true,
      ),
    ]),
  ),
);

/** Several JPEGs in one file (CIPA DC-007), as stereo cameras and phones write them. */
export function multiPicture(first: Buffer, ...others: readonly Buffer[]): Buffer {
  const count = 1 + others.length;
  const entriesAt = 8 + 2 + 3 * 12 + 4;
  const block = Buffer.concat([
    Buffer.from('II*\0\x08\0\0\0', 'latin1'),
    directory(
      [
        { tag: 0xb000, type: 7, value: Buffer.from('0100') },
        { tag: 0xb001, type: 4, value: count },
        { tag: 0xb002, type: 7, value: Buffer.alloc(16 * count) },
      ],
      8,
    ),
  ]);
  const segment = jpegSegment(0xe2, 'MPF\0', block);
  const at = 4 + first.readUInt16BE(4);
  const whole = Buffer.concat([first.subarray(0, at), segment, first.subarray(at)]);
  const base = at + 8;
  const entry = (index: number) => base + entriesAt + 16 * index;
  whole.writeUInt32LE(0x2003_0000, entry(0));
  whole.writeUInt32LE(whole.length, entry(0) + 4);
  let place = whole.length;
  for (const [index, other] of others.entries()) {
    whole.writeUInt32LE(other.length, entry(index + 1) + 4);
    whole.writeUInt32LE(place - base, entry(index + 1) + 8);
    place += other.length;
  }
  return Buffer.concat([whole, ...others]);
}

const HDR = 'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"';

function described(attributes: string, elements = ''): string {
  return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ${attributes}>${elements}</rdf:Description></rdf:RDF></x:xmpmeta>`;
}

/** A photo with a gain map behind it, which XMP and MPF name. */
export async function ultraHdr(): Promise<Buffer> {
  const map = withParts(await jpeg(30), xmpSegment(described(`${HDR} hdrgm:GainMapMax="2.5"`)));
  const item = (semantic: string, more = '') =>
    `<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg" Item:Semantic="${semantic}"${more}/></rdf:li>`;
  const names =
    'xmlns:Container="http://ns.google.com/photos/1.0/container/" xmlns:Item="http://ns.google.com/photos/1.0/container/item/"';
  const list = `<Container:Directory><rdf:Seq>${item('Primary')}${item('GainMap', ` Item:Length="${map.length}"`)}</rdf:Seq></Container:Directory>`;
  // MPF stands behind XMP.
  const first = withParts(await jpeg(), xmpSegment(described(`${HDR} ${names}`, list)));
  return multiPicture(first, map);
}

/** A photo with a film of a second behind it. */
export async function motionPhoto(film: Buffer): Promise<Buffer> {
  const xmp = described(
    `xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1" GCamera:MicroVideoOffset="${film.length}"`,
  );
  return Buffer.concat([withParts(await jpeg(), xmpSegment(xmp)), film]);
}
