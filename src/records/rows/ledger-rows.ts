import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { errorCode, interrupted, usageError } from '../../domain/error.js';
import type { Tell } from '../../domain/events.js';
import type { CaptionRecord } from '../../domain/record.js';
import { eachSpan, type Line, lineChunks, lineOf } from '../../storage/ledger/lines.js';
import { FIELD, isSame, RecordHead, type Span } from '../../storage/ledger/record-head.js';
import { isRest, isTorn, parseRecord, recordBehind } from '../../storage/ledger/record-line.js';
import { AnswerNames, type AnswerPart } from './answer-names.js';
import { LineReader } from './line-reader.js';
import { type Answered, answersIn, joinedRow, type PictureRow } from './picture-row.js';
import { type LinePlace, RowIndex } from './row-index.js';

export interface OpenRowsOptions {
  signal?: AbortSignal | undefined;
  tell: Tell<'tornLinesLeftOut'>;
}

/**
 * Opens a ledger to read a row a picture: the newest answer of each question, joined. It may be one that
 * a run is writing. A million records take some 60 MB of memory, whatever their texts.
 *
 * @throws GeminiImageError of kind `usage` if the file cannot be read, or is not a ledger.
 */
export async function openRows(path: string, options: OpenRowsOptions): Promise<LedgerRows> {
  const file = await open(path, 'r').catch((error: unknown) => {
    const code = errorCode(error) ?? String(error);
    const why = code === 'ENOENT' ? 'no such file' : code;
    throw usageError(`${path} cannot be read: ${why}`, NAME_A_LEDGER);
  });
  const rows = new LedgerRows(path, file, options.tell);
  try {
    await rows.refresh(options.signal);
    return rows;
  } catch (error) {
    await rows.close();
    // A folder can be opened, but not read.
    if (errorCode(error) !== 'EISDIR') throw error;
    throw usageError(`${path} cannot be read: it is a folder`, NAME_A_LEDGER);
  }
}

const NAME_A_LEDGER = 'Name a ledger: what describe or detect writes with -o x.jsonl.';

/** In rows. Between two batches there is time for Ctrl-C. */
const BATCH = 256;

/** The rows of a ledger, in the order in which its pictures first appear, as a stream or one by one. */
export class LedgerRows {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #tell: OpenRowsOptions['tell'];
  readonly #index = new RowIndex();
  readonly #names = new AnswerNames();
  readonly #reader: LineReader;
  readonly #head = new RecordHead();
  /** How far the file has been read, in bytes. */
  #end = 0;
  #lines = 0;
  /** Of the last line that was added by its head alone. */
  #lastHead: { request: Buffer; asked: Buffer; name: string } | undefined;
  #isPlain = true;
  #hasReviews = false;

  /** Use `openRows`. */
  constructor(path: string, file: FileHandle, tell: OpenRowsOptions['tell']) {
    this.#path = path;
    this.#file = file;
    this.#tell = tell;
    this.#reader = new LineReader(file.fd);
  }

  /** How many rows there are. */
  get count(): number {
    return this.#index.count;
  }

  /** How many of them have no answer. */
  get failed(): number {
    return this.#index.failed;
  }

  /** What the answers are called, in the order in which the ledger has them. */
  get names(): string[] {
    return this.#names.all();
  }

  /** Whether all answers are texts: no lists, no objects. */
  get isPlain(): boolean {
    return this.#isPlain;
  }

  /** Whether a person has edited, accepted or rejected anything. */
  get hasReviews(): boolean {
    return this.#hasReviews;
  }

  /** Calls back with the position of each row that a later `refresh` finds new or changed. */
  onChanged(changed: (position: number) => void): void {
    this.#index.onChanged = changed;
  }

