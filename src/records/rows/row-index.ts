import type { CaptionRecord } from '../../domain/record.js';
import { DigestTable } from '../../storage/ledger/digest-table.js';
import { ledgerKey } from '../../storage/ledger/ledger-key.js';
import type { Span } from '../../storage/ledger/record-head.js';
import { isHeld, isOfPerson, rowKeyOf } from './picture-row.js';

/** Where a line lies in a file, in bytes, without its end. */
export interface LinePlace {
  at: number;
  length: number;
}

/** The numbers of a digest. */
const DIGEST = 2;
/**
 * A line's kind: a failure, an answer, an answer that a later one of a model does not replace, or one
 * that has been replaced.
 */
const FAILED = 0;
const ANSWERED = 1;
const HELD = 2;
const REPLACED = 3;

/**
 * The pictures of a ledger in the order in which they first appear, and where the newest record of each
 * of their questions lies. Everything is outside of the heap: some 60 bytes for a picture with an answer.
 */
export class RowIndex {
  #table = new DigestTable(512);
  #digests = new Uint32Array(512 * DIGEST);
  /** The number of a picture's first line. */
  #firsts = new Int32Array(512);
  #pictures = 0;

  #ats = new Float64Array(512);
  #lengths = new Uint32Array(512);
  #requests = new Uint32Array(512 * DIGEST);
  /** The number of the next line of the same picture, or -1. */
  #nexts = new Int32Array(512);
  #kinds = new Uint8Array(512);
  #lines = 0;

  readonly #request = rememberingDigest();
  #failed = 0;
  /** Called with the number of each row that gains a record. */
  onChanged: ((row: number) => void) | undefined;

  /** How many pictures there are, each of which is a row. */
  get count(): number {
    return this.#pictures;
  }

  /** How many of them have failures only. */
  get failed(): number {
    return this.#failed;
  }

  /** Adds a record that is newer than all before. */
  add(record: CaptionRecord, { at, length }: LinePlace): void {
    const picture = this.#pictureOf(digestOf(rowKeyOf(record)));
    const request = this.#request(record.status === 'ok' ? (record.request ?? '') : '');
    const kind = record.status === 'failed' ? FAILED : isHeld(record) ? HELD : ANSWERED;
    this.#addTo(picture, { at, length, kind, request, isOfPerson: isOfPerson(record) });
  }

  /** The same for a line of a model's answer about one picture, of which only this is known. */
  addPlain(bytes: Uint8Array, image: Span, request: string, { at, length }: LinePlace): void {
    const picture = this.#pictureOf(digestOfBytes(bytes, image.start, image.end));
    const asked = this.#request(request);
    // Written out: a literal that begins with a spread makes each object one of a kind of its own.
    this.#addTo(picture, { at, length, kind: ANSWERED, request: asked, isOfPerson: false });
  }

