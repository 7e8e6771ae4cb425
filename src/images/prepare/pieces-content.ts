import type { Content } from '../../domain/content.js';
import { lengthOf, type Piece, sizeOf } from '../metadata/edits.js';

/** A file's content with some of it left out or replaced. */
export function piecesContent(file: Content, pieces: readonly Piece[]): Content {
  const size = sizeOf(pieces);
  return {
    size,
    async read(from, to) {
      const parts: Uint8Array[] = [];
      let start = 0;
      for (const piece of pieces) {
        const end = start + lengthOf(piece);
        const [first, last] = [Math.max(from, start) - start, Math.min(to, end) - start];
        if (first < last) parts.push(await readPiece(file, piece, first, last));
        start = end;
      }
      return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
    },
  };
}

async function readPiece(
  file: Content,
  piece: Piece,
  from: number,
  to: number,
): Promise<Uint8Array> {
  if (piece instanceof Uint8Array) return piece.subarray(from, to);
  return file.read(piece.from + from, piece.from + to);
}
