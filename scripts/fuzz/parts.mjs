// Parts of picture files, built by hand.
import { crc32 } from './crc32.mjs';

const latin1 = (text) => Buffer.from(text, 'latin1');

/** What the metadata of every picture here says, and what must be in none that is stripped. */
export const SECRETS = ['SecretPlace', 'SecretCamera', 'SecretName'];
const SECRET = SECRETS.join(' ');

/** A TIFF block with an orientation, a camera and a place. */
export function tiffBlock(orientation, littleEndian = true) {
  const block = Buffer.alloc(100);
  block.write(littleEndian ? 'II*\0' : 'MM\0*', 'latin1');
  const short = (value, at) =>
    littleEndian ? block.writeUInt16LE(value, at) : block.writeUInt16BE(value, at);
  const long = (value, at) =>
    littleEndian ? block.writeUInt32LE(value, at) : block.writeUInt32BE(value, at);
  long(8, 4);
  short(2, 8);
  short(0x010f, 10);
  short(2, 12);
  long(SECRET.length + 1, 14);
  long(38, 18);
  short(0x0112, 22);
  short(3, 24);
  long(1, 26);
  short(orientation, 30);
  block.write(SECRET, 38, 'latin1');
  return block;
}

export const exifBlock = (orientation, littleEndian) =>
  Buffer.concat([latin1('Exif\0\0'), tiffBlock(orientation, littleEndian)]);

export const xmpPacket = () =>
  latin1(
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
      `<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="${SECRET}"/>` +
      '</rdf:RDF></x:xmpmeta>',
  );

// JPEG

