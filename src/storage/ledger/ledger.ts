import { access, constants, open, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../../domain/error-code.js';
import type { CaptionRecord, OkRecord, TogetherOkRecord } from '../../domain/record.js';
import { outputTarget } from '../output-target.js';
import { unwritable, writeFailure } from '../write-failure.js';
import { Appender } from './appender.js';
import { type FinishedEntry, FinishedIndex, type MeanUsage } from './finished-index.js';
import { LastFailures } from './last-failures.js';
import { openLocked } from './open-locked.js';
import { parseRecord, recordLine } from './record-line.js';
import { repair } from './repair.js';
import { replaceFile } from './replacement.js';
import { type Survey, survey } from './survey.js';

/** What earlier runs have finished, as it was when the ledger was opened. */
export interface Finished {
  /** How many keys have an answer as their newest record. */
  readonly finished: number;
  /** The newest record of a key (see `ledgerKey`), where it is an answer. */
  find(key: string): FinishedEntry | undefined;
  /** Whether the newest record of a key is a failure. */
  hasFailed(key: string): boolean;
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
   * Adds a record, on the disk within a second; a failure that is equal to the newest record of its
   * picture is there already. Where the file is begun anew, failures wait for the first answer. Several calls may be pending; the records are
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
  /** Starts anew. The old file is set aside (`x.jsonl~`, `x.jsonl.~1~` …) when there is a first answer. */
  overwrite: boolean;
  /** Files that must not be written over, as the user named them. */
  untouchable: readonly string[];
  /** Told how many records were set aside by `overwrite`, and where they are. */
  onSetAside?: ((records: number, aside: string) => void) | undefined;
  /** Told what an earlier interruption made necessary. */
  onRepair?: ((what: string) => void) | undefined;
  /** Told in words of what was damaged among the records, and where it is kept. */
  onDamaged?: ((what: string) => void) | undefined;
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
      .then(finishedIn)
      .finally(() => file.close());
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return finishedIn(nothingKnown());
    throw inWords(path, error);
  }
}

function finishedIn({ index, failures }: Known): Finished {
  return {
    finished: index.finished,
    meanUsage: (request) => index.meanUsage(request),
    find: (key) => index.find(key),
    hasFailed: (key) => failures.has(key),
  };
}

async function openAt(target: string, path: string, options: LedgerOptions): Promise<Ledger> {
  const { file, created } = await openLocked(target, path, options.onNoLock);
  try {
    let found = await survey(file, path);
    const startsAnew = options.overwrite && found.records > 0;
    // Found out before anything is paid: the old file gets a second name there.
    if (startsAnew) await access(dirname(target), constants.W_OK);
    let end = found.size;
    if (!startsAnew) {
      end = await repair(target, end, found.damage, { ...options, path });
      // Some records may have got another place.
      if (found.damage.rests.length > 0) found = await survey(file, path);
    }
    const { mode } = await file.stat();
    const replace = async (lines: Buffer) => {
      const replaced = await replaceFile(target, mode, lines);
      const aside = replaced.aside && asNamed(replaced.aside, target, path);
      if (aside !== undefined) options.onSetAside?.(found.records, aside);
      return replaced.file;
    };
    const appender = new Appender(file, {
      path,
      target,
      end,
      isNew: created,
      replace: startsAnew ? replace : undefined,
    });
    const known = startsAnew ? nothingKnown() : found;
    return ledger(path, known, appender, startsAnew, async () => {
      if (created && appender.isEmpty) await rm(target, { force: true });
    });
  } catch (error) {
    await file.close();
    throw error;
  }
}

function nothingKnown(): Known {
  return { index: new FinishedIndex(), failures: new LastFailures() };
}

/** A file beside the target in the words of the user, who may have named a link to that. */
function asNamed(other: string, target: string, path: string): string {
  return basename(target) === basename(path) ? join(dirname(path), basename(other)) : other;
}

type Known = Pick<Survey, 'index' | 'failures'>;

function ledger(
  path: string,
  { index, failures }: Known,
  appender: Appender,
  startsAnew: boolean,
  tidy: () => Promise<void>,
): Ledger {
  let closed: Promise<void> | undefined;
  /** Failures before the first answer of a file that is begun anew; undefined after it. */
  let waiting: string[] | undefined = startsAnew ? [] : undefined;
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
    ...finishedIn({ index, failures }),
    async read({ at, length }) {
      const bytes = Buffer.alloc(length);
      await appender.file.read(bytes, 0, length, at);
      const record = parseRecord(bytes.toString());
      if (record?.status !== 'ok') throw unwritable(path, 'something else has changed it');
      return record;
    },
    async append(record) {
      if (!failures.isNews(record)) return;
      const line = recordLine(record);
      failures.add(record);
      if (waiting && record.status === 'failed') {
        waiting.push(line);
        return;
      }
      const lines = [...(waiting ?? []), line];
      waiting = undefined;
      await appender.append(lines.join(''));
    },
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
