import { TextHash } from '../../domain/text-hash.js';
import type { AnsweredQuestions, Asked, Questions } from './answered-questions.js';
import type { FinishedPicture, FinishedPictures } from './finished-pictures.js';
import { PackedRows } from './packed-rows.js';

/** An answer in the ledger, about one picture or about several together. */
export interface FinishedEntry {
  /** In the order of the record. */
  readonly pictures: readonly FinishedPicture[];
  /** Where its line is in the file, in bytes. */
  readonly at: number;
  /** The length of its line without the end, in bytes. */
  readonly length: number;
  /**
   * Whether it answers these questions and no others.
   *
   * @param requests their fingerprints.
   */
  answersJust(requests: readonly string[]): boolean;
  /** Whether its first picture had this size and date, so that its file need not be opened. */
  isUnchanged(file: { size: number; mtimeMs: number }): boolean;
  /** Whether a person has rejected it, so that it may be asked again. */
  readonly isRejected: boolean;
}

/** What a person said of an entry: nothing, that it is wrong, or that it is right or their own. */
export const SAID = { nothing: 0, rejected: 1, held: 2 } as const;
/** A bit beside that: there is a newer entry of the same key. */
const HAS_NEWER = 4;

/**
 * An entry's row: where its line is; what it answers: the hash of the one question, or the number of a
 * set of questions from 1; its rows of pictures; the hash of its key; the number of the entry of the
 * same key before it, from 1 (0 if there is none); and what a person said of it.
 */
const ENTRY = {
  ...{ at: 0, length: 8, low: 12, high: 16, set: 20, first: 24, count: 28 },
  ...{ keyLow: 32, keyHigh: 36, before: 40, said: 44 },
  width: 48,
} as const;

/** How many rows are put into the table at once. */
const AT_ONCE = 256;

/** How many rows behind the one that was found last are looked at for the next one. */
const NEAR = 4;

/** A larger table is made in steps, lest a strange file make one that is much too large. */
const MOST_EXPECTED = 1 << 20;

/** All answers, a row each, found by their keys. It holds no texts, neither of names. */
export class FinishedEntries {
  readonly #rows = new PackedRows(ENTRY.width);
  readonly #pictures: FinishedPictures;
  readonly #questions: AnsweredQuestions;
  readonly #hash = new TextHash();
  /** The number of the newest row of each key from 1; 0 is free. At most half of it is used. */
  #newest = new Uint32Array(2 * 64);
  #keys = 0;
  /** How many rows are in it: the others are put there together, since the memory is quicker then. */
  #settled = 0;
  /** The row that was found last. */
  #lastFound = -1;

  constructor(pictures: FinishedPictures, questions: AnsweredQuestions) {
    this.#pictures = pictures;
    this.#questions = questions;
  }

  get count(): number {
    return this.#rows.count;
  }

