import { createRequire } from 'node:module';
import type { FormatEnum, OutputInfo, Sharp, Metadata as SharpMetadata, SharpOptions } from 'sharp';
import { GeminiImageError } from '../domain/error.js';
import { errorCode } from '../domain/error-code.js';
import type { PictureFormat, Size } from '../domain/picture.js';
import { decode } from './decode.js';
import type { DecoderName } from './decode-worker.js';
import { decoderReason } from './decoder-reason.js';
import { type Encoding, encodingFor } from './encoding.js';
import { pictureFormats } from './formats.js';
import { withHiddenGainMap } from './hidden-gain-map.js';
import { readHeifProperties } from './metadata/heif-properties.js';
import { turnedXmp } from './metadata/turned-xmp.js';
import { look, type OpenImage, readAll } from './open.js';
import { rasterFile } from './raster-file.js';
import { MAX_PIXELS, tooManyPixels, undecodable, unreadable } from './refusal.js';
import { refuseAbsurdSvg, svgDensity } from './svg-density.js';

type SharpFactory = typeof import('sharp').default;

const require = createRequire(import.meta.url);

export interface PrepareOptions {
  /** The longest side that is sent, in pixels; 0 for any. */
  maxEdge: number;
  keepMetadata: boolean;
  signal?: AbortSignal | undefined;
}

/** A picture whose pixels were made anew. */
export interface Prepared extends Size {
  bytes: Uint8Array;
  mimeType: 'image/jpeg' | 'image/png';
  /** Pixels as they were stored; for an SVG those of its own size. */
  original: Size;
  turned: boolean;
  /** What became of the metadata that sharp knows of. */
  metadata: 'none' | 'kept' | 'lost';
}

/** Long enough for the largest picture on a slow machine, and an end for hostile ones. */
const MAX_SECONDS = 120;

/** The table (N. Robidoux's, as in MozJPEG) makes files 8 % smaller at the same distance from the original. */
const JPEG = { quality: 90, quantisationTable: 3 } as const;

/**
 * Makes a picture fit to be sent: upright, in sRGB, no larger than `maxEdge`, as PNG or JPEG.
 *
 * @throws GeminiImageError of kind `input`, with the decoder's reason; of kind `interrupted`.
 */
export async function prepare(
  image: OpenImage,
  format: PictureFormat,
  options: PrepareOptions,
): Promise<Prepared> {
  const sharp = loadSharp();
  try {
    const source = await openPixels(sharp, image, format, options);
    return await render(sharp, source, format, options);
  } catch (error) {
    if (error instanceof GeminiImageError || !(error instanceof Error)) throw error;
    if (!canRead(sharp, format)) throw unreadable(pictureFormats[format].name);
    throw undecodable(decoderReason(error), error);
  }
}

/** A picture that sharp has opened, or can. */
interface Source {
  /** Begins a new reading. */
  read(): Sharp;
  original: Size;
  /** What sharp knows of it; absent where another decoder read it. */
  metadata?: SharpMetadata;
}

