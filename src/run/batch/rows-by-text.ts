import { TextHash } from '../../domain/text-hash.js';
import { DigestTable } from '../../storage/ledger/digest-table.js';
import { PackedRows } from '../../storage/ledger/packed-rows.js';

const AT_FIRST = 32;

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
  /** By the hash of a text, its newest row. */
  #table = new DigestTable(AT_FIRST);
  /** How many rows the table has room for. */
  #room = AT_FIRST;

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
    if (this.#rows.count > this.#room) this.#grow();
    else this.#table.put(low, row, (other) => this.#hasHash(other, low, high));
    return row;
  }

  /** The newest row of a text; undefined if it has none. */
  newestOf(text: string): number | undefined {
    const { low, high } = this.#hash.ofText(text);
    return this.#table.find(low, (row) => this.#hasHash(row, low, high));
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

  #hasHash(row: number, low: number, high: number): boolean {
    const { view, offset } = this.#at(row);
    return view.getInt32(offset + LOW) === low && view.getInt32(offset + HIGH) === high;
  }

  #grow(): void {
    this.#room *= 2;
    this.#table = new DigestTable(this.#room);
    for (let row = 0; row < this.#rows.count; row += 1) {
      const { view, offset } = this.#at(row);
      const [low, high] = [view.getInt32(offset + LOW), view.getInt32(offset + HIGH)];
      this.#table.put(low, row, (other) => this.#hasHash(other, low, high));
    }
  }
}

function markOf(low: number, high: number): string {
  return `${low} ${high}`;
}
