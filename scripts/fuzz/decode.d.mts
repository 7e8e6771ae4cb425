import type { SharpConstructor } from 'sharp';

export interface Decoded {
  orientation: number;
  decoded: string;
}
export function decodeWithSharp(
  sharp: SharpConstructor,
  file: Buffer,
  failOn: 'none' | 'error' | 'warning',
): Promise<Decoded | undefined>;
export function decodeWithLibheif(file: Buffer): Promise<Decoded | undefined>;
