// Pictures whose files end too early, or hold something else in place of their data.
import { contentOf } from '../../domain/content.js';
import { type GeminiImageError, inputError } from '../../domain/error.js';
import type { ApartOptions } from '../decoders/decode-apart.js';
import { isUndecodable } from '../errors.js';
import type { NativeFormat } from '../formats.js';
import type { Metadata } from '../metadata/metadata.js';
import { held, type OpenImage, readAll } from '../open/open.js';

const END_OF_JPEG = Uint8Array.of(0xff, 0xd9);

/** At most this many missing bytes are replaced by zeros. */
const MAX_FILLED_BYTES = 100_000_000;

/** The same picture with an end mark, so that decoders read all of its data. */
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
 * Whether a picture without an end mark has all its pixels. It is decoded to find out.
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
    // A decoder that lacks pixels reads on in the bytes after the data. So two decodings with other
    // bytes there are equal only if no pixel is missing.
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

/** In pixels; a small copy is made quickly, but all data are read for it. */
const SMALL_EDGE = 64;

/**
 * Whether a picture decodes without an error. If no decoder is installed, the answer is yes.
 *
 * @throws GeminiImageError of kind `interrupted`, or if decoding takes too much time or memory.
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

/**
 * Whether the data of a JPEG are damaged. If no decoder is installed, the answer is no.
 *
 * @throws GeminiImageError as `isDecodable` does.
 */
export async function looksWrongSomewhere(image: OpenImage, apart: ApartOptions): Promise<boolean> {
  const { prepareApart, startDecoding } = await import('../decoders/decode-apart.js');
  const isReady = await startDecoding('').then(
    () => true,
    () => false,
  );
  if (!isReady) return false;
  try {
    const options = { maxEdge: SMALL_EDGE, keepMetadata: false };
    return (await prepareApart(image, 'jpeg', options, apart)).isDamaged;
  } catch (error) {
    if (isUndecodable(error)) return true;
    throw error;
  }
}

/** The error for a picture whose file is complete but has broken data. */
export function damagedInside(): GeminiImageError {
  return inputError(
    'it is damaged: a part of its data is missing',
    'Copy or download it again, or send what is left of it with --damaged.',
  );
}

/** The error for a picture that ends too early. */
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
