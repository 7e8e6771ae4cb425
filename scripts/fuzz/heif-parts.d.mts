export function box(type: string, ...contents: Buffer[]): Buffer;
export function exifItem(orientation?: number): Buffer;
export function movieWithSecrets(): Buffer;
export function heicWithMetadata(
  heic: Buffer,
  options?: {
    version?: 0 | 1 | 2;
    inIdat?: boolean;
    split?: boolean;
    place?: (extents: [from: number, length: number][]) => [from: number, length: number][];
    more?: Buffer[];
  },
): Buffer;
export function fullBox(type: string, version: number, ...contents: Buffer[]): Buffer;
export function boxesOf(bytes: Buffer): Record<string, Buffer>;