  #addTo(picture: number, place: Line): void {
    const { kind, request } = place;
    this.onChanged?.(picture);
    const first = this.#firsts[picture] ?? -1;
    if (first < 0) {
      this.#firsts[picture] = this.#addLine(place);
      if (kind === FAILED) this.#failed += 1;
      return;
    }
    if (this.#kinds[first] === FAILED) {
      // A picture without an answer has one line, that of its newest failure.
      if (kind !== FAILED) this.#failed -= 1;
      this.#put(first, place);
      return;
    }
    if (kind === FAILED) return;
    let last = first;
    for (let line = first; line >= 0; line = this.#nexts[line] ?? -1) {
      last = line;
      if (this.#kinds[line] === REPLACED || !this.#isOf(line, request)) continue;
      if (this.#kinds[line] === HELD && !place.isOfPerson) place.kind = REPLACED;
      else this.#kinds[line] = REPLACED;
    }
    // Growing makes new arrays, so the line is added before it is linked.
    const added = this.#addLine(place);
    this.#nexts[last] = added;
  }

  /** The row of a picture, or of several in this order; undefined if the ledger does not have it. */
  find(images: readonly string[]): number | undefined {
    const digest = digestOf(ledgerKey(images));
    return this.#table.find(digest[0], (row) => this.#isPicture(row, digest));
  }

  /**
   * Where the records of a row are, from oldest to newest.
   *
   * @param replaced whether those that newer ones have replaced are meant, instead of those that count.
   */
  linesOf(row: number, replaced = false): LinePlace[] {
    const places: LinePlace[] = [];
    for (let line = this.#firsts[row] ?? -1; line >= 0; line = this.#nexts[line] ?? -1) {
      if ((this.#kinds[line] === REPLACED) !== replaced) continue;
      places.push({ at: this.#ats[line] ?? 0, length: this.#lengths[line] ?? 0 });
    }
    return places;
  }

  #pictureOf(digest: Digest): number {
    const [head] = digest;
    const known = this.#table.find(head, (row) => this.#isPicture(row, digest));
    if (known !== undefined) return known;
    const row = this.#pictures;
    if (row === this.#firsts.length) this.#growPictures();
    this.#pictures += 1;
    this.#digests.set(digest, row * DIGEST);
    this.#firsts[row] = -1;
    this.#table.put(head, row, isNoOther);
    return row;
  }

  #isPicture(row: number, digest: Digest): boolean {
    const from = row * DIGEST;
    return this.#digests[from] === digest[0] && this.#digests[from + 1] === digest[1];
  }

  #growPictures(): void {
    const length = larger(this.#firsts.length);
    this.#digests = grown(this.#digests, new Uint32Array(length * DIGEST));
    this.#firsts = grown(this.#firsts, new Int32Array(length));
    this.#table = new DigestTable(length);
    for (let row = 0; row < this.#pictures; row += 1) {
      this.#table.put(this.#digests[row * DIGEST] ?? 0, row, isNoOther);
    }
  }

  #addLine(place: Line): number {
    const line = this.#lines;
    if (line === this.#ats.length) this.#growLines();
    this.#lines += 1;
    this.#nexts[line] = -1;
    this.#put(line, place);
    return line;
  }

  #put(line: number, { at, length, kind, request }: Line): void {
    this.#ats[line] = at;
    this.#lengths[line] = length;
    this.#kinds[line] = kind;
    this.#requests.set(request, line * DIGEST);
  }

  #isOf(line: number, request: Digest): boolean {
    const from = line * DIGEST;
    return this.#requests[from] === request[0] && this.#requests[from + 1] === request[1];
  }

  #growLines(): void {
    const length = larger(this.#ats.length);
    this.#ats = grown(this.#ats, new Float64Array(length));
    this.#lengths = grown(this.#lengths, new Uint32Array(length));
    this.#requests = grown(this.#requests, new Uint32Array(length * DIGEST));
    this.#nexts = grown(this.#nexts, new Int32Array(length));
    this.#kinds = grown(this.#kinds, new Uint8Array(length));
  }
}

interface Line extends LinePlace {
  kind: number;
  request: Digest;
  isOfPerson: boolean;
}

/** Remembers the last one, because most records answer the same question as the one before. */
function rememberingDigest(): (text: string) => Digest {
  let last: { text: string; digest: Digest } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, digest: digestOf(text) };
    return last.digest;
  };
}

function digestOf(text: string): Digest {
  const bytes = Buffer.from(text);
  return digestOfBytes(bytes, 0, bytes.length);
}

/** 64 bits: by chance, two of a million are equal once in 30 million ledgers. */
type Digest = readonly [number, number];

/**
 * A digest that spreads texts evenly, but is no secret to those who want two to be equal: names of
 * files are their owner's. It takes a tenth of the time of a cryptographic one.
 */
function digestOfBytes(bytes: Uint8Array, start: number, end: number): Digest {
  let one = 0xdeadbeef;
  let two = 0x41c6ce57;
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index] ?? 0;
    one = Math.imul(one ^ byte, 0x9e3779b1);
    two = Math.imul(two ^ byte, 0x5f356495);
  }
  return [mix(one, two) >>> 0, mix(two, one) >>> 0];
}

function mix(one: number, other: number): number {
  const half = Math.imul(one ^ (one >>> 16), 0x85ebca6b);
  return half ^ Math.imul(other ^ (other >>> 13), 0xc2b2ae35);
}

/** A row that is added has a digest that no other row has. */
function isNoOther(): boolean {
  return false;
}

function larger(length: number): number {
  return Math.ceil(length * 1.5);
}

function grown<Numbers extends Float64Array | Uint32Array | Int32Array | Uint8Array>(
  numbers: Numbers,
  into: Numbers,
): Numbers {
  into.set(numbers);
  return into;
}
