import type {
  CaptionRecord,
  OkRecord,
  PictureFacts,
  TogetherOkRecord,
} from '../../domain/record.js';
import { HashedTexts, TextHash } from '../../domain/text-hash.js';
import type { Usage } from '../../domain/usage.js';
import { DigestTable } from './digest-table.js';
import type { LineChunk } from './lines.js';
import { PackedRows } from './packed-rows.js';
import { FIELD, isSame, type RecordHead } from './record-head.js';

/** What makes a picture the same one as before. */
export interface FinishedPicture {
  /** In bytes; undefined in records of builds before 0.1.0. */
  readonly size: number | undefined;
  /**
   * When its file was last changed, in whole milliseconds since 1970; undefined if there was no
   * file, and in records of builds before 0.1.0.
   */
  readonly mtimeMs: number | undefined;
  /** Whether its identity is known, which it is not in records of builds before 0.1.0. */
  readonly isIdentified: boolean;
  /**
   * Whether it has this hash. Half of it is compared: no two pictures of a user have that in common.
   *
   * @param digest in hexadecimal.
   */
  has(hash: PictureHash, digest: string): boolean;
}

/** The hashes by which a picture is recognised at any path. */
export type PictureHash = 'sha256' | 'pictureSha256';

/** An answer in the ledger, about one picture or about several together. */
export interface FinishedEntry {
  /** In the order of the record. */
  pictures: readonly FinishedPicture[];
  /** Where its line is in the file, in bytes. */
  at: number;
  /** The length of its line without the end, in bytes. */
  length: number;
  /**
   * Whether it answers these questions and no others.
   *
   * @param requests their fingerprints.
   */
  answersJust(requests: readonly string[]): boolean;
  /** Whether a person has rejected it, so that it may be asked again. */
  isRejected: boolean;
}

export interface MeanUsage {
  inputTokens: number;
  /** Thoughts included. */
  outputTokens: number;
}

/** The key of a picture in a ledger, or of a question about several pictures in this order. */
export function ledgerKey(names: readonly string[]): string {
  const [name, ...others] = names;
  if (name !== undefined && others.length === 0) return plain(name);
  // No path and no address can hold a NUL.
  return names.map(plain).join('\0');
}

/** `./a.png` is `a.png`. */
function plain(name: string): string {
  return name.startsWith('./') ? name.replace(/^(?:\.\/+)+(?=[^/])/, '') : name;
}

type Answered = OkRecord | TogetherOkRecord;

/** How many bytes of a digest are kept; nobody meets two pictures that have them in common. */
const DIGEST = 16;
/** How many digits a whole one has. */
const DIGITS = 64;
const HASHES: readonly PictureHash[] = ['sha256', 'pictureSha256'];
/**
 * A picture's row: its size and the time of its last change (NaN if absent), the digest of its file,
 * its identity (zeros if absent), and its page in that file (0 if it is the file's only or first one).
 */
const PICTURE = {
  ...{ size: 0, mtimeMs: 8, sha256: 16, pictureSha256: 16 + DIGEST, page: 16 + 2 * DIGEST },
  width: 20 + 2 * DIGEST,
} as const;
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
/** What a person said of an entry: nothing, that it is wrong, or that it is right or their own. */
const SAID = { nothing: 0, rejected: 1, held: 2 } as const;
/** Questions that differ from picture to picture are no help for estimates. */
const MOST_BILLS = 1000;

type Bill = MeanUsage & { count: number };

/** What a record answers: one question, by its hash, or a set of them, by its number. */
interface Questions {
  low: number;
  high: number;
  /** From 1; 0 stands for one question. */
  set: number;
}

interface AskedInLine extends Questions {
  bill: Bill;
}

interface Asked {
  request: string;
  low: number;
  high: number;
}

/** The finished answers by name and by hash of the picture. It holds no texts, neither of names. */
export class FinishedIndex {
  /** The newest entry of each key. */
  #byKey = new DigestTable(64);
  #keyRoom = 64;
  #keys = 0;
  /** The entries of single pictures by their hashes; made when it is first needed. */
  #byHash: DigestTable | undefined;
  /** How many entries that table has room for. */
  #hashRoom = 0;
  readonly #entries = new PackedRows(ENTRY.width);
  readonly #pictures = new PackedRows(PICTURE.width);
  /** Sets of questions that one record answers. Each stands here once: there are few of them. */
  readonly #sets: (readonly string[])[] = [];
  /** The number of each set. */
  readonly #numbers = new Map<string, number>();
  /** All questions that have an answer. */
  readonly #answered = new HashedTexts();
  /** What the answers to each set of questions were billed. */
  readonly #bills = new Map<string, Bill>();
  /** What the last lines asked that were added by their heads: one with one answer, one with several. */
  #lastAlone: AskedInLine | undefined;
  #lastSet: (AskedInLine & { requests: Uint8Array; asked: Uint8Array }) | undefined;
  #lastLooked: Asked | undefined;
  readonly #hash = new TextHash();

