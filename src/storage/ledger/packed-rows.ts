/** Rows of numbers and digests outside the heap: a hundred thousand of them must stay small. */
export class PackedRows {
  readonly #width: number;
  #bytes: Buffer;
  #view: DataView;
  #used = 0;

  /** @param width of a row, in bytes. */
  constructor(width: number) {
    this.#width = width;
    this.#bytes = Buffer.alloc(width * 64);
    this.#view = viewOf(this.#bytes);
  }

  /** How many rows there are, which is the number of the next one. */
  get count(): number {
    return this.#used / this.#width;
  }

  /** Adds a row. Returns its offset in `bytes` and `view`. */
  add(): number {
    const offset = this.#used;
    this.#used += this.#width;
    if (this.#used > this.#bytes.length) {
      const larger = Buffer.alloc(this.#bytes.length * 2);
      this.#bytes.copy(larger);
      this.#bytes = larger;
      this.#view = viewOf(larger);
    }
    return offset;
  }

  offsetOf(row: number): number {
    return row * this.#width;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** The same bytes, for numbers. */
  get view(): DataView {
    return this.#view;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
