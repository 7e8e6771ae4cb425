import type { Sharp, SharpConstructor } from 'sharp';

export type Format = 'jpeg' | 'png' | 'webp' | 'heic';
export function scene(sharp: SharpConstructor, channels?: 1 | 3 | 4): Sharp;
export function plainPictures(
  sharp: SharpConstructor,
): Promise<
  Record<
    | 'jpeg'
    | 'progressive'
    | 'cmyk'
    | 'grey'
    | 'png'
    | 'palette'
    | 'interlaced'
    | 'webp'
    | 'lossless'
    | 'alpha'
    | 'animated',
    Buffer
  >
>;
export function picturesWithMetadata(
  sharp: SharpConstructor,
  heic: Buffer,
): Promise<Record<Format, Buffer[]>>;
