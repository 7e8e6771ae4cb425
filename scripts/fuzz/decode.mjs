// What decoders make of a file.
import { createRequire } from 'node:module';

/** The profile is compared by its bytes: to apply it takes longer than to decode. */
const LIMITS = { limitInputPixels: 4_000_000, ignoreIcc: true };

/** How strictly sharp decodes. */
export const STRICTNESS = ['none', 'error', 'warning'];

/**
 * Pixels, size and colour profile in one line to compare, or undefined where it does not decode.
 */
export async function decodeWithSharp(sharp, file, failOn) {
  try {
    const picture = sharp(file, { ...LIMITS, failOn, animated: true });
    const { icc, space, gainMap, orientation = 1 } = await picture.metadata();
    if (space === 'cmyk') picture.pipelineColourspace('cmyk').toColourspace('cmyk');
    const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
    const pixels = digest(data);
    return {
      orientation,
      hasGainMap: gainMap !== undefined,
      decoded: `${info.width}×${info.height}×${info.channels} ${pixels} ${icc ? digest(icc) : ''}`,
    };
  } catch {
    return undefined;
  }
}

/** FNV-1a over numbers of 32 bits, and the length. */
function digest(bytes) {
  let value = 0x811c9dc5;
  for (let at = 0; at < bytes.length; at += 1) value = Math.imul(value ^ bytes[at], 0x01000193);
  return `${bytes.length}:${(value >>> 0).toString(16)}`;
}

const require = createRequire(import.meta.url);
const BUNDLE = 'libheif-js/libheif-wasm/libheif-bundle.js';
let libheif;

/** Like `decodeWithSharp`, by libheif. A copy that has failed hard is not used again. */
export async function decodeWithLibheif(file) {
  if (!libheif) {
    delete require.cache[require.resolve(BUNDLE)];
    libheif = require(BUNDLE)({ print: () => {}, printErr: () => {} });
  }
  const context = libheif.heif_context_alloc();
  try {
    const { code } = libheif.heif_context_read_from_memory(context, file);
    if (code !== libheif.heif_error_code.heif_error_Ok) return undefined;
    const handle = libheif.heif_js_context_get_primary_image_handle(context);
    if ('code' in handle) return undefined;
    try {
      return await decodePrimary(handle);
    } finally {
      libheif.heif_image_handle_release(handle);
    }
  } catch {
    libheif = undefined;
    return undefined;
  } finally {
    libheif?.heif_context_free(context);
  }
}

async function decodePrimary(handle) {
  const size = [
    libheif.heif_image_handle_get_width(handle),
    libheif.heif_image_handle_get_height(handle),
  ];
  if (size[0] * size[1] > LIMITS.limitInputPixels) return undefined;
  const image = await libheif.heif_js_decode_image2(
    handle,
    libheif.heif_colorspace.heif_colorspace_RGB,
    libheif.heif_chroma.heif_chroma_interleaved_RGBA,
  );
  if (!('channels' in image)) return undefined;
  try {
    const [pixels] = image.channels;
    return { orientation: 1, decoded: `${size.join('×')} ${digest(pixels.data)}` };
  } finally {
    libheif.heif_image_release(image.image);
  }
}
