import { type Content, lentContent } from '../../domain/content.js';
import { inputError } from '../../domain/error.js';
import type { Notice } from '../../domain/events.js';
import {
  type Background,
  DEFAULT_MAX_EDGE,
  KEEP_BACKGROUND,
  type PictureFormat,
  type Size,
} from '../../domain/picture.js';
import { CHANGES, type Change } from '../../domain/record.js';
import type { DecodeLimits } from '../decoders/decoder-pool.js';
import { isUndecodable, isWithoutSharp, MAX_PIXELS, reasonOf, tooManyPixels } from '../errors.js';
import { isNative, pictureFormats } from '../formats.js';
import { joinPieces, lengthOf, type Piece, sizeOf } from '../metadata/edits.js';
import { foreignJpeg } from '../metadata/jpeg-frame.js';
import { type Metadata, metadataReader } from '../metadata/metadata.js';
import { sourceOf } from '../open/byte-source.js';
import { look, type OpenImage } from '../open/open.js';
import type { TiffPage } from '../pages.js';
import { sizeIn, sizeReader } from '../size.js';

export interface AdaptOptions {
  /**
   * The longest side that is sent, in pixels; 0 for any. Undefined means `DEFAULT_MAX_EDGE`, except
   * for HEIC and HEIF, where it means any: their files are small, and decoding them is slow.
   */
  maxEdge?: number | undefined;
  /** Sends EXIF, XMP, IPTC and comments too. */
  keepMetadata: boolean;
  /** Sends the file byte for byte. */
  original: boolean;
  /** Sends the part of a damaged picture that can be decoded. */
  damaged?: boolean;
  /** What a transparent picture is laid on; what suits it by default. */
  background?: Background | undefined;
  /** The page of a TIFF that is wanted; the first one without it. */
  tiffPage?: TiffPage | undefined;
  /** The limits for decoding, if a picture has to be encoded again. */
  decodeLimits?: DecodeLimits | undefined;
  signal?: AbortSignal | undefined;
}

/** A picture as it is to be sent. */
export interface AdaptedPicture extends Size {
  content: Content;
  mimeType: string;
  /** Stored pixels of the file. */
  original: Size;
  /** By EXIF, 2 to 8: how the stored pixels are to be turned; absent if they are upright. */
  orientation?: number;
  changes: readonly Change[];
  notices: readonly Notice[];
}

/** The header's facts about a picture in a format that Gemini takes. */
interface NativeFacts {
  size: Size;
  metadata: Metadata;
}

/**
 * Does as little to a picture as needed. If Gemini takes its format, and it is upright and not too
 * large, only its metadata is removed. Otherwise it is decoded and encoded again.
 *
 * @throws GeminiImageError of kind `input`.
 */
export async function adapt(
  image: OpenImage,
  formatName: PictureFormat,
  options: AdaptOptions,
): Promise<AdaptedPicture> {
  const { name, mimeType } = pictureFormats[formatName];
  if (formatName === 'raw' && !options.original) return adaptPreview(image, options);
  if (!isNative(formatName)) {
    if (!options.original) return remake(image, formatName, options);
    throw inputError(`it is ${name}, which Gemini does not take`, 'Leave out --original.');
  }
  const foreign = await foreignKind(image, formatName);
  if (foreign !== undefined) {
    if (options.original)
      throw inputError(`it is ${foreign}, which Gemini does not take`, 'Leave out --original.');
    return remakeForeign(image, formatName, options, foreign);
  }
  const readMetadata = await metadataReader(formatName);
  const readSize = await sizeReader(formatName);
  const facts = look(image, (source) => {
    const metadata = readMetadata(source);
    return { metadata, size: metadata.size ?? readSize(source) };
  });
  const { size, metadata } = facts;
  const untouched: AdaptedPicture = {
    content: image.content,
    mimeType,
    ...size,
    original: size,
    ...turning(metadata.orientation),
    changes: [],
    notices: [],
  };
  const { keepMetadata, original } = options;
  if (original) return untouched;
  if (metadata.end !== undefined) {
    const { cutOff, holdsAllPixels, mended } = await import('./damage.js');
    const isWhole =
      metadata.end === 'missing' &&
      (await holdsAllPixels(image, formatName, {
        size,
        limits: options.decodeLimits,
        signal: options.signal,
      }));
    if (!isWhole && options.damaged !== true) throw cutOff();
    const repaired = await mended(image, formatName, metadata);
    if (!isWhole) return remakeDamaged(repaired, formatName, options, facts);
    if (look(repaired, readMetadata).end === undefined) {
      const adapted = await adapt(repaired, formatName, options);
      return { ...adapted, changes: ['mended', ...adapted.changes] };
    }
  }
  if (metadata.hole === 'marks') {
    const { looksWrongSomewhere } = await import('./damage.js');
    const apart = { size, limits: options.decodeLimits, signal: options.signal };
    if (await looksWrongSomewhere(image, apart)) return remake(image, formatName, options, facts);
  } else if (metadata.hole !== undefined) {
    const { damagedInside, isDecodable } = await import('./damage.js');
    const { decodeLimits: limits, signal } = options;
    const isDamaged =
      metadata.hole === 'sure' || !(await isDecodable(image, formatName, { size, limits, signal }));
    if (isDamaged) {
      if (options.damaged !== true) throw damagedInside();
      return remakeDamaged(image, formatName, options, facts);
    }
  }
  const see =
    needsRemaking(untouched, formatName, options) ||
    (await showsThrough(image, formatName, options, size));
  if (see === true) return remake(image, formatName, options, facts);
  const kept = keepMetadata ? untouched : withoutMetadata(image, untouched, metadata);
  return see === false ? kept : { ...kept, notices: [...kept.notices, see] };
}

