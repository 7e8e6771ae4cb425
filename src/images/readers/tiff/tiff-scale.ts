// From which sample to which the tones of a TIFF reach.
import type { ByteSource } from '../../open/byte-source.js';
import { coloursIn, PHOTOMETRIC, type TiffImage } from './tiff-image.js';
import { rowsOf } from './tiff-samples.js';

/** The samples that are black and white. */
export interface Scale {
  readonly from: number;
  readonly to: number;
}

/** Samples that fill less than this part of what their depth can hold are stretched. */
const SMALL_PART = 1 / 16;

/** Samples that are looked at for the range of floating-point numbers. */
const MOST_SAMPLES = 65_536;
/** Few pixels above or below, such as a lamp or a hole in the data, do not decide. */
const OUTLIERS = 0.002;

/**
 * By the depth of the samples. Measurements that fill only a small part of it, as heights do, and
 * floating-point numbers outside of 0 to 1 are scaled to the samples that there are.
 *
 * @throws Error as `rowsOf` does.
 */
export function scaleOf(image: TiffImage, source: ByteSource, damaged: boolean): Scale {
  const { bits, format } = image;
  const depth = Math.max(...bits);
  const whole = format === 'float' ? { from: 0, to: 1 } : wholeRange(depth, format === 'int');
  const isMeasured = format === 'float' || (depth > 8 && image.photometric !== PHOTOMETRIC.palette);
  if (!isMeasured) return whole;
  const found = foundRange(image, source, damaged);
  if (!found) return whole;
  const isOutside = found.from < whole.from || found.to > whole.to;
  const part = (found.to - found.from) / (whole.to - whole.from);
  // A little above 1 is rounding, or light that is cut off.
  if (format === 'float' && found.from >= -SMALL_PART && found.to <= 1 + SMALL_PART) {
    return part < SMALL_PART ? found : whole;
  }
  return isOutside || part < SMALL_PART ? found : whole;
}

function wholeRange(depth: number, isSigned: boolean): Scale {
  return isSigned
    ? { from: -(2 ** (depth - 1)), to: 2 ** (depth - 1) - 1 }
    : { from: 0, to: 2 ** depth - 1 };
}

/** The range of the colour samples; undefined if they are all the same, or no numbers. */
function foundRange(image: TiffImage, source: ByteSource, damaged: boolean): Scale | undefined {
  const { samples, width, height } = image;
  const colours = Math.min(coloursIn(image.photometric), samples);
  const step = Math.max(1, Math.ceil((width * height * colours) / MOST_SAMPLES));
  const values: number[] = [];
  let count = 0;
  for (const row of rowsOf(image, source, damaged)) {
    for (let at = 0; at < row.length; at += samples) {
      for (let colour = 0; colour < colours; colour += 1, count += 1) {
        const value = row[at + colour] ?? 0;
        if (count % step === 0 && Number.isFinite(value)) values.push(value);
      }
    }
  }
  values.sort((one, other) => one - other);
  const cut = Math.floor(values.length * OUTLIERS);
  const [from, to] = [values[cut], values[values.length - 1 - cut]];
  if (from !== undefined && to !== undefined && to > from) return { from, to };
  const [least, most] = [values[0], values.at(-1)];
  return least !== undefined && most !== undefined && most > least
    ? { from: least, to: most }
    : undefined;
}
