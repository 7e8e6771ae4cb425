export const SECRETS: readonly string[];
export const ISO_GAIN_MAP_MARK: string;
export function tiffBlock(orientation: number, littleEndian?: boolean): Buffer;
export function exifBlock(orientation: number, littleEndian?: boolean): Buffer;
export function xmpPacket(): Buffer;
export function jpegSegment(code: number, ...contents: (Buffer | string)[]): Buffer;
export function withSegments(jpeg: Buffer, ...segments: Buffer[]): Buffer;
export function jpegExif(orientation: number, littleEndian?: boolean): Buffer;
export function jpegXmp(packet?: Buffer): Buffer;
export function jpegMetadata(): Buffer[];
export function withMetadataBetweenScans(jpeg: Buffer): Buffer;
export function restartJpeg(frame: Buffer, blocks: number): Buffer;
export function ultraHdr(
  photo: Buffer,
  gainMap: Buffer,
  more?: { extra?: Buffer[]; map?: Buffer },
): Buffer;
export function gainMapTerms(): Buffer;
export function pngChunk(type: string, ...contents: (Buffer | string)[]): Buffer;
export function withChunks(png: Buffer, early: Buffer[], late?: Buffer[]): Buffer;
export function pngMetadata(): Buffer[];
export function webpChunk(type: string, ...contents: (Buffer | string)[]): Buffer;
export function webpFile(...chunks: Buffer[]): Buffer;
export function vp8x(flags: number, width: number, height: number): Buffer;
