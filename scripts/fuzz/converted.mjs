// Pictures that are converted before they are sent, changed at random: what must hold of each.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Longer than the program lets any picture take, with the start of a process. */
const MAX_MS = 35_000;
const MAX_MEMORY = 1_000_000_000;
const OPTIONS = {
  ...{ maxEdge: 1024, keepMetadata: false, original: false },
  decodeLimits: { memoryBytes: MAX_MEMORY },
};

/** A channel that differs by no more shows nothing. */
const EVEN = 2;

/**
 * Sends a changed file through the program, and says what is wrong: an error that is none of the
 * program's, a picture of one colour where two other decoders see more, too much time or memory.
 *
 * @param program `adapt`, `held` and `GeminiImageError` of a build.
 */
export async function checkConverted(sharp, file, format, { adapt, held, GeminiImageError }) {
  const faults = [];
  const started = performance.now();
  let sent;
  try {
    const { content } = await adapt(held(file), format, OPTIONS);
    sent = Buffer.from(await content.read(0, content.size));
  } catch (error) {
    if (!(error instanceof GeminiImageError)) faults.push(`threw ${error.stack}`);
  }
  const took = performance.now() - started;
  if (took > MAX_MS) faults.push(`took ${Math.round(took)} ms`);
  if (sent && (await isEven(sharp, sent))) faults.push(...(await whoSeesMore(sharp, file, format)));
  return { decoded: sent ? 1 : 0, faults };
}

async function isEven(sharp, picture) {
  const { channels } = await sharp(picture).stats();
  return channels.slice(0, 3).every(({ min, max }) => max - min <= EVEN);
}

/** Other programs that decode to a PNG; each says by its exit code whether it could. */
const OTHERS = {
  magick: (from, to) => ['convert', [`${from}[0]`, '-background', 'white', '-flatten', to]],
  vips: (from, to) => ['vips', ['copy', from, to]],
};

/** A fault if two other decoders see a picture in what came out as one colour. */
async function whoSeesMore(sharp, file, format) {
  const folder = mkdtempSync(join(tmpdir(), 'gemini-image-fuzz-'));
  try {
    const from = join(folder, `a.${format}`);
    writeFileSync(from, file);
    const seeing = [];
    for (const [name, command] of Object.entries(OTHERS)) {
      const to = join(folder, `${name}.png`);
      try {
        const { stderr } = await run(...command(from, to), { timeout: 20_000 });
        // A complaint means that it saw a part only.
        if (stderr === '' && !(await isEven(sharp, readFileSync(to)))) seeing.push(name);
      } catch {
        // It cannot read the file either, or is not installed.
      }
    }
    return seeing.length === 2
      ? [`came out as one colour, but ${seeing.join(' and ')} see more`]
      : [];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The most memory that any process of this program has held so far, in bytes; 0 where nothing tells. */
export function mostMemory(pids) {
  let most = 0;
  for (const pid of pids) {
    try {
      const [, kilobytes] =
        /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      most = Math.max(most, Number(kilobytes ?? 0) * 1024);
    } catch {
      // It has ended, or this system has no such files.
    }
  }
  return most;
}

/** The processes that this one has started. */
export function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean);
  } catch {
    return [];
  }
}

export { MAX_MEMORY };

/** Small pictures of each kind. */
export async function convertedPictures(sharp) {
  const noise = Buffer.from(Array.from({ length: 48 * 32 * 3 }, (_, at) => (at * 7919) % 251));
  const raw = { width: 48, height: 32, channels: 3 };
  const scene = () => sharp(noise, { raw }).blur(2);
  const framed = () => scene().ensureAlpha(0.6);
  const tiff = (options) => scene().tiff(options).toBuffer();
  const { data } = await scene().raw().toBuffer({ resolveWithObject: true });
  return {
    tiff: [
      await tiff({ compression: 'none' }),
      await tiff({ compression: 'lzw', predictor: 'horizontal' }),
      await tiff({ compression: 'deflate', tile: true, tileWidth: 16, tileHeight: 16 }),
      await tiff({ compression: 'jpeg' }),
      await scene().toColourspace('rgb16').tiff({ compression: 'lzw' }).toBuffer(),
      await scene().toColourspace('b-w').tiff({ compression: 'ccittfax4', bitdepth: 1 }).toBuffer(),
    ],
    avif: [
      await scene().avif({ effort: 0 }).toBuffer(),
      await framed().avif({ effort: 0, lossless: true }).toBuffer(),
      await scene().avif({ effort: 0, bitdepth: 8, chromaSubsampling: '4:4:4' }).toBuffer(),
    ],
    gif: [
      await scene().gif({ effort: 1 }).toBuffer(),
      await framed().gif({ effort: 1, interFrameMaxError: 0 }).toBuffer(),
    ],
    bmp: [bitmap(data, 24), bitmap(data, 32), bitmap(data, 16), runs()],
    svg: [
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 32"><rect width="30" height="20" fill="#36c"/><circle cx="30" cy="16" r="9" fill="#c33"/></svg>',
      '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="48" height="32mm" style="background-color:#efe"><g transform="scale(2)"><path d="M1 1h9v9z" stroke="#000"/></g></svg>',
      `<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:image xmlns:xlink="http://www.w3.org/1999/xlink" width="48" height="32" xlink:href="data:image/webp;base64,${(await scene().webp().toBuffer()).toString('base64')}"/></s:svg>`,
    ].map((text) => Buffer.from(text)),
  };
}

function fileOf(bits, compression, pixels) {
  const head = Buffer.alloc(54);
  head.write('BM');
  head.writeUInt32LE(54 + pixels.length, 2);
  for (const [at, value] of [
    [10, 54],
    [14, 40],
    [18, 48],
    [22, 32],
    [30, compression],
  ])
    head.writeUInt32LE(value, at);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(bits, 28);
  return Buffer.concat([head, pixels]);
}

function bitmap(rgb, bits) {
  const bytes = bits / 8;
  const pixels = Buffer.alloc(48 * 32 * bytes);
  for (let pixel = 0; pixel < 48 * 32; pixel += 1) {
    const [red, green, blue] = rgb.subarray(pixel * 3, pixel * 3 + 3);
    if (bytes === 2)
      pixels.writeUInt16LE(((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3), pixel * 2);
    else pixels.set([blue, green, red], pixel * bytes);
  }
  return fileOf(bits, 0, pixels);
}

/** Packed in runs, with a list of 256 greys. */
function runs() {
  const greys = Buffer.from(
    Array.from({ length: 256 }, (_, value) => [value, value, value, 0]).flat(),
  );
  const lines = Array.from({ length: 32 }, (_, y) => [
    24,
    y * 8,
    0,
    4,
    1,
    2,
    3,
    4,
    20,
    255 - y,
    0,
    0,
  ]).flat();
  const file = fileOf(8, 1, Buffer.concat([greys, Buffer.from([...lines, 0, 1])]));
  file.writeUInt32LE(54 + greys.length, 10);
  return file;
}
