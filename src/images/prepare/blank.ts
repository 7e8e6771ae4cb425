// Pictures that came out blank, although there is something to see in their files.
import type { PixelRaster } from '../readers/pixels.js';

const OPAQUE = 255;

/** Whether the alpha of every pixel is 0. */
export function isAllTransparent({ data, channels }: PixelRaster): boolean {
  if (channels !== 4) return false;
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) return false;
  return true;
}

/** Whether all pixels have one colour, as far as anybody sees it. */
export function isEven({ data, channels }: PixelRaster): boolean {
  for (let at = channels; at < data.length; at += channels) {
    for (let channel = 0; channel < channels; channel += 1) {
      if (Math.abs((data[at + channel] ?? 0) - (data[channel] ?? 0)) > 1) return false;
    }
  }
  return true;
}

/** The colours beneath, without their alpha. */
export function withoutAlpha(raster: PixelRaster): PixelRaster {
  if (raster.channels !== 4) return raster;
  const { data, width, height } = raster;
  const opaque = Buffer.alloc(width * height * 3, OPAQUE);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    data.copy(opaque, to, from, from + 3);
  }
  return { data: opaque, width, height, channels: 3 };
}
