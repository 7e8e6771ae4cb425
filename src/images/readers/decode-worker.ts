// Decodes formats that sharp's binaries cannot, in a thread of its own: it may take seconds,
// WebAssembly never gives memory back, and a damaged picture may leave a decoder unusable.
import { parentPort, workerData } from 'node:worker_threads';
import { errorCode } from '../../domain/error.js';
import { requirePackage } from '../../own-files.js';

export interface DecodeTask {
  readonly decoder: DecoderName;
  readonly bytes: Uint8Array;
  /** A picture with more than this is not decoded. */
  readonly maxPixels: number;
}

/** Pixels as sharp takes them: RGBA, a byte each, row by row without padding. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

export type DecodeResult =
  | Pixels
  | { readonly width: number; readonly height: number; readonly tooLarge: true }
  | { readonly failure: string }
  /** The name of a package that the user has not installed. */
  | { readonly missing: string };

type Decoder = (task: DecodeTask) => Promise<DecodeResult>;
export type DecoderName = 'heif';

const decoders = { heif: decodeHeif } as const satisfies Record<DecoderName, Decoder>;

/** The primary picture of a HEIC or HEIF file, turned and cropped as the file says. */
async function decodeHeif({ bytes, maxPixels }: DecodeTask): Promise<DecodeResult> {
  // Not the package's main entry and its classes, which print warnings to the console.
  const create = libheifHere();
  if (!create) return { missing: 'libheif-js' };
  const libheif = create({ print: () => {}, printErr: () => {} });
  const context = libheif.heif_context_alloc();
  const status = libheif.heif_context_read_from_memory(context, bytes);
  if (status.code !== libheif.heif_error_code.heif_error_Ok) return { failure: status.message };
  const handle = libheif.heif_js_context_get_primary_image_handle(context);
  if ('code' in handle) return { failure: handle.message };
  const width = libheif.heif_image_handle_get_width(handle);
  const height = libheif.heif_image_handle_get_height(handle);
  if (width * height > maxPixels) return { width, height, tooLarge: true };
  const image = await libheif.heif_js_decode_image2(
    handle,
    libheif.heif_colorspace.heif_colorspace_RGB,
    libheif.heif_chroma.heif_chroma_interleaved_RGBA,
  );
  if ('code' in image) return { failure: image.message };
  const [channel] = image.channels;
  return channel ? withoutPadding(channel) : { failure: 'it has no pixels' };
}

/** Undefined if it is not installed: it is large, and most HEIC pictures are sent as they are. */
function libheifHere(): CreateLibheif | undefined {
  try {
    return requirePackage('libheif-js/libheif-wasm/libheif-bundle.js');
  } catch (error) {
    if (errorCode(error) === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

function withoutPadding({ width, height, stride, data }: HeifChannel): Pixels {
  const row = width * 4;
  // Always a copy: the decoder's pixels lie in memory of WebAssembly, which cannot be handed on.
  const rgba = new Uint8Array(row * height);
  for (let y = 0; y < height; y += 1) {
    rgba.set(data.subarray(y * stride, y * stride + row), y * row);
  }
  return { width, height, rgba };
}

async function run(task: DecodeTask): Promise<DecodeResult> {
  try {
    return await decoders[task.decoder](task);
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

run(workerData).then((result) => {
  const moved = 'rgba' in result && result.rgba.buffer instanceof ArrayBuffer;
  parentPort?.postMessage(result, moved ? [result.rgba.buffer] : []);
});

/** The functions of libheif-js that are used here; the package ships no usable types. */
interface Libheif {
  heif_context_alloc(): object;
  heif_context_read_from_memory(context: object, bytes: Uint8Array): HeifStatus;
  heif_js_context_get_primary_image_handle(context: object): object | HeifStatus;
  heif_image_handle_get_width(handle: object): number;
  heif_image_handle_get_height(handle: object): number;
  heif_js_decode_image2(
    handle: object,
    colorspace: unknown,
    chroma: unknown,
  ): HeifImage | HeifStatus | Promise<HeifImage | HeifStatus>;
  readonly heif_error_code: { readonly heif_error_Ok: unknown };
  readonly heif_colorspace: { readonly heif_colorspace_RGB: unknown };
  readonly heif_chroma: { readonly heif_chroma_interleaved_RGBA: unknown };
}

type CreateLibheif = (settings: object) => Libheif;

/** `code` is a constant that can be compared with those of `heif_error_code`. */
interface HeifStatus {
  readonly code: unknown;
  readonly message: string;
}
interface HeifImage {
  readonly channels: readonly HeifChannel[];
}
/** Interleaved RGBA; `stride` is the length of a row in bytes. */
interface HeifChannel {
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly data: Uint8Array;
}
