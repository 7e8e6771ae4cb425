// Memory for the bytes of pictures, which a long run uses again and again. New memory for each of
// ten thousand pictures would lie about until the next garbage collection, and then in pieces.

/** Memory is lent in sizes of this many bytes, doubled as often as needed. */
const LEAST = 65_536;
/** More is not kept: a picture that large comes seldom. */
const MOST = 16_777_216;
/** How much may lie idle. */
const MOST_IDLE = 33_554_432;

/** All that was made here: other memory of such a size may belong to somebody else. */
const own = new WeakSet<ArrayBufferLike>();
/** What lies idle, by its size. What was used last is at the end, and lent first: it is still in the caches. */
const idle = new Map<number, ArrayBufferLike[]>();
let idleBytes = 0;

/** Memory that is not zeroed. It is an ordinary buffer, which need not be given back. */
export function lend(size: number): Buffer {
  const whole = sizeFor(size);
  if (whole > MOST) return Buffer.allocUnsafeSlow(size);
  const memory = idle.get(whole)?.pop();
  if (!memory) {
    const made = Buffer.allocUnsafeSlow(whole);
    own.add(made.buffer);
    return made.subarray(0, size);
  }
  idleBytes -= whole;
  return Buffer.from(memory, 0, size);
}

/** Takes back what `lend` has given, and nothing else. Nobody may look at it afterwards. */
export function giveBack({ buffer }: Uint8Array): void {
  if (!own.has(buffer)) return;
  const { byteLength } = buffer;
  const alike = idle.get(byteLength) ?? [];
  idle.set(byteLength, alike);
  if (alike.includes(buffer) || idleBytes + byteLength > MOST_IDLE) return;
  alike.push(buffer);
  idleBytes += byteLength;
}

function sizeFor(size: number): number {
  let whole = LEAST;
  while (whole < size) whole *= 2;
  return whole;
}
