import type { PictureFormat } from '../../domain/picture.js';
import type { ByteSource } from '../open/byte-source.js';
import type { Metadata } from './edits.js';

export type { Metadata, Piece } from './edits.js';
export type { Orientation } from './exif.js';

/**
 * Reads how a picture is to be turned, and how to remove metadata about place, camera and people:
 * EXIF, XMP, IPTC, comments. Pixels and colour profile stay. It never throws because of the content:
 * damaged parts stay as they are, so that the picture decodes as before.
 */
export type MetadataReader = (source: ByteSource) => Metadata;

/** Each is loaded with the first picture of its format. */
const readers = {
  png: async () => (await import('./png.js')).readPng,
  jpeg: async () => (await import('./jpeg.js')).readJpeg,
  webp: async () => (await import('./webp.js')).readWebp,
  heic: heifReader,
  heif: heifReader,
} as const satisfies Partial<Record<PictureFormat, () => Promise<MetadataReader>>>;

/** The formats whose metadata can be read and removed. */
export type FormatWithMetadata = keyof typeof readers;

/** Reads the size too, because the largest picture in the header may not be the primary one. */
async function heifReader(): Promise<MetadataReader> {
  const { readHeif } = await import('./heif.js');
  const { readHeifProperties } = await import('./heif-properties.js');
  return (source) => {
    const { size } = readHeifProperties(source);
    return { ...readHeif(source), ...(size && { size }) };
  };
}

const loaded = new Map<FormatWithMetadata, MetadataReader>();

export async function metadataReader(format: FormatWithMetadata): Promise<MetadataReader> {
  // An import takes its time even of a module that is there already.
  const reader = loaded.get(format) ?? (await readers[format]());
  loaded.set(format, reader);
  return reader;
}
