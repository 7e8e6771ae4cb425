/** The checksum of a PNG's chunk: of its type and data. */
export function crc32(bytes: Uint8Array): number;