  meanUsage(requests: readonly string[]): MeanUsage | undefined {
    const bill = this.#bills.get(keyOfAll(requests));
    if (!bill || bill.count === 0) return undefined;
    const { count, inputTokens, outputTokens } = bill;
    return { inputTokens: inputTokens / count, outputTokens: outputTokens / count };
  }

  /** The first of the answers that `answersTo` gives. */
  newestAnswerTo(key: string, request: string): FinishedEntry | undefined {
    let row = this.#newest(key);
    if (row < 0) return undefined;
    const asked = this.#asked(request);
    let newest = -1;
    for (; row >= 0; row = this.#before(row)) {
      if (!this.#answers(row, asked)) continue;
      const said = this.#number(row, ENTRY.said);
      if (said === SAID.held) return this.#entry(row);
      if (newest < 0) newest = row;
      if (said === SAID.rejected) break;
    }
    return newest < 0 ? undefined : this.#entry(newest);
  }

  /**
   * The answers to a question under a key, the newest first. What a person wrote or accepted comes
   * before what a model has answered since.
   */
  *answersTo(key: string, request: string): Generator<FinishedEntry, void, void> {
    let row = this.#newest(key);
    if (row < 0) return;
    const asked = this.#asked(request);
    /** Answers of a model that are newer than all that people said. */
    let waiting: number[] | undefined = [];
    for (; row >= 0; row = this.#before(row)) {
      if (!this.#answers(row, asked)) continue;
      const said = this.#number(row, ENTRY.said);
      if (said === SAID.nothing && waiting) {
        waiting.push(row);
        continue;
      }
      if (said === SAID.held) yield this.#entry(row);
      for (const newer of waiting ?? []) yield this.#entry(newer);
      if (said !== SAID.held) yield this.#entry(row);
      waiting = undefined;
    }
    for (const newer of waiting ?? []) yield this.#entry(newer);
  }

  /** Whether a person has rejected an answer under a key, and nothing has been answered since. */
  hasRejected(key: string): boolean {
    const answered = new Set<string>();
    for (let row = this.#newest(key); row >= 0; row = this.#before(row)) {
      const questions = this.#questionsAt(row);
      const isLast = questions.some((question) => !answered.has(question));
      if (isLast && this.#number(row, ENTRY.said) === SAID.rejected) return true;
      for (const question of questions) answered.add(question);
    }
    return false;
  }

  /** What an entry answers, as hashes in words. */
  #questionsAt(row: number): string[] {
    const set = this.#number(row, ENTRY.set);
    if (set === 0) return [`${this.#number(row, ENTRY.low)} ${this.#number(row, ENTRY.high)}`];
    return (this.#sets[set - 1] ?? []).map((request) => {
      const { low, high } = this.#hash.ofText(request);
      return `${low} ${high}`;
    });
  }

  /** The answers under a key, to whatever questions, the newest first. */
  *answersUnder(key: string): Generator<FinishedEntry, void, void> {
    for (let row = this.#newest(key); row >= 0; row = this.#before(row)) yield this.#entry(row);
  }

  /** Whether there is any answer to a question. */
  hasAnswersTo(request: string): boolean {
    return this.#answered.has(request);
  }

  /**
   * An answer to a question about a single picture of that hash, under whatever name.
   *
   * @param digest in hexadecimal.
   */
  findByHash(hash: PictureHash, digest: string, request: string): FinishedEntry | undefined {
    if (!this.hasAnswersTo(request)) return undefined;
    this.#byHash ??= this.#tableOfHashes();
    const asked = this.#asked(request);
    const bytes = halfOf(digest);
    if (bytes.length < DIGEST) return undefined;
    let newest = -1;
    this.#byHash.find(bytes.readUInt32BE(), (row) => {
      if (this.#answers(row, asked) && this.#hasDigest(row, hash, bytes)) {
        newest = Math.max(newest, row);
      }
      // Another set may have a newer answer to the same question, so the search goes on.
      return false;
    });
    return newest < 0 ? undefined : this.#entry(newest);
  }

