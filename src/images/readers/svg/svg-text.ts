import { gunzipSync } from 'node:zlib';
import { inputError } from '../../../domain/error.js';

/** A drawing that is longer would keep its renderer busy for minutes. */
const MAX_BYTES = 100_000_000;

/** The text of a drawing, unpacked where it is packed by gzip (`.svgz`). */
export function svgText(bytes: Uint8Array): { text: string; encoding: BufferEncoding } {
  const plain = unpacked(bytes);
  const [first, second] = plain;
  // UTF-16 says so by its first bytes; the declaration in the text would then be wrong.
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    const label = first === 0xff ? 'utf-16le' : 'utf-16be';
    const text = new TextDecoder(label).decode(plain);
    return {
      text: text.replace(/^(<\?xml[^>]*?)\s+encoding=(["'])[^"']*\2/, '$1'),
      encoding: 'utf8',
    };
  }
  const hasMark = first === 0xef && second === 0xbb && plain[2] === 0xbf;
  // Byte by byte, so that what is not written anew stays, whatever its encoding is.
  const text = Buffer.from(hasMark ? plain.subarray(3) : plain).toString('latin1');
  return { text: text.trimStart(), encoding: 'latin1' };
}

function unpacked(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    const isTooLong = error instanceof RangeError;
    throw isTooLong
      ? inputError(`it is a packed SVG of more than ${MAX_BYTES / 1e6} MB`, undefined, error)
      : new Error('it is packed by gzip, and damaged');
  }
}
