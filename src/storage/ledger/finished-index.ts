import type {
  CaptionRecord,
  OkRecord,
  PictureFacts,
  TogetherOkRecord,
} from '../../domain/record.js';
import { PackedRows } from './packed-rows.js';

/** What makes a picture the same one as before. */
export interface FinishedPicture {
  /** In bytes; undefined in records of version 0.1.0. */
  readonly size: number | undefined;
  /**
   * When its file was last changed, in whole milliseconds since 1970; undefined where there was no
   * file, and in records of version 0.1.0.
   */
  readonly mtimeMs: number | undefined;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** A picture, or one question about several, that has an answer. */
export interface FinishedEntry {
  /** See `Asked.request`; undefined in records of version 0.1.0. */
  request: string | undefined;
  /** In the order of the record. */
  pictures: readonly FinishedPicture[];
  /** Where its line is in the file, in bytes. */
  at: number;
  /** Of its line without the end, in bytes. */
  length: number;
}

export interface MeanUsage {
  inputTokens: number;
  /** Thoughts included. */
  outputTokens: number;
}

/** Under which name a ledger knows a picture, or a question about several in this order. */
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

const DIGEST = 32;
/** A picture's row: size, time of the last change (either NaN where absent), digest. */
const PICTURE = { size: 0, mtimeMs: 8, sha256: 16, width: 16 + DIGEST } as const;
/** An entry's row: where its line is, the number of its request, and its rows of pictures. */
const ENTRY = { at: 0, length: 8, request: 12, first: 16, count: 20, width: 24 } as const;

/** What is finished, by the newest record of each key. It holds no text of an answer. */
export class FinishedIndex {
  readonly #rows = new Map<string, number>();
  readonly #entries = new PackedRows(ENTRY.width);
  readonly #pictures = new PackedRows(PICTURE.width);
  /** There are few requests and many records. */
  readonly #requests: (string | undefined)[] = [];
  /** What answers to each of them were billed. */
  readonly #bills = new Map<string | undefined, MeanUsage & { count: number }>();

  get finished(): number {
    return this.#rows.size;
  }

  meanUsage(request: string): MeanUsage | undefined {
    const bill = this.#bills.get(request);
    if (!bill) return undefined;
    const { count, inputTokens, outputTokens } = bill;
    return { inputTokens: inputTokens / count, outputTokens: outputTokens / count };
  }

  find(key: string): FinishedEntry | undefined {
    const row = this.#rows.get(key);
    if (row === undefined) return undefined;
    const { view } = this.#entries;
    const offset = this.#entries.offsetOf(row);
    const first = view.getUint32(offset + ENTRY.first);
    const count = view.getUint32(offset + ENTRY.count);
    const pictures: FinishedPicture[] = [];
    for (let index = first; index < first + count; index += 1) {
      pictures.push(new PackedPicture(this.#pictures, index));
    }
    return {
      request: this.#requests[view.getUint32(offset + ENTRY.request)],
      pictures,
      at: view.getFloat64(offset + ENTRY.at),
      length: view.getUint32(offset + ENTRY.length),
    };
  }

  /**
   * Takes note of a record, which is newer than all before.
   *
   * @param at where its line begins, in bytes.
   * @param length of its line, in bytes.
   */
  add(record: CaptionRecord, at: number, length: number): void {
    const key = 'image' in record ? plain(record.image) : keyOf(record.images);
    if (record.status === 'failed') {
      this.#rows.delete(key);
      return;
    }
    this.#count(record);
    const first = this.#pictures.count;
    if ('image' in record) this.#addPicture(record);
    else for (const picture of record.images) this.#addPicture(picture);
    this.#rows.set(key, this.#entries.count);
    const offset = this.#entries.add();
    const { view } = this.#entries;
    view.setFloat64(offset + ENTRY.at, at);
    view.setUint32(offset + ENTRY.length, length);
    view.setUint32(offset + ENTRY.request, this.#numberOf(record.request));
    view.setUint32(offset + ENTRY.first, first);
    view.setUint32(offset + ENTRY.count, this.#pictures.count - first);
  }

  #count({ request, usage, cached }: Answered): void {
    if (!usage || cached) return;
    const bill = this.#bills.get(request) ?? { count: 0, inputTokens: 0, outputTokens: 0 };
    bill.count += 1;
    bill.inputTokens += usage.inputTokens;
    bill.outputTokens += usage.outputTokens + usage.thoughtTokens;
    this.#bills.set(request, bill);
  }

  #addPicture({ size, mtime, sha256 }: PictureFacts): void {
    const offset = this.#pictures.add();
    const { view, bytes } = this.#pictures;
    view.setFloat64(offset + PICTURE.size, size ?? Number.NaN);
    view.setFloat64(offset + PICTURE.mtimeMs, mtime === undefined ? Number.NaN : Date.parse(mtime));
    bytes.write(sha256, offset + PICTURE.sha256, DIGEST, 'hex');
  }

  #numberOf(request: string | undefined): number {
    const known = this.#requests.indexOf(request);
    return known >= 0 ? known : this.#requests.push(request) - 1;
  }
}

function keyOf(pictures: readonly { image: string }[]): string {
  return ledgerKey(pictures.map(({ image }) => image));
}

/** A row of pictures, unpacked where somebody looks: most pictures are known by size and time. */
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
    const start = this.#offset + PICTURE.sha256;
    return this.#rows.bytes.toString('hex', start, start + DIGEST);
  }

  #number(field: number): number | undefined {
    const number = this.#rows.view.getFloat64(this.#offset + field);
    return Number.isNaN(number) ? undefined : number;
  }
}
