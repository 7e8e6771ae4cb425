import { createHash, hash } from 'node:crypto';
import { giveBack, lend } from '../../domain/lent-memory.js';
import type { PictureFormat } from '../../domain/picture.js';
import { sizeOf } from '../metadata/edits.js';
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
  const readParts = loaded.get(format) ?? (await readers[format]?.());
  if (!readParts) return undefined;
  loaded.set(format, readParts);
  return look(image, readParts);
}

/** An import takes its time even of a module that is there already. */
const loaded = new Map<PictureFormat, SeenParts>();

/** SHA-256 of some parts, in hexadecimal; undefined if they are too many. */
export async function digestOf(
  image: OpenImage,
  parts: readonly SeenPart[],
  head: string,
): Promise<string | undefined> {
  if (parts.reduce((sum, { pieces }) => sum + pieces.length, 0) > MAX_PIECES) return undefined;
  const { held, content } = image;
  if (typeof held !== 'string' && held.length <= JOINED_BYTES) {
    // Copied together, since a step of a hash costs more than the copy of a small picture.
    const joined = joinParts(held, parts, head);
    const digest = hash('sha256', joined);
    giveBack(joined);
    return digest;
  }
  const sum = createHash('sha256').update(head);
  for (const part of parts) {
    sum.update(headOf(part));
    for (const piece of part.pieces) {
      if (piece instanceof Uint8Array) sum.update(piece);
      else if (typeof held !== 'string') sum.update(held.subarray(piece.from, piece.to));
      else {
        for (let at = piece.from; at < piece.to; at += READ_AT_ONCE) {
          sum.update(await content.read(at, Math.min(at + READ_AT_ONCE, piece.to)));
        }
      }
    }
  }
  return sum.digest('hex');
}

const JOINED_BYTES = 1_048_576;

/** All that is hashed of a small picture, in memory that is lent. */
function joinParts(held: Uint8Array, parts: readonly SeenPart[], head: string): Uint8Array {
  const heads = parts.map(headOf);
  let size = Buffer.byteLength(head);
  for (const text of heads) size += Buffer.byteLength(text);
  for (const { pieces } of parts) size += sizeOf(pieces);
  const joined = lend(size);
  let end = joined.write(head);
  let number = 0;
  for (const { pieces } of parts) {
    end += joined.write(heads[number] ?? '', end);
    number += 1;
    for (const piece of pieces) {
      const bytes = piece instanceof Uint8Array ? piece : held.subarray(piece.from, piece.to);
      joined.set(bytes, end);
      end += bytes.length;
    }
  }
  return joined;
}

/** The length comes first, so that no part can run into the next. */
function headOf({ name, pieces }: SeenPart): string {
  return `[${JSON.stringify(name)},${sizeOf(pieces)}]\n`;
}
