/** Strips pictures in memory, and looks at what is left. */
import { expect } from 'vitest';
import { SECRETS } from '../../../scripts/fuzz/parts.mjs';
import { joinPieces } from '../../../src/images/metadata/edits.js';
import {
  type FormatWithMetadata,
  type Metadata,
  metadataReader,
} from '../../../src/images/metadata/metadata.js';
import { sourceOf } from '../../../src/images/open/byte-source.js';

const readers = {
  png: await metadataReader('png'),
  jpeg: await metadataReader('jpeg'),
  webp: await metadataReader('webp'),
  heic: await metadataReader('heic'),
  heif: await metadataReader('heif'),
};

export function read(file: Buffer, format: FormatWithMetadata): Metadata {
  return readers[format](sourceOf(file));
}

/** The file without its metadata; the file itself where there is none. */
export function strip(file: Buffer, format: FormatWithMetadata): Buffer {
  const { stripped } = read(file, format);
  return stripped ? Buffer.from(joinPieces(sourceOf(file), stripped)) : file;
}

/** Which of the words that metadata holds in these tests are in a file. */
export function secretsIn(file: Buffer): string[] {
  return SECRETS.filter((secret) => file.includes(secret));
}

export function expectNoSecrets(before: Buffer, after: Buffer): void {
  expect(secretsIn(before), 'the file to be stripped has metadata').not.toEqual([]);
  expect(secretsIn(after)).toEqual([]);
}

export const ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8] as const;
