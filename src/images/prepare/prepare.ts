import type { PictureFormat, Size } from '../../domain/picture.js';
import {
  loadSharp,
  type OutputInfo,
  type Sharp,
  type SharpFactory,
  type SharpMetadata,
} from '../decoders/load-sharp.js';
import { turnedXmp } from '../metadata/xmp.js';
import type { OpenImage } from '../open/open.js';
import { decoding, openPixels, type Pixels, rasterOf, upright } from './pixels.js';

export interface PrepareOptions {
  /** The longest side that is sent, in pixels; 0 for any. */
  maxEdge: number;
  keepMetadata: boolean;
  /** Accepts the part of a damaged picture that can be decoded. */
  damaged?: boolean;
  /** Refuses a picture if its decoder gives a warning. */
  strict?: boolean;
  /** Of a TIFF, the number of the wanted directory, from 0. */
  directory?: number | undefined;
}

/** A picture whose pixels were made anew. */
export interface Prepared extends Size {
  bytes: Uint8Array;
  mimeType: 'image/jpeg' | 'image/png';
  /** The size in stored pixels; for an SVG its own size. */
  original: Size;
  /** EXIF's orientation, 1 to 8, by which the stored pixels were turned. */
  orientation: number;
  /** What happened to the metadata that sharp can read. */
  metadata: 'none' | 'kept' | 'lost';
}

/** The table (N. Robidoux's, as in MozJPEG) makes files 8 % smaller at the same quality. */
const JPEG = { quality: 90, quantisationTable: 3 } as const;

/**
 * Makes a picture fit to be sent: upright, in sRGB, no larger than `maxEdge`, as PNG or JPEG.
 *
 * @throws GeminiImageError of kind `input`, with the decoder's reason.
 */
export async function prepare(
  image: OpenImage,
  format: PictureFormat,
  options: PrepareOptions,
): Promise<Prepared> {
  const sharp = loadSharp('it has to be turned, shrunk or converted, for which sharp');
  return decoding(sharp, format, async () => {
    const pixels = await openPixels(sharp, image, format, options);
    return render(sharp, pixels, format, options);
  });
}

async function render(
  sharp: SharpFactory,
  pixels: Pixels,
  format: PictureFormat,
  { maxEdge, keepMetadata }: PrepareOptions,
): Promise<Prepared> {
  const { original, metadata } = pixels;
  const fitting = () => {
    const picture = upright(pixels);
    return maxEdge === 0 ? picture : picture.resize({ width: maxEdge, height: maxEdge, ...FIT });
  };
  const keeping = () => {
    const kept = fitting().keepMetadata().withIccProfile('srgb');
    const xmp = metadata?.xmpAsString;
    return xmp === undefined ? kept : kept.withXmp(turnedXmp(xmp));
  };
  const keeps = keepMetadata && metadata !== undefined;
  const { data, info } =
    format === 'jpeg'
      ? await encode(keeps ? keeping() : fitting(), PHOTO, metadata?.chromaSubsampling)
      : await asSuits(sharp, fitting, keeps ? keeping : undefined, metadata?.isPalette ?? false);
  return {
    bytes: data,
    mimeType: info.format === 'png' ? 'image/png' : 'image/jpeg',
    width: info.width,
    height: info.height,
    original,
    orientation: metadata?.orientation ?? 1,
    metadata: metadata && holdsMetadata(metadata) ? (keepMetadata ? 'kept' : 'lost') : 'none',
  };
}

const PHOTO: Encoding = { mimeType: 'image/jpeg', transparent: false };

const FIT = { fit: 'inside', withoutEnlargement: true, kernel: 'lanczos3' } as const;

/** Encodes a picture in the format that suits its pixels. */
async function asSuits(
  sharp: SharpFactory,
  picture: () => Sharp,
  keeping: (() => Sharp) | undefined,
  isPalette: boolean,
): Promise<Encoded> {
  const { data, ...raw } = await rasterOf(picture());
  const encoding = encodingFor({ data, channels: raw.channels }, isPalette);
  // Pixels in memory have no metadata, so keeping it takes a second decoding.
  return encode(keeping?.() ?? sharp(data, { raw }), encoding);
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

/** Decoded pixels with 3 or 4 channels of a byte each. */
interface Raster {
  readonly data: Uint8Array;
  readonly channels: number;
}

interface Encoding {
  mimeType: 'image/png' | 'image/jpeg';
  /** Whether the fourth channel is used. */
  transparent: boolean;
  /** Whether to use a palette of at most 256 colours, as before. */
  palette?: boolean;
}

const SAMPLES = 65_536;
/** Drawings and screenshots are far below this, photos far above. */
const FEW_COLOURS_PER_SAMPLE = 1 / 16;
const FEW_COLOURS = 256;

/**
 * PNG for a picture that is transparent or has few colours, whose edges JPEG would blur; else JPEG.
 *
 * @param palette whether it had few colours before it was shrunk; shrinking mixes new ones.
 */
export function encodingFor(raster: Raster, palette = false): Encoding {
  const transparent = raster.channels === 4 && hasTransparency(raster.data);
  const mimeType = transparent || hasFewColours(raster) ? 'image/png' : 'image/jpeg';
  return palette ? { mimeType: 'image/png', transparent, palette } : { mimeType, transparent };
}

function hasTransparency(data: Uint8Array): boolean {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return true;
  return false;
}

function hasFewColours({ data, channels }: Raster): boolean {
  const pixels = data.length / channels;
  const step = Math.max(1, Math.floor(pixels / SAMPLES));
  const most = Math.max(FEW_COLOURS, Math.ceil(pixels / step) * FEW_COLOURS_PER_SAMPLE);
  const colours = new Set<number>();
  for (let pixel = 0; pixel < pixels && colours.size <= most; pixel += step) {
    const [red = 0, green = 0, blue = 0] = data.subarray(pixel * channels, pixel * channels + 3);
    colours.add((red << 16) | (green << 8) | blue);
  }
  return colours.size <= most;
}
