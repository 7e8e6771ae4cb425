/** At most this share of the slots is used, so that a search soon finds a free one. */
const MOST_USED = 1 / 2;

/** A hash table outside the heap, from the first four bytes of a digest to the number of a row. */
export class DigestTable {
  /** Numbers of rows from 1; 0 is free. */
  readonly #slots: Uint32Array;

  /** @param count of rows that will be put in, at most. */
  constructor(count: number) {
    let size = 64;
    while (size * MOST_USED < count) size *= 2;
    this.#slots = new Uint32Array(size);
  }

  /** The row with this head that matches; undefined if none does. */
  find(head: number, matches: (row: number) => boolean): number | undefined {
    const row = (this.#slots[this.#slotFor(head, matches)] ?? 0) - 1;
    return row < 0 ? undefined : row;
  }

  /** Adds a row; it replaces one that matches. */
  put(head: number, row: number, matches: (other: number) => boolean): void {
    this.#slots[this.#slotFor(head, matches)] = row + 1;
  }

  /** Where the row is, or would be. */
  #slotFor(head: number, matches: (row: number) => boolean): number {
    const mask = this.#slots.length - 1;
    for (let slot = head & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] ?? 0) - 1;
      if (row < 0 || matches(row)) return slot;
    }
  }
}
