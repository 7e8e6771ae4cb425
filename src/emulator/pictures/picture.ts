// A picture: its format, and what can be measured in it.

import { invalidArgument, unprocessableImage } from '../http/errors.js';
import type { Blob } from '../messages/requests.js';
import { type Likeness, likenessOf } from '../script/likeness.js';
import { type ColourSummary, summariseColours } from './colours.js';
import {
  type Orientation,
  type PictureFormat,
  type PlainFormat,
  readHeader,
  readHeifSize,
  recogniseFormat,
  swapsSides,
} from './header.js';
import type { Samples } from './photon.js';
import { heifOf, MOST_PIXELS, samplesOf } from './pixels.js';
import { findRegions, type Region } from './regions.js';

export interface Picture {
  format: PictureFormat;
  /** Pixels as stored (HEIC and HEIF: as displayed). */
  width: number;
  height: number;
  /** From EXIF; always 1 for HEIC and HEIF, which do not use it. */
  orientation: Orientation;
  /** As displayed. */
  shape: 'landscape' | 'portrait' | 'square';
  colours: ColourSummary;
  /** The largest ones that stand out, if they were looked for. */
  regions?: readonly Region[];
  /** Of a document, how many pages it has. */
  pages?: number;
  /** By which it is known again, if that was looked for. */
  likeness?: Likeness;
}

/** What to look for in a picture: finding regions takes time. */
export interface Look {
  readonly forRegions: boolean;
  /** Set if a script has answers for pictures. */
  readonly forLikeness?: boolean;
}

/** The MIME types that Gemini takes, and the formats that the bytes may then have. */
const FORMATS_BY_MIME_TYPE: ReadonlyMap<string, readonly PictureFormat[]> = new Map([
  ['image/png', ['PNG']],
  ['image/jpeg', ['JPEG']],
  ['image/webp', ['WebP']],
  ['image/heic', ['HEIC', 'HEIF']],
  ['image/heif', ['HEIC', 'HEIF']],
  ['application/pdf', ['PDF']],
]);

/** The formats behind a MIME type; throws 400 for one that Gemini does not take as an image. */
export function checkMimeType({ mimeType = '' }: Blob): readonly PictureFormat[] {
  const formats = FORMATS_BY_MIME_TYPE.get(mimeType);
  if (formats === undefined) throw invalidArgument(`Unsupported MIME type: ${mimeType}`);
  return formats;
}

/** Throws 400 in Google's words if the bytes are not a whole picture of the declared type. */
export async function readPicture(blob: Blob, look: Look): Promise<Picture> {
  const admitted = checkMimeType(blob);
  const bytes = blob.data ?? Buffer.alloc(0);
  const format = recogniseFormat(bytes);
  if (format === undefined || !admitted.includes(format)) throw unprocessableImage();
  try {
    if (format === 'PDF') return await measurePdf(bytes);
    if (format === 'HEIC' || format === 'HEIF') return await measureHeif(bytes, format, look);
    return await measure(bytes, format, look);
  } catch {
    // The decoder's reason is not passed on; Google does not pass it on either.
    throw unprocessableImage();
  }
}

async function measure(bytes: Buffer, format: PlainFormat, look: Look): Promise<Picture> {
  const header = readHeader(bytes, format);
  if (header === undefined) throw unprocessableImage();
  const { width, height, orientation } = header;
  admitSize(width, height);
  const shape = swapsSides(orientation) ? shapeOf(height, width) : shapeOf(width, height);
  const seen = lookAt(await samplesOf(bytes, width * height), orientation, look);
  return { format, width, height, orientation, shape, ...seen };
}

/** Loaded for documents only. */
async function measurePdf(bytes: Buffer): Promise<Picture> {
  const { measureDocument } = await import('./pdf.js');
  const { pages, width, height } = measureDocument(bytes);
  const colours = { kind: 'unseen' } as const;
  return {
    format: 'PDF',
    width,
    height,
    orientation: 1,
    shape: shapeOf(width, height),
    colours,
    pages,
  };
}

async function measureHeif(bytes: Buffer, format: PictureFormat, look: Look): Promise<Picture> {
  const heif = await heifOf(bytes);
  if (!heif) return measureUnseenHeif(bytes, format);
  const { width, height, samples } = heif;
  const shape = shapeOf(width, height);
  return { format, width, height, orientation: 1, shape, ...lookAt(samples, 1, look) };
}

/** Without libheif only the size is known. */
function measureUnseenHeif(bytes: Buffer, format: PictureFormat): Picture {
  const size = readHeifSize(bytes);
  if (!size) throw unprocessableImage();
  const { width, height } = size;
  admitSize(width, height);
  const colours = { kind: 'unseen', isCoded: true } as const;
  return { format, width, height, orientation: 1, shape: shapeOf(width, height), colours };
}

function lookAt(
  samples: Samples,
  orientation: Orientation,
  { forRegions, forLikeness = false }: Look,
) {
  return {
    colours: summariseColours(samples.rgba),
    ...(forRegions && { regions: findRegions(samples, orientation) }),
    ...(forLikeness && { likeness: likenessOf(samples) }),
  };
}

function admitSize(width: number, height: number): void {
  if (width < 1 || height < 1 || width * height > MOST_PIXELS) throw unprocessableImage();
}

function shapeOf(width: number, height: number): Picture['shape'] {
  if (width === height) return 'square';
  return width > height ? 'landscape' : 'portrait';
}
