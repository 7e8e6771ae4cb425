import { randomFillSync } from 'node:crypto';

const LANES = 4;
const SLASH = 0x2f;

/** Random numbers of this process: for each lane one to begin with, and one for each unit. */
let keys = randomFillSync(new Int32Array(LANES * 256));

function keysFor(length: number): Int32Array {
  const needed = LANES * (length + 1);
  if (keys.length < needed) {
    const more = randomFillSync(new Int32Array(2 * needed));
    more.set(keys);
    keys = more;
  }
  return keys;
}

/**
 * Hashes texts to 64 bits, differently in each process. It gives the upper halves of four sums of keys,
 * each key multiplied with its unit of the text. Whatever two texts are, one of these halves is the
 * same for both with a chance of one in 2^16 (D. Lemire and O. Kaser, "Strongly universal string
 * hashing is fast", 2014). It takes a fifth of SHA-256's time. The result stands in the object until
 * the next text, because an object for each of a million texts would take time.
 */
export class TextHash {
  /** Both are signed, of 32 bits. */
  low = 0;
  high = 0;
  /** The folder of the path before, with its slash, and its sums: most paths begin as the one before. */
  #folder = '';
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;
  /** The same of a text that came in bytes, and how many of them are its folder. */
  #bytes = new Uint8Array(256);
  #known = 0;
  #sums = new Int32Array(LANES);

  ofText(text: string): this {
    const isKnown = this.#folder !== '' && text.startsWith(this.#folder);
    return this.#sum('', text, isKnown ? this.#folder.length : 0);
  }

  /**
   * The same as of the path of a name in a folder, which need not be put together.
   *
   * @param folder with a slash at its end.
   */
  ofPath(folder: string, name: string): this {
    if (folder !== this.#folder) {
      this.ofText(folder);
      // The next one is the very same string, which is seen without a look at its letters.
      this.#folder = folder;
    }
    return this.#sum(folder, name, 0);
  }

  /**
   * Sums up a text, which goes on behind what was summed up for the folder.
   *
   * @param before what stands before the text.
   * @param from where to begin in it; 0 without a text before it is the very beginning.
   */
  #sum(before: string, text: string, from: number): this {
    const start = before.length + from;
    const { length } = text;
    const random = keysFor(before.length + length);
    let [a, b, c, d] = [this.#a, this.#b, this.#c, this.#d];
    if (start === 0) {
      [a, b, c, d] = [random[0] ?? 0, random[1] ?? 0, random[2] ?? 0, random[3] ?? 0];
    }
    let folderEnd = 0;
    for (let index = from, at = LANES * (start + 1); index < length; index += 1, at += LANES) {
      const code = text.charCodeAt(index);
      // Never zero, so that a text is not taken for one that is longer.
      const unit = code + 1;
      a = (a + Math.imul(random[at] ?? 0, unit)) | 0;
      b = (b + Math.imul(random[at + 1] ?? 0, unit)) | 0;
      c = (c + Math.imul(random[at + 2] ?? 0, unit)) | 0;
      d = (d + Math.imul(random[at + 3] ?? 0, unit)) | 0;
      if (code !== SLASH) continue;
      folderEnd = index + 1;
      this.#a = a;
      this.#b = b;
      this.#c = c;
      this.#d = d;
    }
    if (folderEnd > 0) this.#folder = before + text.slice(0, folderEnd);
    this.low = upperHalves(a, b);
    this.high = upperHalves(c, d);
    return this;
  }

