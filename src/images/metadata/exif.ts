// The orientation in a TIFF block, in which EXIF is stored.

/** 1 = as stored; 5–8 = turned by a quarter, so that the sides swap. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** The mark before the TIFF block in JPEG, and sometimes in WebP. */
export const EXIF_MARK = Buffer.from('Exif\0\0', 'latin1');

/** More than any first directory takes; the block itself may be as large as the file. */
export const EXIF_LOOK_BYTES = 1_048_576;

const ORIENTATION_TAG = 0x0112;
const ENTRY_BYTES = 12;

/**
 * Tag 0x0112 of the first directory, read as libvips reads it: the first such entry counts, with an
 * integer of any width. If the block is damaged before that entry, the result is 1.
 */
export function readOrientation(tiff: Buffer): Orientation {
  const order = tiff.toString('latin1', 0, 4);
  if (order !== 'II*\0' && order !== 'MM\0*') return 1;
  const numbers = numbersOf(tiff, order === 'II*\0');
  const directory = numbers.long(4);
  const entries = numbers.short(directory);
  for (let index = 0; index < entries; index += 1) {
    const entry = directory + 2 + index * ENTRY_BYTES;
    if (entry + ENTRY_BYTES > tiff.length) return 1;
    if (numbers.short(entry) !== ORIENTATION_TAG) continue;
    return asOrientation(valueAt(numbers, entry, tiff.length));
  }
  return 1;
}

/** Numbers of a TIFF block in its byte order; 0 beyond its end. */
export interface Numbers {
  byte(at: number): number;
  short(at: number): number;
  long(at: number): number;
}

export function numbersOf(block: Buffer, littleEndian: boolean): Numbers {
  const byte = (at: number) => block[at] ?? 0;
  const short = (at: number) =>
    littleEndian ? byte(at) | (byte(at + 1) << 8) : (byte(at) << 8) | byte(at + 1);
  const long = (at: number) =>
    littleEndian ? short(at) + short(at + 2) * 65_536 : short(at) * 65_536 + short(at + 2);
  return { byte, short, long };
}

/** Bytes of a number by the entry's type: BYTE, SHORT, LONG, SSHORT, SLONG. */
const WIDTHS: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 8: 2, 9: 4 };

/** The entry's first number: in the entry itself, or elsewhere if there are many of them. */
function valueAt({ byte, short, long }: Numbers, entry: number, end: number): number {
  const width = WIDTHS[short(entry + 2)];
  if (width === undefined) return 1;
  const bytes = long(entry + 4) * width;
  const at = bytes > 4 ? long(entry + 8) : entry + 8;
  if (bytes === 0 || at + bytes > end) return 1;
  if (width === 1) return byte(at);
  return width === 2 ? short(at) : long(at) & 0xffff;
}

function asOrientation(value: number): Orientation {
  switch (value) {
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
      return value;
    default:
      return 1;
  }
}
