/** Base64 in ASCII bytes; a string of it would be a third more garbage than the picture itself. */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The two letters for each number of 12 bits, the first one above. */
const PAIRS = Uint16Array.from({ length: 4096 }, (_, bits) => {
  return (LETTERS.charCodeAt(bits >> 6) << 8) | LETTERS.charCodeAt(bits & 63);
});

/** Bytes taken in one step, as three numbers of 32 bits, which become 16 letters. */
const STEP = 12;

/**
 * Writes the base64 of some bytes, with its padding, into a buffer that has room for it.
 *
 * @param at where in the buffer it begins.
 * @returns how many letters were written.
 */
export function writeBase64(bytes: Uint8Array, into: Buffer, at: number): number {
  const { buffer, byteOffset, length } = bytes;
  const from = new DataView(buffer, byteOffset, length);
  const to = new DataView(into.buffer, into.byteOffset, into.length);
  const steps = length - (length % STEP);
  let written = at;
  for (let read = 0; read < steps; read += STEP) {
    const a = from.getUint32(read);
    const b = from.getUint32(read + 4);
    const c = from.getUint32(read + 8);
    to.setUint32(written, two(a >>> 20, (a >>> 8) & 0xfff));
    to.setUint32(written + 4, two(((a & 0xff) << 4) | (b >>> 28), (b >>> 16) & 0xfff));
    to.setUint32(written + 8, two((b >>> 4) & 0xfff, ((b & 0xf) << 8) | (c >>> 24)));
    to.setUint32(written + 12, two((c >>> 12) & 0xfff, c & 0xfff));
    written += 16;
  }
  const rest = Buffer.from(buffer, byteOffset + steps, length - steps);
  return written - at + into.write(rest.toString('base64'), written, 'latin1');
}

/** Four letters, as one number. */
function two(first: number, second: number): number {
  // Both are in the table, which the compiler does not know.
  return ((PAIRS[first] as number) << 16) | (PAIRS[second] as number);
}