  /** The same for a text in ASCII. */
  ofAscii(bytes: Uint8Array, start: number, end: number): this {
    const random = keysFor(end - start);
    const sums = this.#sums;
    const isKnown = this.#beginsAsBefore(bytes, start, end);
    const known = isKnown ? this.#known : 0;
    const first = isKnown ? sums : random;
    let [a, b, c, d] = [first[0] ?? 0, first[1] ?? 0, first[2] ?? 0, first[3] ?? 0];
    let folderEnd = 0;
    let at = LANES * (known + 1);
    for (let index = start + known; index < end; index += 1, at += LANES) {
      const code = bytes[index] ?? 0;
      const unit = code + 1;
      a = (a + Math.imul(random[at] ?? 0, unit)) | 0;
      b = (b + Math.imul(random[at + 1] ?? 0, unit)) | 0;
      c = (c + Math.imul(random[at + 2] ?? 0, unit)) | 0;
      d = (d + Math.imul(random[at + 3] ?? 0, unit)) | 0;
      if (code !== SLASH) continue;
      folderEnd = index + 1;
      sums[0] = a;
      sums[1] = b;
      sums[2] = c;
      sums[3] = d;
    }
    if (folderEnd > 0) {
      this.#known = folderEnd - start;
      if (this.#bytes.length < this.#known) this.#bytes = new Uint8Array(2 * this.#known);
      this.#bytes.set(bytes.subarray(start, folderEnd));
    }
    this.low = upperHalves(a, b);
    this.high = upperHalves(c, d);
    return this;
  }

  #beginsAsBefore(bytes: Uint8Array, start: number, end: number): boolean {
    const known = this.#known;
    if (known === 0 || start + known > end) return false;
    // From behind, where folders differ.
    for (let at = known - 1; at >= 0; at -= 1) {
      if (bytes[start + at] !== this.#bytes[at]) return false;
    }
    return true;
  }
}

function upperHalves(a: number, b: number): number {
  return (a & 0xffff0000) | (b >>> 16);
}

/**
 * A set of texts that keeps a hash of each one and no text: about 16 bytes a member. Among a million,
 * the chance that two are mistaken for each other is below one in ten million.
 */
export class HashedTexts {
  #size = 0;
  /** Two halves of a hash a slot, in a table with linear probing. */
  #slots = new Int32Array(2 * 64);
  readonly #hash = new TextHash();
  #hashes = new Int32Array(0);

  /** @returns whether the text was not in the set before. */
  add(text: string): boolean {
    return this.addHash(this.#hash.ofText(text));
  }

  /** The same for the path of a name in a folder. */
  addPath(folder: string, name: string): boolean {
    return this.addHash(this.#hash.ofPath(folder, name));
  }

  /**
   * The same for many names in a folder; returns those that were not in the set before. All are hashed
   * before the first is looked up, so that the processor need not wait for the memory of each by itself.
   */
  addPaths(folder: string, names: readonly string[]): readonly string[] {
    const { length } = names;
    if (this.#hashes.length < 2 * length) this.#hashes = new Int32Array(2 * length);
    const hashes = this.#hashes;
    for (let index = 0; index < length; index += 1) {
      const { low, high } = this.#hash.ofPath(folder, names[index] ?? '');
      hashes[2 * index] = low;
      hashes[2 * index + 1] = high;
    }
    let isNew: string[] | undefined;
    for (let index = 0; index < length; index += 1) {
      const added = this.#addPair(hashes[2 * index] ?? 0, hashes[2 * index + 1] ?? 0);
      if (!added) isNew ??= names.slice(0, index);
      else isNew?.push(names[index] ?? '');
    }
    return isNew ?? names;
  }

  addHash({ low, high }: TextHash): boolean {
    return this.#addPair(low, high);
  }

  #addPair(low: number, high: number): boolean {
    // A second half of zero is an empty slot.
    if (!insert(this.#slots, low, high || 1)) return false;
    this.#size += 1;
    // Probing gets slow beyond three quarters.
    if (this.#size * 8 > this.#slots.length * 3) this.#grow();
    return true;
  }

  has(text: string): boolean {
    const { low, high } = this.#hash.ofText(text);
    const at = slotFor(this.#slots, low, high || 1);
    return this.#slots[at + 1] !== 0;
  }

  #grow(): void {
    const larger = new Int32Array(this.#slots.length * 2);
    for (let at = 0; at < this.#slots.length; at += 2) {
      const [low = 0, high = 0] = [this.#slots[at], this.#slots[at + 1]];
      if (high !== 0) insert(larger, low, high);
    }
    this.#slots = larger;
  }
}

/** Where a hash is, or would be. */
function slotFor(slots: Int32Array, low: number, high: number): number {
  const mask = slots.length / 2 - 1;
  for (let slot = low & mask; ; slot = (slot + 1) & mask) {
    const at = 2 * slot;
    if (slots[at + 1] === 0 || (slots[at] === low && slots[at + 1] === high)) return at;
  }
}

function insert(slots: Int32Array, low: number, high: number): boolean {
  const at = slotFor(slots, low, high);
  if (slots[at + 1] !== 0) return false;
  slots[at] = low;
  slots[at + 1] = high;
  return true;
}
