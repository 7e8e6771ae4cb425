import type { PictureFormat, Size } from '../../domain/picture.js';
import { type Background, KEEP_BACKGROUND } from '../../domain/picture.js';
import {
  loadSharp,
  type OutputInfo,
  type Sharp,
  type SharpFactory,
  type SharpMetadata,
} from '../decoders/load-sharp.js';
import { isUndecodable, undecodable } from '../errors.js';
import { turnedXmp } from '../metadata/xmp.js';
import type { OpenImage } from '../open/open.js';
import { type PixelRaster, type Pixels, rasterOf, upright } from '../readers/pixels.js';
import { readPicture } from '../readers/readers.js';
import { backgroundFor, isSeeThrough, laidOn } from './background.js';
import { isAllTransparent, isEven, withoutAlpha } from './blank.js';
import { type Encoding, encodingFor, JPEG } from './encoding.js';

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
  /** Of a JPEG, that no gain map has to be looked for. */
  hasNoGainMap?: boolean | undefined;
  /** What a transparent picture is laid on; what suits it by default. */
  background?: Background | undefined;
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
  /** Whether its transparent parts were given a colour. */
  flattened: boolean;
  /** Whether parts of it may look wrong, because its data are damaged. */
  isDamaged: boolean;
}

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
  const made = (how: PrepareOptions) =>
    readPicture(sharp, image, format, how, (pixels) => render(sharp, pixels, format, how));
  if (format !== 'jpeg' || options.damaged || options.strict) return made(options);
  try {
    return await made({ ...options, strict: true });
  } catch (error) {
    if (!isUndecodable(error)) throw error;
    const whole = await made(options);
    // Decoders also complain of what changes no pixel.
    if (!DAMAGE.test(error.message)) return whole;
    await refuseEmptyEnd(sharp, image, options);
    return { ...whole, isDamaged: true };
  }
}

/** Complaints of libjpeg about the data of a scan. */
const DAMAGE = /premature end|bad Huffman|instead of RST|inconsistent progression|bad arithmetic/i;

/** Rows at the end that decoders leave grey if the data end before. */
const LAST_ROWS = 16;

/** @throws GeminiImageError of kind `input` if the last rows of a damaged JPEG are not there. */
async function refuseEmptyEnd(sharp: SharpFactory, image: OpenImage, options: PrepareOptions) {
  const last = await readPicture(sharp, image, 'jpeg', { ...options, maxEdge: 0 }, (pixels) => {
    const { width, height } = pixels.original;
    const rows = Math.min(LAST_ROWS, height);
    return rasterOf(pixels.read().extract({ left: 0, top: height - rows, width, height: rows }));
  });
  if (isEven(last)) throw undecodable('its data end before its last rows');
}

/** Whether a picture shows what is behind it. */
export async function isTransparent(image: OpenImage, format: PictureFormat): Promise<boolean> {
  const sharp = loadSharp('it has to be looked at for transparent parts, for which sharp');
  return readPicture(sharp, image, format, { maxEdge: 0 }, async ({ read }) =>
    isSeeThrough(await rasterOf(read())),
  );
}

async function render(
  sharp: SharpFactory,
  pixels: Pixels,
  format: PictureFormat,
  { maxEdge, keepMetadata, background }: PrepareOptions,
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
  const { data, info, flattened } =
    format === 'jpeg'
      ? await asPhoto(sharp, keeps ? keeping() : fitting(), pixels, keeps)
      : await asSuits(sharp, fitting, keeps ? keeping : undefined, pixels, background);
  return {
    bytes: data,
    mimeType: info.format === 'png' ? 'image/png' : 'image/jpeg',
    width: info.width,
    height: info.height,
    original,
    orientation: metadata?.orientation ?? pixels.orientation ?? 1,
    metadata: metadata && holdsMetadata(metadata) ? (keepMetadata ? 'kept' : 'lost') : 'none',
    flattened: flattened ?? false,
    isDamaged: false,
  };
}

const FIT = { fit: 'inside', withoutEnlargement: true, kernel: 'lanczos3' } as const;

/** The parts of a JPEG besides its pixels, in bytes. */
const HEADERS = 1024;

/** A copy this small shows whether there is anything to see, and is made quickly. */
const GLANCE_EDGE = 256;

/** JPEG takes a third of this, in bytes a pixel, for one even colour. */
const MOST_FOR_EVEN = 1 / 16;

/** Encodes a JPEG again. Its pixels are never held as a whole. */
async function asPhoto(
  sharp: SharpFactory,
  picture: Sharp,
  pixels: Pixels,
  keeps: boolean,
): Promise<Encoded> {
  const photo: Encoding = { mimeType: 'image/jpeg', transparent: false };
  const encoded = await encode(picture, photo, pixels.metadata?.chromaSubsampling);
  const { data, info } = encoded;
  // Where so much was coded there is something to see, and metadata is not among it.
  if (!keeps && data.length > info.width * info.height * MOST_FOR_EVEN + HEADERS) return encoded;
  const glance = sharp(encoded.data).resize({ width: GLANCE_EDGE, height: GLANCE_EDGE, ...FIT });
  await refuseBlank(await rasterOf(glance), pixels);
  return encoded;
}

/** Encodes a picture in the format that suits its pixels. */
async function asSuits(
  sharp: SharpFactory,
  picture: () => Sharp,
  keeping: (() => Sharp) | undefined,
  pixels: Pixels,
  background?: Background,
): Promise<Encoded> {
  const raster = await rasterOf(picture());
  // Nobody could see it, and what is beneath may be the picture.
  const hidden = isAllTransparent(raster) ? withoutAlpha(raster) : undefined;
  if (hidden && isEven(hidden)) throw new Error('every pixel of it is transparent');
  const colour = hidden ? undefined : colourBeneath(raster, background);
  const seen = hidden ?? (colour === undefined ? raster : await laidOn(sharp, raster, colour));
  await refuseBlank(seen, pixels);
  const encoding = await encodingFor(sharp, seen, pixels.metadata?.isPalette ?? false);
  // Pixels in memory have no metadata, so keeping it takes a second decoding.
  const { data, ...raw } = seen;
  const kept = keeping?.();
  if (kept && colour !== undefined) kept.flatten({ background: colour });
  return {
    ...(await encode(kept ?? sharp(data, { raw }), encoding)),
    flattened: seen !== raster,
  };
}

/** Undefined if nothing shows through, or its transparency is to stay. */
function colourBeneath(raster: PixelRaster, background: Background | undefined) {
  if (background === KEEP_BACKGROUND || !isSeeThrough(raster)) return undefined;
  return background ?? backgroundFor(raster);
}

/** @throws Error if pixels that differ in the file have all come out the same. */
async function refuseBlank(raster: PixelRaster, { differ }: Pixels): Promise<void> {
  if (!differ || !isEven(raster) || !(await differ())) return;
  throw new Error('it comes out as one even colour, although its pixels differ');
}

type Encoded = { data: Buffer; info: OutputInfo; flattened?: boolean };

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
