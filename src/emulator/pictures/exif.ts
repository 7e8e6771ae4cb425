/** The EXIF orientation of a picture (tag 0x0112 of the first directory of a TIFF block). */

/** 1 = as stored; 5–8 = turned by a quarter, so that the sides swap. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const ENTRY_BYTES = 12;
const EXIF_MARK = Buffer.from('Exif\0\0', 'latin1');

/** `block` is a TIFF block, with or without `Exif\0\0` before it. A broken one means 1. */
export function readOrientation(block: Buffer): Orientation {
  const tiff = block.subarray(0, 6).equals(EXIF_MARK) ? block.subarray(6) : block;
  const order = tiff.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return 1;
  try {
    return findOrientation(tiff, order === 'II');
  } catch {
    // A read beyond the end: the picture is fine, only its label is cut off.
    return 1;
  }
}

export function swapsSides(orientation: Orientation): boolean {
  return orientation >= 5;
}

function findOrientation(tiff: Buffer, littleEndian: boolean): Orientation {
  const short = (at: number) => (littleEndian ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number) => (littleEndian ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const directory = long(4);
  const entries = short(directory);
  for (let index = 0; index < entries; index += 1) {
    const entry = directory + 2 + index * ENTRY_BYTES;
    if (short(entry) === ORIENTATION_TAG) return asOrientation(short(entry + 8));
  }
  return 1;
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
