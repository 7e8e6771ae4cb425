import type { ByteSource } from '../open/byte-source.js';
import { bufferOf } from './edits.js';
import { type Frame, factsOf } from './jpeg-facts.js';
import { EOI, nextSegment, SOS, walkJpeg } from './jpeg-segments.js';

/** Codes among those of frames that mean Huffman tables, arithmetic tables and an extension. */
const NO_FRAMES: readonly number[] = [0xc4, 0xc8, 0xcc];

/** Codes of frames whose pixels are coded without loss, or one picture by the difference to another. */
const SELDOM: readonly number[] = [0xc3, 0xc5, 0xc6, 0xc7, 0xcb, 0xcd, 0xce, 0xcf];
const ARITHMETIC: readonly number[] = [0xc9, 0xca];

/** What a JPEG is, in words, if it is of a kind that hardly any program opens. */
export function foreignJpeg(source: ByteSource): string | undefined {
  const frame = readFrame(source);
  if (!frame) return undefined;
  if (SELDOM.includes(frame.code)) return 'a lossless JPEG';
  if (ARITHMETIC.includes(frame.code)) return 'a JPEG in arithmetic coding';
  return frame.bits === 8 ? undefined : `a JPEG of ${frame.bits} bits a colour`;
}

/** More segments than any header has: many small ones must not block the process. */
const MAX_SEGMENTS = 50_000;

/** The frame header of the picture at `start`; undefined if none comes before the first scan. */
export function readFrame(source: ByteSource, start = 0): Frame | undefined {
  if (start > 0) return frameFrom(source, start);
  const facts = factsOf(source);
  if (!('frame' in facts)) facts.frame = frameFrom(source, start);
  return facts.frame;
}

function frameFrom(source: ByteSource, start: number): Frame | undefined {
  // Others need the segments of a picture in memory as well.
  const isKnown = start === 0 && source.of !== undefined;
  const segments = isKnown ? walkJpeg(source, 0).segments : segmentsFrom(source, start);
  for (const { code, content, to } of segments) {
    if (code === SOS || code === EOI) return undefined;
    if (code < 0xc0 || code > 0xcf || NO_FRAMES.includes(code)) continue;
    const bytes = bufferOf(source, content, Math.min(to, content + 5));
    if (bytes.length < 5) return undefined;
    const [height, width] = [bytes.readUInt16BE(1), bytes.readUInt16BE(3)];
    if (width === 0 || height === 0) return undefined;
    return { code, bits: bytes[0] ?? 0, content, width, height };
  }
  return undefined;
}

/** The segments before the first scan, none of which is read before it is needed. */
function* segmentsFrom(source: ByteSource, start: number) {
  let at = start + 2;
  for (let count = 0; count < MAX_SEGMENTS; count += 1) {
    const segment = nextSegment(source, at, false);
    if (!segment) return;
    yield segment;
    at = segment.to;
  }
}
