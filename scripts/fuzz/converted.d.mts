import type { SharpConstructor } from 'sharp';
import type { Content } from '../../src/domain/content.js';
import type { PictureFormat } from '../../src/domain/picture.js';
import type { OpenImage } from '../../src/images/open/open.js';
import type { AdaptOptions } from '../../src/images/prepare/adapt.js';

export interface Program {
  adapt(
    image: OpenImage,
    format: PictureFormat,
    options: AdaptOptions,
  ): Promise<{ content: Content }>;
  held(bytes: Uint8Array): OpenImage;
  GeminiImageError: abstract new (...args: never[]) => Error;
}

export const MAX_MEMORY: number;
export function checkConverted(
  sharp: SharpConstructor,
  file: Buffer,
  format: PictureFormat,
  program: Program,
): Promise<{ decoded: number; faults: string[] }>;
export function convertedPictures(
  sharp: SharpConstructor,
): Promise<Record<'tiff' | 'avif' | 'gif' | 'bmp' | 'svg', Buffer[]>>;
export function mostMemory(pids: readonly string[]): number;
export function childrenOf(pid: number): string[];