/** Whether a picture shows what is behind it; words for the user if that cannot be found out here. */
async function showsThrough(
  image: OpenImage,
  formatName: PictureFormat,
  { background, decodeLimits: limits, signal }: AdaptOptions,
  size: Size,
): Promise<boolean | Notice> {
  if (background === KEEP_BACKGROUND) return false;
  // Of the other formats that are sent as they are, no header says so.
  if (formatName !== 'png' && formatName !== 'webp') return false;
  const { mayBeTransparent } = await import('../metadata/transparency.js');
  if (!look(image, (source) => mayBeTransparent(source, formatName))) return false;
  const { isTransparentApart } = await import('../decoders/decode-apart.js');
  try {
    return await isTransparentApart(image, formatName, { size, limits, signal });
  } catch (error) {
    if (isWithoutSharp(error)) return STAYS_TRANSPARENT;
    // What cannot be decoded is handled where it is made anew.
    if (isUndecodable(error)) return true;
    throw error;
  }
}

/** What a file is, in words, if Gemini does not take it although it takes others of its format. */
async function foreignKind(
  image: OpenImage,
  formatName: PictureFormat,
): Promise<string | undefined> {
  if (formatName === 'png') {
    const { isCgbi } = await import('../metadata/cgbi.js');
    return look(image, isCgbi) ? "a PNG of Apple's own kind (CgBI)" : undefined;
  }
  if (formatName === 'jpeg') return look(image, foreignJpeg);
  if (!isHeif(formatName)) return undefined;
  const { HEVC, nameOfCodec, readHeifCoding } = await import('../metadata/heif-coding.js');
  const { codec, isSequence, isShort } = look(image, readHeifCoding);
  if (codec !== undefined && !HEVC.includes(codec)) return `a HEIF coded by ${nameOfCodec(codec)}`;
  if (isSequence) return 'a HEIF of moving pictures';
  return isShort ? 'a HEIF of the short form' : undefined;
}

/** Converts what only seems to be of a format that Gemini takes. */
async function remakeForeign(
  image: OpenImage,
  formatName: PictureFormat,
  options: AdaptOptions,
  what: string,
): Promise<AdaptedPicture> {
  try {
    return await remake(image, formatName, options);
  } catch (error) {
    if (!isUndecodable(error)) throw error;
    throw inputError(
      `it is ${what}, which is not read: ${reasonOf(error)}`,
      'Convert it to JPEG or PNG with another program first.',
      error,
    );
  }
}

/** Takes the picture that a camera has put into its raw file. */
async function adaptPreview(image: OpenImage, options: AdaptOptions): Promise<AdaptedPicture> {
  const { openPreview } = await import('../raw/preview.js');
  const { image: preview, rawName, width, height } = openPreview(image);
  const adapted = await adapt(preview, 'jpeg', options);
  const message = `is ${rawName}; its preview of ${width} × ${height} pixels is sent`;
  return {
    ...adapted,
    changes: ['preview', ...adapted.changes],
    notices: [{ topic: 'preview', message }, ...adapted.notices],
  };
}

/** Whether a picture is not upright, or larger than wanted. */
function needsRemaking(
  { orientation, original }: AdaptedPicture,
  formatName: PictureFormat,
  { maxEdge = isHeif(formatName) ? 0 : DEFAULT_MAX_EDGE }: AdaptOptions,
): boolean {
  return orientation !== undefined || (maxEdge > 0 && longestSide(original) > maxEdge);
}

function isHeif(formatName: PictureFormat): boolean {
  return formatName === 'heic' || formatName === 'heif';
}

/** The same pixels in the same bytes, without the metadata around them. */
function withoutMetadata(
  { content: file, held }: OpenImage,
  untouched: AdaptedPicture,
  { stripped, stays }: Metadata,
): AdaptedPicture {
  const notices: Notice[] =
    stays === undefined ? [] : [{ topic: 'stays', message: `is sent with its metadata: ${stays}` }];
  if (stripped === undefined) return { ...untouched, notices };
  const content =
    typeof held === 'string'
      ? piecesContent(file, stripped)
      : lentContent(joinPieces(sourceOf(held), stripped));
  return { ...untouched, content, changes: ['stripped'], notices };
}

/** Encodes the picture again; of one that cannot be decoded, the readable part if wanted. */
async function remake(
  image: OpenImage,
  formatName: PictureFormat,
  options: AdaptOptions,
  native?: NativeFacts,
): Promise<AdaptedPicture> {
  try {
    return await madeAnew(image, formatName, { ...options, damaged: false }, native);
  } catch (error) {
    if (options.damaged !== true || !isUndecodable(error)) throw error;
    return remakeDamaged(image, formatName, options, native);
  }
}

