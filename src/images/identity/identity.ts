import { createHash } from 'node:crypto';
import type { PictureFormat } from '../../domain/picture.js';
import { lengthOf } from '../metadata/edits.js';
import type { ByteSource } from '../open/byte-source.js';
import { look, type OpenImage } from '../open/open.js';
import type { SeenPart } from './seen-part.js';

/**
 * To be raised whenever other bytes are hashed, here or in a reader: hashes of two versions are never
 * equal.
 */
const VERSION = 1;

type SeenParts = (source: ByteSource) => readonly SeenPart[] | undefined;

/** Each is loaded with the first picture of its format. */
const readers: Partial<Record<PictureFormat, () => Promise<SeenParts>>> = {
  png: async () => (await import('./png.js')).seenInPng,
  jpeg: async () => (await import('./jpeg.js')).seenInJpeg,
  webp: async () => (await import('./webp.js')).seenInWebp,
  heic: async () => (await import('./heif.js')).seenInHeif,
  heif: async () => (await import('./heif.js')).seenInHeif,
  avif: async () => (await import('./heif.js')).seenInStill,
  tiff: async () => (await import('./tiff.js')).seenInTiff,
  raw: async () => (await import('./tiff.js')).seenInTiff,
};

/** More than any picture has: a file made of countless small parts must not fill the memory. */
const MAX_PIECES = 200_000;
const READ_AT_ONCE = 1_048_576;

/**
 * The identity of a picture: SHA-256, in hexadecimal, of everything that decides how it looks (pixels,
 * colour profile, orientation) and of nothing else. Programs that write EXIF, XMP, IPTC or comments do
 * not change it. It does not depend on what is sent of a picture.
 *
 * @returns undefined for a format without a reader, and for a damaged or unusual file; the hash of
 *   its bytes is its identity then.
 * @throws GeminiImageError of kind `input` if the bytes can no longer be read.
 */
export async function pictureDigest(
  image: OpenImage,
  format: PictureFormat,
): Promise<string | undefined> {
  const parts = await seenParts(image, format);
  return parts && digestOf(image, parts, `picture ${VERSION} ${format}\n`);
}

/** The parts that decide how a picture looks; undefined as for `pictureDigest`. */
export async function seenParts(
  image: OpenImage,
  format: PictureFormat,
): Promise<readonly SeenPart[] | undefined> {
  const readParts = await readers[format]?.();
  return readParts && look(image, readParts);
}

/** SHA-256 of some parts, in hexadecimal; undefined if they are too many. */
export async function digestOf(
  image: OpenImage,
  parts: readonly SeenPart[],
  head: string,
): Promise<string | undefined> {
  if (parts.reduce((sum, { pieces }) => sum + pieces.length, 0) > MAX_PIECES) return undefined;
  const hash = createHash('sha256').update(head);
  for (const { name, pieces } of parts) {
    // The length comes first, so that no part can run into the next.
    const length = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
    hash.update(`${JSON.stringify([name, length])}\n`);
    for (const piece of pieces) {
      if (piece instanceof Uint8Array) hash.update(piece);
      else if (typeof image.held !== 'string')
        hash.update(image.held.subarray(piece.from, piece.to));
      else {
        for (let at = piece.from; at < piece.to; at += READ_AT_ONCE) {
          hash.update(await image.content.read(at, Math.min(at + READ_AT_ONCE, piece.to)));
        }
      }
    }
  }
  return hash.digest('hex');
}
