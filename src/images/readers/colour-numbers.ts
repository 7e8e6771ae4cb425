// Colours that a file describes by numbers (ISO/IEC 23091-2), as sRGB.
import type { ColourNumbers } from '../metadata/heif-properties.js';

/** Samples of three or four channels, each up to `most`. */
export interface Samples {
  readonly data: Uint8Array | Uint16Array;
  readonly channels: number;
  readonly most: number;
}

/** Chromaticities of red, green, blue and white. */
type Primaries = readonly [x: number, y: number][];

const D65 = [0.3127, 0.329] as const;
const BT709: Primaries = [[0.64, 0.33], [0.3, 0.6], [0.15, 0.06], [...D65]];

/** By their numbers. Those that differ from sRGB's less than anybody sees are left out. */
const PRIMARIES: Readonly<Record<number, Primaries>> = {
  1: BT709,
  4: [
    [0.67, 0.33],
    [0.21, 0.71],
    [0.14, 0.08],
    [0.31, 0.316],
  ],
  9: [[0.708, 0.292], [0.17, 0.797], [0.131, 0.046], [...D65]],
  11: [
    [0.68, 0.32],
    [0.265, 0.69],
    [0.15, 0.06],
    [0.314, 0.351],
  ],
  12: [[0.68, 0.32], [0.265, 0.69], [0.15, 0.06], [...D65]],
};

const TRANSFER = { gamma22: 4, gamma28: 5, linear: 8, pq: 16, dci: 17, hlg: 18 } as const;

/** Of HDR, in candela a square metre: white as a page shows it (BT.2408), and a usual screen. */
const WHITE_LIGHT = 203;
const USUAL_PEAK = 1000;
const PQ_PEAK = 10_000;

/** Whether these colours look different from what the same samples are in sRGB. */
export function areOtherColours({ primaries, transfer }: ColourNumbers): boolean {
  const usual: readonly number[] = Object.values(TRANSFER);
  return (primaries !== 1 && primaries in PRIMARIES) || usual.includes(transfer);
}

/**
 * The samples in sRGB. What is brighter than white is drawn in by a plain curve, so that a picture
 * for HDR looks as it does on an ordinary screen.
 *
 * @param peak the brightest light in it, in candela a square metre, if that is known.
 */
export function inSrgb(samples: Samples, numbers: ColourNumbers, peak?: number): Uint8ClampedArray {
  const { data, channels, most } = samples;
  const { transfer } = numbers;
  const light = lightOf(transfer, most);
  const tones = tonesOfLight();
  const matrix = toBt709(PRIMARIES[numbers.primaries] ?? BT709);
  const isHlg = transfer === TRANSFER.hlg;
  const brightest = brightestOf(transfer, peak);
  const result = new Uint8ClampedArray(data.length);
  for (let at = 0; at < data.length; at += channels) {
    let r = light[data[at] ?? 0] ?? 0;
    let g = light[data[at + 1] ?? 0] ?? 0;
    let b = light[data[at + 2] ?? 0] ?? 0;
    if (isHlg) {
      // The light of the screen, from that of the scene (BT.2100).
      const factor = (0.2627 * r + 0.678 * g + 0.0593 * b) ** 0.2 * (USUAL_PEAK / WHITE_LIGHT);
      [r, g, b] = [r * factor, g * factor, b * factor];
    }
    if (brightest > 1) {
      // Reinhard's curve, extended so that the brightest light becomes white.
      const highest = Math.max(r, g, b);
      const factor = (1 + highest / brightest ** 2) / (1 + highest);
      [r, g, b] = [r * factor, g * factor, b * factor];
    }
    for (let row = 0; row < 3; row += 1) {
      const [x = 0, y = 0, z = 0] = matrix[row] ?? [];
      const linear = Math.min(Math.max(x * r + y * g + z * b, 0), 1);
      result[at + row] = tones[Math.round(linear * TONES)] ?? 0;
    }
    if (channels === 4) result[at + 3] = ((data[at + 3] ?? 0) * 255) / most;
  }
  return result;
}

/** The brightest light, where white is 1; 1 for what has nothing brighter. */
function brightestOf(transfer: number, peak: number | undefined): number {
  if (transfer === TRANSFER.hlg) return USUAL_PEAK / WHITE_LIGHT;
  if (transfer !== TRANSFER.pq) return 1;
  return Math.max(1, (peak ?? USUAL_PEAK) / WHITE_LIGHT);
}

/** The light of each sample; of PQ, white is 1. */
function lightOf(transfer: number, most: number): Float32Array {
  return Float32Array.from({ length: most + 1 }, (_, sample) => lightAt(transfer, sample / most));
}

function lightAt(transfer: number, value: number): number {
  switch (transfer) {
    case TRANSFER.gamma22:
      return value ** 2.2;
    case TRANSFER.gamma28:
      return value ** 2.8;
    case TRANSFER.dci:
      return value ** 2.6;
    case TRANSFER.linear:
      return value;
    case TRANSFER.pq: {
      const root = value ** (1 / 78.84375);
      const part = Math.max(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root);
      return (part ** (1 / 0.1593017578125) * PQ_PEAK) / WHITE_LIGHT;
    }
    case TRANSFER.hlg:
      return value <= 0.5
        ? value ** 2 / 3
        : (Math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12;
    default:
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }
}

const TONES = 65_535;

/** The byte of sRGB for each amount of light. */
function tonesOfLight(): Uint8ClampedArray {
  return Uint8ClampedArray.from({ length: TONES + 1 }, (_, at) => {
    const light = at / TONES;
    const tone = light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
    return Math.round(tone * 255);
  });
}

type Matrix = readonly (readonly number[])[];

function toBt709(primaries: Primaries): Matrix {
  return primaries === BT709
    ? [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ]
    : product(inverse(toXyz(BT709)), adapted(toXyz(primaries), primaries));
}

/** From amounts of the primaries to XYZ: their sum is white. */
function toXyz(primaries: Primaries): Matrix {
  const columns = primaries.map(([x, y]) => [x / y, 1, (1 - x - y) / y]);
  const white = columns[3] ?? [];
  const base = [0, 1, 2].map((row) => [0, 1, 2].map((column) => columns[column]?.[row] ?? 0));
  const amounts = inverse(base).map((row) => dot(row, white));
  return base.map((row) => row.map((value, column) => value * (amounts[column] ?? 0)));
}

const BRADFORD: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/** Another white becomes that of sRGB. */
function adapted(matrix: Matrix, primaries: Primaries): Matrix {
  const white = (of: Primaries) => {
    const [x = 0, y = 1] = of[3] ?? [];
    return BRADFORD.map((row) => dot(row, [x / y, 1, (1 - x - y) / y]));
  };
  const [from, to] = [white(primaries), white(BT709)];
  const scaled = BRADFORD.map((row, index) =>
    row.map((value) => (value * (to[index] ?? 1)) / (from[index] ?? 1)),
  );
  return product(inverse(BRADFORD), product(scaled, matrix));
}

function dot(row: readonly number[], column: readonly number[]): number {
  return row.reduce((sum, value, index) => sum + value * (column[index] ?? 0), 0);
}

function product(one: Matrix, other: Matrix): Matrix {
  return one.map((row) =>
    [0, 1, 2].map((column) =>
      dot(
        row,
        other.map((own) => own[column] ?? 0),
      ),
    ),
  );
}

function inverse(matrix: Matrix): Matrix {
  const [[a = 0, b = 0, c = 0] = [], [d = 0, e = 0, f = 0] = [], [g = 0, h = 0, i = 0] = []] =
    matrix;
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((value) => value / determinant));
}
