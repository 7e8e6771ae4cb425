import type { ByteSource } from '../byte-source.js';
import { EXIF_MARK, type Orientation, readOrientation } from './exif.js';
import { bufferOf } from './file-bytes.js';
import { findGainMap } from './gain-map.js';
import { editsOf, startsWith } from './jpeg-edits.js';
import { type Segment, SOI, walkJpeg } from './jpeg-walk.js';
import { editedRange } from './pieces.js';
import { type Metadata, TOO_MANY_PARTS } from './result.js';

const APP1 = 0xe1;

/** Scans, tables, colour profile and gain map stay; what comes after the picture goes. */
export function readJpeg(source: ByteSource): Metadata {
  const [first, second] = source.slice(0, 2);
  if (first !== 0xff || second !== SOI) return { orientation: 1 };
  const walk = walkJpeg(source, 0);
  const orientation = jpegOrientation(source, walk.segments);
  if (walk.isTooLong) return { orientation, stays: TOO_MANY_PARTS };
  const gainMap = findGainMap(source, walk);
  const edits = editsOf(source, walk.segments, gainMap?.exceptions ?? new Map());
  const end = walk.end ?? source.length;
  if (end < source.length) edits.push({ from: end, to: source.length });
  if (edits.length === 0) return { orientation };
  const picture = editedRange(0, source.length, edits);
  return { orientation, stripped: gainMap ? gainMap.appendTo(picture) : picture };
}

/** Of the first EXIF segment, as libvips takes it. */
export function jpegOrientation(source: ByteSource, segments: readonly Segment[]): Orientation {
  const exif = segments.find(
    (segment) =>
      segment.code === APP1 &&
      !segment.isAfterScan &&
      startsWith(source, segment, EXIF_MARK.toString('latin1')),
  );
  if (!exif) return 1;
  return readOrientation(bufferOf(source, exif.content + EXIF_MARK.length, exif.to));
}