  /**
   * An answer about a single picture that looks the same, to whatever question and under whatever name.
   *
   * @param digest its identity, in hexadecimal.
   */
  findPicture(digest: string): FinishedEntry | undefined {
    const bytes = halfOf(digest);
    if (bytes.length < DIGEST) return undefined;
    this.#byHash ??= this.#tableOfHashes();
    const row = this.#byHash.find(bytes.readUInt32BE(), (row) =>
      this.#hasDigest(row, 'pictureSha256', bytes),
    );
    return row === undefined ? undefined : this.#entry(row);
  }

  /**
   * Adds a record that is newer than all before.
   *
   * @param at where its line begins, in bytes.
   * @param length of its line, in bytes.
   */
  add(record: CaptionRecord, at: number, length: number): void {
    // A failure does not undo an answer: it was to another question or another picture of that name.
    if (record.status === 'failed') return;
    const { usage, cached } = record;
    const questions = questionsOf(record);
    if (usage && !cached) addTo(this.#billOf(askedIn(record)), usage);
    const first = this.#pictures.count;
    if ('image' in record) this.#addPicture(record);
    else for (const picture of record.images) this.#addPicture(picture);
    for (const request of questions) this.#answered.add(request);
    const [only] = questions;
    const isOne = questions.length === 1 && only !== undefined;
    const set = isOne ? 0 : this.#numberOf(questions);
    const { low, high } = isOne ? this.#hash.ofText(only) : { low: 0, high: 0 };
    const key = 'image' in record ? plain(record.image) : keyOf(record.images);
    const row = this.#addEntry(this.#hash.ofText(key), { low, high, set }, first, at, length);
    this.#entries
      .pieceOf(row)
      .view.setInt32(this.#entries.offsetOf(row) + ENTRY.said, SAID[saidOf(record)]);
  }

  /**
   * The same for a line of which only the head was read.
   *
   * @param start where it begins in the chunk, in bytes.
   */
  addHead(head: RecordHead, chunk: LineChunk, start: number, end: number): void {
    const { bytes } = chunk;
    if (head.has(FIELD.edited) || head.has(FIELD.reviewed)) {
      this.#addParsed(chunk, start, end);
      return;
    }
    const isOne = !head.has(FIELD.answers) || !head.has(FIELD.requests);
    const asked = isOne ? this.#askedAlone(head, bytes) : this.#askedAsBefore(head, bytes);
    if (!asked) {
      this.#addSet(head, chunk, start, end);
      return;
    }
    if (head.has(FIELD.usage) && !head.has(FIELD.cached)) {
      const { bill } = asked;
      bill.count += 1;
      bill.inputTokens += head.numberOf(FIELD.inputTokens);
      bill.outputTokens += head.numberOf(FIELD.outputTokens) + head.numberOf(FIELD.thoughtTokens);
    }
    const picture = this.#addPictureOf(head, bytes);
    const name = head.startOf(FIELD.image) + 1;
    const key =
      bytes[name] !== DOT && head.isAscii(FIELD.image)
        ? this.#hash.ofAscii(bytes, name, head.endOf(FIELD.image) - 1)
        : this.#hash.ofText(plain(head.textOf(FIELD.image)));
    this.#addEntry(key, asked, picture, chunk.at + start, end - start);
  }

  #addParsed({ bytes, at }: LineChunk, start: number, end: number): OkRecord {
    const record: OkRecord = JSON.parse(bytes.toString('utf8', start, end));
    this.add(record, at + start, end - start);
    return record;
  }

  /** Adds a line whose several questions are not those of the one before. */
  #addSet(head: RecordHead, chunk: LineChunk, start: number, end: number): void {
    const { bytes } = chunk;
    const record = this.#addParsed(chunk, start, end);
    this.#lastSet = {
      ...{
        requests: bytesOf(head, FIELD.requests, bytes),
        asked: bytesOf(head, FIELD.asked, bytes),
      },
      ...{ low: 0, high: 0, set: this.#numberOf(questionsOf(record)) },
      bill: this.#billOf(askedIn(record)),
    };
  }

  /** What a line with one answer asked. Most lines ask the same as the one before. */
  #askedAlone(head: RecordHead, bytes: Buffer): AskedInLine {
    const hash = this.#hash;
    if (!head.has(FIELD.request)) hash.ofText('');
    else if (!head.isAscii(FIELD.request)) hash.ofText(head.textOf(FIELD.request));
    else hash.ofAscii(bytes, head.startOf(FIELD.request) + 1, head.endOf(FIELD.request) - 1);
    const { low, high } = hash;
    const last = this.#lastAlone;
    if (last?.low === low && last.high === high) return last;
    const questions = head.has(FIELD.request) ? [head.textOf(FIELD.request)] : [];
    for (const request of questions) this.#answered.add(request);
    const set = questions.length === 0 ? this.#numberOf(questions) : 0;
    this.#lastAlone = { low, high, set, bill: this.#billOf(questions) };
    return this.#lastAlone;
  }

  /** What a line with several answers asked, if that is the same as what the one before asked. */
  #askedAsBefore(head: RecordHead, bytes: Buffer): AskedInLine | undefined {
    const last = this.#lastSet;
    if (!last || !isSame(last.requests, bytes, head.spanOf(FIELD.requests))) return undefined;
    return isSame(last.asked, bytes, head.spanOf(FIELD.asked)) ? last : undefined;
  }

  /**
   * @param first the row of its first picture.
   * @returns its row.
   */
  #addEntry(key: TextHash, asked: Questions, first: number, at: number, length: number): number {
    const { low, high, set } = asked;
    const { low: keyLow, high: keyHigh } = key;
    const isSameKey = (row: number) => this.#hasKey(row, keyLow, keyHigh);
    const before = this.#byKey.find(keyLow, isSameKey);
    const row = this.#entries.add();
    const { view } = this.#entries.pieceOf(row);
    const offset = this.#entries.offsetOf(row);
    view.setFloat64(offset + ENTRY.at, at);
    view.setUint32(offset + ENTRY.length, length);
    view.setInt32(offset + ENTRY.low, low);
    view.setInt32(offset + ENTRY.high, high);
    view.setUint32(offset + ENTRY.set, set);
    view.setUint32(offset + ENTRY.first, first);
    view.setUint32(offset + ENTRY.count, this.#pictures.count - first);
    view.setInt32(offset + ENTRY.keyLow, keyLow);
    view.setInt32(offset + ENTRY.keyHigh, keyHigh);
    view.setUint32(offset + ENTRY.before, before === undefined ? 0 : before + 1);
    if (before === undefined) {
      this.#keys += 1;
      if (this.#keys > this.#keyRoom) this.#growKeys();
    }
    this.#byKey.put(keyLow, row, isSameKey);
    if (this.#entries.count > this.#hashRoom) this.#byHash = undefined;
    else if (this.#byHash) this.#addHashes(this.#byHash, row);
    return row;
  }

  #growKeys(): void {
    this.#keyRoom *= 2;
    const table = new DigestTable(this.#keyRoom);
    // All but the newest one, which the caller puts in.
    for (let row = 0; row < this.#entries.count - 1; row += 1) {
      const { view } = this.#entries.pieceOf(row);
      const offset = this.#entries.offsetOf(row);
      const low = view.getInt32(offset + ENTRY.keyLow);
      const high = view.getInt32(offset + ENTRY.keyHigh);
      table.put(low, row, (other) => this.#hasKey(other, low, high));
    }
    this.#byKey = table;
  }

  #hasKey(row: number, low: number, high: number): boolean {
    const { view } = this.#entries.pieceOf(row);
    const offset = this.#entries.offsetOf(row);
    return (
      view.getInt32(offset + ENTRY.keyLow) === low && view.getInt32(offset + ENTRY.keyHigh) === high
    );
  }

  /** The row of the newest entry of a key, or -1. */
  #newest(key: string): number {
    const { low, high } = this.#hash.ofText(key);
    return this.#byKey.find(low, (row) => this.#hasKey(row, low, high)) ?? -1;
  }

  /** The row of the entry of the same key before one, or -1. */
  #before(row: number): number {
    return this.#number(row, ENTRY.before) - 1;
  }

  /** The same question is looked for again and again. */
  #asked(request: string): Asked {
    if (this.#lastLooked?.request === request) return this.#lastLooked;
    const { low, high } = this.#hash.ofText(request);
    this.#lastLooked = { request, low, high };
    return this.#lastLooked;
  }

  /** Whether an entry answers a question. */
  #answers(row: number, { request, low, high }: Asked): boolean {
    const set = this.#number(row, ENTRY.set);
    if (set > 0) return this.#sets[set - 1]?.includes(request) ?? false;
    return this.#number(row, ENTRY.low) === low && this.#number(row, ENTRY.high) === high;
  }

  #answersJust(row: number, requests: readonly string[]): boolean {
    const set = this.#number(row, ENTRY.set);
    const count = set > 0 ? (this.#sets[set - 1]?.length ?? 0) : 1;
    return (
      requests.length === count &&
      requests.every((request) => this.#answers(row, this.#asked(request)))
    );
  }

  #number(row: number, field: number): number {
    return this.#entries.pieceOf(row).view.getInt32(this.#entries.offsetOf(row) + field);
  }

  #tableOfHashes(): DigestTable {
    // With room for as many again, so that it need not be made anew for each entry that comes.
    this.#hashRoom = 2 * this.#entries.count;
    const table = new DigestTable(2 * this.#hashRoom);
    for (let row = 0; row < this.#entries.count; row += 1) this.#addHashes(table, row);
    return table;
  }

  #addHashes(table: DigestTable, row: number): void {
    if (this.#number(row, ENTRY.count) !== 1) return;
    const picture = this.#number(row, ENTRY.first);
    const { view, bytes } = this.#pictures.pieceOf(picture);
    const offset = this.#pictures.offsetOf(picture);
    for (const hash of HASHES) {
      const start = offset + PICTURE[hash];
      const digest = bytes.subarray(start, start + DIGEST);
      // The digest of a file stands for its first page only.
      if (isAbsent(digest) || (hash === 'sha256' && view.getUint32(offset + PICTURE.page) > 0)) {
        continue;
      }
      // One entry for equal pictures is enough, the newest, so that thousands of them cost no time.
      table.put(
        view.getUint32(start),
        row,
        (other) => this.#hasSameQuestions(other, row) && this.#hasDigest(other, hash, digest),
      );
    }
  }

  #hasSameQuestions(one: number, other: number): boolean {
    const fields = [ENTRY.low, ENTRY.high, ENTRY.set];
    return fields.every((field) => this.#number(one, field) === this.#number(other, field));
  }

  /** Whether the first picture of an entry has a digest. */
  #hasDigest(row: number, hash: PictureHash, digest: Uint8Array): boolean {
    const picture = this.#number(row, ENTRY.first);
    const start = this.#pictures.offsetOf(picture) + PICTURE[hash];
    return isAt(this.#pictures.pieceOf(picture).bytes, start, digest);
  }

  #entry(row: number): FinishedEntry {
    const { view } = this.#entries.pieceOf(row);
    const offset = this.#entries.offsetOf(row);
    const first = view.getUint32(offset + ENTRY.first);
    const count = view.getUint32(offset + ENTRY.count);
    const pictures: FinishedPicture[] = [];
    for (let index = first; index < first + count; index += 1)
      pictures.push(new PackedPicture(this.#pictures, index));
    return {
      pictures,
      at: view.getFloat64(offset + ENTRY.at),
      length: view.getUint32(offset + ENTRY.length),
      answersJust: (requests) => this.#answersJust(row, requests),
      isRejected: this.#number(row, ENTRY.said) === SAID.rejected,
    };
  }

  #billOf(questions: readonly string[]): Bill {
    const key = keyOfAll(questions);
    const known = this.#bills.get(key);
    if (known) return known;
    const bill = { count: 0, inputTokens: 0, outputTokens: 0 };
    if (this.#bills.size < MOST_BILLS) this.#bills.set(key, bill);
    return bill;
  }

  #addPicture({ size, mtime, sha256, pictureSha256, page = 1 }: PictureFacts): void {
    const row = this.#pictures.add();
    const offset = this.#pictures.offsetOf(row);
    const { view, bytes } = this.#pictures.pieceOf(row);
    view.setFloat64(offset + PICTURE.size, size ?? Number.NaN);
    view.setFloat64(offset + PICTURE.mtimeMs, mtime === undefined ? Number.NaN : Date.parse(mtime));
    view.setUint32(offset + PICTURE.page, page > 1 ? page : 0);
    bytes.set(halfOf(sha256), offset + PICTURE.sha256);
    if (pictureSha256?.length === DIGITS) {
      bytes.set(halfOf(pictureSha256), offset + PICTURE.pictureSha256);
    }
  }

  /** Adds the picture of a line. Returns its row. */
  #addPictureOf(head: RecordHead, line: Uint8Array): number {
    const row = this.#pictures.add();
    const offset = this.#pictures.offsetOf(row);
    const { view, bytes } = this.#pictures.pieceOf(row);
    const size = head.has(FIELD.size) ? head.numberOf(FIELD.size) : Number.NaN;
    view.setFloat64(offset + PICTURE.size, size);
    view.setFloat64(offset + PICTURE.mtimeMs, head.timeOf(FIELD.mtime));
    const page = head.numberOf(FIELD.page);
    view.setUint32(offset + PICTURE.page, page > 1 ? page : 0);
    unhex(line, head.startOf(FIELD.sha256) + 1, bytes, offset + PICTURE.sha256);
    if (head.has(FIELD.pictureSha256)) {
      const digest = head.startOf(FIELD.pictureSha256) + 1;
      unhex(line, digest, bytes, offset + PICTURE.pictureSha256);
    }
    return row;
  }

  #numberOf(requests: readonly string[]): number {
    const key = keyOfAll(requests);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#sets.push(requests);
    this.#numbers.set(key, number);
    return number;
  }
}

