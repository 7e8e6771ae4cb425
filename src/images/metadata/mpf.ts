/** The directory of a JPEG with several pictures: MPF, CIPA DC-007. */
import { numbersOf } from './exif.js';
import { segmentOf } from './jpeg-edits.js';

/** Where in the file a picture lies. */
export interface Place {
  readonly from: number;
  readonly to: number;
}

export interface NewDirectory {
  /** Its length does not depend on what is filled in. */
  readonly segment: Uint8Array;
  /** `place`: where in the file the segment begins. */
  fill(facts: { place: number; photoBytes: number; gainMapBytes: number }): void;
}

export const DIRECTORY_MARK = 'MPF\0';

const APP2 = 0xe2;
const ENTRIES_TAG = 0xb002;
const ENTRY_BYTES = 16;
const FIELD_BYTES = 12;

/**
 * Where the pictures after the first one lie.
 *
 * @param start where in the file the TIFF block begins, from which its offsets count
 */
export function readDirectory(tiff: Buffer, start: number): Place[] {
  const order = tiff.toString('latin1', 0, 4);
  if (order !== 'II*\0' && order !== 'MM\0*') return [];
  const { short, long } = numbersOf(tiff, order === 'II*\0');
  const directory = long(4);
  for (let index = 0; index < short(directory); index += 1) {
    const field = directory + 2 + index * FIELD_BYTES;
    if (field + FIELD_BYTES > tiff.length) return [];
    if (short(field) !== ENTRIES_TAG) continue;
    const from = long(field + 8);
    const to = Math.min(from + long(field + 4), tiff.length);
    const places: Place[] = [];
    for (let at = from + ENTRY_BYTES; at + ENTRY_BYTES <= to; at += ENTRY_BYTES) {
      const first = start + long(at + 8);
      places.push({ from: first, to: first + long(at + 4) });
    }
    return places;
  }
  return [];
}

/** For a photo and one further picture that follows it at once. */
export function createDirectory(): NewDirectory {
  const segment = Buffer.from(segmentOf(APP2, Buffer.from(DIRECTORY_MARK + TIFF, 'latin1')));
  return {
    segment,
    fill({ place, photoBytes, gainMapBytes }) {
      segment.writeUInt32BE(photoBytes, FIRST_ENTRY + 4);
      segment.writeUInt32BE(gainMapBytes, FIRST_ENTRY + ENTRY_BYTES + 4);
      segment.writeUInt32BE(photoBytes - place - TIFF_START, FIRST_ENTRY + ENTRY_BYTES + 8);
    },
  };
}

const TIFF_START = 4 + DIRECTORY_MARK.length;
const FIRST_ENTRY = TIFF_START + 50;

const TIFF = [
  'MM\0*\0\0\0\x08',
  '\0\x03',
  '\xb0\0\0\x07\0\0\0\x040100',
  '\xb0\x01\0\x04\0\0\0\x01\0\0\0\x02',
  '\xb0\x02\0\x07\0\0\0\x20\0\0\0\x32',
  '\0\0\0\0',
  // The photo is the baseline picture; a gain map has no type of its own.
  `\0\x03\0\0${'\0'.repeat(12)}`,
  '\0'.repeat(16),
].join('');
