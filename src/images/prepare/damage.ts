/** Pictures whose files end too early, or hold something else in place of their data. */
import { contentOf } from '../../domain/content.js';
import { type GeminiImageError, inputError } from '../../domain/error.js';
import type { ApartOptions } from '../decoders/decode-apart.js';
import { isUndecodable } from '../errors.js';
import type { NativeFormat } from '../formats.js';
import type { Metadata } from '../metadata/metadata.js';
import { held, type OpenImage, readAll } from '../open/open.js';

const END_OF_JPEG = Uint8Array.of(0xff, 0xd9);

/** More zeros than that are not put in place of what is missing. */
const MAX_FILLED_BYTES = 100_000_000;

/** The same picture with an end, so that decoders read all that is there. */
export async function mended(
  image: OpenImage,
  format: NativeFormat,
  { wholeBytes = 0 }: Metadata,
): Promise<OpenImage> {
  const bytes = await readAll(image);
  if (format === 'jpeg') return { ...image, ...heldTogether(bytes, END_OF_JPEG) };
  const missing = wholeBytes - bytes.length;
  if (missing <= 0 || missing > MAX_FILLED_BYTES) return image;
  return { ...image, ...heldTogether(bytes, new Uint8Array(missing)) };
}

/**
 * Whether all pixels of a picture are there although the mark of its end is missing. It is decoded
 * to find out.
 *
 * @throws GeminiImageError of kind `interrupted`; of kind `input` if no decoder is installed.
 */
export async function holdsAllPixels(
  image: OpenImage,
  format: NativeFormat,
  apart: ApartOptions,
): Promise<boolean> {
  const { prepareApart, startDecoding } = await import('../decoders/decode-apart.js');
  await startDecoding(
    'its end is missing; whether its pixels are there is found out by sharp, which',
  );
  const options = { maxEdge: 0, keepMetadata: false };
  try {
    if (format !== 'jpeg') {
      await prepareApart(image, format, options, apart);
      return true;
    }
    // A decoder goes on in whatever follows the data. What it makes of that differs from one filling
    // to another, unless it has every pixel by then.
    const bytes = await readAll(image);
    const pictures = [];
    for (const filling of FILLINGS) {
      const filled = held(Buffer.concat([bytes, filling, END_OF_JPEG]));
      pictures.push(await prepareApart(filled, format, { ...options, damaged: true }, apart));
    }
    const [one, other] = pictures;
    return Boolean(one && other && Buffer.compare(one.bytes, other.bytes) === 0);
  } catch (error) {
    if (isUndecodable(error)) return false;
    throw error;
  }
}

const FILLING_BYTES = 4096;
const FILLINGS = [Buffer.alloc(FILLING_BYTES, 0x55), Buffer.alloc(FILLING_BYTES, 0x9a)];

/** In pixels; a small copy is soon made, but all data are read for it. */
const SMALL_EDGE = 64;

/**
 * Whether a picture decodes without a complaint. If no decoder is installed, it is taken to: it is
 * whole as far as anybody knows.
 *
 * @throws GeminiImageError of kind `interrupted`, and if decoding it takes too much.
 */
export async function isDecodable(
  image: OpenImage,
  format: NativeFormat,
  apart: ApartOptions,
): Promise<boolean> {
  const { prepareApart, startDecoding } = await import('../decoders/decode-apart.js');
  const isReady = await startDecoding('').then(
    () => true,
    () => false,
  );
  if (!isReady) return true;
  try {
    const options = { maxEdge: SMALL_EDGE, keepMetadata: false, strict: true };
    await prepareApart(image, format, options, apart);
    return true;
  } catch (error) {
    if (isUndecodable(error)) return false;
    throw error;
  }
}

/** The error of a picture whose data are broken within a whole file. */
export function damagedInside(): GeminiImageError {
  return inputError(
    'it is damaged: a part of its data is missing',
    'Copy or download it again, or send what is left of it with --damaged.',
  );
}

/** The error of a picture that ends too early. */
export function cutOff(): GeminiImageError {
  return inputError(
    'it is cut off: the file ends before the picture does',
    'Copy or download it again, or send what is left of it with --damaged.',
  );
}

function heldTogether(bytes: Uint8Array, more: Uint8Array): Pick<OpenImage, 'content' | 'held'> {
  const all = Buffer.concat([bytes, more]);
  return { content: contentOf(all), held: all };
}
