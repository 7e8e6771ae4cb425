import type { CaptionRecord, OkRecord, TogetherOkRecord } from '../../domain/record.js';
import { TextHash } from '../../domain/text-hash.js';
import { AnsweredQuestions, type Questions } from './answered-questions.js';
import { EntriesByDigest } from './entries-by-digest.js';
import { FinishedEntries, type FinishedEntry, type SAID } from './finished-entries.js';
import { DIGEST, FinishedPictures, keptOf, type PictureHash } from './finished-pictures.js';
import { keyOfRecord, plainName } from './ledger-key.js';
import type { LineChunk } from './lines.js';
import { addToBill, type Bill, Bills, type MeanUsage } from './mean-usage.js';
import { questionsAskedIn, questionsOf } from './questions-of.js';
import { FIELD, isSame, type RecordHead } from './record-head.js';

/** What a line asked; mostly it is what the one before asked. */
interface AskedInLine extends Questions {
  bill: Bill;
}

const DOT = 0x2e;

/** The finished answers by name and by hash of the picture. */
export class FinishedIndex {
  readonly #pictures = new FinishedPictures();
  readonly #questions = new AnsweredQuestions();
  readonly #entries = new FinishedEntries(this.#pictures, this.#questions);
  readonly #byDigest = new EntriesByDigest(this.#entries, this.#pictures);
  readonly #bills = new Bills();
  readonly #hash = new TextHash();
  /** What the last lines asked that were added by their heads: one with one answer, one with several. */
  #lastAlone: (AskedInLine & { request: Uint8Array }) | undefined;
  #lastSet: (AskedInLine & { requests: Uint8Array; asked: Uint8Array }) | undefined;

  meanUsage(requests: readonly string[]): MeanUsage | undefined {
    return this.#bills.mean(requests);
  }

  /** The first of the answers that `answersTo` gives. */
  newestAnswerTo(key: string, request: string): FinishedEntry | undefined {
    const entries = this.#entries;
    let row = entries.newestOf(key);
    if (row < 0) return undefined;
    const asked = this.#questions.asked(request);
    let newest = -1;
    for (; row >= 0; row = entries.before(row)) {
      if (!entries.answers(row, asked)) continue;
      if (entries.isHeld(row)) return entries.at(row);
      if (newest < 0) newest = row;
      if (entries.isRejected(row)) break;
    }
    return newest < 0 ? undefined : entries.at(newest);
  }

  /**
   * The answers to a question under a key, the newest first. What a person wrote or accepted comes
   * before what a model has answered since.
   */
  *answersTo(key: string, request: string): Generator<FinishedEntry, void, void> {
    const entries = this.#entries;
    let row = entries.newestOf(key);
    if (row < 0) return;
    const asked = this.#questions.asked(request);
    /** Answers of a model that are newer than all that people said. */
    let waiting: number[] | undefined = [];
    for (; row >= 0; row = entries.before(row)) {
      if (!entries.answers(row, asked)) continue;
      const isHeld = entries.isHeld(row);
      if (!isHeld && !entries.isRejected(row) && waiting) {
        waiting.push(row);
        continue;
      }
      if (isHeld) yield entries.at(row);
      for (const newer of waiting ?? []) yield entries.at(newer);
      if (!isHeld) yield entries.at(row);
      waiting = undefined;
    }
    for (const newer of waiting ?? []) yield entries.at(newer);
  }

  /** Whether a person has rejected an answer under a key, and nothing has been answered since. */
  hasRejected(key: string): boolean {
    const entries = this.#entries;
    const answered = new Set<string>();
    for (let row = entries.newestOf(key); row >= 0; row = entries.before(row)) {
      const questions = this.#questions.wordsOf(entries.questionsOf(row));
      const isLast = questions.some((question) => !answered.has(question));
      if (isLast && entries.isRejected(row)) return true;
      for (const question of questions) answered.add(question);
    }
    return false;
  }

  /** The answers under a key, to whatever questions, the newest first. */
  *answersUnder(key: string): Generator<FinishedEntry, void, void> {
    const entries = this.#entries;
    for (let row = entries.newestOf(key); row >= 0; row = entries.before(row))
      yield entries.at(row);
  }

