/**
 * The gain map of an Ultra HDR photo: a second JPEG behind the first one, which a multi-picture
 * directory (CIPA DC-007) and a list in XMP point to. Both hold lengths, so they are written anew.
 */
import type { ByteSource } from '../open/byte-source.js';
import { bufferOf, editedRange, type Piece, sizeOf, upTo } from './edits.js';
import { numbersOf } from './exif.js';
import {
  type Exceptions,
  editsOf,
  type Segment,
  SOI,
  segmentOf,
  startsWith,
  type Walk,
  walkJpeg,
} from './jpeg-segments.js';

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

/** The XMP packets of an Ultra HDR photo, cut down to what a decoder of its gain map reads. */

const XMP_MARK = 'http://ns.adobe.com/xap/1.0/\0';

const GAIN_MAP_SPACE = 'http://ns.adobe.com/hdr-gain-map/1.0/';

const NUMBERS = /^[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[-+]?\d+)?$/i;

/** The terms of a gain map, and what their values look like. */
const TERMS: Readonly<Record<string, RegExp>> = {
  Version: /^\d+(?:\.\d+)*$/,
  BaseRenditionIsHDR: /^(?:true|false)$/i,
  GainMapMin: NUMBERS,
  GainMapMax: NUMBERS,
  Gamma: NUMBERS,
  OffsetSDR: NUMBERS,
  OffsetHDR: NUMBERS,
  HDRCapacityMin: NUMBERS,
  HDRCapacityMax: NUMBERS,
};

/** One value for all channels, or three. */
const MAX_VALUES = 3;

const ATTRIBUTE = /\shdrgm:(\w+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;
const ELEMENT = /<hdrgm:(\w+)\s*>((?:[^<]|<\/?rdf:(?:Seq|li)\s*>)*)<\/hdrgm:\1\s*>/g;

/** Whether a packet describes a gain map, or says that there is one. */
function hasGainMapTerms(packet: string): boolean {
  return packet.includes(GAIN_MAP_SPACE) && packet.includes('hdrgm:Version');
}

/** The gain map's packet; undefined where a value is not of its kind, or one is missing. */
function gainMapPacket(packet: string): string | undefined {
  const terms = new Map<string, readonly string[]>();
  for (const [, name = '', ...values] of packet.matchAll(ATTRIBUTE)) {
    terms.set(name, [values.find((value) => value !== undefined)?.trim() ?? '']);
  }
  for (const [, name = '', content = ''] of packet.matchAll(ELEMENT)) {
    terms.set(name, content.split(/<[^<>]*>|\s/).filter(Boolean));
  }
  const known = [...terms].filter(([name]) => Object.hasOwn(TERMS, name));
  if (!terms.has('Version') || !terms.has('GainMapMax') || !known.every(isValid)) return undefined;
  const attributes = known.filter(([, values]) => values.length === 1);
  const elements = known.filter(([, values]) => values.length > 1);
  return wrap(
    attributes.map(([name, values]) => ` hdrgm:${name}="${values.join('')}"`).join(''),
    elements
      .map(([name, values]) => {
        const items = values.map((value) => `<rdf:li>${value}</rdf:li>`).join('');
        return `<hdrgm:${name}><rdf:Seq>${items}</rdf:Seq></hdrgm:${name}>`;
      })
      .join(''),
  );
}

/** The photo's packet: that there is a gain map, and that it is the second part of the file. */
function photoPacket(gainMapBytes: number): string {
  const item = (semantic: string, more = '') =>
    '<rdf:li rdf:parseType="Resource">' +
    `<Container:Item Item:Semantic="${semantic}" Item:Mime="image/jpeg"${more}/></rdf:li>`;
  const items = item('Primary') + item('GainMap', ` Item:Length="${gainMapBytes}"`);
  return wrap(
    ' xmlns:Container="http://ns.google.com/photos/1.0/container/"' +
      ' xmlns:Item="http://ns.google.com/photos/1.0/container/item/" hdrgm:Version="1.0"',
    `<Container:Directory><rdf:Seq>${items}</rdf:Seq></Container:Directory>`,
  );
}

function isValid([name, values]: [string, readonly string[]]): boolean {
  const pattern = TERMS[name];
  if (!pattern || values.length === 0 || values.length > MAX_VALUES) return false;
  return values.every((value) => value.length < 32 && pattern.test(value));
}

function wrap(attributes: string, content: string): string {
  return (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">' +
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    `<rdf:Description rdf:about="" xmlns:hdrgm="${GAIN_MAP_SPACE}"${attributes}>` +
    `${content}</rdf:Description></rdf:RDF></x:xmpmeta>`
  );
}

/** The directory of a JPEG with several pictures: MPF, CIPA DC-007. */
/** Where in the file a picture lies. */
interface Place {
  readonly from: number;
  readonly to: number;
}

interface NewDirectory {
  /** Its length does not depend on what is filled in. */
  readonly segment: Uint8Array;
  /** `place`: where in the file the segment begins. */
  fill(facts: { place: number; photoBytes: number; gainMapBytes: number }): void;
}

const DIRECTORY_MARK = 'MPF\0';

const ENTRIES_TAG = 0xb002;
const ENTRY_BYTES = 16;
const FIELD_BYTES = 12;

/**
 * Where the pictures after the first one lie.
 *
 * @param start where in the file the TIFF block begins, from which its offsets count
 */
function readDirectory(tiff: Buffer, start: number): Place[] {
  const order = tiff.toString('latin1', 0, 4);
  if (order !== 'II*\0' && order !== 'MM\0*') return [];
  const { short, long } = numbersOf(tiff, order === 'II*\0');
  const directory = long(4);
  for (let index = 0; index < short(directory); index += 1) {
    const field = directory + 2 + index * FIELD_BYTES;
    if (field + FIELD_BYTES > tiff.length) return [];
    if (short(field) !== ENTRIES_TAG) continue;
    const from = long(field + 8);
    const to = Math.min(from + long(field + 4), tiff.length);
    const places: Place[] = [];
    for (let at = from + ENTRY_BYTES; at + ENTRY_BYTES <= to; at += ENTRY_BYTES) {
      const first = start + long(at + 8);
      places.push({ from: first, to: first + long(at + 4) });
    }
    return places;
  }
  return [];
}

/** For a photo and one further picture that follows it at once. */
function createDirectory(): NewDirectory {
  const segment = Buffer.from(segmentOf(APP2, Buffer.from(DIRECTORY_MARK + TIFF, 'latin1')));
  return {
    segment,
    fill({ place, photoBytes, gainMapBytes }) {
      segment.writeUInt32BE(photoBytes, FIRST_ENTRY + 4);
      segment.writeUInt32BE(gainMapBytes, FIRST_ENTRY + ENTRY_BYTES + 4);
      segment.writeUInt32BE(photoBytes - place - TIFF_START, FIRST_ENTRY + ENTRY_BYTES + 8);
    },
  };
}

const TIFF_START = 4 + DIRECTORY_MARK.length;
const FIRST_ENTRY = TIFF_START + 50;

const TIFF = [
  'MM\0*\0\0\0\x08',
  '\0\x03',
  '\xb0\0\0\x07\0\0\0\x040100',
  '\xb0\x01\0\x04\0\0\0\x01\0\0\0\x02',
  '\xb0\x02\0\x07\0\0\0\x20\0\0\0\x32',
  '\0\0\0\0',
  // The photo is the baseline picture; a gain map has no type of its own.
  `\0\x03\0\0${'\0'.repeat(12)}`,
  '\0'.repeat(16),
].join('');
