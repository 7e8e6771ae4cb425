import { extname } from 'node:path';
import { type GeminiImageError, inputError } from '../../domain/error.js';
import type { Size } from '../../domain/picture.js';
import type { Sharp } from '../decoders/load-sharp.js';
import { OVERLAY_MARK } from './overlay-mark.js';

interface Encoder {
  readonly mimeType: string;
  /** The longest side that the format allows, in pixels. */
  readonly maxEdge: number;
  encode(picture: Sharp): Sharp;
}

/** By the ending of the file. */
const encoders = {
  '.png': { mimeType: 'image/png', maxEdge: 2_147_483_647, encode: (picture) => picture.png() },
  '.jpg': jpeg(),
  '.jpeg': jpeg(),
  '.webp': {
    mimeType: 'image/webp',
    maxEdge: 16_383,
    // More effort takes ten times as long, for a file that is 6 % smaller.
    encode: (picture) => picture.webp({ quality: 92, effort: 2 }),
  },
} as const satisfies Record<string, Encoder>;

function jpeg(): Encoder {
  return {
    mimeType: 'image/jpeg',
    maxEdge: 65_535,
    // Thin lines need their colours at full resolution.
    encode: (picture) =>
      picture.flatten({ background: '#fff' }).jpeg({ quality: 92, chromaSubsampling: '4:4:4' }),
  };
}

/** The endings of the files that an overlay can be written to. */
export type OverlayEnding = keyof typeof encoders;

/** The format that a file's ending asks for; undefined if there is no overlay of that format. */
export function overlayEnding(path: string): OverlayEnding | undefined {
  const ending = extname(path).toLowerCase();
  return isOverlayEnding(ending) ? ending : undefined;
}

function isOverlayEnding(ending: string): ending is OverlayEnding {
  return Object.hasOwn(encoders, ending);
}

/** A picture as a file. */
export interface Encoded {
  bytes: Uint8Array;
  mimeType: string;
}

/** @throws GeminiImageError of kind `input` if the picture is too large for the format. */
export async function encodeAs(
  ending: OverlayEnding,
  { width, height }: Size,
  picture: Sharp,
): Promise<Encoded> {
  const { maxEdge, mimeType, encode } = encoders[ending];
  if (Math.max(width, height) > maxEdge) throw tooLarge(ending);
  try {
    const marked = encode(picture).withExif({ IFD0: { Software: OVERLAY_MARK } });
    return { bytes: await marked.toBuffer(), mimeType };
  } catch (error) {
    // WebP limits the amount of detail, which fails only while it is written.
    throw tooLarge(ending).with({ cause: error });
  }
}

function tooLarge(ending: OverlayEnding): GeminiImageError {
  return inputError(`its overlay is too large for a ${ending}`, 'Write it to a .png.');
}
