import { describe, expect, test } from 'vitest';
import type { PictureFormat } from '../../src/domain/picture.js';
import { type Kind, otherFormats, pictureFormats } from '../../src/images/formats.js';
import { fixtureBytes } from '../support/files.js';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

/** The name of the first picture format, or else of another one, that matches. */
function nameOf(head: Uint8Array): string | undefined {
  const tables: readonly (readonly Kind[])[] = [Object.values(pictureFormats), otherFormats];
  return tables.flat().find((format) => format.matches(head))?.name;
}

/** The head of an ISO base media file with these brands. */
function ftyp(major: string, ...compatible: string[]): Buffer {
  const brands = [major, '\0\0\0\0', ...compatible].join('');
  const size = Buffer.alloc(4);
  size.writeUInt32BE(8 + brands.length);
  return Buffer.concat([size, latin1(`ftyp${brands}`), latin1('\0\0\0\x08free')]);
}

/** The head of a bitmap whose second header has this many bytes. */
const bitmap = (header: number) =>
  Buffer.concat([latin1('BM'), Buffer.alloc(12), Buffer.from([header, 0, 0, 0])]);

test.each([
  ['small.png', 'png'],
  ['small.jpg', 'jpeg'],
  ['harbor.jpg', 'jpeg'],
  ['turned.jpg', 'jpeg'],
  ['mislabelled.png', 'jpeg'],
  ['small.webp', 'webp'],
  ['small.heic', 'heic'],
  ['small.heif', 'heif'],
  ['refused.gif', 'gif'],
  ['refused.avif', 'avif'],
  ['refused.tiff', 'tiff'],
  ['refused.bmp', 'bmp'],
  ['refused.svg', 'svg'],
  ['broken/cut-header.png', 'png'],
  ['broken/cut-header.jpg', 'jpeg'],
  ['broken/cut-header.webp', 'webp'],
  ['broken/cut-header.heic', 'heic'],
] satisfies [string, PictureFormat][])('%s is %s, and nothing else', (name, format) => {
  const head = fixtureBytes(name).subarray(0, 4096);
  const matching = Object.entries(pictureFormats).filter(([, { matches }]) => matches(head));
  expect(matching.map(([key]) => key)).toEqual([format]);
});

test.each([
  ['PNG', latin1('\x89PNG\r\n\x1a\n'), 'a PNG'],
  ['GIF 87', latin1('GIF87a'), 'a GIF'],
  ['GIF 88, which never was', latin1('GIF88a'), 'text'],
  ['little-endian TIFF', latin1('II*\0'), 'a TIFF'],
  ['big-endian TIFF', latin1('MM\0*'), 'a TIFF'],
  ['BigTIFF', latin1('II+\0'), 'a TIFF'],
  ['a WAVE sound in a RIFF', latin1('RIFF\x10\0\0\0WAVEfmt '), 'a sound recording'],
  ['JPEG 2000', latin1('\0\0\0\x0cjP  \r\n\x87\n'), 'a JPEG 2000'],
  ['a JPEG 2000 codestream', latin1('\xff\x4f\xff\x51'), 'a JPEG 2000'],
  ['JPEG XL', latin1('\0\0\0\x0cJXL \r\n\x87\n'), 'a JPEG XL'],
  ['a JPEG XL codestream', latin1('\xff\x0a'), 'a JPEG XL'],
  ['Photoshop', latin1('8BPS\0\x01'), 'a Photoshop document'],
  ['icon', latin1('\0\0\x01\0\x01\0'), 'an icon'],
  ['cursor', latin1('\0\0\x02\0\x01\0'), 'an icon'],
  ['a list of bitmaps', latin1(`BA${'\0'.repeat(12)}BM${'\0'.repeat(12)}\x0c\0`), 'a BMP'],
  ['QOI', latin1('qoif\0\0\0\x01'), 'a QOI picture'],
  ['OpenEXR', latin1('\x76\x2f\x31\x01\x02'), 'an OpenEXR picture'],
  ['DDS', latin1('DDS |\0\0\0'), 'a DirectDraw surface'],
  ['GIMP', latin1('gimp xcf v011\0'), 'a GIMP document'],
  ['PPM', latin1('P6\n# made by hand\n10 10\n255\n'), 'a portable anymap (PNM)'],
  ['PAM', latin1('P7\nWIDTH 3\n'), 'a portable anymap (PNM)'],
  ['PFM', latin1('PF\n3 2\n-1.0\n'), 'a portable anymap (PNM)'],
  ['text about a port', Buffer.from('P1 is open'), 'text'],
  ['Targa', latin1('\0\0\x0a\0\0\0\0\0\0\0\0\0\x0a\0\x0a\0\x18\x20'), 'a Targa picture'],
  [
    'Targa with colours',
    latin1('\0\x01\x01\0\0\x10\0\x18\0\0\0\0\x0a\0\x0a\0\x08\0'),
    'a Targa picture',
  ],
  ['PDF', latin1('%PDF-1.7'), 'a PDF document'],
  ['ZIP', latin1('PK\x03\x04'), 'a ZIP archive'],
  ['gzip', latin1('\x1f\x8b\x08'), 'a gzip archive'],
  ['Matroska', latin1('\x1a\x45\xdf\xa3'), 'a video'],
  ['a web page', latin1('\n<!DOCTYPE HTML><html>'), 'a web page'],
  [
    'a sidecar',
    latin1('<?xml version="1.0"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">'),
    'an XMP sidecar',
  ],
  ['a sidecar of Adobe', latin1('<?xpacket begin="" id="W5M0"?><x:xmpmeta>'), 'an XMP sidecar'],
  ['a web page with a drawing in it', latin1('<html><svg></svg></html>'), 'a web page'],
  ['zeros', Buffer.alloc(512), 'zero bytes'],
  ['text', Buffer.from('Grüße, 日本'), 'text'],
  ['text that ends in half a character', Buffer.from('日本').subarray(0, 5), 'text'],
  ['noise', latin1('\x01\x02\xfe\xff\x80'), 'an unknown'],
])('%s', (_, head, name) => {
  expect(nameOf(head) ?? 'an unknown').toBe(name);
});