/** The part of a damaged picture that can be decoded, with a warning. */
async function remakeDamaged(
  image: OpenImage,
  formatName: PictureFormat,
  options: AdaptOptions,
  native?: NativeFacts,
): Promise<AdaptedPicture> {
  const adapted = await madeAnew(image, formatName, { ...options, damaged: true }, native);
  const notices: readonly Notice[] = [DAMAGED, ...adapted.notices];
  return { ...adapted, notices, changes: ['damaged', ...adapted.changes] };
}

async function madeAnew(
  image: OpenImage,
  formatName: PictureFormat,
  options: AdaptOptions,
  native?: NativeFacts,
): Promise<AdaptedPicture> {
  const { maxEdge = DEFAULT_MAX_EDGE, keepMetadata, damaged = false, signal } = options;
  const { pixelsOf, sizeInMemory } = await import('../readers/shrink.js');
  // Checked before a decoder is loaded.
  if (native && pixelsOf(sizeInMemory(native.size, formatName, maxEdge)) > MAX_PIXELS) {
    throw tooManyPixels(native.size, true);
  }
  const { prepareApart } = await import('../decoders/decode-apart.js');
  const { decodeLimits: limits, tiffPage, background } = options;
  const size = native?.size ?? tiffPage?.size ?? (await sizeIn(image, formatName));
  const { bytes, mimeType, original, orientation, metadata, flattened, isDamaged, ...sent } =
    await prepareApart(
      image,
      formatName,
      { maxEdge, keepMetadata, damaged, background, directory: tiffPage?.directory },
      { size, limits, canGoAsItIs: native !== undefined, signal },
    );
  const hadMetadata =
    metadata !== 'none' ||
    (native ? native.metadata.stripped !== undefined : await saysMore(image, formatName));
  const { name, mimeType: mimeTypeBefore } = pictureFormats[formatName];
  const done: Record<Change, boolean> = {
    preview: false,
    damaged: isDamaged,
    mended: false,
    flattened,
    turned: orientation > 1,
    shrunk: longestSide(sent) < longestSide(original),
    converted: !native || mimeType !== mimeTypeBefore,
    stripped: hadMetadata && metadata !== 'kept',
  };
  const notices: Notice[] = isDamaged ? [WRONG_INSIDE] : [];
  if (!native) {
    const what = await foreignKind(image, formatName);
    const message = `is ${what ?? name}, which Gemini does not take; sent as ${mimeType}`;
    notices.push({ topic: 'converted', message });
  }
  if (keepMetadata && hadMetadata) notices.push(metadata === 'kept' ? KEPT : LOST);
  return {
    content: lentContent(bytes),
    mimeType,
    ...sent,
    original,
    ...turning(orientation),
    changes: CHANGES.filter((change) => done[change]),
    notices,
  };
}

/** @param orientation 1 to 8; 1 is upright. */
function turning(orientation: number): Pick<AdaptedPicture, 'orientation'> {
  return orientation > 1 ? { orientation } : {};
}

/** Whether a picture has metadata that sharp does not report. */
async function saysMore(image: OpenImage, formatName: PictureFormat): Promise<boolean> {
  if (formatName !== 'gif' && formatName !== 'tiff') return false;
  const { holdsMetadata } = await import('../metadata/other-formats.js');
  return look(image, (source) => holdsMetadata(source, formatName));
}

const DAMAGED: Notice = {
  message: 'is damaged: what can be decoded of it is sent, and parts of the picture may be missing',
};
const WRONG_INSIDE: Notice = {
  message: 'is damaged inside: parts of the picture may look wrong',
};
const STAYS_TRANSPARENT: Notice = {
  topic: 'transparent',
  message:
    'is sent with its transparent parts, which the service may take for black: sharp is not installed here',
};
const ANEW = 'is made anew, so that';
const KEPT: Notice = {
  topic: 'kept',
  message: `${ANEW} of its metadata no more than EXIF, XMP and IPTC comes along`,
};
const LOST: Notice = { topic: 'lost', message: `${ANEW} its metadata does not come along` };

function longestSide({ width, height }: Size): number {
  return Math.max(width, height);
}

/** A file's content with parts of it removed or replaced. */
function piecesContent(file: Content, pieces: readonly Piece[]): Content {
  const size = sizeOf(pieces);
  return {
    size,
    async read(from, to) {
      const parts: Uint8Array[] = [];
      let start = 0;
      for (const piece of pieces) {
        const end = start + lengthOf(piece);
        const [first, last] = [Math.max(from, start) - start, Math.min(to, end) - start];
        if (first < last) parts.push(await readPiece(file, piece, first, last));
        start = end;
      }
      return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
    },
  };
}

async function readPiece(
  file: Content,
  piece: Piece,
  from: number,
  to: number,
): Promise<Uint8Array> {
  if (piece instanceof Uint8Array) return piece.subarray(from, to);
  return file.read(piece.from + from, piece.from + to);
}
