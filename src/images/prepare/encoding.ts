/** Decoded pixels with 3 or 4 channels of a byte each. */
export interface Raster {
  readonly data: Uint8Array;
  readonly channels: number;
}

export interface Encoding {
  mimeType: 'image/png' | 'image/jpeg';
  /** Whether the fourth channel says anything. */
  transparent: boolean;
  /** Whether at most 256 colours are to be told apart, as they were before. */
  palette?: boolean;
}

const SAMPLES = 65_536;
/** Drawings and screenshots stay far below it, photos far above. */
const FEW_COLOURS_PER_SAMPLE = 1 / 16;
const FEW_COLOURS = 256;

/**
 * PNG for what is transparent or has few colours, where JPEG would blur edges; else JPEG.
 *
 * @param palette whether it had few colours before it was shrunk, which mixes new ones.
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
