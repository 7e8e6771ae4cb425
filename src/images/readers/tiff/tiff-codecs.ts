// The ways of TIFF to pack bytes that need no decoder of pictures.
import { constants, inflateSync } from 'node:zlib';

/** Unpacks at most `size` bytes; fewer if the packed bytes end before. */
type Unpack = (packed: Uint8Array, size: number) => Uint8Array;

const codecs: Readonly<Record<number, Unpack>> = {
  1: (packed, size) => packed.subarray(0, size),
  5: unpackLzw,
  8: inflate,
  32773: unpackBits,
  32946: inflate,
};

/** Names of codecs that are not unpacked here. */
const NAMES: Readonly<Record<number, string>> = {
  ...{ 2: 'CCITT', 3: 'CCITT', 4: 'CCITT', 6: 'old JPEG', 7: 'JPEG', 9: 'JBIG', 10: 'JBIG' },
  ...{ 32809: 'ThunderScan', 34661: 'JBIG', 34712: 'JPEG 2000', 34676: 'SGI LogL' },
  ...{ 34677: 'SGI LogLuv', 34887: 'LERC', 34892: 'JPEG', 34925: 'LZMA' },
  ...{ 50000: 'Zstandard', 50001: 'WebP', 50002: 'JPEG XL', 52546: 'JPEG XL' },
};

/** The name of a TIFF's compression, for people. */
export function nameOfCompression(code: number): string {
  return NAMES[code] ?? `a codec with the number ${code}`;
}

/** @throws Error if this way is not known here. */
export function unpackerFor(compression: number): Unpack {
  const unpack = codecs[compression];
  if (unpack) return unpack;
  throw new Error(`it is packed by ${nameOfCompression(compression)}, which is not read`);
}

/** What was unpacked before the end or an error counts. */
function inflate(packed: Uint8Array, size: number): Uint8Array {
  try {
    return inflateSync(packed, {
      finishFlush: constants.Z_SYNC_FLUSH,
      // A few bytes more than there are pixels for are no reason to refuse a picture.
      maxOutputLength: size + 65_536,
    }).subarray(0, size);
  } catch {
    return new Uint8Array(0);
  }
}

function unpackBits(packed: Uint8Array, size: number): Uint8Array {
  const unpacked = new Uint8Array(size);
  let to = 0;
  for (let at = 0; at < packed.length && to < size; ) {
    const head = packed[at] ?? 0;
    at += 1;
    if (head < 128) {
      const run = packed.subarray(at, at + Math.min(head + 1, size - to));
      unpacked.set(run, to);
      at += head + 1;
      to += run.length;
    } else if (head > 128) {
      const end = Math.min(to + 257 - head, size);
      unpacked.fill(packed[at] ?? 0, to, end);
      at += 1;
      to = end;
    }
  }
  return unpacked.subarray(0, to);
}

const CLEAR = 256;
const END = 257;
const MAX_CODES = 4096;

/** LZW as in TIFF 6.0: codes of 9 to 12 bits, the highest bit first, which widen one code early. */
function unpackLzw(packed: Uint8Array, size: number): Uint8Array {
  const unpacked = new Uint8Array(size);
  // Each string is a part of what was written before: where it begins, and how long it is.
  const starts = new Uint32Array(MAX_CODES);
  const lengths = new Uint32Array(MAX_CODES);
  let [next, width, to] = [END + 1, 9, 0];
  let [previousStart, previousLength] = [0, 0];
  let [held, bits] = [0, 0];
  for (const byte of packed) {
    held = ((held << 8) | byte) & 0xff_ffff;
    bits += 8;
    if (bits < width) continue;
    bits -= width;
    const code = (held >> bits) & ((1 << width) - 1);
    if (code === END) break;
    if (code === CLEAR) {
      [next, width, previousLength] = [END + 1, 9, 0];
      continue;
    }
    if (code > next || (code === next && previousLength === 0) || to >= size) break;
    const start = to;
    if (code < CLEAR) {
      unpacked[to] = code;
      to += 1;
    } else {
      // The newest string is the previous one and its first byte again.
      const isNewest = code === next;
      const from = isNewest ? previousStart : (starts[code] ?? 0);
      const length = isNewest ? previousLength + 1 : (lengths[code] ?? 0);
      const end = Math.min(to + length, size);
      // Byte by byte, because the string may reach into what is being written.
      for (let at = from; to < end; at += 1, to += 1) unpacked[to] = unpacked[at] ?? 0;
    }
    if (previousLength > 0 && next < MAX_CODES) {
      starts[next] = previousStart;
      lengths[next] = previousLength + 1;
      next += 1;
    }
    [previousStart, previousLength] = [start, to - start];
    width = next >= 2047 ? 12 : next >= 1023 ? 11 : next >= 511 ? 10 : 9;
  }
  return unpacked.subarray(0, to);
}
