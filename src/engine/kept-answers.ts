import { DigestTable } from '../storage/ledger/digest-table.js';
import { unbilled } from './cached-answer.js';
import type { Answers } from './votes.js';

/** The answers about a picture, and the picture's name. */
export interface NamedAnswers {
  name: string;
  answers: Answers;
}

/** The first piece of memory is small, since most runs are; the others are not. */
const FIRST_BYTES = 65_536;
const BYTES = 1_048_576;

/** No answer is shorter, with the key before it. */
const LEAST_BYTES = 96;

/**
 * The answers of a run by a key in hexadecimal, of at least four bytes. They lie outside the heap, where
 * they cost nothing until they are looked for: of a hundred thousand pictures, few are equal. The
 * oldest are dropped if there are too many.
 */
export class KeptAnswers {
  readonly #mostBytes: number;
  /** The oldest is first. */
  readonly #pieces: Piece[] = [];
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Without what was billed for them: whoever finds them has nothing to pay. */
  find(key: string): NamedAnswers | undefined {
    const digest = Buffer.from(key, 'hex');
    for (let at = this.#pieces.length - 1; at >= 0; at -= 1) {
      const json = this.#pieces[at]?.find(digest);
      if (json !== undefined) return answersIn(json);
    }
    return undefined;
  }

  /** To be called once for a key. */
  keep(key: string, named: NamedAnswers): void {
    const json = jsonOf(named);
    const length = key.length / 2 + Buffer.byteLength(json);
    let piece = this.#pieces.at(-1);
    if (!piece?.hasRoom(length)) {
      piece = new Piece(Math.max(length, piece ? BYTES : FIRST_BYTES));
      this.#pieces.push(piece);
    }
    piece.add(key, json);
    this.#bytes += length;
    while (this.#bytes > this.#mostBytes && this.#pieces.length > 1) {
      this.#bytes -= this.#pieces.shift()?.end ?? 0;
    }
  }
}

/** Rows that lie one behind the other, each a key and a text. */
class Piece {
  /** How many bytes are in use. */
  end = 0;
  readonly #bytes: Buffer;
  readonly #table: DigestTable;
  /** Where each row ends, and how many bytes of it are its key. */
  readonly #ends: Uint32Array;
  readonly #keyBytes: Uint8Array;
  #count = 0;

  constructor(length: number) {
    const most = Math.ceil(length / LEAST_BYTES);
    this.#bytes = Buffer.allocUnsafeSlow(length);
    this.#table = new DigestTable(most);
    this.#ends = new Uint32Array(most);
    this.#keyBytes = new Uint8Array(most);
  }

  hasRoom(length: number): boolean {
    return this.#count < this.#ends.length && this.end + length <= this.#bytes.length;
  }

  /** @param key in hexadecimal. */
  add(key: string, json: string): void {
    const row = this.#count;
    const start = this.end;
    const keyBytes = this.#bytes.write(key, start, 'hex');
    this.end += keyBytes + this.#bytes.write(json, start + keyBytes);
    this.#ends[row] = this.end;
    this.#keyBytes[row] = keyBytes;
    this.#count += 1;
    this.#table.put(this.#bytes.readUInt32BE(start), row, () => false);
  }

  /** The text of a key. */
  find(key: Buffer): string | undefined {
    const row = this.#table.find(key.readUInt32BE(), (row) => this.#keyOf(row).equals(key));
    return row === undefined
      ? undefined
      : this.#bytes.toString('utf8', this.#startOf(row) + key.length, this.#ends[row]);
  }

  #startOf(row: number): number {
    return row === 0 ? 0 : (this.#ends[row - 1] ?? 0);
  }

  #keyOf(row: number): Buffer {
    const start = this.#startOf(row);
    return this.#bytes.subarray(start, start + (this.#keyBytes[row] ?? 0));
  }
}

function jsonOf({ name, answers: { answer, texts, answered } }: NamedAnswers): string {
  // With one vote, its text is that of the answer.
  const votes = texts.length === 1 ? undefined : texts;
  return JSON.stringify({ name, answer: unbilled(answer), answered, texts: votes });
}

/** JSON has null for the text of a lost vote. */
function answersIn(json: string): NamedAnswers {
  const { name, answer, texts, answered } = JSON.parse(json);
  const read = Array.isArray(texts) ? texts.map((text) => text ?? undefined) : [answer.text];
  return { name, answers: { answer, texts: read, answered, cached: false } };
}
