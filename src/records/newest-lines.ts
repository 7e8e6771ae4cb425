import { hash } from 'node:crypto';
import type { CaptionRecord } from '../domain/record.js';
import { DigestTable } from '../storage/ledger/digest-table.js';
import { ledgerKey } from '../storage/ledger/ledger-key.js';
import { isHeld, isOfPerson } from './rows/picture-row.js';

/** The first 96 bits of a hash: no two of a million are equal by chance. */
type Digest = readonly [number, number, number];

/** Maps digests to numbers outside the heap, so that a million of them stay small. */
class NumbersByDigest {
  #table = new DigestTable(512);
  /** Three for each row. */
  #digests = new Uint32Array(512 * 3);
  #numbers = new Int32Array(512);
  #count = 0;

  get(digest: Digest): number | undefined {
    const row = this.#rowOf(digest);
    return row === undefined ? undefined : this.#numbers[row];
  }

  set(digest: Digest, number: number): void {
    const known = this.#rowOf(digest);
    if (known === undefined) this.#add(digest, number);
    else this.#numbers[known] = number;
  }

  #rowOf([one, two, three]: Digest): number | undefined {
    const digests = this.#digests;
    return this.#table.find(
      one,
      (row) =>
        digests[row * 3] === one && digests[row * 3 + 1] === two && digests[row * 3 + 2] === three,
    );
  }

  #add(digest: Digest, number: number): void {
    const row = this.#count;
    if (row === this.#numbers.length) this.#grow();
    this.#count += 1;
    this.#digests.set(digest, row * 3);
    this.#numbers[row] = number;
    this.#table.put(digest[0], row, isNoOther);
  }

  #grow(): void {
    const digests = new Uint32Array(this.#digests.length * 2);
    digests.set(this.#digests);
    this.#digests = digests;
    const numbers = new Int32Array(this.#numbers.length * 2);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
    this.#table = new DigestTable(numbers.length);
    for (let row = 0; row < this.#count; row += 1) {
      this.#table.put(digests[row * 3] ?? 0, row, isNoOther);
    }
  }
}

/** A row that is added has a digest that no other row has. */
function isNoOther(): boolean {
  return false;
}

/**
 * Finds out which lines of several ledgers are the newest of their picture and question. Lines are
 * numbered through all ledgers, in the order in which they are added. A failure counts only if its
 * picture has no answer, and a person's text counts more than a later one from a model.
 */
export class NewestLines {
  /** The newest line of each picture and question. */
  readonly #answers = new NumbersByDigest();
  /** The newest failure of each picture; `ANSWERED` if it has an answer. */
  readonly #pictures = new NumbersByDigest();
  /** One bit per line: whether it stays. */
  #stays = new Uint8Array(1024);
  /** One bit per line: whether it holds against later answers of a model. */
  #isHeld = new Uint8Array(1024);
  #lines = 0;

  /** How many pictures, or questions about several, have an answer. */
  answered = 0;
  /** How many have a failure but no answer. */
  failed = 0;

  add(record: CaptionRecord): void {
    const names = 'image' in record ? [record.image] : record.images.map(({ image }) => image);
    const picture = ledgerKey(names);
    if (record.status === 'failed') this.#addFailure(picture);
    else this.#addAnswer(picture, record.request ?? '', isOfPerson(record), isHeld(record));
  }

  /**
   * The same for a model's answer about one picture, of which only this is known.
   *
   * @param request the fingerprint of its question; empty in records that have none.
   */
  addAnswer(image: string, request: string): void {
    this.#addAnswer(ledgerKey([image]), request, false, false);
  }

  #addFailure(picture: string): void {
    const line = this.#next();
    const digest = digestOf(picture);
    const known = this.#pictures.get(digest);
    if (known === ANSWERED) return;
    this.#replace(known, line);
    if (known === undefined) this.failed += 1;
    this.#pictures.set(digest, line);
  }

  #addAnswer(picture: string, request: string, isOfPerson: boolean, isHeld: boolean): void {
    const line = this.#next();
    const digest = digestOf(picture);
    const known = this.#pictures.get(digest);
    if (known !== ANSWERED) {
      if (known !== undefined) this.failed -= 1;
      this.#drop(known);
      this.answered += 1;
      this.#pictures.set(digest, ANSWERED);
    }
    const question = digestOf(`${picture}\0\0${request}`);
    const before = this.#answers.get(question);
    if (before !== undefined && !isOfPerson && bit(this.#isHeld, before)) return;
    if (isHeld) setBit(this.#isHeld, line, true);
    this.#replace(before, line);
    this.#answers.set(question, line);
  }

  /** Counts a line that is not a record. */
  pass(): void {
    this.#next();
  }

  stays(line: number): boolean {
    return bit(this.#stays, line);
  }

  /** Leaves out a line that the output has already. */
  leaveOut(line: number): void {
    setBit(this.#stays, line, false);
  }

  #next(): number {
    const line = this.#lines;
    this.#lines += 1;
    if (line >> 3 >= this.#stays.length) {
      this.#stays = doubled(this.#stays);
      this.#isHeld = doubled(this.#isHeld);
    }
    return line;
  }

  #replace(before: number | undefined, line: number): void {
    this.#drop(before);
    setBit(this.#stays, line, true);
  }

  #drop(line: number | undefined): void {
    if (line === undefined || line === ANSWERED) return;
    setBit(this.#stays, line, false);
  }
}

/** Finds lines of several ledgers by their bytes. Lines are numbered as in `NewestLines`. */
export class LinesByBytes {
  readonly #lines = new NumbersByDigest();

  /** Of equal lines, the last one is found: it is the only one of them that may be the newest. */
  add(bytes: Uint8Array, line: number): void {
    this.#lines.set(digestOf(bytes), line);
  }

  find(bytes: Uint8Array): number | undefined {
    return this.#lines.get(digestOf(bytes));
  }
}

const ANSWERED = -2;

function digestOf(content: string | Uint8Array): Digest {
  // A string costs a third of what a buffer costs.
  const letters = hash('sha256', content, 'binary');
  return [wordAt(letters, 0), wordAt(letters, 4), wordAt(letters, 8)];
}

function wordAt(letters: string, at: number): number {
  const code = (offset: number) => letters.charCodeAt(at + offset);
  return (code(0) | (code(1) << 8) | (code(2) << 16) | (code(3) << 24)) >>> 0;
}

function bit(bits: Uint8Array, at: number): boolean {
  return (((bits[at >> 3] ?? 0) >> (at & 7)) & 1) === 1;
}

function setBit(bits: Uint8Array, at: number, value: boolean): void {
  const mask = 1 << (at & 7);
  const old = bits[at >> 3] ?? 0;
  bits[at >> 3] = value ? old | mask : old & ~mask;
}

function doubled(bits: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(bits.length * 2);
  larger.set(bits);
  return larger;
}
