// How many pictures a file holds. One of them is sent.
import type { PictureFormat, Size } from '../domain/picture.js';
import { holdsSeveral, type SeveralFormat } from './formats.js';
import { bufferOf } from './metadata/edits.js';
import { gifBlocks, IMAGE_BLOCK } from './metadata/gif-blocks.js';
import { readHeifCoding } from './metadata/heif-coding.js';
import { countHeifPictures } from './metadata/heif-pictures.js';
import { readDirectories } from './metadata/tiff.js';
import type { ByteSource } from './open/byte-source.js';

interface Counter {
  count(source: ByteSource): number;
  /** The words for them; `count` is at least 2. */
  words(count: number, source: ByteSource): string;
}

const first = (what: string) => (count: number) => `has ${count} ${what}, the first was sent`;
const main = (count: number) =>
  `has ${count} pictures; the one that it names as its main one counts`;
/** Of a format that Gemini takes, which is usually sent as it is. */
const moving = (count: number) =>
  `has ${count} frames, of which the first one may be all that is seen`;

const heif: Counter = {
  count: (source) => Math.max(readHeifCoding(source).frames, countHeifPictures(source)),
  words: (count, source) =>
    readHeifCoding(source).frames > 1 ? first('frames')(count) : main(count),
};

const counters: Readonly<Record<SeveralFormat, Counter>> = {
  tiff: {
    count: countTiffPages,
    words: (count) => `${first('pages')(count)} (--pages all takes each)`,
  },
  ico: { count: countIcons, words: (count) => `has ${count} sizes, the largest was sent` },
  gif: { count: countFrames, words: first('frames') },
  heic: heif,
  heif,
  avif: heif,
  png: { count: countPngFrames, words: moving },
  webp: { count: countWebpFrames, words: moving },
};

/** The number of pages or frames, with words for them; undefined for a single picture. */
export function pagesOf(
  source: ByteSource,
  format: PictureFormat,
): { pages: number; message: string } | undefined {
  if (!holdsSeveral(format)) return undefined;
  const counter = counters[format];
  const pages = counter.count(source);
  return pages > 1 ? { pages, message: counter.words(pages, source) } : undefined;
}

/** More than any picture has. */
const MAX_CHUNKS = 100_000;

const NEW_SUBFILE_TYPE = 254;
/** A smaller version of another page, or a mask of one (TIFF 6.0, bits 0 and 2). */
const NO_PAGE = 0b101;

export function countTiffPages(source: ByteSource): number {
  let pages = 0;
  for (const _ of tiffPages(source)) pages += 1;
  return pages;
}

/** One page of a TIFF. */
export interface TiffPage {
  /** The number of its directory among those of the file, from 0, as decoders count. */
  readonly directory: number;
  /** In stored pixels; absent if the directory does not say. */
  readonly size?: Size;
}

/** A page of a TIFF, from 1. */
export function tiffPage(source: ByteSource, number: number): TiffPage | undefined {
  let at = 0;
  for (const page of tiffPages(source)) {
    at += 1;
    if (at === number) return page;
  }
  return undefined;
}

const WIDTH = 256;
const HEIGHT = 257;

function* tiffPages(source: ByteSource): Generator<TiffPage, void, void> {
  let directory = -1;
  for (const { isPage, numbers } of readDirectories(source)) {
    if (!isPage) continue;
    directory += 1;
    const [type = 0] = numbers(NEW_SUBFILE_TYPE);
    if ((type & NO_PAGE) !== 0) continue;
    const [[width = 0], [height = 0]] = [numbers(WIDTH), numbers(HEIGHT)];
    yield { directory, ...(width > 0 && height > 0 && { size: { width, height } }) };
  }
}

function countFrames(source: ByteSource): number {
  let frames = 0;
  for (const { type } of gifBlocks(source)) if (type === IMAGE_BLOCK) frames += 1;
  return frames;
}

/** The number that the directory of an icon begins with. */
function countIcons(source: ByteSource): number {
  const head = bufferOf(source, 4, 6);
  return head.length === 2 ? head.readUInt16LE() : 1;
}

/** The number that an animated PNG has before its first pixels (its chunk `acTL`). */
function countPngFrames(source: ByteSource): number {
  let at = 8;
  for (let chunk = 0; chunk < MAX_CHUNKS; chunk += 1) {
    const head = bufferOf(source, at, at + 12);
    if (head.length < 12) return 1;
    const type = head.toString('latin1', 4, 8);
    if (type === 'acTL') return head.readUInt32BE(8);
    if (type === 'IDAT') return 1;
    at += 12 + head.readUInt32BE();
  }
  return 1;
}

function countWebpFrames(source: ByteSource): number {
  let frames = 0;
  let at = 12;
  for (let chunk = 0; chunk < MAX_CHUNKS; chunk += 1) {
    const head = bufferOf(source, at, at + 8);
    if (head.length < 8) break;
    if (head.toString('latin1', 0, 4) === 'ANMF') frames += 1;
    const size = head.readUInt32LE(4);
    // A chunk of an odd size is followed by a byte.
    at += 8 + size + (size % 2);
  }
  return Math.max(1, frames);
}