  /** Whether there is any answer to a question. */
  hasAnswersTo(request: string): boolean {
    return this.#questions.has(request);
  }

  /**
   * An answer to a question about a single picture of that hash, under whatever name.
   *
   * @param digest in hexadecimal.
   */
  findByHash(hash: PictureHash, digest: string, request: string): FinishedEntry | undefined {
    const kept = keptOf(digest);
    if (!this.hasAnswersTo(request) || kept.length < DIGEST) return undefined;
    const asked = this.#questions.asked(request);
    let newest = -1;
    this.#byDigest.find(hash, kept, (row) => {
      if (this.#entries.answers(row, asked)) newest = Math.max(newest, row);
      // Another set may have a newer answer to the same question, so the search goes on.
      return false;
    });
    return newest < 0 ? undefined : this.#entries.at(newest);
  }

  /**
   * An answer about a single picture that looks the same, to whatever question and under whatever name.
   *
   * @param digest its identity, in hexadecimal.
   */
  findPicture(digest: string): FinishedEntry | undefined {
    const kept = keptOf(digest);
    if (kept.length < DIGEST) return undefined;
    const row = this.#byDigest.find('pictureSha256', kept, () => true);
    return row === undefined ? undefined : this.#entries.at(row);
  }

  /** Makes room for so many answers at once. */
  expect(count: number): void {
    this.#entries.expect(count);
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
    if (usage && !cached) addToBill(this.#bills.of(questionsAskedIn(record)), usage);
    const first = this.#pictures.count;
    if ('image' in record) this.#pictures.add(record);
    else for (const picture of record.images) this.#pictures.add(picture);
    const questions = this.#questions.add(questionsOf(record));
    const key = this.#hash.ofText(keyOfRecord(record));
    this.#byDigest.add(this.#entries.add(key, questions, saidOf(record), first, at, length));
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
    const first = this.#pictures.count;
    this.#pictures.addHead(head, bytes);
    const name = head.startOf(FIELD.image) + 1;
    const key =
      bytes[name] !== DOT && head.isAscii(FIELD.image)
        ? this.#hash.ofAscii(bytes, name, head.endOf(FIELD.image) - 1)
        : this.#hash.ofText(plainName(head.textOf(FIELD.image)));
    const at = chunk.at + start;
    this.#byDigest.add(this.#entries.add(key, asked, 'nothing', first, at, end - start));
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
      ...this.#questions.add(questionsOf(record)),
      bill: this.#bills.of(questionsAskedIn(record)),
    };
  }

  /** What a line with one answer asked. Most lines ask the same as the one before. */
  #askedAlone(head: RecordHead, bytes: Buffer): AskedInLine {
    const last = this.#lastAlone;
    if (last && isSame(last.request, bytes, head.spanOf(FIELD.request))) return last;
    const requests = head.has(FIELD.request) ? [head.textOf(FIELD.request)] : [];
    const { low, high, set } = this.#questions.add(requests);
    const bill = this.#bills.of(requests);
    const request = bytesOf(head, FIELD.request, bytes);
    this.#lastAlone = { low, high, set, bill, request };
    return this.#lastAlone;
  }

  /** What a line with several answers asked, if that is the same as what the one before asked. */
  #askedAsBefore(head: RecordHead, bytes: Buffer): AskedInLine | undefined {
    const last = this.#lastSet;
    if (!last || !isSame(last.requests, bytes, head.spanOf(FIELD.requests))) return undefined;
    return isSame(last.asked, bytes, head.spanOf(FIELD.asked)) ? last : undefined;
  }
}

function saidOf({
  edited,
  reviewed,
}: Pick<OkRecord | TogetherOkRecord, 'edited' | 'reviewed'>): keyof typeof SAID {
  if (reviewed === 'rejected') return 'rejected';
  return edited === true || reviewed === 'accepted' ? 'held' : 'nothing';
}

function bytesOf(head: RecordHead, field: number, bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes.subarray(head.startOf(field), head.endOf(field)));
}
