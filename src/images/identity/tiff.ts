import type { Piece } from '../metadata/edits.js';
import { numbersOf } from '../metadata/exif.js';
import { type Directory, type Entry, readDirectories } from '../metadata/tiff.js';
import type { ByteSource } from '../open/byte-source.js';
import { fact, type SeenPart } from './seen-part.js';

/** Bytes of one value, by the type of an entry. */
const WIDTHS: Readonly<Record<number, number>> = {
  ...{ 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4 },
  ...{ 16: 8, 17: 8, 18: 8 },
};

/** Where the pixels of an image are, and how many bytes each part has. */
const DATA = [
  { offsets: 273, counts: 279 },
  { offsets: 324, counts: 325 },
  { offsets: 513, counts: 514 },
] as const;

/** Free space, and directories that are read by themselves or hold metadata. */
const PLACES = [288, 289, 330, 400, 34_665, 34_853, 40_965];
/** Names, texts, dates, makers, densities, blocks of metadata, and what only the camera's maker reads. */
const NOT_SEEN = new Set<number>([
  ...DATA.flatMap(({ offsets, counts }) => [offsets, counts]),
  ...PLACES,
  ...[269, 270, 271, 272, 282, 283, 285, 296, 297, 305, 306, 315, 316, 700, 18_246, 18_249],
  ...[33_432, 33_723, 34_377, 36_867, 36_868, 37_500, 40_091, 40_092, 40_093, 40_094, 40_095],
  ...[50_740, 59_932, 59_933],
]);

const COMPRESSION = 259;
/** The first way to put JPEG into TIFF, whose tables lie at places of their own. */
const OLD_JPEG = 6;

/**
 * The images of a TIFF or of a raw that is built like one: their pixels, and every tag that is no
 * metadata. Undefined if one of them is not whole.
 */
export function seenInTiff(source: ByteSource): SeenPart[] | undefined {
  const parts: SeenPart[] = [];
  let hasPixels = false;
  for (const directory of readDirectories(source)) {
    if (directory.numbers(COMPRESSION)[0] === OLD_JPEG) return undefined;
    parts.push(fact('image', directory.isPage ? 'page' : 'sub-image'));
    for (const entry of directory.entries.toSorted((one, other) => one.tag - other.tag)) {
      if (NOT_SEEN.has(entry.tag)) continue;
      const value = storedValue(entry, directory);
      if (!value || lastOf(value) > source.length) return undefined;
      parts.push({ name: `${entry.tag}`, pieces: [value] });
    }
    for (const { offsets, counts } of DATA) {
      const [places, sizes] = [directory.numbers(offsets), directory.numbers(counts)];
      if (places.length !== sizes.length) return undefined;
      const pieces = places.map((from, index) => ({ from, to: from + (sizes[index] ?? 0) }));
      if (pieces.some(({ to }) => to > source.length)) return undefined;
      if (pieces.length > 0) parts.push({ name: 'data', pieces });
      hasPixels ||= pieces.some(({ from, to }) => from < to);
    }
  }
  return hasPixels ? parts : undefined;
}

/** The bytes of a value, which lie in its entry if they are few. */
function storedValue({ stored }: Entry, { layout }: Directory): Piece | undefined {
  const { littleEndian, placeBytes } = layout;
  const bytes = Buffer.from(stored);
  const { short } = numbersOf(bytes, littleEndian);
  const width = WIDTHS[short(2)];
  if (width === undefined) return undefined;
  const number = (at: number) => {
    if (placeBytes === 4) return littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    return Number(littleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  };
  const size = number(4) * width;
  const at = 4 + placeBytes;
  if (size <= placeBytes) return bytes.subarray(at, at + size);
  const from = number(at);
  return { from, to: from + size };
}

function lastOf(piece: Piece): number {
  return piece instanceof Uint8Array ? 0 : piece.to;
}
