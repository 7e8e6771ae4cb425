import { bufferOf } from '../metadata/edits.js';
import { readWebp } from '../metadata/webp.js';
import type { ByteSource } from '../open/byte-source.js';
import { fact, type SeenPart } from './seen-part.js';

const RIFF_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
/** The size in the header does not count the first 8 bytes. */
const UNCOUNTED_BYTES = 8;

/** Pixels, transparency, frames and colour profile. */
const SEEN = new Set(['VP8 ', 'VP8L', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);
const PIXELS = new Set(['VP8 ', 'VP8L', 'ANMF']);

/** The range of the extended header with the size of the canvas; only animations need it. */
const CANVAS = { from: 4, to: 10 };

/** Undefined unless the file is whole and in order. */
export function seenInWebp(source: ByteSource): SeenPart[] | undefined {
  const header = bufferOf(source, 0, RIFF_HEADER_BYTES);
  if (header.length < RIFF_HEADER_BYTES) return undefined;
  const end = UNCOUNTED_BYTES + header.readUInt32LE(4);
  if (end > source.length) return undefined;
  const parts: SeenPart[] = [];
  let canvas: SeenPart | undefined;
  for (let at = RIFF_HEADER_BYTES; at < end; ) {
    const from = at + CHUNK_HEADER_BYTES;
    if (from > end) return undefined;
    const head = bufferOf(source, at, from);
    const type = head.toString('latin1', 0, 4);
    const size = head.readUInt32LE(4);
    const to = from + size;
    if (to > end) return undefined;
    if (SEEN.has(type)) parts.push({ name: type, pieces: [{ from, to }] });
    if (type === 'VP8X') {
      canvas ??= { name: type, pieces: [{ from: from + CANVAS.from, to: from + CANVAS.to }] };
    }
    at = to + (size % 2);
  }
  if (!parts.some(({ name }) => PIXELS.has(name))) return undefined;
  const isAnimated = parts.some(({ name }) => name === 'ANMF');
  return [
    fact('orientation', readWebp(source).orientation),
    ...(isAnimated && canvas ? [canvas] : []),
    ...parts,
  ];
}
