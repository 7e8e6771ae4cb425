import { type JsonBytes, keyEnd, valueEnd } from './json-bytes.js';

const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** A value in a line: a text, a number, a list, or an object without keys. */
interface Value {
  readonly start: number;
  readonly end: number;
}

/** Where a field begins and ends that is an object with keys: in which piece, and where among all. */
interface ObjectField {
  readonly field: number;
  readonly first: number;
  readonly start: number;
  readonly last: number;
  readonly end: number;
}

/**
 * What lines have in common that differ in their values alone: the keys, and what stands between. It is
 * learned from one of them, and recognised in others by comparing four bytes at once.
 */
export class LineForm {
  /** The pieces before, between and behind the values, one behind the other. */
  readonly #pieces: Uint8Array;
  readonly #view: DataView;
  /** Where each piece ends in there. */
  readonly #ends: Int32Array;
  /** The field of the value behind each piece, or -1. */
  readonly #fields: Int32Array;
  readonly #objects: readonly ObjectField[];
  /** How much farther each piece was in the line that was read last. */
  readonly #shifts: Int32Array;

  /**
   * @param json holds the line, which was read already.
   * @param starts where the value of each field begins; 0 if there is none.
   * @param ends where it ends.
   */
  constructor(json: JsonBytes, start: number, end: number, starts: Int32Array, ends: Int32Array) {
    const values: Value[] = [];
    collectValues(json, start, end, values);
    const pieceStarts = [start, ...values.map((value) => value.end)];
    const pieceEnds = [...values.map((value) => value.start), end];
    const pieces = pieceStarts.map((from, index) => json.bytes.subarray(from, pieceEnds[index]));
    let length = 0;
    this.#ends = Int32Array.from(pieces, (piece) => {
      length += piece.length;
      return length;
    });
    this.#pieces = Uint8Array.from(Buffer.concat(pieces));
    this.#view = new DataView(this.#pieces.buffer);
    this.#shifts = new Int32Array(pieces.length);
    this.#fields = new Int32Array(values.length).fill(-1);
    const place = (at: number) => {
      const piece = pieceEnds.findIndex((pieceEnd) => at <= pieceEnd);
      return { piece, at: (this.#ends[piece] ?? 0) - (pieceEnds[piece] ?? 0) + at };
    };
    const objects: ObjectField[] = [];
    for (const [field, at] of starts.entries()) {
      if (at === 0) continue;
      const value = values.findIndex((one) => one.start === at);
      if (value >= 0) this.#fields[value] = field;
      else {
        const [opens, closes] = [place(at), place(ends[field] ?? 0)];
        const { piece: first, at: from } = opens;
        objects.push({ field, first, start: from, last: closes.piece, end: closes.at });
      }
    }
    this.#objects = objects;
  }

  /** In bytes. */
  get length(): number {
    return this.#pieces.length;
  }

  /**
   * Reads a line of this form: puts where the value of each field begins and ends into `starts` and
   * `ends`. Returns false if the line has another form; what is in there means nothing then.
   */
  read(json: JsonBytes, start: number, end: number, starts: Int32Array, ends: Int32Array): boolean {
    const count = this.#fields.length;
    let at = start;
    let piece = 0;
    for (let index = 0; ; index += 1) {
      const pieceEnd = this.#ends[index] ?? 0;
      const value = at + pieceEnd - piece;
      if (value > end || !this.#isAt(json, at, piece, pieceEnd)) return false;
      this.#shifts[index] = at - piece;
      at = value;
      if (index === count) break;
      at = valueEnd(json, value, end);
      if (at < 0) return false;
      const field = this.#fields[index] ?? -1;
      if (field >= 0) {
        starts[field] = value;
        ends[field] = at;
      }
      piece = pieceEnd;
    }
    for (const { field, first, start, last, end } of this.#objects) {
      starts[field] = start + (this.#shifts[first] ?? 0);
      ends[field] = end + (this.#shifts[last] ?? 0);
    }
    return at === end;
  }

  /** Whether the bytes of a piece stand at a place in the line. */
  #isAt({ bytes, view }: JsonBytes, place: number, start: number, end: number): boolean {
    const own = this.#view;
    const shift = place - start;
    const last = end - 4;
    if (last < start) {
      for (let at = start; at < end; at += 1) {
        if (this.#pieces[at] !== bytes[at + shift]) return false;
      }
      return true;
    }
    for (let at = start; at < last; at += 4) {
      if (own.getInt32(at, true) !== view.getInt32(at + shift, true)) return false;
    }
    return own.getInt32(last, true) === view.getInt32(last + shift, true);
  }
}

/**
 * Collects the values of an object and of those in it.
 *
 * @returns where it ends.
 */
function collectValues(json: JsonBytes, start: number, end: number, values: Value[]): number {
  const { bytes } = json;
  for (let at = start; ; ) {
    const value = keyEnd(json, at + 1, end);
    const hasKeys = bytes[value] === OPEN_OBJECT && bytes[value + 1] !== CLOSE_OBJECT;
    at = hasKeys ? collectValues(json, value, end, values) : valueEnd(json, value, end);
    if (!hasKeys) values.push({ start: value, end: at });
    if (bytes[at] !== COMMA) return at + 1;
  }
}
