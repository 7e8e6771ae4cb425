import type { Piece } from '../metadata/edits.js';

/** A part of a file that decides how its picture looks. */
export interface SeenPart {
  readonly name: string;
  readonly pieces: readonly Piece[];
}

/** A fact that is not a range of bytes. */
export function fact(name: string, value: string | number): SeenPart {
  return { name, pieces: [Buffer.from(String(value))] };
}
