import type { FileHandle } from 'node:fs/promises';
import { type GeminiImageError, usageError } from '../../domain/error.js';
import type { CaptionRecord } from '../../domain/record.js';
import { FinishedIndex } from './index-of-finished.js';
import { LastFailures } from './last-failures.js';
import { ledgerKey } from './ledger-key.js';
import { eachSpan, type Line, type LineChunk, lineChunks, lineOf } from './lines.js';
import { FIELD, RecordHead } from './record-head.js';
import { isRest, isTorn, isWholeJson, parseRecord, recordBehind } from './record-line.js';

/** The damage that an interrupted run or a power cut has left. */
export interface Damage {
  /** Where a torn last line begins, in bytes. */
  torn: number | undefined;
  /** Whether the last record is whole but its line end is missing. */
  unended: boolean;
  /** Parts of records, in lines before the last one or before another record. */
  rests: readonly Rest[];
}

/** A part that is left of a record. */
export interface Rest {
  /** The number of its line, counted from 1. */
  number: number;
  text: string;
  /** Where it begins in the file, in bytes. */
  at: number;
  /** In bytes, without the line's end. */
  length: number;
}

export interface Survey {
  index: FinishedIndex;
  /** The size of the file in bytes. */
  size: number;
  failures: LastFailures;
  /** How many records there are, answers and failures. */
  records: number;
  damage: Damage;
}

/**
 * Reads a ledger from its beginning to its end and changes nothing.
 *
 * @param path what the user called it.
 * @throws GeminiImageError of kind `usage` if the file is not ours.
 */
export async function survey(file: FileHandle, path: string): Promise<Survey> {
  const index = new FinishedIndex();
  const failures = new LastFailures();
  const rests: Rest[] = [];
  let records = 0;
  let number = 0;
  let unended = false;
  /** A line that is no record; the lines after it decide what it is. */
  let suspect: (Line & { number: number }) | undefined;
  const add = (record: CaptionRecord, at: number, length: number) => {
    index.add(record, at, length);
    failures.add(record);
    records += 1;
  };
  const head = new RecordHead();
  const readLine = (line: Line) => {
    unended = !line.ended;
    const record = parseRecord(line.text);
    if (!record && line.text.trim() === '') return;
    if (suspect) {
      if (!isRestHere(suspect, records)) throw foreign(path, suspect.number);
      rests.push(suspect);
      suspect = undefined;
    }
    const behind = record ? undefined : recordBehind(line.text);
    if (record) {
      add(record, line.at, line.length);
    } else if (behind && (isRest(behind.before) || parseRecord(behind.before))) {
      // Counted from the end, because half a letter is longer in the text than in the file.
      const before = line.length - Buffer.byteLength(line.text.slice(behind.before.length));
      rests.push({ text: behind.before, at: line.at, length: before, number });
      add(behind.record, line.at + before, line.length - before);
    } else {
      suspect = { ...line, number };
    }
  };
  const { size: bytes } = await file.stat();
  const readChunk = (chunk: LineChunk) => {
    eachSpan(chunk, (start, end) => {
      number += 1;
      // Most lines of most ledgers are read by their heads alone, in a fraction of the time.
      if (suspect || !head.read(chunk.bytes, start, end)) {
        readLine(lineOf(chunk, start, end));
        return;
      }
      unended = end === chunk.bytes.length;
      index.addHead(head, chunk, start, end);
      if (failures.count > 0) failures.answer(ledgerKey([head.textOf(FIELD.image)]));
      records += 1;
    });
    if (chunk.at === 0) index.expect(Math.ceil((records * bytes) / chunk.bytes.length));
  };
  const size = await readChunks(file, readChunk);
  if (size === undefined) throw foreign(path, number + 1);
  const hasRecords = records > 0;
  if (suspect?.ended && hasRecords && !isTornTail(suspect, hasRecords) && isRest(suspect.text)) {
    rests.push(suspect);
    suspect = undefined;
  }
  if (suspect && !isTornTail(suspect, hasRecords)) throw foreign(path, suspect.number);
  const [first] = rests;
  if (first && !hasRecords) throw foreign(path, first.number);
  return { index, failures, size, records, damage: { torn: suspect?.at, unended, rests } };
}

/** The same as `eachLine`, by whole chunks. */
async function readChunks(
  file: FileHandle,
  onChunk: (chunk: LineChunk) => void,
): Promise<number | undefined> {
  const chunks = lineChunks(file);
  for (;;) {
    const { done, value } = await chunks.next();
    if (done) return value;
    onChunk(value);
  }
}

/** Before the first record, fewer lines count as parts of records: it may be any file. */
function isRestHere({ text }: Line, recordsBefore: number): boolean {
  return isRest(text) && (recordsBefore > 0 || isTorn(text) || text.includes('\0'));
}

function isTornTail({ text, ended }: Line, hasRecords: boolean): boolean {
  if (isWholeJson(text)) return false;
  // A line with its end can only have lost bytes before it, as when a page was lost in a power cut.
  if (ended) return hasRecords && (isTorn(text) || text.includes('\0'));
  return hasRecords || isTorn(text);
}

function foreign(path: string, line: number): GeminiImageError {
  return usageError(
    `${path} is no results file of gemini-image: line ${line} is no record`,
    'Name another file with -o, or move this one away.',
  );
}
