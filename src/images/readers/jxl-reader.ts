// JPEG XL, by @jsquash/jxl, which is libjxl as WebAssembly.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { readAll } from '../open/open.js';
import { pathInOptional } from './optional-package.js';
import type { Pixels, Reading } from './pixels.js';
import { readBySharp } from './sharp-reader.js';

/** Node has it, but its types do not say so. */
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

/** The part of it that is used here. */
interface JsquashJxl {
  init(module: object): Promise<unknown>;
  default(bytes: ArrayBuffer): Promise<RawPixels>;
}

interface RawPixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

const NAME = '@jsquash/jxl';

/** @throws Error with the reason; GeminiImageError of kind `input` if it is not installed. */
export async function readJxl(reading: Reading): Promise<Pixels> {
  const { sharp, image } = reading;
  // Some builds of sharp read it by themselves.
  if (sharp.format.jxl?.input.buffer) return readBySharp(reading);
  const path = (file: string) => pathInOptional(NAME, file, 'a JPEG XL');
  const jxl: JsquashJxl = await import(pathToFileURL(path('decode.js')).href);
  provideImageData();
  await jxl.init(new WebAssembly.Module(readFileSync(path('codec/dec/jxl_dec.wasm'))));
  const bytes = new Uint8Array(await readAll(image));
  const { width, height, data } = await jxl.default(bytes.buffer).catch(() => {
    throw new Error('its data is damaged, or of a kind that libjxl does not read');
  });
  const rgba = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return {
    read: () => sharp(rgba, { raw: { width, height, channels: 4 } }),
    original: { width, height },
  };
}

/** Its result is of a class that only browsers have. */
function provideImageData(): void {
  if ('ImageData' in globalThis) return;
  const ImageData = class {
    constructor(
      readonly data: Uint8ClampedArray,
      readonly width: number,
      readonly height: number,
    ) {}
  };
  Object.assign(globalThis, { ImageData });
}
