import type { PictureFormat, Size } from '../../domain/picture.js';
import type { FormatEnum, SharpFactory, SharpOptions } from '../decoders/load-sharp.js';
import { MAX_PIXELS, tooManyPixels, unreadable } from '../errors.js';
import { pictureFormats } from '../formats.js';
import type { ByteSource } from '../open/byte-source.js';
import { look, type OpenImage, readAll } from '../open/open.js';
import { sizeIn } from '../recognise.js';
import type { Pixels, Reading } from './pixels.js';
import { pixelsOf, sizeInMemory } from './shrink.js';

/**
 * Reads a picture by sharp.
 *
 * @throws GeminiImageError of kind `input`; errors of sharp.
 */
export async function readBySharp({ sharp, image, format, options }: Reading): Promise<Pixels> {
  if (!canRead(sharp, format)) throw unreadable(pictureFormats[format].name);
  if (format === 'svg') look(image, refuseAbsurdSvg);
  const { maxEdge, damaged, strict, directory } = options;
  const input = await inputOf(image, format);
  const failOn = damaged ? 'none' : strict ? 'warning' : 'error';
  const settings: SharpOptions = {
    failOn,
    limitInputPixels: MAX_PIXELS,
    ...(directory !== undefined && { page: directory }),
  };
  const metadata = await sharp(input, { ...settings, limitInputPixels: false }).metadata();
  const original = { width: metadata.width, height: metadata.height };
  const read = () => sharp(input, settings);
  if (format === 'svg') {
    settings.density = svgDensity(original, maxEdge);
    return { read, original, metadata };
  }
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

async function inputOf(image: OpenImage, format: PictureFormat): Promise<Uint8Array | string> {
  if (format === 'jpeg') return withHiddenGainMap(await readAll(image));
  // Bytes and not a path: an SVG must find no files beside it, and libvips takes `[page=0]` in the
  // name `x.tif[page=0]` for an option and opens another file.
  const isPlainName = typeof image.held === 'string' && !/[[\]]/.test(image.held);
  return format !== 'svg' && isPlainName ? image.held : readAll(image);
}

/** The names under which sharp lists the formats that a build of it may or may not have. */
const sharpFormats: Partial<Record<PictureFormat, keyof FormatEnum>> = {
  png: 'png',
  jpeg: 'jpeg',
  webp: 'webp',
  gif: 'gif',
  avif: 'heif',
  tiff: 'tiff',
  svg: 'svg',
  jpeg2000: 'jp2',
  jpegxl: 'jxl',
};

function canRead(sharp: SharpFactory, format: PictureFormat): boolean {
  const name = sharpFormats[format];
  return name !== undefined && sharp.format[name].input.buffer;
}

/** Marks of a JPEG with a gain map (Adobe's terms in XMP, ISO 21496-1). */
const MARKS = ['hdrgm', '21496:-1'];

/**
 * A photo whose gain map the decoder does not see, so that it reads only the base picture: the library
 * for gain maps that comes with sharp prints warnings to stdout.
 */
export function withHiddenGainMap(jpeg: Uint8Array): Uint8Array {
  let bytes = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.length);
  let isCopy = false;
  for (const mark of MARKS) {
    for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at)) {
      if (!isCopy) bytes = Buffer.from(bytes);
      isCopy = true;
      bytes.fill('x', at, at + mark.length);
    }
  }
  return bytes;
}

/** A drawing of an icon's size is rendered larger: it loses nothing and becomes readable. */
const MIN_EDGE = 1024;

/** Dots an inch at which a unit of the drawing is a pixel. */
const DENSITY = 72;
const MAX_DENSITY = 100_000;

/** No drawing needs more, and the renderer warns about more on stderr. */
const MAX_UNITS = 1_000_000;

/** @throws GeminiImageError of kind `input` for a drawing that claims an absurd size. */
function refuseAbsurdSvg(source: ByteSource): void {
  const size = sizeIn(source, 'svg');
  if (size && Math.max(size.width, size.height) > MAX_UNITS) throw tooManyPixels(size);
}

/**
 * Dots an inch at which a drawing is neither too small to be read nor larger than what is sent.
 *
 * @param size of the drawing in its own units.
 * @param maxEdge the longest side that is sent, in pixels; 0 for any.
 * @throws GeminiImageError of kind `input` if it would be too large.
 */
function svgDensity(size: Size, maxEdge: number): number {
  const [long, short] = [Math.max(size.width, size.height), Math.min(size.width, size.height)];
  const wanted = Math.min(Math.max(long, MIN_EDGE), maxEdge || Number.POSITIVE_INFINITY);
  // The shorter side needs at least one pixel.
  const scale = Math.max(wanted / Math.max(long, 1), 1 / Math.max(short, 1));
  const [width, height] = [size.width * scale, size.height * scale].map(Math.round);
  if ((width ?? 0) * (height ?? 0) > MAX_PIXELS) throw tooManyPixels(size);
  return Math.min(Math.max(DENSITY * scale, 1), MAX_DENSITY);
}
