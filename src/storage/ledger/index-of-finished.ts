import type {
  CaptionRecord,
  OkRecord,
  PictureFacts,
  TogetherOkRecord,
} from '../../domain/record.js';
import { DigestTable } from './digest-table.js';

/** What makes a picture the same one as before. */
export interface FinishedPicture {
  /** In bytes; undefined in records of builds before 0.1.0. */
  readonly size: number | undefined;
  /**
   * When its file was last changed, in whole milliseconds since 1970; undefined if there was no
   * file, and in records of builds before 0.1.0.
   */
  readonly mtimeMs: number | undefined;
  /** In hexadecimal. */
  readonly sha256: string;
  /** The picture's identity, in hexadecimal; undefined in records of builds before 0.1.0. */
  readonly pictureSha256: string | undefined;
}

/** The hashes by which a picture is recognised at any path. */
export type PictureHash = 'sha256' | 'pictureSha256';

/** An answer in the ledger, about one picture or about several together. */
export interface FinishedEntry {
  /**
   * The fingerprints of the questions that it answers, several if it has answers to several styles;
   * none in records of builds before 0.1.0.
   */
  requests: readonly string[];
  /** In the order of the record. */
  pictures: readonly FinishedPicture[];
  /** Where its line is in the file, in bytes. */
  at: number;
  /** The length of its line without the end, in bytes. */
  length: number;
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

/** The length of a digest in bytes. */
const DIGEST = 32;
const ABSENT = Buffer.alloc(DIGEST);
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
 * An entry's row: where its line is, the number of its request, its rows of pictures, and the number of
 * the entry of the same key before it, from 1 (0 if there is none).
 */
const ENTRY = {
  ...{ at: 0, length: 8, request: 12, first: 16, count: 20, before: 24 },
  width: 28,
} as const;

/** The finished answers by name and by hash of the picture. It holds no texts of answers. */
export class FinishedIndex {
  /** The newest entry of each key. */
  readonly #rows = new Map<string, number>();
  /** The entries of single pictures by their hashes; made when it is first needed. */
  #byHash: DigestTable | undefined;
  /** How many entries that table has room for. */
  #hashRoom = 0;
  readonly #entries = new PackedRows(ENTRY.width);
  readonly #pictures = new PackedRows(PICTURE.width);
  /**
   * The questions that a record answers. Each set of them stands here once, because there are few
   * sets and many records.
   */
  readonly #requests: (readonly string[])[] = [];
  /** The number of each set. */
  readonly #numbers = new Map<string, number>();
  /** What the answers to each set of questions were billed. */
  readonly #bills = new Map<string, MeanUsage & { count: number }>();

  /** How many keys have an answer. */
  get finished(): number {
    return this.#rows.size;
  }

  meanUsage(requests: readonly string[]): MeanUsage | undefined {
    const bill = this.#bills.get(keyOfAll(requests));
    if (!bill) return undefined;
    const { count, inputTokens, outputTokens } = bill;
    return { inputTokens: inputTokens / count, outputTokens: outputTokens / count };
  }

  /** The newest answer under a key, to whatever question. */
  find(key: string): FinishedEntry | undefined {
    const row = this.#rows.get(key);
    return row === undefined ? undefined : this.#entry(row);
  }

  /** The answers to a question under a key, the newest first. */
  *answersTo(key: string, request: string): Generator<FinishedEntry, void, void> {
    const wanted = this.#setsWith(request);
    if (wanted.size === 0) return;
    const { view } = this.#entries;
    for (let row = this.#rows.get(key) ?? -1; row >= 0; ) {
      const offset = this.#entries.offsetOf(row);
      if (wanted.has(view.getUint32(offset + ENTRY.request))) yield this.#entry(row);
      row = view.getUint32(offset + ENTRY.before) - 1;
    }
  }

  /** The answers under a key, to whatever questions, the newest first. */
  *answersUnder(key: string): Generator<FinishedEntry, void, void> {
    const { view } = this.#entries;
    for (let row = this.#rows.get(key) ?? -1; row >= 0; ) {
      yield this.#entry(row);
      row = view.getUint32(this.#entries.offsetOf(row) + ENTRY.before) - 1;
    }
  }

  /** Whether there is any answer to a question. */
  hasAnswersTo(request: string): boolean {
    return this.#requests.some((requests) => requests.includes(request));
  }

  /** The numbers of the sets that a question belongs to. */
  #setsWith(request: string): ReadonlySet<number> {
    const numbers = new Set<number>();
    for (const [number, requests] of this.#requests.entries()) {
      if (requests.includes(request)) numbers.add(number);
    }
    return numbers;
  }

