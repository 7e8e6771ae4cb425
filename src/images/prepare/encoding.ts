// PNG or JPEG: what suits the pixels of a picture.
import type { SharpFactory } from '../decoders/load-sharp.js';
import type { PixelRaster } from '../readers/pixels.js';

export interface Encoding {
  mimeType: 'image/png' | 'image/jpeg';
  /** Whether the fourth channel is used. */
  transparent: boolean;
  /** Whether to use a palette of at most 256 colours, as before. */
  palette?: boolean;
}

/** The table (N. Robidoux's, as in MozJPEG) makes files 8 % smaller at the same quality. */
export const JPEG = { quality: 90, quantisationTable: 3 } as const;

const SAMPLES = 65_536;
/** Drawings and screenshots are far below this, photos far above. */
const FEW_COLOURS_PER_SAMPLE = 1 / 16;
const FEW_COLOURS = 256;

/** Edges are worth this many times the bytes that JPEG would take. */
const WORTH = 1.5;

/**
 * PNG for a picture that is transparent, and for one with few colours, whose edges JPEG would blur,
 * unless a try on a small copy shows that it is a photo, as grey ones are; else JPEG.
 *
 * @param palette whether it had few colours before it was shrunk; shrinking mixes new ones.
 */
export async function encodingFor(
  sharp: SharpFactory,
  raster: PixelRaster,
  palette = false,
): Promise<Encoding> {
  if (raster.channels === 4 && hasTransparency(raster.data)) {
    return { mimeType: 'image/png', transparent: true, ...(palette && { palette }) };
  }
  const isDrawing =
    (palette || hasFewColours(raster)) && (await isSmallerAsPng(sharp, raster, palette));
  return isDrawing
    ? { mimeType: 'image/png', transparent: false, ...(palette && { palette }) }
    : { mimeType: 'image/jpeg', transparent: false };
}

function hasTransparency(data: Uint8Array): boolean {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return true;
  return false;
}

function hasFewColours({ data, channels }: PixelRaster): boolean {
  const pixels = data.length / channels;
  const step = Math.max(1, Math.floor(pixels / SAMPLES));
  const most = Math.max(FEW_COLOURS, Math.ceil(pixels / step) * FEW_COLOURS_PER_SAMPLE);
  const colours = new Set<number>();
  for (let pixel = 0; pixel < pixels && colours.size <= most; pixel += step) {
    const at = pixel * channels;
    colours.add(((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0));
  }
  return colours.size <= most;
}

/** Encodes a small copy both ways. */
async function isSmallerAsPng(
  sharp: SharpFactory,
  raster: PixelRaster,
  palette: boolean,
): Promise<boolean> {
  const { data, ...raw } = smallCopy(raster);
  const copy = () => sharp(data, { raw }).removeAlpha();
  const [png, jpeg] = await Promise.all([
    copy().png({ palette }).toBuffer(),
    copy().jpeg(JPEG).toBuffer(),
  ]);
  return png.length <= jpeg.length * WORTH + HEADERS;
}

/** What a small PNG and a small JPEG may differ by besides their pixels, in bytes. */
const HEADERS = 1024;

const PART_EDGE = 128;
/** Parts of the picture beside and above one another. */
const PARTS = 4;

/**
 * Parts of the picture side by side, spread over all of it. They are not shrunk, as that would change
 * what makes a drawing small: its runs of one colour.
 */
function smallCopy(raster: PixelRaster): PixelRaster {
  const { data, width, height, channels } = raster;
  if (width * height <= (PART_EDGE * PARTS) ** 2) return raster;
  const [columns, rows] = [spread(width), spread(height)];
  const small = {
    width: columns.length * Math.min(PART_EDGE, width),
    height: rows.length * Math.min(PART_EDGE, height),
    channels,
  };
  const copy = Buffer.alloc(small.width * small.height * channels);
  const partWidth = Math.min(PART_EDGE, width);
  let to = 0;
  for (const top of rows) {
    for (let y = top; y < top + Math.min(PART_EDGE, height); y += 1) {
      for (const left of columns) {
        const from = (y * width + left) * channels;
        to += data.copy(copy, to, from, from + partWidth * channels);
      }
    }
  }
  return { data: copy, ...small };
}

/** Where the parts of a side begin. */
function spread(side: number): number[] {
  const most = Math.min(PARTS, Math.floor(side / PART_EDGE));
  if (most <= 1) return [0];
  return Array.from({ length: most }, (_, part) =>
    Math.floor((part * (side - PART_EDGE)) / (most - 1)),
  );
}
