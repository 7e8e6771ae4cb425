import { createHash } from 'node:crypto';
import type { PictureFormat } from '../../domain/picture.js';
import { lengthOf } from '../metadata/edits.js';
import type { ByteSource } from '../open/byte-source.js';
import { look, type OpenImage } from '../open/open.js';
import type { SeenPart } from './seen-part.js';

/**
 * Changes with every change of what is hashed, here or in a reader: a hash of one version is never
 * equal to a hash of another.
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
};

/** More than any picture has, so that a file of nothing but parts does not fill the memory. */
const MAX_PIECES = 200_000;
const READ_AT_ONCE = 1_048_576;

/**
 * The identity of a picture: SHA-256, in hexadecimal, over what decides how it is seen (pixels,
 * colour profile, orientation) and over nothing else. Programs that write EXIF, XMP, IPTC or comments
 * do not change it. What is sent of a picture plays no part in it.
 *
 * @returns undefined for a format that is not taken apart, and for a file that is damaged or
 *   unusual: the hash of its bytes is its identity then.
 * @throws GeminiImageError of kind `input` if the bytes can no longer be read.
 */
export async function pictureDigest(
  image: OpenImage,
  format: PictureFormat,
): Promise<string | undefined> {
  const readParts = await readers[format]?.();
  const parts = readParts && look(image, readParts);
  if (!parts || parts.reduce((sum, { pieces }) => sum + pieces.length, 0) > MAX_PIECES) {
    return undefined;
  }
  const hash = createHash('sha256').update(`picture ${VERSION} ${format}\n`);
  for (const { name, pieces } of parts) {
    // With its length in front, no part can be taken for the beginning of the next.
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
