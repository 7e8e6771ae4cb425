// Which readers a format has. A further one is an entry in this table.
import { GeminiImageError } from '../../domain/error.js';
import type { PictureFormat } from '../../domain/picture.js';
import type { SharpFactory } from '../decoders/load-sharp.js';
import { undecodable } from '../errors.js';
import type { OpenImage } from '../open/open.js';
import { NotInstalled } from './decode.js';
import { notInstalled } from './optional-package.js';
import type { PixelOptions, Pixels, Reader } from './pixels.js';
import { joinReasons } from './reasons.js';

type LoadReader = () => Promise<Reader>;

const bySharp: LoadReader = async () => (await import('./sharp-reader.js')).readBySharp;
const byLibheif: LoadReader = async () => (await import('./heif/libheif-reader.js')).readByLibheif;
const byAvifReader: LoadReader = async () => (await import('./heif/avif-reader.js')).readAvif;

/** The readers of each format, in the order in which they are tried; each is loaded when needed. */
const readers = {
  png: [async () => (await import('./cgbi-reader.js')).readCgbi, bySharp],
  jpeg: [bySharp],
  webp: [bySharp],
  heic: [byLibheif],
  heif: [byLibheif, byAvifReader],
  gif: [async () => (await import('./gif-reader.js')).readGif],
  avif: [byAvifReader],
  bmp: [async () => (await import('./bmp/bmp-reader.js')).readBmp],
  tiff: [
    async () => (await import('./tiff/tiff-reader.js')).readUnusualTiff,
    bySharp,
    async () => (await import('./tiff/tiff-reader.js')).readMendedTiff,
    async () => (await import('./tiff/tiff-reader.js')).readAnyTiff,
  ],
  svg: [async () => (await import('./svg/svg-reader.js')).readSvg],
  raw: [bySharp],
  jpeg2000: [bySharp],
  jpegxl: [async () => (await import('./jxl-reader.js')).readJxl],
  psd: [async () => (await import('./psd-reader.js')).readPsdDocument],
  ico: [async () => (await import('./ico-reader.js')).readIco],
  tga: [bySharp],
  pnm: [bySharp],
  qoi: [bySharp],
  exr: [bySharp],
  dds: [bySharp],
  xcf: [bySharp],
} as const satisfies Record<PictureFormat, readonly LoadReader[]>;

/**
 * Works on the pixels of a picture, by the first of its readers with which that succeeds.
 *
 * @throws GeminiImageError of kind `input`, with the reasons of all readers if none can read it.
 */
export async function readPicture<T>(
  sharp: SharpFactory,
  image: OpenImage,
  format: PictureFormat,
  options: PixelOptions,
  work: (pixels: Pixels) => Promise<T>,
): Promise<T> {
  const errors: Error[] = [];
  for (const load of readers[format]) {
    const read = await load();
    try {
      const pixels = await read({ sharp, image, format, options });
      if (pixels) return await work(pixels);
    } catch (error) {
      if (error instanceof GeminiImageError || !(error instanceof Error)) throw error;
      errors.push(error);
    }
  }
  const missing = errors.find((error) => error instanceof NotInstalled);
  if (missing) throw notInstalled(missing.package, 'coded in HEVC', missing);
  throw undecodable(joinReasons(errors.map(({ message }) => message)), errors[0]);
}