async function openPixels(
  sharp: SharpFactory,
  image: OpenImage,
  format: PictureFormat,
  { maxEdge, signal }: PrepareOptions,
): Promise<Source> {
  const decoder = ownDecoders[format];
  if (decoder) {
    const pixels = await decode(decoder, await readAll(image), signal);
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
  const settings: SharpOptions = { failOn: 'error', limitInputPixels: MAX_PIXELS };
  const metadata = await sharp(input, { ...settings, limitInputPixels: false }).metadata();
  const original = { width: metadata.width, height: metadata.height };
  if (format === 'svg') settings.density = svgDensity(original, maxEdge);
  else if (original.width * original.height > MAX_PIXELS) throw tooManyPixels(original);
  return { read: () => sharp(input, settings), original, metadata };
}

async function inputOf(image: OpenImage, format: PictureFormat): Promise<Uint8Array | string> {
  if (format === 'jpeg') return withHiddenGainMap(await readAll(image));
  // Bytes and not a path: an SVG must find no files beside it.
  return format === 'svg' ? readAll(image) : image.held;
}

const ownDecoders: Partial<Record<PictureFormat, DecoderName>> = {
  heic: 'heif',
  heif: 'heif',
  bmp: 'bmp',
};

/** The names under which sharp lists the formats that it may or may not have been built with. */
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

/** Sharp has the profile that a HEIC may only name. */
async function heifProfile(sharp: SharpFactory, image: OpenImage): Promise<Uint8Array | undefined> {
  const { profile } = look(image, readHeifProperties);
  if (profile !== 'p3') return profile;
  const create = { width: 1, height: 1, channels: 3, background: '#000' } as const;
  const tagged = await sharp({ create }).withIccProfile('p3').png().toBuffer();
  return (await sharp(tagged).metadata()).icc;
}

async function render(
  sharp: SharpFactory,
  { read, original, metadata }: Source,
  format: PictureFormat,
  { maxEdge, keepMetadata }: PrepareOptions,
): Promise<Prepared> {
  const upright = () => {
    // By itself sharp converts the colours of 8 bits, and takes those of 16 for sRGB.
    const picture = read().autoOrient().timeout({ seconds: MAX_SECONDS });
    if (metadata && metadata.depth !== 'uchar') picture.withIccProfile('srgb', { attach: false });
    return maxEdge === 0 ? picture : picture.resize({ width: maxEdge, height: maxEdge, ...FIT });
  };
  const keeping = () => {
    const kept = upright().keepMetadata().withIccProfile('srgb');
    const xmp = metadata?.xmpAsString;
    return xmp === undefined ? kept : kept.withXmp(turnedXmp(xmp));
  };
  const keeps = keepMetadata && metadata !== undefined;
  const { data, info } =
    format === 'jpeg'
      ? await encode(keeps ? keeping() : upright(), PHOTO, metadata?.chromaSubsampling)
      : await asSuits(sharp, upright, keeps ? keeping : undefined, metadata?.isPalette ?? false);
  return {
    bytes: data,
    mimeType: info.format === 'png' ? 'image/png' : 'image/jpeg',
    width: info.width,
    height: info.height,
    original,
    turned: (metadata?.orientation ?? 1) > 1,
    metadata: metadata && holdsMetadata(metadata) ? (keepMetadata ? 'kept' : 'lost') : 'none',
  };
}

const PHOTO: Encoding = { mimeType: 'image/jpeg', transparent: false };

const FIT = { fit: 'inside', withoutEnlargement: true, kernel: 'lanczos3' } as const;

/** Looks at the pixels before it decides on an encoding. */
async function asSuits(
  sharp: SharpFactory,
  picture: () => Sharp,
  keeping: (() => Sharp) | undefined,
  isPalette: boolean,
): Promise<Encoded> {
  const raster = picture().toColourspace('srgb').raw({ depth: 'uchar' });
  const { data, info } = await raster.toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const encoding = encodingFor({ data, channels }, isPalette);
  // Pixels in memory have no metadata any more, so what keeps it decodes a second time.
  return encode(keeping?.() ?? sharp(data, { raw: { width, height, channels } }), encoding);
}

type Encoded = { data: Buffer; info: OutputInfo };

function encode(
  picture: Sharp,
  { mimeType, transparent, palette }: Encoding,
  chromaBefore?: string,
): Promise<Encoded> {
  const chromaSubsampling = chromaBefore === '4:4:4' ? '4:4:4' : '4:2:0';
  const opaque = transparent ? picture : picture.removeAlpha();
  const encoded =
    mimeType === 'image/png'
      ? opaque.png({ palette: palette ?? false })
      : opaque.jpeg({ ...JPEG, chromaSubsampling });
  return encoded.toBuffer({ resolveWithObject: true });
}

function holdsMetadata({ exif, xmp, iptc, tifftagPhotoshop, comments }: SharpMetadata): boolean {
  return Boolean(exif ?? xmp ?? iptc ?? tifftagPhotoshop ?? comments?.length);
}

let loaded: SharpFactory | undefined;

/**
 * Loads sharp. By `require`, since its ES module imports JSON, of which Node 20.12 warns on stderr.
 *
 * @throws GeminiImageError of kind `input` where sharp is not installed or cannot run here.
 */
function loadSharp(): SharpFactory {
  try {
    const factory: SharpFactory = loaded ?? require('sharp');
    loaded = factory;
    return factory;
  } catch (error) {
    const isMissing = errorCode(error) === 'MODULE_NOT_FOUND';
    const why = isMissing ? 'is not installed' : 'cannot be loaded on this system';
    throw new GeminiImageError({
      kind: 'input',
      message: `it has to be turned, shrunk or converted, for which sharp ${why}`,
      hint: 'Install it beside gemini-image: npm install sharp (with -g where that is global).',
      cause: error,
    });
  }
}
