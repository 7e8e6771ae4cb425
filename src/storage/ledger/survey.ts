import type { FileHandle } from 'node:fs/promises';
import { GeminiImageError } from '../../domain/error.js';
import { FinishedIndex } from './finished-index.js';
import { eachLine, type Line } from './lines.js';
import { isTorn, isWholeJson, parseRecord } from './record-line.js';

/** What an interrupted run, or a machine that lost its power, has left to mend. */
export interface Damage {
  /** Where a torn last line begins, in bytes. */
  torn: number | undefined;
  /** The last record is whole, but its end is missing. */
  unended: boolean;
  /** Lines before the last one that lost bytes. */
  lost: readonly { at: number; length: number }[];
}

export interface Survey {
  index: FinishedIndex;
  /** In bytes, as the file is. */
  size: number;
  /** Whether there is any record, finished or not. */
  hasRecords: boolean;
  damage: Damage;
}

/**
 * Reads a ledger from its beginning to its end and changes nothing.
 *
 * @param path what the user called it.
 * @throws GeminiImageError of kind `usage` where the file is not ours.
 */
export async function survey(file: FileHandle, path: string): Promise<Survey> {
  const index = new FinishedIndex();
  const lost: (Line & { number: number })[] = [];
  let records = 0;
  let number = 0;
  let unended = false;
  /** A line that is no record; what follows it decides what it is. */
  let suspect: (Line & { number: number }) | undefined;
  const size = await eachLine(file, (line) => {
    number += 1;
    unended = !line.ended;
    const record = parseRecord(line.text);
    if (!record && line.text.trim() === '') return;
    if (suspect) {
      // Bytes that a lost write left behind are NUL, which is in no text.
      if (!suspect.text.includes('\0')) throw foreign(path, suspect.number);
      lost.push(suspect);
      suspect = undefined;
    }
    if (record) {
      index.add(record, line.at, line.length);
      records += 1;
    } else {
      suspect = { ...line, number };
    }
  });
  if (size === undefined) throw foreign(path, number + 1);
  const hasRecords = records > 0;
  if (suspect && !isTornTail(suspect, hasRecords)) throw foreign(path, suspect.number);
  const [first] = lost;
  if (first && !hasRecords) throw foreign(path, first.number);
  return { index, size, hasRecords, damage: { torn: suspect?.at, unended, lost } };
}

function isTornTail({ text, ended }: Line, hasRecords: boolean): boolean {
  if (isWholeJson(text)) return false;
  // With an end it can only have lost bytes before that, which pages of a file do when power fails.
  if (ended) return hasRecords && (isTorn(text) || text.includes('\0'));
  return hasRecords || isTorn(text);
}

function foreign(path: string, line: number): GeminiImageError {
  return new GeminiImageError({
    kind: 'usage',
    message: `${path} is no results file of gemini-image: line ${line} is no record`,
    hint: 'Name another file with -o, or move this one away.',
  });
}
