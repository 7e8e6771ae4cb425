import { hash } from 'node:crypto';

/**
 * A set of texts that keeps 64 bits of each one's SHA-256 and no text: about 16 bytes a member.
 * Among a million, the chance that two are mistaken for each other is below one in ten million.
 */
export class Identities {
  #size = 0;
  /** Two halves of a digest a slot, in a table with linear probing. */
  #slots = new Uint32Array(2 * 64);

  /** @returns whether the text was not in the set before. */
  add(text: string): boolean {
    const digest = hash('sha256', text, 'buffer');
    const low = digest.readUInt32LE(0);
    // A second half of zero is an empty slot.
    const high = digest.readUInt32LE(4) || 1;
    if (!insert(this.#slots, low, high)) return false;
    this.#size += 1;
    // Probing gets slow beyond three quarters.
    if (this.#size * 8 > this.#slots.length * 3) this.#grow();
    return true;
  }

  #grow(): void {
    const larger = new Uint32Array(this.#slots.length * 2);
    for (let at = 0; at < this.#slots.length; at += 2) {
      const [low = 0, high = 0] = [this.#slots[at], this.#slots[at + 1]];
      if (high !== 0) insert(larger, low, high);
    }
    this.#slots = larger;
  }
}

function insert(slots: Uint32Array, low: number, high: number): boolean {
  const mask = slots.length / 2 - 1;
  for (let slot = low & mask; ; slot = (slot + 1) & mask) {
    const at = 2 * slot;
    if (slots[at + 1] === 0) {
      slots[at] = low;
      slots[at + 1] = high;
      return true;
    }
    if (slots[at] === low && slots[at + 1] === high) return false;
  }
}
