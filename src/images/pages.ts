// How many pictures a file holds. One of them is sent.
import type { PictureFormat } from '../domain/picture.js';
import { gifBlocks, IMAGE_BLOCK } from './metadata/gif-blocks.js';
import { countHeifPictures } from './metadata/heif-pictures.js';
import { readDirectories } from './metadata/tiff.js';
import type { ByteSource } from './open/byte-source.js';

interface Counter {
  count(source: ByteSource): number;
  /** The words for them; `count` is at least 2. */
  words(count: number): string;
}

const first = (what: string) => (count: number) => `has ${count} ${what}, the first was sent`;
const main = (count: number) =>
  `has ${count} pictures; the one that it names as its main one counts`;

const counters: Partial<Record<PictureFormat, Counter>> = {
  tiff: { count: countTiffPages, words: first('pages') },
  gif: { count: countFrames, words: first('frames') },
  heic: { count: countHeifPictures, words: main },
  heif: { count: countHeifPictures, words: main },
};

/** The number of pages or frames, with words for them; undefined for a single picture. */
export function pagesOf(
  source: ByteSource,
  format: PictureFormat,
): { pages: number; message: string } | undefined {
  const counter = counters[format];
  const pages = counter?.count(source) ?? 1;
  return counter && pages > 1 ? { pages, message: counter.words(pages) } : undefined;
}

const NEW_SUBFILE_TYPE = 254;
/** A smaller version of another page, or a mask of one (TIFF 6.0, bits 0 and 2). */
const NO_PAGE = 0b101;

function countTiffPages(source: ByteSource): number {
  let pages = 0;
  for (const { isPage, numbers } of readDirectories(source)) {
    const [type = 0] = isPage ? numbers(NEW_SUBFILE_TYPE) : [];
    if (isPage && (type & NO_PAGE) === 0) pages += 1;
  }
  return pages;
}

function countFrames(source: ByteSource): number {
  let frames = 0;
  for (const { type } of gifBlocks(source)) if (type === IMAGE_BLOCK) frames += 1;
  return frames;
}