export function jpegSegment(code, ...contents) {
  const content = Buffer.concat(
    contents.map((one) => (typeof one === 'string' ? latin1(one) : one)),
  );
  const head = Buffer.from([0xff, code, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

/** A JPEG with more segments behind its first two bytes. */
export const withSegments = (jpeg, ...segments) =>
  Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);

export const jpegExif = (orientation, littleEndian) =>
  jpegSegment(0xe1, exifBlock(orientation, littleEndian));

export const jpegXmp = (packet = xmpPacket()) =>
  jpegSegment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', packet);

/** Segments that must go, one of each kind. */
export const jpegMetadata = () => [
  jpegXmp(),
  jpegSegment(0xe1, 'http://ns.adobe.com/xmp/extension/\0', '0'.repeat(40), xmpPacket()),
  jpegSegment(0xed, 'Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x20', `\x1c\x02\x50\0\x18${SECRET}`),
  jpegSegment(0xe0, 'JFXX\0\x13', '\x01\x01', SECRET),
  jpegSegment(0xeb, 'JP\0\x01\0\0\0\x01', SECRET),
  jpegSegment(0xec, 'Ducky', SECRET),
  jpegSegment(0xe2, 'FPXR\0', SECRET),
  jpegSegment(0xfe, SECRET),
];

/** Metadata before every table and header of the scans after the first one. */
export function withMetadataBetweenScans(jpeg) {
  const parts = [];
  let [from, isAfterScan] = [0, false];
  for (let at = jpeg.indexOf(0xff, 2); at >= 0; at = jpeg.indexOf(0xff, at + 1)) {
    const code = jpeg[at + 1];
    if (isAfterScan && (code === 0xc4 || code === 0xda)) {
      parts.push(jpeg.subarray(from, at), jpegSegment(0xfe, SECRET), jpegSegment(0xe1, SECRET));
      from = at;
    }
    isAfterScan ||= code === 0xda;
  }
  return Buffer.concat([...parts, jpeg.subarray(from)]);
}

/**
 * Grey blocks of 8 × 8 pixels with a restart marker after each, in the frame of another JPEG of one
 * channel and with the standard Huffman tables. 00 is no difference, 1010 the end of a block.
 */
export function restartJpeg(frame, blocks) {
  const scan = frame.indexOf(Buffer.from([0xff, 0xda]));
  const header = frame.subarray(0, scan + 2 + frame.readUInt16BE(scan + 2));
  const codes = [[0x2b], [0x5a], [0x4a], [0xdf, 0xaf], [0xc0, 0xaf]];
  const data = [];
  for (let block = 0; block < blocks; block += 1) {
    data.push(...codes[block % codes.length]);
    if (block < blocks - 1) data.push(0xff, 0xd0 + (block % 8));
  }
  const interval = jpegSegment(0xdd, '\0\x01');
  const before = Buffer.concat([header.subarray(0, scan), interval, header.subarray(scan)]);
  return Buffer.concat([before, Buffer.from(data), Buffer.from([0xff, 0xd9])]);
}

const GAIN_MAP_SPACE = 'http://ns.adobe.com/hdr-gain-map/1.0/';
const description = (attributes, content = '') =>
  latin1(
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
      `<rdf:Description rdf:about="" xmlns:hdrgm="${GAIN_MAP_SPACE}" xmlns:dc="http://purl.org/dc/elements/1.1/"` +
      ` dc:creator="${SECRET}" hdrgm:Version="1.0" ${attributes}>${content}</rdf:Description></rdf:RDF></x:xmpmeta>`,
  );

export const ISO_GAIN_MAP_MARK = 'urn:iso:std:iso:ts:21496:-1\0';

/** An Ultra HDR photo as phones write it, with a preview between the photo and its gain map. */
export function ultraHdr(photo, gainMap, { extra = [], map = jpegXmp(gainMapTerms()) } = {}) {
  const second = withSegments(gainMap, jpegExif(1), map, jpegSegment(0xfe, SECRET));
  const list = description(
    'xmlns:Container="http://ns.google.com/photos/1.0/container/" xmlns:Item="http://ns.google.com/photos/1.0/container/item/"',
    '<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="Primary" Item:Mime="image/jpeg"/></rdf:li>' +
      `<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap" Item:Mime="image/jpeg" Item:Length="${second.length}"/></rdf:li></rdf:Seq></Container:Directory>`,
  );
  const version = jpegSegment(0xe2, ISO_GAIN_MAP_MARK, '\0\0\0\0');
  const before = [jpegExif(6), jpegXmp(list), version, ...extra];
  const preview = withSegments(gainMap, jpegSegment(0xfe, SECRET));
  const directory = (photoBytes, start) =>
    jpegSegment(0xe2, 'MPF\0', multiPicture(photoBytes, start, [preview, second]));
  const draft = withSegments(photo, ...before, directory(0, 0));
  const start = 2 + Buffer.concat(before).length + 8;
  const first = withSegments(photo, ...before, directory(draft.length, start));
  return Buffer.concat([first, preview, second, latin1(`trailer ${SECRET}`)]);
}

export const gainMapTerms = () =>
  description(
    'hdrgm:GainMapMin="-0.5" hdrgm:Gamma="1" hdrgm:OffsetSDR="0.015625" hdrgm:OffsetHDR="0.015625" hdrgm:HDRCapacityMin="0" hdrgm:HDRCapacityMax="2.3" hdrgm:BaseRenditionIsHDR="False"',
    '<hdrgm:GainMapMax><rdf:Seq><rdf:li>2.1</rdf:li><rdf:li>2.2</rdf:li><rdf:li>2.3</rdf:li></rdf:Seq></hdrgm:GainMapMax>',
  );

function multiPicture(photoBytes, start, pictures) {
  const count = pictures.length + 1;
  const block = Buffer.alloc(50 + 16 * count);
  block.write('II*\0\x08\0\0\0\x03\0', 'latin1');
  const field = (at, tag, type, number, value) => {
    block.writeUInt16LE(tag, at);
    block.writeUInt16LE(type, at + 2);
    block.writeUInt32LE(number, at + 4);
    block.writeUInt32LE(value, at + 8);
  };
  field(10, 0xb000, 7, 4, 0x30303130);
  field(22, 0xb001, 4, 1, count);
  field(34, 0xb002, 7, 16 * count, 50);
  block.writeUInt32LE(0x030000, 50);
  block.writeUInt32LE(photoBytes, 54);
  let offset = photoBytes - start;
  pictures.forEach((picture, index) => {
    block.writeUInt32LE(picture.length, 66 + index * 16 + 4);
    block.writeUInt32LE(offset, 66 + index * 16 + 8);
    offset += picture.length;
  });
  return block;
}

// PNG

export function pngChunk(type, ...contents) {
  const content = Buffer.concat(
    contents.map((one) => (typeof one === 'string' ? latin1(one) : one)),
  );
  const chunk = Buffer.alloc(12 + content.length);
  chunk.writeUInt32BE(content.length);
  chunk.write(type, 4, 'latin1');
  content.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), 8 + content.length);
  return chunk;
}

/** A PNG with more chunks behind its header, and before its end. */
export const withChunks = (png, early, late = []) =>
  Buffer.concat([png.subarray(0, 33), ...early, png.subarray(33, -12), ...late, png.subarray(-12)]);

export const pngMetadata = () => [
  pngChunk('tEXt', `Author\0${SECRET}`),
  pngChunk('zTXt', `Comment\0\0${SECRET}`),
  pngChunk('iTXt', 'XML:com.adobe.xmp\0\0\0\0\0', xmpPacket()),
  pngChunk('tIME', '\x07\xe8\x01\x01\0\0\0'),
  pngChunk('prVt', SECRET),
];

// WebP

export function webpChunk(type, ...contents) {
  const content = Buffer.concat(
    contents.map((one) => (typeof one === 'string' ? latin1(one) : one)),
  );
  const chunk = Buffer.alloc(8 + content.length + (content.length % 2));
  chunk.write(type, 'latin1');
  chunk.writeUInt32LE(content.length, 4);
  content.copy(chunk, 8);
  return chunk;
}

export function webpFile(...chunks) {
  const body = Buffer.concat([latin1('WEBP'), ...chunks]);
  return Buffer.concat([webpChunk('RIFF', body)]);
}

/** The extended format's header. */
export function vp8x(flags, width, height) {
  const content = Buffer.alloc(10);
  content[0] = flags;
  content.writeUIntLE(width - 1, 4, 3);
  content.writeUIntLE(height - 1, 7, 3);
  return webpChunk('VP8X', content);
}
