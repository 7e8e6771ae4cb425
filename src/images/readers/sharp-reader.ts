import type { PictureFormat } from '../../domain/picture.js';
import type { FormatEnum, SharpFactory, SharpOptions } from '../decoders/load-sharp.js';
import { MAX_PIXELS, tooManyPixels, unreadable } from '../errors.js';
import { pictureFormats } from '../formats.js';
import { GAIN_MAP_MARKS } from '../metadata/gain-map.js';
import { type OpenImage, readAll } from '../open/open.js';
import type { Pixels, Reading } from './pixels.js';
import { pixelsOf, sizeInMemory } from './shrink.js';

/**
 * Reads a picture by sharp.
 *
 * @throws GeminiImageError of kind `input`; errors of sharp.
 */
export async function readBySharp({ sharp, image, format, options }: Reading): Promise<Pixels> {
  if (!canRead(sharp, format)) throw unreadable(pictureFormats[format].name);
  const { maxEdge, damaged, strict, directory, hasNoGainMap } = options;
  const input = await inputOf(image, format, hasNoGainMap);
  const failOn = damaged ? 'none' : strict ? 'warning' : 'error';
  const settings: SharpOptions = {
    failOn,
    limitInputPixels: MAX_PIXELS,
    ...(directory !== undefined && { page: directory }),
  };
  const metadata = await sharp(input, { ...settings, limitInputPixels: false }).metadata();
  const original = { width: metadata.width, height: metadata.height };
  const read = () => sharp(input, settings);
  if (pixelsOf(sizeInMemory(original, format, maxEdge)) > MAX_PIXELS) throw tooManyPixels(original);
  // The limit of sharp is one for the size in the file.
  if (pixelsOf(original) > MAX_PIXELS) settings.limitInputPixels = false;
  return { read, original, metadata, differ: () => differ(sharp, input, settings) };
}

/** Less than this part of the largest value is no difference. */
const SMALL_PART = 1 / 32;

/** Whether the samples of any channel differ, transparency apart. */
async function differ(
  sharp: SharpFactory,
  input: Uint8Array | string,
  settings: SharpOptions,
): Promise<boolean> {
  const picture = sharp(input, settings);
  const { hasAlpha, channels: count } = await picture.metadata();
  const { channels } = await picture.stats();
  return channels
    .slice(0, hasAlpha ? count - 1 : count)
    .some(({ min, max }) => max - min > Math.max(Math.abs(min), Math.abs(max)) * SMALL_PART);
}

async function inputOf(
  image: OpenImage,
  format: PictureFormat,
  hasNoGainMap = false,
): Promise<Uint8Array | string> {
  if (format === 'jpeg') {
    const jpeg = await readAll(image);
    return hasNoGainMap ? jpeg : withHiddenGainMap(jpeg);
  }
  // libvips takes `[page=0]` in the name `x.tif[page=0]` for an option and opens another file.
  const isPlainName = typeof image.held === 'string' && !/[[\]]/.test(image.held);
  return isPlainName ? image.held : readAll(image);
}

/** The names under which sharp lists the formats that a build of it may or may not have. */
const sharpFormats: Partial<Record<PictureFormat, keyof FormatEnum>> = {
  png: 'png',
  jpeg: 'jpeg',
  webp: 'webp',
  gif: 'gif',
  avif: 'heif',
  tiff: 'tiff',
  jpeg2000: 'jp2',
  jpegxl: 'jxl',
};

function canRead(sharp: SharpFactory, format: PictureFormat): boolean {
  const name = sharpFormats[format];
  return name !== undefined && sharp.format[name].input.buffer;
}

/**
 * A photo whose gain map the decoder does not see, so that it reads only the base picture: the library
 * for gain maps that comes with sharp prints warnings to stdout.
 */
export function withHiddenGainMap(jpeg: Uint8Array): Uint8Array {
  let bytes = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.length);
  let isCopy = false;
  for (const mark of GAIN_MAP_MARKS) {
    for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at)) {
      if (!isCopy) bytes = Buffer.from(bytes);
      isCopy = true;
      bytes.fill('x', at, at + mark.length);
    }
  }
  return bytes;
}