/** A row of a picture. Digests are looked at on demand, since size and time often suffice. */
class PackedPicture implements FinishedPicture {
  readonly size: number | undefined;
  readonly mtimeMs: number | undefined;
  readonly rows: PackedRows;
  readonly row: number;

  constructor(rows: PackedRows, row: number) {
    const { view } = rows.pieceOf(row);
    const offset = rows.offsetOf(row);
    const size = view.getFloat64(offset + PICTURE.size);
    const mtimeMs = view.getFloat64(offset + PICTURE.mtimeMs);
    this.size = Number.isNaN(size) ? undefined : size;
    this.mtimeMs = Number.isNaN(mtimeMs) ? undefined : mtimeMs;
    this.rows = rows;
    this.row = row;
  }

  get isIdentified(): boolean {
    const { bytes } = this.rows.pieceOf(this.row);
    const start = this.rows.offsetOf(this.row) + PICTURE.pictureSha256;
    return !isAbsent(bytes.subarray(start, start + DIGEST));
  }

  has(hash: PictureHash, digest: string): boolean {
    const { bytes } = this.rows.pieceOf(this.row);
    return isAt(bytes, this.rows.offsetOf(this.row) + PICTURE[hash], halfOf(digest));
  }
}

/** The fingerprints of all questions that a record answers. */
export function questionsOf({ request, requests, answers }: Answered): readonly string[] {
  if (answers && requests) return Object.values(requests);
  return request === undefined ? [] : [request];
}

