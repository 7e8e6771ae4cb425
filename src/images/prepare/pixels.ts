import { GeminiImageError } from '../../domain/error.js';
import type { PictureFormat, Size } from '../../domain/picture.js';
import { oneLine } from '../../network/text.js';
import type {
  FormatEnum,
  Raw,
  Sharp,
  SharpFactory,
  SharpMetadata,
  SharpOptions,
} from '../decoders/load-sharp.js';
import { MAX_PIXELS, tooManyPixels, undecodable, unreadable } from '../errors.js';
import { pictureFormats } from '../formats.js';
import { readHeifProperties } from '../metadata/heif-properties.js';
import type { ByteSource } from '../open/byte-source.js';
import { look, type OpenImage, readAll } from '../open/open.js';
import { sizeIn } from '../recognise.js';
import { decode, rasterFile } from './decode.js';
import type { DecoderName } from './decode-worker.js';

export interface PixelOptions {
  /** The longest side that is wanted, in pixels; 0 for any. A drawing is rendered at that size. */
  maxEdge: number;
  /** Accepts the part of a damaged picture that can be decoded. */
  damaged?: boolean;
  /** Refuses a picture if its decoder gives a warning. */
  strict?: boolean;
  /** Of a TIFF, the number of the wanted directory, from 0. */
  directory?: number | undefined;
}

/** A picture that sharp can read. */
export interface Pixels {
  /** Begins a new reading. */
  read(): Sharp;
  original: Size;
  /** The metadata that sharp reads; absent if another decoder read the picture. */
  metadata?: SharpMetadata;
}

/**
 * Opens a picture to decode it.
 *
 * @throws GeminiImageError of kind `input`; errors of sharp, which `decoding` puts into words.
 */
export async function openPixels(
  sharp: SharpFactory,
  image: OpenImage,
  format: PictureFormat,
  { maxEdge, damaged, strict, directory }: PixelOptions,
): Promise<Pixels> {
  const decoder = ownDecoders[format];
  if (decoder) {
    const pixels = await decode(decoder, await readAll(image));
    const { rgba, width, height } = pixels;
    const original = { width, height };
    const profile = decoder === 'heif' ? await heifProfile(sharp, image) : undefined;
    if (profile) {
      const tiff = rasterFile(pixels, profile);
      return { read: () => sharp(tiff, { limitInputPixels: MAX_PIXELS }), original };
    }
    return { read: () => sharp(rgba, { raw: { ...original, channels: 4 } }), original };
  }
  if (format === 'svg') look(image, refuseAbsurdSvg);
  const input = await inputOf(image, format);
  const failOn = damaged ? 'none' : strict ? 'warning' : 'error';
  const settings: SharpOptions = {
    failOn,
    limitInputPixels: MAX_PIXELS,
    ...(directory !== undefined && { page: directory }),
  };
  const metadata = await sharp(input, { ...settings, limitInputPixels: false }).metadata();
  const original = { width: metadata.width, height: metadata.height };
  if (format === 'svg') settings.density = svgDensity(original, maxEdge);
  else if (original.width * original.height > MAX_PIXELS) throw tooManyPixels(original);
  return { read: () => sharp(input, settings), original, metadata };
}

async function inputOf(image: OpenImage, format: PictureFormat): Promise<Uint8Array | string> {
  if (format === 'jpeg') return withHiddenGainMap(await readAll(image));
  // Bytes and not a path: an SVG must find no files beside it, and libvips takes `[page=0]` in the
  // name `x.tif[page=0]` for an option and opens another file.
  const isPlainName = typeof image.held === 'string' && !/[[\]]/.test(image.held);
  return format !== 'svg' && isPlainName ? image.held : readAll(image);
}

const ownDecoders: Partial<Record<PictureFormat, DecoderName>> = {
  heic: 'heif',
  heif: 'heif',
  bmp: 'bmp',
};

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
  return format in ownDecoders || (name !== undefined && sharp.format[name].input.buffer);
}

/** The colour profile of a HEIC; if it only names one, sharp's copy of that. */
async function heifProfile(sharp: SharpFactory, image: OpenImage): Promise<Uint8Array | undefined> {
  const { profile } = look(image, readHeifProperties);
  if (profile !== 'p3') return profile;
  const create = { width: 1, height: 1, channels: 3, background: '#000' } as const;
  const tagged = await sharp({ create }).withIccProfile('p3').png().toBuffer();
  return (await sharp(tagged).metadata()).icc;
}

/** Begins a reading of the picture as people see it: upright and in sRGB. */
export function upright({ read, metadata }: Pixels): Sharp {
  // By default sharp converts colours of 8 bits, but takes those of 16 bits for sRGB.
  const picture = read().autoOrient();
  if (metadata && metadata.depth !== 'uchar') picture.withIccProfile('srgb', { attach: false });
  return picture;
}

/** Decoded pixels, row by row. */
export interface PixelRaster extends Raw {
  data: Buffer;
}

/** Decodes, with 3 or 4 channels of a byte each. */
export async function rasterOf(picture: Sharp): Promise<PixelRaster> {
  const raster = picture.toColourspace('srgb').raw({ depth: 'uchar' });
  const { data, info } = await raster.toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { data, width, height, channels };
}

/**
 * Says in our words why a picture cannot be decoded.
 *
 * @throws GeminiImageError of kind `input`, with the decoder's reason.
 */
export async function decoding<T>(
  sharp: SharpFactory,
  format: PictureFormat,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GeminiImageError || !(error instanceof Error)) throw error;
    if (!canRead(sharp, format)) throw unreadable(pictureFormats[format].name);
    throw undecodable(decoderReason(error), error);
  }
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

/** The decoder's reason, without the names of the functions that it came through. */
function decoderReason({ message }: Error): string {
  const reason = oneLine(message)
    .replace(/^Input (?:buffer|file) has corrupt header:?/, '')
    .replace(
      /\b(?:Vips\w+|vips\w+|\w+load(?:_buffer|_source)?|glib|pngload|libpng)(?:\[\w+\])?:/g,
      '',
    )
    .replace(/Input (?:buffer|file)/g, 'it')
    .replace(/\s+/g, ' ')
    .trim();
  return reason || 'its header is damaged';
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