  /** Makes room for so many keys at once, which takes less time than growing with them. */
  expect(keys: number): void {
    const room = Math.min(keys, MOST_EXPECTED);
    if (2 * room > this.#newest.length) this.#growTo(room);
  }

  /**
   * Adds an entry that is newer than all before.
   *
   * @param first the row of its first picture; the last one was added last.
   * @returns its row.
   */
  add(
    { low: keyLow, high: keyHigh }: TextHash,
    { low, high, set }: Questions,
    said: keyof typeof SAID,
    first: number,
    at: number,
    length: number,
  ): number {
    const row = this.#rows.add();
    const { view } = this.#rows.pieceOf(row);
    const offset = this.#rows.offsetOf(row);
    view.setFloat64(offset + ENTRY.at, at);
    view.setUint32(offset + ENTRY.length, length);
    view.setInt32(offset + ENTRY.low, low);
    view.setInt32(offset + ENTRY.high, high);
    view.setUint32(offset + ENTRY.set, set);
    view.setUint32(offset + ENTRY.first, first);
    view.setUint32(offset + ENTRY.count, this.#pictures.count - first);
    view.setInt32(offset + ENTRY.keyLow, keyLow);
    view.setInt32(offset + ENTRY.keyHigh, keyHigh);
    view.setUint32(offset + ENTRY.said, SAID[said]);
    if (this.#rows.count - this.#settled >= AT_ONCE) this.#settle();
    return row;
  }

  /** Puts the rows into the table that are not in it yet. */
  #settle(): void {
    const { count } = this.#rows;
    if (2 * (this.#keys + count - this.#settled) > this.#newest.length) {
      this.#growTo(this.#keys + count - this.#settled);
    }
    for (let row = this.#settled; row < count; row += 1) {
      const { view } = this.#rows.pieceOf(row);
      const offset = this.#rows.offsetOf(row);
      const low = view.getInt32(offset + ENTRY.keyLow);
      const slot = this.#slotOf(low, view.getInt32(offset + ENTRY.keyHigh));
      const before = this.#newest[slot] ?? 0;
      this.#newest[slot] = row + 1;
      if (before === 0) this.#keys += 1;
      else {
        view.setUint32(offset + ENTRY.before, before);
        this.#setHasNewer(before - 1);
      }
    }
    this.#settled = count;
  }

  /** The row of the newest entry of a key, or -1. */
  newestOf(key: string): number {
    const { low, high } = this.#hash.ofText(key);
    if (this.#settled < this.#rows.count) this.#settle();
    let row = this.#nextOf(low, high);
    if (row < 0) row = (this.#newest[this.#slotOf(low, high)] ?? 0) - 1;
    if (row >= 0) this.#lastFound = row;
    return row;
  }

  /**
   * Pictures mostly come in the order in which they were answered: then it is one of the next rows, and
   * the table, of which each part lies in another place of the memory, need not be asked.
   */
  #nextOf(low: number, high: number): number {
    const end = Math.min(this.#lastFound + 1 + NEAR, this.#rows.count);
    for (let row = this.#lastFound + 1; row < end; row += 1) {
      if (this.#number(row, ENTRY.keyLow) !== low) continue;
      if (this.#number(row, ENTRY.keyHigh) !== high) continue;
      return (this.#number(row, ENTRY.said) & HAS_NEWER) === 0 ? row : -1;
    }
    return -1;
  }

  /** The row of the entry of the same key before one, or -1. */
  before(row: number): number {
    return this.#number(row, ENTRY.before) - 1;
  }

  /** Whether an entry answers a question. */
  answers(row: number, asked: Asked): boolean {
    const set = this.#number(row, ENTRY.set);
    if (set > 0) return this.#questions.isInSet(set, asked);
    return (
      this.#number(row, ENTRY.low) === asked.low && this.#number(row, ENTRY.high) === asked.high
    );
  }

  answersJust(row: number, requests: readonly string[]): boolean {
    return (
      requests.length === this.#questions.countOf(this.questionsOf(row)) &&
      requests.every((request) => this.answers(row, this.#questions.asked(request)))
    );
  }

  questionsOf(row: number): Questions {
    return {
      low: this.#number(row, ENTRY.low),
      high: this.#number(row, ENTRY.high),
      set: this.#number(row, ENTRY.set),
    };
  }

  hasSameQuestions(one: number, other: number): boolean {
    const fields = [ENTRY.low, ENTRY.high, ENTRY.set];
    return fields.every((field) => this.#number(one, field) === this.#number(other, field));
  }

  isHeld(row: number): boolean {
    return (this.#number(row, ENTRY.said) & SAID.held) !== 0;
  }

  isRejected(row: number): boolean {
    return (this.#number(row, ENTRY.said) & SAID.rejected) !== 0;
  }

  /** The row of the one picture that an entry is about, or -1 if there are several. */
  onlyPictureOf(row: number): number {
    return this.#number(row, ENTRY.count) === 1 ? this.#number(row, ENTRY.first) : -1;
  }

  firstPictureOf(row: number): number {
    return this.#number(row, ENTRY.first);
  }

  picturesOf(row: number): FinishedPicture[] {
    const first = this.#number(row, ENTRY.first);
    const count = this.#number(row, ENTRY.count);
    return Array.from({ length: count }, (_, index) => this.#pictures.at(first + index));
  }

  isUnchanged(row: number, { size, mtimeMs }: { size: number; mtimeMs: number }): boolean {
    const first = this.#number(row, ENTRY.first);
    return this.#pictures.sizeOf(first) === size && this.#pictures.mtimeMsOf(first) === mtimeMs;
  }

  lineOf(row: number): number {
    return this.#rows.pieceOf(row).view.getFloat64(this.#rows.offsetOf(row) + ENTRY.at);
  }

  lengthOf(row: number): number {
    return this.#rows.pieceOf(row).view.getUint32(this.#rows.offsetOf(row) + ENTRY.length);
  }

  #setHasNewer(row: number): void {
    const { view } = this.#rows.pieceOf(row);
    const offset = this.#rows.offsetOf(row) + ENTRY.said;
    view.setInt32(offset, view.getInt32(offset) | HAS_NEWER);
  }

  at(row: number): FinishedEntry {
    return new PackedEntry(this, row);
  }

  #number(row: number, field: number): number {
    return this.#rows.pieceOf(row).view.getInt32(this.#rows.offsetOf(row) + field);
  }

  /** Where the newest row of a key is, or would be. */
  #slotOf(low: number, high: number): number {
    const slots = this.#newest;
    const mask = slots.length - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const row = (slots[slot] ?? 0) - 1;
      if (row < 0) return slot;
      const { view } = this.#rows.pieceOf(row);
      const offset = this.#rows.offsetOf(row);
      if (view.getInt32(offset + ENTRY.keyLow) !== low) continue;
      if (view.getInt32(offset + ENTRY.keyHigh) === high) return slot;
    }
  }

  /** @param keys how many there is to be room for. */
  #growTo(keys: number): void {
    let size = this.#newest.length;
    while (size < 2 * keys) size *= 2;
    const rows = this.#newest;
    this.#newest = new Uint32Array(size);
    for (const one of rows) {
      if (one === 0) continue;
      const row = one - 1;
      const low = this.#number(row, ENTRY.keyLow);
      this.#newest[this.#slotOf(low, this.#number(row, ENTRY.keyHigh))] = one;
    }
  }
}

/** Everything is looked at on demand: of most entries, it is enough that they are there. */
class PackedEntry implements FinishedEntry {
  readonly entries: FinishedEntries;
  readonly row: number;

  constructor(entries: FinishedEntries, row: number) {
    this.entries = entries;
    this.row = row;
  }

  get pictures(): FinishedPicture[] {
    return this.entries.picturesOf(this.row);
  }

  get at(): number {
    return this.entries.lineOf(this.row);
  }

  get length(): number {
    return this.entries.lengthOf(this.row);
  }

  answersJust(requests: readonly string[]): boolean {
    return this.entries.answersJust(this.row, requests);
  }

  isUnchanged(file: { size: number; mtimeMs: number }): boolean {
    return this.entries.isUnchanged(this.row, file);
  }

  get isRejected(): boolean {
    return this.entries.isRejected(this.row);
  }
}
