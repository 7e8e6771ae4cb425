/** How many rows lie in one piece of memory. */
const IN_PIECE_BITS = 14;
const IN_PIECE = 1 << IN_PIECE_BITS;
/** The first piece is small, because most ledgers are. */
const AT_FIRST = 64;

/**
 * Rows of numbers and digests outside the heap, so that a million of them stay small. They lie in pieces,
 * so that nothing is copied once there are many.
 */
export class PackedRows {
  readonly #width: number;
  readonly #pieces: Piece[];
  #room = AT_FIRST;
  /** How many rows there are, which is the number of the next one. */
  count = 0;

  /** @param width the length of a row in bytes. */
  constructor(width: number) {
    this.#width = width;
    this.#pieces = [new Piece(width * AT_FIRST)];
  }

  /** Adds a row of zeros. Returns its number. */
  add(): number {
    if (this.count === this.#room) this.#grow();
    this.count += 1;
    return this.count - 1;
  }

  /** The memory in which a row lies. */
  pieceOf(row: number): Piece {
    const piece = this.#pieces[row >>> IN_PIECE_BITS];
    if (!piece) throw new RangeError(`there is no row ${row}`);
    return piece;
  }

  /** Where a row begins in its piece, in bytes. */
  offsetOf(row: number): number {
    return (row & (IN_PIECE - 1)) * this.#width;
  }

  #grow(): void {
    const [first] = this.#pieces;
    if (first && this.#room < IN_PIECE) {
      const whole = new Piece(this.#width * IN_PIECE);
      whole.bytes.set(first.bytes);
      this.#pieces[0] = whole;
      this.#room = IN_PIECE;
    } else {
      this.#pieces.push(new Piece(this.#width * IN_PIECE));
      this.#room += IN_PIECE;
    }
  }
}

/** The same bytes in two forms. */
class Piece {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.view = new DataView(this.bytes.buffer);
  }
}
