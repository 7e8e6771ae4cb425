// The finished picture that a camera puts into each raw file.
import { inputError } from '../../domain/error.js';
import type { Size } from '../../domain/picture.js';
import { bufferOf } from '../metadata/edits.js';
import { EXIF_MARK } from '../metadata/exif.js';
import { readJpeg } from '../metadata/jpeg.js';
import { readFrame } from '../metadata/jpeg-frame.js';
import { segmentOf, startsWith, walkJpeg } from '../metadata/jpeg-segments.js';
import { readDirectories } from '../metadata/tiff.js';
import { type ByteSource, sourceOf } from '../open/byte-source.js';
import { held, look, type OpenImage } from '../open/open.js';
import { holdsRawSamples, rawKindOf } from './raw-kind.js';

/** A smaller one is a thumbnail, too small to describe the picture by. */
export const MIN_PREVIEW_EDGE = 1000;

/** A JPEG inside the file. */
interface Embedded extends Size {
  readonly from: number;
  readonly to: number;
}

export interface Preview extends Size {
  /** A JPEG whose own EXIF says how to turn it. */
  readonly image: OpenImage;
  /** What the file is, with its article. */
  readonly rawName: string;
}

/**
 * Takes the largest JPEG out of a raw file.
 *
 * @throws GeminiImageError of kind `input` if there is none that is large enough.
 */
export function openPreview(raw: OpenImage): Preview {
  return look(raw, (source) => {
    const rawName = rawKindOf(source)?.name ?? 'a camera raw';
    const [largest] = findEmbedded(source).sort((a, b) => b.width * b.height - a.width * a.height);
    if (!largest || Math.max(largest.width, largest.height) < MIN_PREVIEW_EDGE) {
      throw tooSmall(rawName, largest);
    }
    const { from, to, width, height } = largest;
    // A copy and not a view, so that the file's bytes can be freed.
    const jpeg = Buffer.from(source.slice(from, to));
    const turned = withOrientation(jpeg, orientationOf(source), largest);
    return { image: held(turned), rawName, width, height };
  });
}

function tooSmall(rawName: string, largest: Embedded | undefined) {
  const found = largest
    ? `the largest preview in it has ${largest.width} × ${largest.height} pixels`
    : 'there is no preview in it';
  return inputError(
    `it is ${rawName}, and ${found}; at least ${MIN_PREVIEW_EDGE} on a side are needed`,
    'Develop it with another program, and give the JPEG that this writes.',
  );
}

const SOI = Buffer.from([0xff, 0xd8, 0xff]);
/** Bytes that look like a JPEG by chance are rare; a file full of them is not a camera's. */
const MAX_TRIES = 256;
/** How much is searched at once. */
const SEARCHED_BYTES = 1_048_576;
/** Baseline, extended and progressive; frames with other codes hold the raw samples. */
const VISIBLE_FRAMES: readonly number[] = [0xc0, 0xc1, 0xc2];

/**
 * All JPEGs in the file that can be decoded. Each camera keeps them in another place, often in notes
 * that only its maker can read, so the file is searched from its beginning to its end.
 */
function findEmbedded(source: ByteSource): Embedded[] {
  const samples = placesOfSamples(source);
  const found: Embedded[] = [];
  let tries = 0;
  let at = 0;
  while (at + SOI.length <= source.length) {
    const block = bufferOf(source, at, at + SEARCHED_BYTES);
    if (block.length < SOI.length) break;
    // The first bytes of a JPEG may lie across the end of the block.
    let next = at + block.length - SOI.length + 1;
    for (let index = block.indexOf(SOI); index >= 0; index = block.indexOf(SOI, index + 1)) {
      const from = at + index;
      if (samples.has(from)) continue;
      tries += 1;
      if (tries > MAX_TRIES) return found;
      const embedded = embeddedAt(source, from);
      if (!embedded) continue;
      found.push(embedded);
      next = embedded.to;
      break;
    }
    at = next;
  }
  return found;
}

/** Undefined if there is no JPEG that can be decoded, or it has no end. */
function embeddedAt(source: ByteSource, from: number): Embedded | undefined {
  const frame = readFrame(source, from);
  if (!frame || !VISIBLE_FRAMES.includes(frame.code)) return undefined;
  const { end } = walkJpeg(source, from);
  return end === undefined
    ? undefined
    : { from, to: end, width: frame.width, height: frame.height };
}

const TAGS = { strips: 273, orientation: 274, tiles: 324 } as const;

/** The offsets of raw samples, which may be coded like a normal JPEG. */
function placesOfSamples(source: ByteSource): Set<number> {
  const places = new Set<number>();
  for (const directory of readDirectories(source)) {
    if (!holdsRawSamples(directory)) continue;
    for (const tag of [TAGS.strips, TAGS.tiles]) {
      for (const place of directory.numbers(tag)) places.add(place);
    }
  }
  return places;
}

/** The orientation of the camera, 1 to 8, in the first directory of the raw. */
function orientationOf(source: ByteSource): number {
  const [first] = readDirectories(boxOfCr3(source) ?? source);
  const [orientation = 1] = first?.numbers(TAGS.orientation) ?? [];
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

/** The first metadata of a CR3 is within this many bytes. */
const CR3_LOOK_BYTES = 65_536;

/** The TIFF block with the first directory of a CR3, which is made of boxes. */
function boxOfCr3(source: ByteSource): ByteSource | undefined {
  const head = bufferOf(source, 0, Math.min(CR3_LOOK_BYTES, source.length));
  if (head.toString('latin1', 4, 12) !== 'ftypcrx ') return undefined;
  const at = head.indexOf('CMT1', 0, 'latin1');
  if (at < 4) return undefined;
  const block = Buffer.from(head.subarray(at + 4, at - 4 + head.readUInt32BE(at - 4)));
  return sourceOf(block);
}

/** Most previews are stored as the sensor saw them, and only the raw says how to turn them. */
function withOrientation(jpeg: Buffer, orientation: number, { width, height }: Size): Buffer {
  if (orientation === 1) return jpeg;
  const own = sourceOf(jpeg);
  if (readJpeg(own).orientation !== 1) return jpeg;
  const isQuarter = orientation >= 5;
  // An upright preview has been turned already; one with its own EXIF needs nothing.
  if (isQuarter ? height > width : describesItself(own)) return jpeg;
  const exif = Buffer.from(`${EXIF_MARK.toString('latin1')}${TIFF_WITH_ORIENTATION}`, 'latin1');
  exif[ORIENTATION_AT] = orientation;
  return Buffer.concat([jpeg.subarray(0, 2), segmentOf(0xe1, exif), jpeg.subarray(2)]);
}

function describesItself(jpeg: ByteSource): boolean {
  return walkJpeg(jpeg, 0).segments.some(
    (segment) => segment.code === 0xe1 && startsWith(jpeg, segment, EXIF_MARK.toString('latin1')),
  );
}

/** One directory with one entry, whose value is filled in. */
const TIFF_WITH_ORIENTATION = 'MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0';
const ORIENTATION_AT = EXIF_MARK.length + 19;
