import { imageSize } from 'image-size';
import { inputError } from '../domain/error.js';
import type { PictureFormat, Size } from '../domain/picture.js';
import { type Format, HEAD_BYTES, otherFormats, pictureFormats } from './formats.js';
import { readBmpSize } from './metadata/bmp.js';
import { readFrame } from './metadata/jpeg-frame.js';
import type { ByteSource } from './open/byte-source.js';
import { rawKindOf } from './raw/raw-kind.js';

export interface Recognised {
  formatName: PictureFormat;
  format: Format;
}

const formatNames = Object.keys(pictureFormats) as PictureFormat[];

/**
 * Recognises a file by its bytes, whatever its name is.
 *
 * @throws GeminiImageError of kind `input` if it is empty or no picture.
 */
export function recognise(source: ByteSource): Recognised {
  if (source.length === 0) throw inputError('it is empty', 'Give a picture that has bytes in it.');
  const head = source.slice(0, HEAD_BYTES);
  const formatName = formatNames.find((name) => pictureFormats[name].matches(head));
  if (formatName === 'raw' || formatName === 'tiff') {
    const kind = rawKindOf(source);
    if (kind) return { formatName: 'raw', format: { ...pictureFormats.raw, ...kind } };
  }
  if (formatName) return { formatName, format: pictureFormats[formatName] };
  const other = otherFormats.find((format) => format.matches(head));
  throw inputError(
    `it is ${other?.name ?? 'an unknown kind of data'}, not a picture`,
    'Gemini takes PNG, JPEG, WebP, HEIC and HEIF; most other pictures are converted.',
  );
}

/** How much of a file is read to find its size, because the parser takes small steps. */
const SIZE_BYTES = 2_097_152;
/** For an SVG, whose first element is near the beginning and whose parser goes back and forth. */
const SVG_SIZE_BYTES = 65_536;

/** Formats whose headers the parser does not understand in all of their kinds. */
const ownSizes: Partial<Record<PictureFormat, (source: ByteSource) => Size | undefined>> = {
  jpeg: (source) => readFrame(source),
  bmp: readBmpSize,
};

/**
 * Reads the size of a picture in stored pixels from its header, without decoding it.
 *
 * @throws GeminiImageError of kind `input` if the header is cut off or damaged.
 */
export function readSize(source: ByteSource, formatName: PictureFormat): Size {
  const size = (ownSizes[formatName] ?? parseSize)(source, formatName);
  if (size) return { width: size.width, height: size.height };
  throw inputError(
    `it is ${pictureFormats[formatName].name} whose header is cut off or damaged`,
    'Copy or download it again.',
  );
}

/** The same; undefined if the header does not have it, as for a drawing without a size. */
export function sizeIn(source: ByteSource, formatName: PictureFormat): Size | undefined {
  try {
    return readSize(source, formatName);
  } catch {
    return undefined;
  }
}

function parseSize(source: ByteSource, formatName: PictureFormat): Size | undefined {
  try {
    const head = source.slice(0, formatName === 'svg' ? SVG_SIZE_BYTES : SIZE_BYTES);
    const { width, height } = imageSize(withOwnMemory(head));
    return width > 0 && height > 0 ? { width, height } : undefined;
  } catch {
    // Whatever the parser stumbled on, the header cannot be read.
    return undefined;
  }
}

/**
 * The parser reads past the end of bytes that are a view into a larger buffer, as Node's small
 * ones are, and would take a size from the bytes of a stranger.
 */
function withOwnMemory(bytes: Uint8Array): Uint8Array {
  const end = bytes.byteOffset + bytes.byteLength;
  return end === bytes.buffer.byteLength && bytes.byteOffset === 0 ? bytes : new Uint8Array(bytes);
}