  /**
   * An answer to a question about a single picture of that hash, under whatever name.
   *
   * @param digest in hexadecimal.
   */
  findByHash(hash: PictureHash, digest: string, request: string): FinishedEntry | undefined {
    const wanted = this.#setsWith(request);
    if (wanted.size === 0) return undefined;
    this.#byHash ??= this.#tableOfHashes();
    const bytes = Buffer.from(digest, 'hex');
    let newest = -1;
    this.#byHash.find(bytes.readUInt32BE(), (row) => {
      const offset = this.#entries.offsetOf(row);
      const answers = wanted.has(this.#entries.view.getUint32(offset + ENTRY.request));
      if (answers && this.#digestOf(row, hash).equals(bytes)) newest = Math.max(newest, row);
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
    this.#byHash ??= this.#tableOfHashes();
    const bytes = Buffer.from(digest, 'hex');
    const row = this.#byHash.find(bytes.readUInt32BE(), (row) =>
      this.#digestOf(row, 'pictureSha256').equals(bytes),
    );
    return row === undefined ? undefined : this.#entry(row);
  }

  #tableOfHashes(): DigestTable {
    // With room for as many again, so that it need not be made anew for each entry that comes.
    this.#hashRoom = 2 * this.#entries.count;
    const table = new DigestTable(2 * this.#hashRoom);
    for (let row = 0; row < this.#entries.count; row += 1) this.#addHashes(table, row);
    return table;
  }

  #addHashes(table: DigestTable, row: number): void {
    const requestOf = (row: number) =>
      this.#entries.view.getUint32(this.#entries.offsetOf(row) + ENTRY.request);
    if (this.#entries.view.getUint32(this.#entries.offsetOf(row) + ENTRY.count) !== 1) return;
    for (const hash of HASHES) {
      const digest = this.#digestOf(row, hash);
      // The digest of a file stands for its first page only.
      if (digest.equals(ABSENT) || (hash === 'sha256' && this.#isLaterPage(row))) continue;
      // One entry for equal pictures is enough, the newest, so that thousands of them cost no time.
      table.put(
        digest.readUInt32BE(),
        row,
        (other) =>
          requestOf(other) === requestOf(row) && this.#digestOf(other, hash).equals(digest),
      );
    }
  }

  #isLaterPage(row: number): boolean {
    const picture = this.#entries.view.getUint32(this.#entries.offsetOf(row) + ENTRY.first);
    return this.#pictures.view.getUint32(this.#pictures.offsetOf(picture) + PICTURE.page) > 0;
  }

  /** The digest of the first picture of an entry. */
  #digestOf(row: number, hash: PictureHash): Buffer {
    const picture = this.#entries.view.getUint32(this.#entries.offsetOf(row) + ENTRY.first);
    const start = this.#pictures.offsetOf(picture) + PICTURE[hash];
    return this.#pictures.bytes.subarray(start, start + DIGEST);
  }

  #entry(row: number): FinishedEntry {
    const { view } = this.#entries;
    const offset = this.#entries.offsetOf(row);
    const first = view.getUint32(offset + ENTRY.first);
    const count = view.getUint32(offset + ENTRY.count);
    const pictures: FinishedPicture[] = [];
    for (let index = first; index < first + count; index += 1) {
      pictures.push(new PackedPicture(this.#pictures, index));
    }
    return {
      requests: this.#requests[view.getUint32(offset + ENTRY.request)] ?? [],
      pictures,
      at: view.getFloat64(offset + ENTRY.at),
      length: view.getUint32(offset + ENTRY.length),
    };
  }

  /**
   * Adds a record that is newer than all before.
   *
   * @param at where its line begins, in bytes.
   * @param length of its line, in bytes.
   */
  add(record: CaptionRecord, at: number, length: number): void {
    const key = 'image' in record ? plain(record.image) : keyOf(record.images);
    // A failure does not undo an answer: it was to another question or another picture of that name.
    if (record.status === 'failed') return;
    this.#count(record);
    const before = this.#rows.get(key);
    const first = this.#pictures.count;
    if ('image' in record) this.#addPicture(record);
    else for (const picture of record.images) this.#addPicture(picture);
    this.#rows.set(key, this.#entries.count);
    const offset = this.#entries.add();
    const { view } = this.#entries;
    view.setFloat64(offset + ENTRY.at, at);
    view.setUint32(offset + ENTRY.length, length);
    view.setUint32(offset + ENTRY.request, this.#numberOf(questionsOf(record)));
    view.setUint32(offset + ENTRY.first, first);
    view.setUint32(offset + ENTRY.count, this.#pictures.count - first);
    view.setUint32(offset + ENTRY.before, before === undefined ? 0 : before + 1);
    if (this.#entries.count > this.#hashRoom) this.#byHash = undefined;
    else if (this.#byHash) this.#addHashes(this.#byHash, this.#entries.count - 1);
  }

  #count(record: Answered): void {
    const { usage, cached } = record;
    if (!usage || cached) return;
    const key = keyOfAll(askedIn(record));
    const bill = this.#bills.get(key) ?? { count: 0, inputTokens: 0, outputTokens: 0 };
    bill.count += 1;
    bill.inputTokens += usage.inputTokens;
    bill.outputTokens += usage.outputTokens + usage.thoughtTokens;
    this.#bills.set(key, bill);
  }

  #addPicture({ size, mtime, sha256, pictureSha256, page = 1 }: PictureFacts): void {
    const offset = this.#pictures.add();
    const { view, bytes } = this.#pictures;
    view.setFloat64(offset + PICTURE.size, size ?? Number.NaN);
    view.setFloat64(offset + PICTURE.mtimeMs, mtime === undefined ? Number.NaN : Date.parse(mtime));
    bytes.write(sha256, offset + PICTURE.sha256, DIGEST, 'hex');
    view.setUint32(offset + PICTURE.page, page > 1 ? page : 0);
    if (pictureSha256?.length === 2 * DIGEST) {
      bytes.write(pictureSha256, offset + PICTURE.pictureSha256, DIGEST, 'hex');
    }
  }

  #numberOf(requests: readonly string[]): number {
    const key = keyOfAll(requests);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#requests.push(requests) - 1;
    this.#numbers.set(key, number);
    return number;
  }
}

/** The fingerprints of all questions that a record answers. */
export function questionsOf({ request, requests, answers }: Answered): readonly string[] {
  if (answers && requests) return Object.values(requests);
  return request === undefined ? [] : [request];
}

/** Those of the questions that its own call asked; the others were answered before. */
function askedIn(record: Answered): readonly string[] {
  const { asked, requests } = record;
  if (!requests || asked?.style === undefined) return questionsOf(record);
  return asked.style.split(',').flatMap((style) => requests[style] ?? []);
}

function keyOfAll(requests: readonly string[]): string {
  return requests.length < 2 ? (requests[0] ?? '') : [...requests].sort().join(' ');
}

function keyOf(pictures: readonly { image: string }[]): string {
  return ledgerKey(pictures.map(({ image }) => image));
}

/** A row of a picture; digests are unpacked on demand, since size and time often suffice. */
class PackedPicture implements FinishedPicture {
  readonly #rows: PackedRows;
  readonly #offset: number;

  constructor(rows: PackedRows, row: number) {
    this.#rows = rows;
    this.#offset = rows.offsetOf(row);
  }

  get size(): number | undefined {
    return this.#number(PICTURE.size);
  }

  get mtimeMs(): number | undefined {
    return this.#number(PICTURE.mtimeMs);
  }

  get sha256(): string {
    return this.#digest(PICTURE.sha256).toString('hex');
  }

  get pictureSha256(): string | undefined {
    const digest = this.#digest(PICTURE.pictureSha256);
    return digest.equals(ABSENT) ? undefined : digest.toString('hex');
  }

  #digest(field: number): Buffer {
    return this.#rows.bytes.subarray(this.#offset + field, this.#offset + field + DIGEST);
  }

  #number(field: number): number | undefined {
    const number = this.#rows.view.getFloat64(this.#offset + field);
    return Number.isNaN(number) ? undefined : number;
  }
}

/** Rows of numbers and digests outside the heap: a hundred thousand of them must stay small. */
class PackedRows {
  readonly #width: number;
  #bytes: Buffer;
  #view: DataView;
  #used = 0;

  /** @param width the length of a row in bytes. */
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
