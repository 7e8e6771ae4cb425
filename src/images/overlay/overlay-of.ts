import type { FoundBox } from '../../domain/box.js';
import { inputError } from '../../domain/error.js';
import { drawApart } from '../decoders/decode-apart.js';
import type { DecodeLimits } from '../decoders/decoder-pool.js';
import type { ImageReference } from '../find/reference.js';
import { type NamedBytes, sha256 } from '../load.js';
import { held, look, type OpenOptions, openImage } from '../open/open.js';
import { tiffPage } from '../pages.js';
import { openPreview } from '../raw/preview.js';
import { recognise } from '../recognise.js';
import { sizeIn } from '../size.js';
import type { Encoded } from './encoders.js';
import type { DrawOptions } from './overlay.js';

/** The boxes that were found in a picture. */
export interface Found {
  /** Of the picture in which the boxes were found. */
  sha256: string;
  boxes: readonly FoundBox[];
}

/**
 * Opens a picture again and draws on it what was found in it.
 *
 * @param image standard input, which can be read once only, as bytes.
 * @throws GeminiImageError of kind `input` if it cannot be opened, is another picture by now, or
 *   cannot be drawn on; of kind `service` if the web fails.
 */
export async function overlayOf(
  image: ImageReference | NamedBytes,
  found: Found,
  options: OpenOptions & DrawOptions & { decodeLimits?: DecodeLimits | undefined },
): Promise<Encoded> {
  const opened = 'bytes' in image ? held(image.bytes) : await openImage(image, options);
  if ((await sha256(opened)) !== found.sha256) {
    throw inputError('it has changed since the boxes were found', 'Run it once more.');
  }
  const recognised = look(opened, recognise).formatName;
  // The boxes belong to the picture that was sent: for a raw file, its preview.
  const isRaw = recognised === 'raw';
  const shown = isRaw ? openPreview(opened).image : opened;
  const formatName = isRaw ? 'jpeg' : recognised;
  const { ending, decodeLimits: limits, signal } = options;
  const page =
    'bytes' in image || image.page === undefined
      ? undefined
      : look(shown, (source) => tiffPage(source, image.page ?? 1));
  const size = page?.size ?? (await sizeIn(shown, formatName));
  const drawing = { ending, directory: page?.directory };
  return drawApart(shown, formatName, found.boxes, drawing, { size, limits, signal });
}
