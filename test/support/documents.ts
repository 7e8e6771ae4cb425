/** PDF documents and TIFF files of several pages for tests. */
import { deflateSync } from 'node:zlib';

interface PdfOptions {
  /** Whether the objects lie in a compressed stream, as many programs write them. */
  packed?: boolean;
  /** So many bytes that mean nothing. */
  padding?: number;
}

/** A document with so many empty pages. */
export function pdfOf(pages: number, { packed = false, padding = 0 }: PdfOptions = {}): Buffer {
  const kids = Array.from({ length: pages }, (_, at) => `${at + 3} 0 R`);
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${pages} >>`,
    ...kids.map(() => '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] >>'),
  ];
  const number = objects.length + 1;
  const body = packed ? packedObjects(objects, number) : plainObjects(objects);
  const filler = Buffer.alloc(padding, '% \n');
  return Buffer.concat([
    Buffer.from('%PDF-1.7\n'),
    filler,
    body,
    Buffer.from(`trailer\n<< /Root 1 0 R /Size ${number} >>\nstartxref\n0\n%%EOF\n`),
  ]);
}

function plainObjects(objects: readonly string[]): Buffer {
  return Buffer.from(objects.map((text, at) => `${at + 1} 0 obj\n${text}\nendobj\n`).join(''));
}

function packedObjects(objects: readonly string[], number: number): Buffer {
  let at = 0;
  const places = objects.map((text, index) => {
    const place = `${index + 1} ${at}`;
    at += text.length + 1;
    return place;
  });
  const head = `${places.join(' ')} `;
  const stream = deflateSync(Buffer.from(head + objects.join('\n')));
  const { length } = stream;
  const dictionary = `<< /Type /ObjStm /N ${objects.length} /First ${head.length} /Length ${length} /Filter /FlateDecode >>`;
  return Buffer.concat([
    Buffer.from(`${number} 0 obj\n${dictionary}\nstream\n`),
    stream,
    Buffer.from('\nendstream\nendobj\n'),
  ]);
}

/** A TIFF with a page of each size, in one grey; a negative width makes a thumbnail, which is no page. */
export function tiffOf(...sizes: readonly (readonly [width: number, height: number])[]): Buffer {
  const parts: Buffer[] = [];
  let at = 8;
  const pages = sizes.map(([signed, height], index) => {
    const width = Math.abs(signed);
    const pixels = Buffer.alloc(width * height, 40 * (index + 1));
    const page = { width, height, isPage: signed > 0, pixels, place: at };
    at += pixels.length + (pixels.length % 2);
    parts.push(pixels, Buffer.alloc(pixels.length % 2));
    return page;
  });
  const start = at;
  const ENTRIES = 9;
  const length = 2 + 12 * ENTRIES + 4;
  for (const [index, { width, height, isPage, pixels, place }] of pages.entries()) {
    const directory = Buffer.alloc(length);
    directory.writeUInt16LE(ENTRIES);
    const entries = [
      [254, isPage ? 2 : 1],
      [256, width],
      [257, height],
      [258, 8],
      [259, 1],
      [262, 1],
      [273, place],
      [278, height],
      [279, pixels.length],
    ] as const;
    for (const [entry, [tag, value]] of entries.entries()) {
      const from = 2 + 12 * entry;
      directory.writeUInt16LE(tag, from);
      directory.writeUInt16LE(4, from + 2);
      directory.writeUInt32LE(1, from + 4);
      directory.writeUInt32LE(value, from + 8);
    }
    const next = index + 1 < pages.length ? start + length * (index + 1) : 0;
    directory.writeUInt32LE(next, length - 4);
    parts.push(directory);
  }
  const head = Buffer.alloc(8);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(start, 4);
  return Buffer.concat([head, ...parts]);
}
