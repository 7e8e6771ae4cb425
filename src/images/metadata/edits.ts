import { lend } from '../../domain/lent-memory.js';
import type { Size } from '../../domain/picture.js';
import type { ByteSource } from '../open/byte-source.js';
import type { Orientation } from './exif.js';

/** A range of the original file, or bytes that take the place of some. */
export type Piece = { readonly from: number; readonly to: number } | Uint8Array;

/** A range of the original file that is removed, and what replaces it. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly by?: readonly Piece[];
}

/** Joins the pieces of a picture, in memory that is lent. */
export function joinPieces(source: ByteSource, pieces: readonly Piece[]): Uint8Array {
  const joined = lend(sizeOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    const bytes = piece instanceof Uint8Array ? piece : source.slice(piece.from, piece.to);
    joined.set(bytes, at);
    at += bytes.length;
  }
  return joined;
}

/** In bytes. */
export function sizeOf(pieces: readonly Piece[]): number {
  let size = 0;
  for (const piece of pieces) size += lengthOf(piece);
  return size;
}

/** The pieces of a range of the file after `edits`, which are in order and do not overlap. */
export function editedRange(from: number, to: number, edits: readonly Edit[]): Piece[] {
  const pieces: Piece[] = [];
  let at = from;
  for (const edit of edits) {
    append(pieces, { from: at, to: edit.from });
    for (const piece of edit.by ?? []) append(pieces, piece);
    at = edit.to;
  }
  append(pieces, { from: at, to });
  return pieces;
}

/** Adds a piece: adjoining ranges are joined, empty ones are left out. */
function append(pieces: Piece[], piece: Piece): void {
  if (lengthOf(piece) <= 0) return;
  const last = pieces.at(-1);
  if (last && 'from' in last && 'from' in piece && last.to === piece.from) {
    pieces[pieces.length - 1] = { from: last.from, to: piece.to };
  } else {
    pieces.push(piece);
  }
}

/** In bytes. */
export function lengthOf(piece: Piece): number {
  return piece instanceof Uint8Array ? piece.length : piece.to - piece.from;
}

/** The bytes of a range as a Buffer, fewer if the file ends. */
export function bufferOf(source: ByteSource, from: number, to: number): Buffer {
  const bytes = source.slice(from, to);
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** What a file says besides its pixels. */
export interface Metadata {
  /**
   * EXIF orientation; 1 by default, and always 1 for HEIC and HEIF, whose decoders turn the picture
   * themselves (`irot`, `imir`).
   */
  readonly orientation: Orientation;
  /** The size in pixels as displayed, for HEIC and HEIF only; other formats have it in their headers. */
  readonly size?: Size;
  /** The file without its metadata; undefined if it has none that could be removed. */
  readonly stripped?: readonly Piece[];
  /** Why metadata stays although there is some: half a sentence for a warning. */
  readonly stays?: string;
  /**
   * Given if the file is not complete. `cut off`: pixels are missing for sure. `missing`: only the end
   * mark is missing for sure, and decoding tells whether pixels are. Absent for a whole file.
   */
  readonly end?: 'missing' | 'cut off';
  /**
   * Given if the file is complete but a part of its data seems to be lost: `sure`, or `possible` if
   * only decoding can tell; `marks` if marks in the data of a JPEG are not where they should be.
   */
  readonly hole?: 'possible' | 'sure' | 'marks';
  /** How many bytes a file that is cut off should have, if it says so. */
  readonly wholeBytes?: number;
}

/** The most parts that are removed: a file made of countless parts must not fill the memory. */
export const MAX_EDITS = 50_000;

/** Why metadata stays in a file with more parts than that. */
export const TOO_MANY_PARTS = 'it has too many parts';
