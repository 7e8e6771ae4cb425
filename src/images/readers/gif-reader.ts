// Reads the first frame of a GIF by sharp. Where it is smaller than the canvas, the rest is transparent,
// as in browsers; sharp leaves it black.
import type { Size } from '../../domain/picture.js';
import { bufferOf } from '../metadata/edits.js';
import { gifBlocks, IMAGE_BLOCK } from '../metadata/gif-blocks.js';
import type { ByteSource } from '../open/byte-source.js';
import { look } from '../open/open.js';
import { type Pixels, type Reading, rasterOf } from './pixels.js';
import { readBySharp } from './sharp-reader.js';

interface Place extends Size {
  left: number;
  top: number;
}

/** @throws GeminiImageError of kind `input`; errors of sharp. */
export async function readGif(reading: Reading): Promise<Pixels> {
  const pixels = await readBySharp(reading);
  const place = look(reading.image, firstFrame);
  const { original } = pixels;
  if (!place || covers(place, original)) return pixels;
  const { data, ...raw } = await rasterOf(pixels.read().ensureAlpha());
  for (let y = 0; y < raw.height; y += 1) {
    const isBeside = y < place.top || y >= place.top + place.height;
    for (let x = 0; x < raw.width; x += 1) {
      if (isBeside || x < place.left || x >= place.left + place.width) {
        data.fill(0, (y * raw.width + x) * 4, (y * raw.width + x) * 4 + 4);
      }
    }
  }
  return { ...pixels, read: () => reading.sharp(data, { raw }) };
}

function covers({ left, top, width, height }: Place, canvas: Size): boolean {
  return left <= 0 && top <= 0 && width >= canvas.width && height >= canvas.height;
}

function firstFrame(source: ByteSource): Place | undefined {
  for (const { type, at } of gifBlocks(source)) {
    if (type !== IMAGE_BLOCK) continue;
    const head = bufferOf(source, at + 1, at + 9);
    if (head.length < 8) return undefined;
    const [left, top, width, height] = [0, 2, 4, 6].map((offset) => head.readUInt16LE(offset));
    return { left: left ?? 0, top: top ?? 0, width: width ?? 0, height: height ?? 0 };
  }
  return undefined;
}
