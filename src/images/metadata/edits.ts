import type { ByteSource } from '../open/byte-source.js';

/** A range of the original file, or bytes that take the place of some. */
export type Piece = { readonly from: number; readonly to: number } | Uint8Array;

/** A range of the original file that goes, and what comes in its place. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly by?: readonly Piece[];
}

/** The bytes of a picture that was taken apart. */
export function joinPieces(source: ByteSource, pieces: readonly Piece[]): Uint8Array {
  const joined = new Uint8Array(sizeOf(pieces));
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
  return pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
}

/** What `edits`, which are in order and do not overlap, leave of a range of the file. */
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

/** Ranges that adjoin become one, empty ones none. */
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
