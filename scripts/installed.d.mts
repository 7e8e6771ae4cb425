export const LIMIT_MB: number;
export const MB: number;
export interface Part {
  name: string;
  mb: number;
}
export function installedParts(root: string): Part[];
export function sizeOf(path: string, options: { withInner: boolean }): number;
export function totalOf(parts: readonly Part[]): number;
