/**
 * The gain map of an Ultra HDR photo: a second JPEG behind the first one, which a multi-picture
 * directory (CIPA DC-007) and a list in XMP point to. Both hold lengths, so they are written anew.
 */
import type { ByteSource } from '../open/byte-source.js';
import { editedRange, type Piece, sizeOf } from './edits.js';
import { bufferOf, upTo } from './file-bytes.js';
import { gainMapPacket, hasGainMapTerms, photoPacket, XMP_MARK } from './gain-map-xmp.js';
import { type Exceptions, editsOf, segmentOf, startsWith } from './jpeg-edits.js';
import { type Segment, SOI, type Walk, walkJpeg } from './jpeg-segments.js';
import { createDirectory, DIRECTORY_MARK, type Place, readDirectory } from './mpf.js';

export interface GainMap {
  /** What becomes of the photo's own segments that belong to the gain map. */
  readonly exceptions: Exceptions;
  /** The whole file; `photo` was edited with `exceptions`. */
  appendTo(photo: readonly Piece[]): readonly Piece[];
}

const APP1 = 0xe1;
const APP2 = 0xe2;
/** ISO 21496-1: a version in the photo, all numbers in the gain map. */
const ISO_MARK = 'urn:iso:std:iso:ts:21496:-1\0';

/** Photos list a gain map, a preview or two, and seldom more. */
const MAX_PLACES = 8;

/** Undefined where there is none, or where it cannot be taken over without any doubt. */
export function findGainMap(source: ByteSource, photo: Walk): GainMap | undefined {
  const { end } = photo;
  if (end === undefined) return undefined;
  const directories = find(source, photo, APP2, DIRECTORY_MARK);
  const [directory] = directories;
  if (!directory || directories.length > 1 || directory.isAfterScan) return undefined;
  const start = directory.content + DIRECTORY_MARK.length;
  const places = readDirectory(bufferOf(source, start, directory.to), start).slice(0, MAX_PLACES);
  for (const place of places) {
    if (place.from < end || place.to > source.length) continue;
    const image = readGainMapImage(source, place);
    if (image) return assemble(source, photo, directory, image);
  }
  return undefined;
}

/** The pieces of a second picture without its metadata, if it is a gain map. */
function readGainMapImage(source: ByteSource, { from, to }: Place): Piece[] | undefined {
  const [first, second] = source.slice(from, from + 2);
  if (first !== 0xff || second !== SOI) return undefined;
  const image = upTo(source, to);
  const walk = walkJpeg(image, from);
  if (walk.end === undefined) return undefined;
  const numbers = find(image, walk, APP2, ISO_MARK);
  const packet = packetWithTerms(image, walk);
  const rebuilt = packet && gainMapPacket(packet.text);
  if (packet ? rebuilt === undefined : numbers.length === 0) return undefined;
  const exceptions = new Map<Segment, 'stays' | Uint8Array>();
  for (const segment of numbers) exceptions.set(segment, 'stays');
  if (packet && rebuilt) exceptions.set(packet.segment, xmpSegment(rebuilt));
  return editedRange(from, walk.end, editsOf(image, walk.segments, exceptions));
}

function assemble(
  source: ByteSource,
  photo: Walk,
  directory: Segment,
  image: readonly Piece[],
): GainMap {
  const newDirectory = createDirectory();
  const exceptions = new Map<Segment, 'stays' | Uint8Array>([[directory, newDirectory.segment]]);
  for (const segment of find(source, photo, APP2, ISO_MARK)) exceptions.set(segment, 'stays');
  const packet = packetWithTerms(source, photo);
  if (packet) exceptions.set(packet.segment, xmpSegment(photoPacket(sizeOf(image))));
  return {
    exceptions,
    appendTo(pieces) {
      const place = sizeOf(pieces.slice(0, pieces.indexOf(newDirectory.segment)));
      newDirectory.fill({ place, photoBytes: sizeOf(pieces), gainMapBytes: sizeOf(image) });
      return [...pieces, ...image];
    },
  };
}

/** The first XMP packet that speaks of a gain map. */
function packetWithTerms(
  source: ByteSource,
  walk: Walk,
): { segment: Segment; text: string } | undefined {
  for (const segment of find(source, walk, APP1, XMP_MARK)) {
    if (segment.isAfterScan) return undefined;
    const text = bufferOf(source, segment.content + XMP_MARK.length, segment.to).toString();
    if (hasGainMapTerms(text)) return { segment, text };
  }
  return undefined;
}

function xmpSegment(packet: string): Uint8Array {
  return segmentOf(APP1, Buffer.from(XMP_MARK + packet));
}

function find(source: ByteSource, walk: Walk, code: number, mark: string): readonly Segment[] {
  return walk.segments.filter(
    (segment) => segment.code === code && startsWith(source, segment, mark),
  );
}
