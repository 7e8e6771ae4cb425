import { access, constants, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../../domain/error-code.js';
import type { CaptionRecord, OkRecord, TogetherOkRecord } from '../../domain/record.js';
import { outputTarget } from '../output-target.js';
import { unwritable, writeFailure } from '../write-failure.js';
import { Appender } from './appender.js';
import { type FinishedEntry, FinishedIndex, type MeanUsage } from './finished-index.js';
import { openLocked } from './open-locked.js';
import { parseRecord, recordLine } from './record-line.js';
import { repair } from './repair.js';
import { replaceFile } from './replacement.js';
import { survey } from './survey.js';

/** What earlier runs have finished, as it was when the ledger was opened. */
export interface Finished {
  /** How many keys have an answer as their newest record. */
  readonly finished: number;
  /** The newest record of a key (see `ledgerKey`), where it is an answer. */
  find(key: string): FinishedEntry | undefined;
  /** Of the answers to a request that were billed, for estimates; undefined where there are none. */
  meanUsage(request: string): MeanUsage | undefined;
}

/** The results file of a run, from which the next run knows what is finished. */
export interface Ledger extends Finished {
  /**
   * The whole record of an entry, from the file.
   *
   * @throws GeminiImageError of kind `usage` where it is there no more.
   */
  read(entry: FinishedEntry): Promise<OkRecord | TogetherOkRecord>;
  /**
   * Adds a record, on the disk within a second. Several calls may be pending; the records are
   * written in the order of the calls.
   *
   * @throws GeminiImageError of kind `usage` where it cannot be written (a full disk). The file then
   *   ends with the last whole record, and every further call rejects.
   */
  append(record: CaptionRecord): Promise<void>;
  /**
   * Waits until everything is on the disk, and lets others write the file. One that was made for
   * this run and got no record is removed.
   */
  close(): Promise<void>;
}

export interface LedgerOptions {
  /** Starts anew. The old file is set aside (`x.jsonl~`, `x.jsonl.~1~` …) when there is a first record. */
  overwrite: boolean;
  /** Files that must not be written over, as the user named them. */
  untouchable: readonly string[];
  /** Told what an earlier interruption made necessary. */
  onRepair?: ((what: string) => void) | undefined;
  /** Told why other runs cannot be kept from writing the same file. */
  onNoLock?: ((why: string) => void) | undefined;
}

/**
 * Opens a results file, or makes it, and locks it against other runs. A link is followed.
 *
 * @throws GeminiImageError of kind `usage` where it is not ours, cannot be written, or another run
 *   is writing it; it is as it was then.
 */
export async function openLedger(path: string, options: LedgerOptions): Promise<Ledger> {
  const { target } = await outputTarget(path, options.untouchable);
  try {
    return await openAt(target, path, options);
  } catch (error) {
    throw inWords(path, error);
  }
}

/** Reads a results file without changing or locking anything; none is like an empty one. */
export async function readLedger(path: string): Promise<Finished> {
  try {
    const file = await open(path);
    return await survey(file, path)
      .then(({ index }) => index)
      .finally(() => file.close());
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return new FinishedIndex();
    throw inWords(path, error);
  }
}

async function openAt(target: string, path: string, options: LedgerOptions): Promise<Ledger> {
  const { file, created } = await openLocked(target, path, options.onNoLock);
  try {
    const { index, size, hasRecords, damage } = await survey(file, path);
    const startsAnew = options.overwrite && hasRecords;
    // Found out before anything is paid: the old file gets a second name there.
    if (startsAnew) await access(dirname(target), constants.W_OK);
    const end = startsAnew ? size : await repair(target, size, damage, options.onRepair);
    const { mode } = await file.stat();
    const appender = new Appender(file, {
      path,
      target,
      end,
      isNew: created,
      replace: startsAnew ? (line) => replaceFile(target, mode, line) : undefined,
    });
    return ledger(path, startsAnew ? new FinishedIndex() : index, appender, async () => {
      if (created && appender.isEmpty) await rm(target, { force: true });
    });
  } catch (error) {
    await file.close();
    throw error;
  }
}

function ledger(
  path: string,
  index: FinishedIndex,
  appender: Appender,
  tidy: () => Promise<void>,
): Ledger {
  let closed: Promise<void> | undefined;
  const close = async () => {
    try {
      await appender.finish();
      // While it is still locked: nobody else can have begun to use it.
      await tidy();
    } finally {
      await appender.file.close();
    }
  };
  return {
    finished: index.finished,
    meanUsage: (request) => index.meanUsage(request),
    find: (key) => index.find(key),
    async read({ at, length }) {
      const bytes = Buffer.alloc(length);
      await appender.file.read(bytes, 0, length, at);
      const record = parseRecord(bytes.toString());
      if (record?.status !== 'ok') throw unwritable(path, 'something else has changed it');
      return record;
    },
    append: (record) => appender.append(recordLine(record)),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/** Errors of the system in words; bugs stay what they are. */
function inWords(path: string, error: unknown): unknown {
  return errorCode(error) === undefined ? error : writeFailure(path, error);
}
