// What must hold of every file, whatever its bytes.

import { decodeWithLibheif, decodeWithSharp, STRICTNESS } from './decode.mjs';
import { jpegSegment, withSegments } from './parts.mjs';

/** What is wrong with pieces, or undefined: they are ranges in order, and no more than there was. */
export function faultOfPieces(pieces, source, sizeOf) {
  let at = 0;
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) continue;
    if (!(piece.from >= at && piece.to > piece.from && piece.to <= source.length)) {
      return `range ${piece.from}–${piece.to} behind ${at} of ${source.length}`;
    }
    at = piece.to;
  }
  if (sizeOf(pieces) > source.length) return `${sizeOf(pieces)} bytes`;
  return undefined;
}

/**
 * Compares what decoders make of a file before and after it was stripped: each as strict as it may
 * be, or only those that are named.
 *
 * @returns how many of them decoded it, and what is wrong
 */
export async function compareDecoded(
  sharp,
  before,
  after,
  format,
  orientation,
  modes = STRICTNESS,
) {
  const decoders =
    format === 'heic'
      ? [decodeWithLibheif]
      : modes.map((failOn) => (file) => decodeWithSharp(sharp, file, failOn));
  const faults = [];
  let decoded = 0;
  for (const [index, decode] of decoders.entries()) {
    let first = await decode(before);
    if (!first) continue;
    decoded += 1;
    const name = format === 'heic' ? 'libheif' : `sharp (${modes[index]})`;
    if (first.orientation !== orientation) {
      faults.push(`${name} reads orientation ${first.orientation}, not ${orientation}`);
    }
    if (!after) continue;
    const second = await decode(after);
    if (second?.decoded === first.decoded) continue;
    if (first.hasGainMap && !second?.hasGainMap) {
      // Then libvips has another loader, which joins profiles and complains in ways of its own.
      first = await decode(withoutGainMapMarks(before));
      if (!first || first.decoded === second?.decoded) continue;
    }
    if (!second && format === 'jpeg' && (await isFickle(decode, before))) continue;
    faults.push(`${name}: ${first.decoded} became ${second?.decoded ?? 'undecodable'}`);
  }
  return { decoded, faults };
}

/**
 * libjpeg-turbo has a fast way that does not complain of bad codes, and leaves it where its buffer
 * ends, which is also where the file ends: whether it complains of a broken scan depends on where in the file that lies.
 */
async function isFickle(decode, jpeg) {
  for (let bytes = 256; bytes <= 4096; bytes += 256) {
    const moved = withSegments(jpeg, jpegSegment(0xfe, Buffer.alloc(bytes - 4)));
    if (!(await decode(moved))) return true;
  }
  const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
  for (let at = jpeg.indexOf(0xff, scan + 2); at >= 0; at = jpeg.indexOf(0xff, at + 1)) {
    const code = jpeg[at + 1] ?? 0;
    if (code < 0xc0 || (code >= 0xd0 && code < 0xd8) || code === 0xff) continue;
    const ended = Buffer.concat([jpeg.subarray(0, at), Buffer.from([0xff, 0xd9])]);
    return !(await decode(ended));
  }
  return false;
}

/** The same photo to a decoder that knows nothing of gain maps. */
function withoutGainMapMarks(jpeg) {
  const text = jpeg
    .toString('latin1')
    .replaceAll('21496:-1', 'xxxxxxxx')
    .replaceAll('hdrgm', 'xxxxx');
  return Buffer.from(text, 'latin1');
}
