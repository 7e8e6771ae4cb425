// Pixels of HEIC and HEIF, by libheif: WebAssembly, loaded with the first such picture.
import { loadFresh, SAMPLES_A_SIDE, type Samples } from './photon.js';

export interface HeifPicture {
  /**
   * In pixels, as displayed: turning and cropping are part of a HEIF, and libheif does not tell the
   * size without them.
   */
  width: number;
  height: number;
  samples: Samples;
}

/** An opaque handle to something in libheif's memory. */
type Handle = object;
/** `code` is a constant that can be compared with those of `heif_error_code`. */
interface HeifStatus {
  readonly code: unknown;
}
interface HeifImage {
  readonly image: Handle;
  readonly channels: readonly HeifChannel[];
}
/** Interleaved RGBA; `stride` is the length of a row in bytes. */
interface HeifChannel {
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly data: Uint8Array;
}

/** The functions of libheif-js that are used here; the package ships no usable types. */
interface Libheif {
  heif_context_alloc(): Handle;
  heif_context_free(context: Handle): void;
  heif_context_read_from_memory(context: Handle, bytes: Uint8Array): HeifStatus;
  heif_js_context_get_primary_image_handle(context: Handle): Handle;
  heif_image_handle_get_width(handle: Handle): number;
  heif_image_handle_get_height(handle: Handle): number;
  heif_image_handle_release(handle: Handle): void;
  heif_js_decode_image2(
    handle: Handle,
    colorspace: unknown,
    chroma: unknown,
  ): HeifImage | HeifStatus | Promise<HeifImage | HeifStatus>;
  heif_image_release(image: Handle): void;
  readonly heif_error_code: { readonly heif_error_Ok: unknown };
  readonly heif_colorspace: { readonly heif_colorspace_RGB: unknown };
  readonly heif_chroma: { readonly heif_chroma_interleaved_RGBA: unknown };
}

type CreateLibheif = (settings: object) => Libheif;

let loaded: Libheif | undefined;

/**
 * Reads the primary picture; `admit` gets its size before any pixel is decoded, and may throw.
 * Rejects for a broken picture.
 */
export async function readHeif(
  bytes: Buffer,
  admit: (width: number, height: number) => void,
): Promise<HeifPicture> {
  loaded ??= createLibheif();
  try {
    return await readPrimary(loaded, bytes, admit);
  } catch (error) {
    loaded = undefined;
    throw error;
  }
}

function createLibheif(): Libheif {
  // Not the package's main entry, which prints warnings to the console.
  const create = loadFresh<CreateLibheif>('libheif-js/libheif-wasm/libheif-bundle.js');
  return create({ print: () => {}, printErr: () => {} });
}

async function readPrimary(
  libheif: Libheif,
  bytes: Buffer,
  admit: (width: number, height: number) => void,
): Promise<HeifPicture> {
  const context = libheif.heif_context_alloc();
  try {
    const { code } = libheif.heif_context_read_from_memory(context, bytes);
    if (code !== libheif.heif_error_code.heif_error_Ok) throw new Error('not a HEIF file');
    const handle = libheif.heif_js_context_get_primary_image_handle(context);
    if ('code' in handle) throw new Error('no primary picture');
    try {
      const width = libheif.heif_image_handle_get_width(handle);
      const height = libheif.heif_image_handle_get_height(handle);
      admit(width, height);
      return { width, height, samples: await decode(libheif, handle) };
    } finally {
      libheif.heif_image_handle_release(handle);
    }
  } finally {
    libheif.heif_context_free(context);
  }
}

async function decode(libheif: Libheif, handle: Handle): Promise<Samples> {
  const decoded = await libheif.heif_js_decode_image2(
    handle,
    libheif.heif_colorspace.heif_colorspace_RGB,
    libheif.heif_chroma.heif_chroma_interleaved_RGBA,
  );
  if (!('channels' in decoded)) throw new Error('not decodable');
  try {
    const [pixels] = decoded.channels;
    if (pixels === undefined) throw new Error('no pixels');
    return sample(pixels);
  } finally {
    libheif.heif_image_release(decoded.image);
  }
}

function sample({ width, height, stride, data }: HeifChannel): Samples {
  const columns = Math.min(width, SAMPLES_A_SIDE);
  const rows = Math.min(height, SAMPLES_A_SIDE);
  const rgba = new Uint8Array(columns * rows * 4);
  for (let row = 0; row < rows; row += 1) {
    const line = Math.floor((row * height) / rows) * stride;
    for (let column = 0; column < columns; column += 1) {
      const from = line + Math.floor((column * width) / columns) * 4;
      rgba.set(data.subarray(from, from + 4), (row * columns + column) * 4);
    }
  }
  return { columns, rows, rgba };
}
