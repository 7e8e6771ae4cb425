import type { SharpConstructor } from 'sharp';

type Piece = { readonly from: number; readonly to: number } | Uint8Array;
export function faultOfPieces(
  pieces: readonly Piece[],
  source: { readonly length: number },
  sizeOf: (pieces: readonly Piece[]) => number,
): string | undefined;
export function compareDecoded(
  sharp: SharpConstructor,
  before: Buffer,
  after: Buffer | undefined,
  format: string,
  orientation: number,
  modes?: readonly string[],
): Promise<{ decoded: number; faults: string[] }>;
