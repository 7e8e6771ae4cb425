import type { OutputInfo, Sharp, Metadata as SharpMetadata, SharpOptions } from 'sharp';
import { GeminiImageError } from '../domain/error.js';
import type { PictureFormat } from '../domain/picture.js';
import { decode } from './decode.js';
import type { DecoderName } from './decode-worker.js';
import { type Encoding, encodingFor } from './encoding.js';
import { pictureFormats } from './formats.js';
import { type OpenImage, readAll } from './open.js';
import type { Size } from './recognise.js';
import { MAX_PIXELS, refused, tooManyPixels, undecodable } from './refusal.js';

type SharpFactory = typeof import('sharp').default;

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

/** An SVG of an icon's size is drawn larger than it says: it loses nothing, and can be read. */
const SVG_MIN_EDGE = 1024;
const SVG_DENSITY = 72;

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
  const sharp = await loadSharp();
  try {
    const source = await openPixels(sharp, image, format, options);
    return await render(sharp, source, format, options);
  } catch (error) {
    if (error instanceof GeminiImageError || !(error instanceof Error)) throw error;
    if (/unsupported image format/.test(error.message)) throw unreadable(format);
    throw undecodable(reasonOf(error), error);
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
    const { rgba, width, height } = await decode(decoder, await readAll(image), signal);
    const raw = { width, height, channels: 4 } as const;
    return { read: () => sharp(rgba, { raw }), original: { width, height } };
  }
  // Bytes and not a path: an SVG must find no files beside it.
  const input = format === 'svg' ? await readAll(image) : image.held;
  const settings: SharpOptions = { failOn: 'error', limitInputPixels: MAX_PIXELS };
  const metadata = await sharp(input, { ...settings, limitInputPixels: false }).metadata();
  const original = { width: metadata.width, height: metadata.height };
  if (format === 'svg') settings.density = densityFor(original, maxEdge);
  else if (original.width * original.height > MAX_PIXELS) throw tooManyPixels(original);
  return { read: () => sharp(input, settings), original, metadata };
}

const ownDecoders: Partial<Record<PictureFormat, DecoderName>> = {
  heic: 'heif',
  heif: 'heif',
  bmp: 'bmp',
};

/** Dots an inch at which an SVG is drawn neither too small to be read nor larger than is sent. */
function densityFor({ width, height }: Size, maxEdge: number): number {
  const edge = Math.max(width, height, 1);
  const wanted = Math.min(Math.max(edge, SVG_MIN_EDGE), maxEdge || edge);
  return Math.min(Math.max((SVG_DENSITY * wanted) / edge, 1), 100_000);
}

async function render(
  sharp: SharpFactory,
  { read, original, metadata }: Source,
  format: PictureFormat,
  { maxEdge, keepMetadata }: PrepareOptions,
): Promise<Prepared> {
  const upright = () => {
    const picture = read().autoOrient().timeout({ seconds: MAX_SECONDS });
    return maxEdge === 0 ? picture : picture.resize({ width: maxEdge, height: maxEdge, ...FIT });
  };
  const keeping = () => upright().keepMetadata().withIccProfile('srgb');
  const keeps = keepMetadata && metadata !== undefined;
  const { data, info } =
    format === 'jpeg'
      ? await encode(keeps ? keeping() : upright(), PHOTO, metadata?.chromaSubsampling)
      : await asSuits(sharp, upright, keeps ? keeping : undefined);
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
): Promise<Encoded> {
  const raster = picture().toColourspace('srgb').raw({ depth: 'uchar' });
  const { data, info } = await raster.toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const encoding = encodingFor({ data, channels });
  // Pixels in memory have no metadata any more, so what keeps it decodes a second time.
  return encode(keeping?.() ?? sharp(data, { raw: { width, height, channels } }), encoding);
}

type Encoded = { data: Buffer; info: OutputInfo };

function encode(
  picture: Sharp,
  { mimeType, transparent }: Encoding,
  chromaBefore?: string,
): Promise<Encoded> {
  const chromaSubsampling = chromaBefore === '4:4:4' ? '4:4:4' : '4:2:0';
  const opaque = transparent ? picture : picture.removeAlpha();
  const encoded =
    mimeType === 'image/png' ? opaque.png() : opaque.jpeg({ ...JPEG, chromaSubsampling });
  return encoded.toBuffer({ resolveWithObject: true });
}

function holdsMetadata({ exif, xmp, iptc, tifftagPhotoshop, comments }: SharpMetadata): boolean {
  return Boolean(exif ?? xmp ?? iptc ?? tifftagPhotoshop ?? comments?.length);
}

function unreadable(format: PictureFormat): GeminiImageError {
  const { name } = pictureFormats[format];
  return refused(
    `it is ${name}, which neither Gemini nor the installed sharp reads`,
    'Convert it to PNG or JPEG first.',
  );
}

/** The decoder's first words, without the name of the function that said them. */
function reasonOf({ message }: Error): string {
  const [line = ''] = message.split('\n');
  return line.replace(/^Vips\w+: /, '').replace(/^Input \w+ /, '');
}

let loaded: SharpFactory | undefined;

/** @throws GeminiImageError of kind `input` where sharp is not installed or cannot run here. */
async function loadSharp(): Promise<SharpFactory> {
  try {
    loaded ??= (await import('sharp')).default;
    return loaded;
  } catch (error) {
    throw new GeminiImageError({
      kind: 'input',
      message: 'it has to be turned, shrunk or converted, for which sharp is not installed',
      hint: 'Install it beside gemini-image: npm install sharp (with -g where that is global).',
      cause: error,
    });
  }
}
