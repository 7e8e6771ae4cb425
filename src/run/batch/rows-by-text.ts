import { TextHash } from '../../domain/text-hash.js';
import { PackedRows } from '../../storage/ledger/packed-rows.js';

/** Where the halves of a text's hash are in its row; what belongs to the text follows. */
const LOW = 0;
const HIGH = 4;
export const HASH_BYTES = 8;

/**
 * Rows by texts, outside of the heap and without the texts: of each, a hash of 64 bits is kept. Among a million, the
 * chance that two are mistaken for each other is below one in ten million.
 */
export class RowsByText {
  readonly #rows: PackedRows;
  readonly #hash = new TextHash();
  /** By the hash of a text, the number of its newest row, from 1; 0 is free. */
  #slots = new Uint32Array(64);

  /** @param width the length of a row in bytes, with that of the hash at its beginning. */
  constructor(width: number) {
    this.#rows = new PackedRows(width);
  }

  /** Adds a row, which is the newest of its text from now on. Returns its number. */
  add(text: string): number {
    const { low, high } = this.#hash.ofText(text);
    const row = this.#rows.add();
    const { view, offset } = this.#at(row);
    view.setInt32(offset + LOW, low);
    view.setInt32(offset + HIGH, high);
    // Probing gets slow beyond three quarters.
    if (this.#rows.count * 4 > this.#slots.length * 3) this.#grow();
    else this.#slots[this.#slotFor(low, high)] = row + 1;
    return row;
  }

  /** The newest row of a text; undefined if it has none. */
  newestOf(text: string): number | undefined {
    const { low, high } = this.#hash.ofText(text);
    const row = (this.#slots[this.#slotFor(low, high)] ?? 0) - 1;
    return row < 0 ? undefined : row;
  }

  /** What stands for a text, in as many words for this process alone. */
  markOf(text: string): string {
    const { low, high } = this.#hash.ofText(text);
    return markOf(low, high);
  }

  /** The same for the text of a row. */
  markOfRow(row: number): string {
    const { view, offset } = this.#at(row);
    return markOf(view.getInt32(offset + LOW), view.getInt32(offset + HIGH));
  }

  /** A number that belongs to a row. */
  get(row: number, field: number): number {
    const { view, offset } = this.#at(row);
    return view.getUint32(offset + field);
  }

  set(row: number, field: number, value: number): void {
    const { view, offset } = this.#at(row);
    view.setUint32(offset + field, value);
  }

  #at(row: number) {
    return { view: this.#rows.pieceOf(row).view, offset: this.#rows.offsetOf(row) };
  }

  #slotFor(low: number, high: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] ?? 0) - 1;
      if (row < 0) return slot;
      const { view, offset } = this.#at(row);
      const isSame = view.getInt32(offset + LOW) === low && view.getInt32(offset + HIGH) === high;
      if (isSame) return slot;
    }
  }

  #grow(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let row = 0; row < this.#rows.count; row += 1) {
      const { view, offset } = this.#at(row);
      const slot = this.#slotFor(view.getInt32(offset + LOW), view.getInt32(offset + HIGH));
      this.#slots[slot] = row + 1;
    }
  }
}

function markOf(low: number, high: number): string {
  return `${low} ${high}`;
}
