// Photoshop documents, by ag-psd: the picture that the document has of all its layers together.
import { pathToFileURL } from 'node:url';
import { readAll } from '../open/open.js';
import { pathInOptional } from './optional-package.js';
import type { Pixels, Reading } from './pixels.js';

/** The part of ag-psd that is used here. */
interface AgPsd {
  initializeCanvas(
    canvas: () => never,
    imageData: (width: number, height: number) => RawPixels,
  ): void;
  readPsd(bytes: Uint8Array, options: object): { imageData?: RawPixels };
}

/** Red, green, blue and alpha, in bytes, in words, or as linear light from 0 to 1. */
interface RawPixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray | Uint16Array | Float32Array;
}

/** @throws Error with the reason; GeminiImageError of kind `input` if ag-psd is not installed. */
export async function readPsdDocument({ sharp, image, options }: Reading): Promise<Pixels> {
  const path = pathInOptional('ag-psd', 'dist/index.js', 'a Photoshop document');
  const { default: psd }: { default: AgPsd } = await import(pathToFileURL(path).href);
  psd.initializeCanvas(noCanvas, (width, height) => ({
    ...{ width, height },
    data: new Uint8ClampedArray(width * height * 4),
  }));
  const bytes = await readAll(image);
  // ag-psd takes what is missing for white.
  if (!options.damaged && isCutOff(bytes)) throw new Error('it is cut off');
  const { imageData } = psd.readPsd(bytes, OPTIONS);
  if (!imageData) {
    throw new Error('it was saved without a picture of all layers ("maximize compatibility")');
  }
  const { width, height, data } = imageData;
  const rgba = inBytes(data);
  return {
    read: () => sharp(rgba, { raw: { width, height, channels: 4 } }),
    original: { width, height },
  };
}

/** Neither layers nor canvases of a browser, only the pixels of the whole. */
const OPTIONS = { skipLayerImageData: true, skipThumbnail: true, useImageData: true } as const;

const HEADER_BYTES = 26;
const IN_RUNS = 1;

/** Whether the pixels of the whole, which come last, end too early. */
function isCutOff(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (file.length < HEADER_BYTES) return true;
  const isLarge = file.readUInt16BE(4) === 2;
  const [channels, height, width, depth] = [
    ...[file.readUInt16BE(12), file.readUInt32BE(14)],
    ...[file.readUInt32BE(18), file.readUInt16BE(22)],
  ] as const;
  let at = HEADER_BYTES;
  // Colours, resources and layers, each behind its length; of layers it is longer in a large document.
  for (const lengthBytes of [4, 4, isLarge ? 8 : 4]) {
    if (at + lengthBytes > file.length) return true;
    at +=
      lengthBytes + (lengthBytes === 8 ? Number(file.readBigUInt64BE(at)) : file.readUInt32BE(at));
  }
  if (at + 2 > file.length) return true;
  const rows = height * channels;
  const packing = file.readUInt16BE(at);
  at += 2;
  if (packing !== IN_RUNS)
    return packing === 0 && at + rows * Math.ceil((width * depth) / 8) > file.length;
  const countBytes = isLarge ? 4 : 2;
  const end = at + rows * countBytes;
  if (end > file.length) return true;
  let packed = 0;
  for (; at < end; at += countBytes) packed += file.readUIntBE(at, countBytes);
  return end + packed > file.length;
}

function noCanvas(): never {
  throw new Error('it needs a canvas to be drawn, which there is none of here');
}

function inBytes(data: RawPixels['data']): Buffer {
  if (data instanceof Uint8ClampedArray) {
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  }
  const bytes = Buffer.alloc(data.length);
  const isLight = data instanceof Float32Array;
  for (let at = 0; at < data.length; at += 1) {
    const value = data[at] ?? 0;
    const part = isLight ? (at % 4 === 3 ? value : encoded(value)) : value / 65_535;
    bytes[at] = Math.round(Math.min(Math.max(part, 0), 1) * 255);
  }
  return bytes;
}

/** Linear light by the curve of sRGB (IEC 61966-2-1). */
function encoded(light: number): number {
  return light <= 0.003_130_8 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
}
