// Recognises which camera's raw file a file is, by its structure.
import { type RawKind, rawBySignature, rawOf } from '../formats.js';
import { bufferOf } from '../metadata/edits.js';
import { type Directory, readDirectories } from '../metadata/tiff.js';
import type { ByteSource } from '../open/byte-source.js';

const TAGS = { compression: 259, photometric: 262, make: 271, dngVersion: 50_706 } as const;

/** Samples of a sensor with a mosaic of colour filters, raw or joined but not developed. */
export const RAW_SAMPLES: readonly number[] = [32_803, 34_892];

/** Codings of Sony, Nikon, Kodak and Pentax that hold nothing but raw samples. */
const RAW_CODINGS: readonly number[] = [32_767, 34_713, 65_000, 65_535];

/** A raw's images come first; more directories than this are the pages of a document. */
const MAX_DIRECTORIES = 32;

/** Raw kinds by the beginning of the camera's make. */
const makers: readonly [make: RegExp, kind: RawKind][] = [
  [/^nikon/i, rawOf('Nikon', 'NEF')],
  [/^sony/i, rawOf('Sony', 'ARW')],
  [/^(?:pentax|asahi|ricoh)/i, rawOf('Pentax', 'PEF')],
  [/^(?:eastman )?kodak/i, rawOf('Kodak', 'KDC')],
  [/^samsung/i, rawOf('Samsung', 'SRW')],
];

const DNG: RawKind = { name: 'a camera raw (DNG)', mimeType: 'image/x-adobe-dng' };
const OTHER: RawKind = { name: 'a camera raw', mimeType: 'image/x-dcraw' };

/** The kind of a raw that begins like any TIFF; undefined for a TIFF that is a picture. */
export function rawKindOf(source: ByteSource): RawKind | undefined {
  const bySignature = rawBySignature(bufferOf(source, 0, 32));
  if (bySignature) return bySignature;
  let make = '';
  let isRaw = false;
  let count = 0;
  for (const directory of readDirectories(source)) {
    if (directory.numbers(TAGS.dngVersion).length > 0) return DNG;
    make ||= directory.text(TAGS.make);
    isRaw ||= holdsRawSamples(directory);
    count += 1;
    if (count === MAX_DIRECTORIES) break;
  }
  if (!isRaw) return undefined;
  return makers.find(([pattern]) => pattern.test(make))?.[1] ?? OTHER;
}

/** Whether an image has to be developed before anybody can see it. */
export function holdsRawSamples(directory: Directory): boolean {
  const [photometric = 0] = directory.numbers(TAGS.photometric);
  const [compression = 0] = directory.numbers(TAGS.compression);
  return RAW_SAMPLES.includes(photometric) || RAW_CODINGS.includes(compression);
}
