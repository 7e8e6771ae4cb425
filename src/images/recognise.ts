import { inputError } from '../domain/error.js';
import type { PictureFormat } from '../domain/picture.js';
import { type Format, formatByHead, HEAD_BYTES, otherFormats, pictureFormats } from './formats.js';
import type { ByteSource } from './open/byte-source.js';
import { rawKindOf } from './raw/raw-kind.js';

export interface Recognised {
  formatName: PictureFormat;
  format: Format;
}

/**
 * Recognises a file by its bytes, whatever its name is.
 *
 * @throws GeminiImageError of kind `input` if it is empty or no picture.
 */
export function recognise(source: ByteSource): Recognised {
  if (source.length === 0) throw inputError('it is empty', 'Give a picture that has bytes in it.');
  const head = source.slice(0, HEAD_BYTES);
  const formatName = formatByHead(head);
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
