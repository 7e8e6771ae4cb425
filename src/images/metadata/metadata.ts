import type { PictureFormat } from '../../domain/picture.js';
import type { ByteSource } from '../byte-source.js';
import { readHeif } from './heif.js';
import { readJpeg } from './jpeg.js';
import { readPng } from './png.js';
import type { Metadata } from './result.js';
import { readWebp } from './webp.js';

export type { Orientation } from './exif.js';
export type { Piece } from './pieces.js';
export type { Metadata } from './result.js';

const readers = {
  png: readPng,
  jpeg: readJpeg,
  webp: readWebp,
  heic: readHeif,
  heif: readHeif,
} as const satisfies Partial<Record<PictureFormat, (source: ByteSource) => Metadata>>;

/** The formats whose metadata can be read and removed. */
export type FormatWithMetadata = keyof typeof readers;

/**
 * Reads how a picture is to be turned, and how to leave out what tells of place, camera and people:
 * EXIF, XMP, IPTC, comments. Pixels, colour profile and gain map stay. Never throws for what the
 * file holds: whatever is damaged stays as it is, so that it decodes as before.
 */
export function readMetadata(source: ByteSource, format: FormatWithMetadata): Metadata {
  return readers[format](source);
}