  /**
   * Reads the records that the file has gained. Rows keep their positions, and new ones come after them.
   *
   * @throws GeminiImageError of kind `usage` if a line is not a record.
   */
  async refresh(signal?: AbortSignal): Promise<void> {
    this.#reader.forget();
    let rests = 0;
    const chunks = lineChunks(this.#file, this.#end);
    for (;;) {
      const { done, value } = await chunks.next();
      if (done) {
        if (value === undefined) throw this.#foreign(this.#lines + 1);
        break;
      }
      const { bytes, at } = value;
      eachSpan(value, (start, end) => {
        if (end < bytes.length && this.#addPlain(bytes, { start, end }, at)) return;
        if (!this.#add(lineOf(value, start, end))) rests += 1;
      });
      if (signal?.aborted) throw interrupted(signal);
    }
    if (rests > 0) this.#tell({ type: 'tornLinesLeftOut', path: this.#path, lines: rests });
  }

  /** The row of a picture, or of several that were asked about together; undefined if there is none. */
  find(...images: string[]): PictureRow | undefined {
    const position = this.#index.find(images);
    return position === undefined ? undefined : this.at(position);
  }

  /**
   * One row.
   *
   * @param position from 0 to `count - 1`.
   * @throws GeminiImageError of kind `usage` if the file has changed in another way than by growing.
   */
  at(position: number): PictureRow {
    const records = this.#index.linesOf(position).map((place) => this.#recordAt(place));
    return joinedRow(position, records, this.#names);
  }

  /** The records of a row that newer ones have replaced. */
  replacedAt(position: number): CaptionRecord[] {
    return this.#index.linesOf(position, true).map((place) => this.#recordAt(place));
  }

  /** A row as it would be if further records about its pictures were added. */
  rowWith(row: PictureRow, added: readonly Answered[]): PictureRow {
    if (added.length === 0 || row.status === 'failed') return row;
    const asked = new Set(added.map(({ request }) => request));
    const before = row.records.filter(({ request }) => !asked.has(request));
    const newest = [...new Map(added.map((record) => [record.request, record])).values()];
    return joinedRow(row.position, [...before, ...newest], this.#names);
  }

  /** All answers that a row ever had, from oldest to newest. */
  historyAt(position: number): Answered[] {
    const places = [...this.#index.linesOf(position), ...this.#index.linesOf(position, true)];
    if (places.length === 1) return [];
    return places
      .sort((one, other) => one.at - other.at)
      .map((place) => this.#recordAt(place))
      .filter((record): record is Answered => record.status === 'ok');
  }

  /** What an answer is called among those of the ledger. */
  nameOf(part: AnswerPart): string {
    return this.#names.of(part);
  }

  /** All rows, some at a time. */
  async *batches(signal?: AbortSignal): AsyncGenerator<PictureRow[], void, void> {
    for (let start = 0; start < this.count; start += BATCH) {
      if (signal?.aborted) throw interrupted(signal);
      const length = Math.min(BATCH, this.count - start);
      yield Array.from({ length }, (_, index) => this.at(start + index));
      await setImmediate();
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #recordAt(place: LinePlace): CaptionRecord {
    const record = parseRecord(this.#reader.read(place));
    if (record) return record;
    throw usageError(
      `${this.#path} was changed while it was read`,
      'Start again when nothing else writes to it.',
    );
  }

  /** Adds the line if that needs no look at more than its head. Returns whether it did. */
  #addPlain(bytes: Buffer, line: Span, at: number): boolean {
    const head = this.#head;
    if (!head.read(bytes, line.start, line.end) || !isPlainAnswer(head)) return false;
    const { start, end } = head.spanOf(FIELD.image);
    const image = { start: start + 1, end: end - 1 };
    // Such a name is written in another way than it is.
    if (bytes[image.start] === DOT || !head.isLiteral(FIELD.image)) return false;
    const [request, asked] = [head.spanOf(FIELD.request), head.spanOf(FIELD.asked)];
    const known = this.#lastHead;
    if (!known || !isSame(known.request, bytes, request) || !isSame(known.asked, bytes, asked)) {
      // The names of its answers have to be known.
      const record = parseRecord(bytes.toString('utf8', line.start, line.end));
      if (record?.status !== 'ok' || record.request === undefined) return false;
      for (const part of answersIn(record)) this.#names.add(part);
      this.#lastHead = {
        ...{ request: copyOf(bytes, request), asked: copyOf(bytes, asked), name: record.request },
      };
    }
    this.#lines += 1;
    this.#end = at + line.end + 1;
    const place = { at: at + line.start, length: line.end - line.start };
    this.#index.addPlain(bytes, image, this.#lastHead?.name ?? '', place);
    return true;
  }

  /** Returns whether the line was a record, or empty. */
  #add(line: Line): boolean {
    const { text, at, length, ended } = line;
    const record = parseRecord(text);
    // The rest of a line that is being written comes with the next reading.
    if (record || ended) this.#end = at + length + (ended ? 1 : 0);
    if (ended) this.#lines += 1;
    if (record) {
      this.#addRecord(record, at, length);
      return true;
    }
    if (text.trim() === '') return true;
    const behind = recordBehind(text);
    if (behind && (isRest(behind.before) || parseRecord(behind.before))) {
      // Counted from the end, because half a letter is longer in the text than in the file.
      const bytes = Buffer.byteLength(text.slice(behind.before.length));
      this.#addRecord(behind.record, at + length - bytes, bytes);
      if (!ended) this.#end = at + length;
      return false;
    }
    if (isRest(text) || (!ended && isTorn(text))) return false;
    throw this.#foreign(ended ? this.#lines : this.#lines + 1);
  }

  #addRecord(record: CaptionRecord, at: number, length: number): void {
    this.#index.add(record, { at, length });
    if (record.status === 'failed') return;
    const parts = answersIn(record);
    for (const part of parts) this.#names.add(part);
    this.#isPlain &&= parts.length > 0 && parts.every(({ value }) => typeof value === 'string');
    this.#hasReviews ||= 'edited' in record || 'reviewed' in record;
  }

  #foreign(line: number) {
    return usageError(
      `${this.#path} is no results file of gemini-image: line ${line} is no record`,
      NAME_A_LEDGER,
    );
  }
}

/** Fields of answers that are more than a text, and of what people said. */
const MORE = [FIELD.data, FIELD.answers, FIELD.edited, FIELD.reviewed, FIELD.images];
const DOT = 0x2e;

/** Whether it is a model's answer that is a plain text. */
function isPlainAnswer(head: RecordHead): boolean {
  return head.has(FIELD.request) && head.has(FIELD.asked) && !MORE.some((field) => head.has(field));
}

function copyOf(bytes: Buffer, { start, end }: Span): Buffer {
  return Buffer.from(bytes.subarray(start, end));
}
