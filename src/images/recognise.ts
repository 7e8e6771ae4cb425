import { imageSize } from 'image-size';
import { GeminiImageError } from '../domain/error.js';
import type { PictureFormat } from '../domain/picture.js';
import { type Format, HEAD_BYTES, otherFormats, pictureFormats } from './formats.js';

export interface Recognised {
  format: Format;
  /** Stored pixels; absent where the format is not one that Gemini takes. */
  size?: { width: number; height: number };
}

const formatNames = Object.keys(pictureFormats) as PictureFormat[];

/**
 * Tells what a file is by its bytes, whatever its name says.
 *
 * @throws GeminiImageError of kind `input` where it is empty, no picture, or cut off in its header.
 */
export function recognise(bytes: Uint8Array): Recognised {
  if (bytes.length === 0) throw unusable('it is empty', 'Give a picture that has bytes in it.');
  const head = bytes.subarray(0, HEAD_BYTES);
  const formatName = formatNames.find((name) => pictureFormats[name].matches(head));
  if (!formatName) {
    const other = otherFormats.find((format) => format.matches(head));
    throw unusable(`it is ${other?.name ?? 'an unknown kind of data'}, not a picture`, TAKEN_HINT);
  }
  const format: Format = pictureFormats[formatName];
  if (format.mimeType === undefined) return { format };
  return { format, size: readSize(bytes, format) };
}

/** What to do with a file that is not of a type that Gemini takes. */
export const TAKEN_HINT = 'Gemini takes PNG, JPEG, WebP, HEIC and HEIF.';

function readSize(bytes: Uint8Array, format: Format): { width: number; height: number } {
  try {
    const { width, height } = imageSize(withOwnMemory(bytes));
    if (width > 0 && height > 0) return { width, height };
  } catch {
    // Whatever the parser stumbled on, the header cannot be read.
  }
  throw unusable(
    `it is ${format.name} whose header is cut off or damaged`,
    'Copy or download it again.',
  );
}

/**
 * The parser reads past the end of bytes that are a view into a larger buffer, as Node's small
 * ones are, and would take a size from the bytes of a stranger.
 */
function withOwnMemory(bytes: Uint8Array): Uint8Array {
  const end = bytes.byteOffset + bytes.byteLength;
  return end === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

function unusable(message: string, hint: string): GeminiImageError {
  return new GeminiImageError({ kind: 'input', message, hint });
}
