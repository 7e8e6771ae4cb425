import { bufferOf, type Piece } from '../metadata/edits.js';
import { EXIF_LOOK_BYTES, type Orientation, readOrientation } from '../metadata/exif.js';
import type { ByteSource } from '../open/byte-source.js';
import { fact, type SeenPart } from './seen-part.js';

const SIGNATURE_BYTES = 8;
/** Length and type before the content, and a checksum after it. */
const HEAD_BYTES = 8;
const CHECKSUM_BYTES = 4;

/** Optional chunks that decide on transparency, colours and frames. */
const SEEN = new Set([
  ...['tRNS', 'gAMA', 'cHRM', 'sRGB', 'iCCP', 'cICP', 'mDCV', 'mDCv', 'cLLI', 'cLLi'],
  ...['bKGD', 'acTL', 'fcTL', 'fdAT'],
]);

/** Undefined unless the file is whole and valid. The number of `IDAT` chunks does not matter. */
export function seenInPng(source: ByteSource): SeenPart[] | undefined {
  const parts: SeenPart[] = [];
  const pixels: Piece[] = [];
  let pixelsEnded = false;
  let orientation: Orientation | undefined;
  for (let at = SIGNATURE_BYTES; at + HEAD_BYTES <= source.length; ) {
    const head = bufferOf(source, at, at + HEAD_BYTES);
    const type = head.toString('latin1', 4);
    const from = at + HEAD_BYTES;
    const to = from + head.readUInt32BE();
    at = to + CHECKSUM_BYTES;
    if (!/^[A-Za-z]{4}$/.test(type) || at > source.length) return undefined;
    if (type === 'IEND') {
      return pixels.length > 0 ? [fact('orientation', orientation ?? 1), ...parts] : undefined;
    }
    if (type === 'IDAT') {
      if (pixelsEnded) return undefined;
      if (pixels.length === 0) parts.push({ name: type, pieces: pixels });
      pixels.push({ from, to });
      continue;
    }
    pixelsEnded = pixels.length > 0;
    if (type === 'eXIf' && !pixelsEnded) {
      orientation ??= readOrientation(bufferOf(source, from, Math.min(to, from + EXIF_LOOK_BYTES)));
    }
    // A capital first letter means that a decoder has to understand the chunk.
    if (SEEN.has(type) || /^[A-Z]/.test(type)) parts.push({ name: type, pieces: [{ from, to }] });
  }
  return undefined;
}
