// Whether a picture's header allows for transparency; only its pixels tell whether there is any.
import type { ByteSource } from '../open/byte-source.js';
import { bufferOf } from './edits.js';

const finders = { png: hasPngAlpha, webp: hasWebpAlpha };

export function mayBeTransparent(source: ByteSource, format: keyof typeof finders): boolean {
  return finders[format](source);
}

/** Colour types of PNG with alpha. */
const GREY_ALPHA = 4;
const RGB_ALPHA = 6;
const MAX_CHUNKS = 100_000;

function hasPngAlpha(source: ByteSource): boolean {
  const [type] = source.slice(25, 26);
  if (type === GREY_ALPHA || type === RGB_ALPHA) return true;
  let at = 8;
  for (let chunk = 0; chunk < MAX_CHUNKS; chunk += 1) {
    const head = bufferOf(source, at, at + 8);
    if (head.length < 8) return false;
    const name = head.toString('latin1', 4);
    if (name === 'tRNS') return true;
    if (name === 'IDAT') return false;
    at += 12 + head.readUInt32BE();
  }
  return false;
}

const ALPHA_FLAG = 0x10;

/** In the header of the extended format, or of the lossless one. */
function hasWebpAlpha(source: ByteSource): boolean {
  const head = bufferOf(source, 12, 25);
  const type = head.toString('latin1', 0, 4);
  if (type === 'VP8X') return ((head[8] ?? 0) & ALPHA_FLAG) !== 0;
  return type === 'VP8L' && ((head[12] ?? 0) & ALPHA_FLAG) !== 0;
}