describe('ISO base media files go by their brands', () => {
  test.each([
    ['a HEIC', ftyp('heic', 'mif1', 'heic')],
    ['a HEIC', ftyp('heix', 'mif1')],
    ['a HEIC', ftyp('hevc', 'msf1')],
    ['a HEIC', ftyp('heic', 'mif1', 'avif')],
    ['a HEIF', ftyp('mif1', 'heic')],
    ['a HEIF', ftyp('msf1', 'hevc')],
    ['a HEIF', ftyp('mif1')],
    ['an AVIF', ftyp('avif', 'mif1', 'miaf')],
    ['an AVIF', ftyp('avis', 'avif')],
    ['an AVIF', ftyp('mif1', 'avif', 'miaf')],
    ['a video', ftyp('isom', 'iso2', 'avc1', 'mp41')],
    ['a video', ftyp('qt  ')],
  ])('%s', (name, head) => {
    expect(nameOf(head)).toBe(name);
  });

  test('a brand after the end of its box does not count', () => {
    const head = Buffer.concat([ftyp('mif1', 'heic'), latin1('avif')]);
    expect(nameOf(head)).toBe('a HEIF');
  });

  test('a box that claims to be longer than the file is no trouble', () => {
    const head = ftyp('mif1', 'heic');
    head.writeUInt32BE(0xffffffff, 0);
    expect(nameOf(head)).toBe('a HEIF');
  });

  test('bytes in the middle of a larger buffer are read where they are', () => {
    const around = Buffer.concat([Buffer.alloc(64, 0xff), ftyp('mif1', 'avif')]);
    expect(nameOf(around.subarray(64))).toBe('an AVIF');
  });
});

describe('a bitmap is distinguished from text that begins with BM', () => {
  test.each([12, 40, 52, 56, 64, 108, 124])('a second header of %i bytes', (header) => {
    expect(nameOf(bitmap(header))).toBe('a BMP');
  });

  test.each(['BM', 'BMW builds cars.', 'BMX bikes (many of them).\n'])('%j', (words) => {
    expect(nameOf(Buffer.from(words))).toBe('text');
  });
});

describe('SVG', () => {
  test.each([
    '<svg xmlns="http://www.w3.org/2000/svg">',
    '\ufeff<svg>',
    '<?xml version="1.0"?>\n<!-- drawn -->\n<svg\n width="1">',
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x"><svg >',
  ])('%j is one', (text) => {
    expect(nameOf(Buffer.from(text))).toBe('an SVG');
  });

  test.each(['<svgx>', 'the <svg> element', '<?xml version="1.0"?><note/>'])(
    '%j is none',
    (text) => {
      expect(nameOf(Buffer.from(text))).toBe('text');
    },
  );
});