function saidOf({ edited, reviewed }: Answered): keyof typeof SAID {
  if (reviewed === 'rejected') return 'rejected';
  return edited === true || reviewed === 'accepted' ? 'held' : 'nothing';
}

/** Those of the questions that its own call asked; the others were answered before. */
function askedIn(record: Answered): readonly string[] {
  const { asked, requests } = record;
  if (!requests || asked?.style === undefined) return questionsOf(record);
  return asked.style.split(',').flatMap((style) => requests[style] ?? []);
}

function addTo(
  bill: Bill,
  { inputTokens, outputTokens, thoughtTokens }: Omit<Usage, 'cachedTokens'>,
): void {
  bill.count += 1;
  bill.inputTokens += inputTokens;
  bill.outputTokens += outputTokens + thoughtTokens;
}

function keyOfAll(requests: readonly string[]): string {
  return requests.length < 2 ? (requests[0] ?? '') : [...requests].sort().join(' ');
}

function keyOf(pictures: readonly { image: string }[]): string {
  return ledgerKey(pictures.map(({ image }) => image));
}

/** The part of a digest that is kept. */
function halfOf(digest: string): Buffer {
  return Buffer.from(digest.slice(0, 2 * DIGEST), 'hex');
}

function isAt(bytes: Uint8Array, start: number, digest: Uint8Array): boolean {
  for (let index = 0; index < DIGEST; index += 1) {
    if (bytes[start + index] !== digest[index]) return false;
  }
  return true;
}

function isAbsent(digest: Uint8Array): boolean {
  return digest.every((byte) => byte === 0);
}

const DOT = 0x2e;
/** What hexadecimal digits are worth, by their codes. */
const WORTH = Uint8Array.from({ length: 128 }, (_, code) => {
  const worth = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(worth) ? 0 : worth;
});

/** Puts the part of a digest that is kept where it belongs. */
function unhex(digits: Uint8Array, start: number, into: Uint8Array, offset: number): void {
  for (let index = 0; index < DIGEST; index += 1) {
    const high = WORTH[digits[start + 2 * index] ?? 0] ?? 0;
    into[offset + index] = (high << 4) | (WORTH[digits[start + 2 * index + 1] ?? 0] ?? 0);
  }
}

function bytesOf(head: RecordHead, field: number, bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes.subarray(head.startOf(field), head.endOf(field)));
}
