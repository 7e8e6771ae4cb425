import { access, constants, type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, type GeminiImageError, usageError } from '../../domain/error.js';
import type { Tell } from '../../domain/events.js';
import type { CaptionRecord, OkRecord, TogetherOkRecord } from '../../domain/record.js';
import { shownText } from '../../domain/style-answers.js';
import { unwritable, writeFailure } from '../errors.js';
import { asNamed, outputTarget } from '../output-target.js';
import type { Untouchable } from '../reserved-files.js';
import { Appender, type Move, type Ticker } from './appender.js';
import type { FinishedEntry } from './finished-entries.js';
import type { PictureHash } from './finished-pictures.js';
import { FinishedIndex } from './index-of-finished.js';
import { LastFailures } from './last-failures.js';
import type { MeanUsage } from './mean-usage.js';
import { openLocked, replaceFile } from './open-locked.js';
import { parseRecord, recordLine } from './record-line.js';
import { repair } from './repair.js';
import { type Survey, survey } from './scan.js';

/** What earlier runs have finished, as of the moment when the ledger was opened. */
export interface Finished {
  /** The newest answer to a question under a key (see `ledgerKey`). */
  newestAnswerTo(key: string, request: string): FinishedEntry | undefined;
  /** The answers to a question under a key, the newest first. */
  answersTo(key: string, request: string): Iterable<FinishedEntry>;
  /** The answers under a key, to whatever questions, the newest first. */
  answersUnder(key: string): Iterable<FinishedEntry>;
  /** What an answer says as text, from the file; undefined if it is not there any more. */
  textOf(entry: FinishedEntry): Promise<string | undefined>;
  /**
   * The records with answers under a key, to whatever questions, from the file, the newest first.
   *
   * @throws errors of the system if the file cannot be read any more.
   */
  recordsUnder(key: string): AsyncIterable<OkRecord | TogetherOkRecord>;
  /**
   * A record with an answer about a single picture that looks the same, under whatever name.
   *
   * @param pictureSha256 the picture's identity, in hexadecimal.
   */
  recordOf(pictureSha256: string): Promise<OkRecord | TogetherOkRecord | undefined>;
  /** Whether there is any answer to a question. */
  hasAnswersTo(request: string): boolean;
  /**
   * An answer to a question about a single picture, under whatever name.
   *
   * @param digest in hexadecimal.
   */
  findByHash(hash: PictureHash, digest: string, request: string): FinishedEntry | undefined;
  /** Whether the newest record of a key is a failure. */
  hasFailed(key: string): boolean;
  /** Whether a person has rejected an answer under a key, and nothing has been answered since. */
  hasRejected(key: string): boolean;
  /**
   * The mean usage of billed calls that asked these questions together, for estimates; undefined if
   * there are none.
   */
  meanUsage(requests: readonly string[]): MeanUsage | undefined;
}

/** The results file of a run, from which the next run knows what is finished. */
export interface Ledger extends Finished {
  /**
   * The whole record of an entry, from the file.
   *
   * @throws GeminiImageError of kind `usage` if it is not there any more.
   */
  read(entry: FinishedEntry): Promise<OkRecord | TogetherOkRecord>;
  /**
   * Adds a record, which is on the disk within a second. A failure that is equal to the newest record
   * of its picture is not added again. If the file is begun anew, failures wait for the first answer.
   * Several calls may be pending; the records are written in the order of the calls.
   *
   * @throws GeminiImageError of kind `usage` if it cannot be written (a full disk). The file then
   *   ends with the last whole record, and every further call rejects.
   */
  append(record: CaptionRecord): Promise<void>;
  /**
   * Waits until every record so far is on the disk.
   *
   * @throws as `append` does.
   */
  sync(): Promise<void>;
  /**
   * Waits until everything is on the disk, and lets others write the file. One that was made for
   * this run and got no record is removed.
   *
   * @param keepsEmpty whether such a file stays, to say that there was nothing to do.
   */
  close(keepsEmpty?: boolean): Promise<void>;
  /**
   * Known after `close`: says where the records of this run are, if the file was moved, removed or
   * saved over meanwhile, so that not all of them are in it.
   */
  readonly displaced: GeminiImageError | undefined;
}

/** The events of a ledger. */
export type LedgerEventType =
  | 'unlocked'
  | 'ledgerSetAside'
  | 'ledgerRepaired'
  | 'ledgerDamaged'
  | 'ledgerMoved';

export interface LedgerOptions {
  /** Starts anew. With the first answer, the old file is set aside (`x.jsonl~`, `x.jsonl.~1~` …). */
  overwrite: boolean;
  /** Files that must not be written over, as the user named them. */
  untouchable: Untouchable;
  /**
   * Whether the answers that are appended are found too, as those of earlier runs are; it takes
   * memory.
   */
  findsOwn?: boolean | undefined;
  tell?: Tell<LedgerEventType> | undefined;
  ticker?: Ticker | undefined;
}

/**
 * Opens a results file, or makes it, and locks it against other runs. A link is followed.
 *
 * @throws GeminiImageError of kind `usage` if it is not ours, cannot be written, or another run is
 *   writing it; the file is unchanged then.
 */
export async function openLedger(path: string, options: LedgerOptions): Promise<Ledger> {
  const { target } = await outputTarget(path, options.untouchable);
  try {
    return await openAt(target, path, options);
  } catch (error) {
    throw inWords(path, error);
  }
}

/** Reads a results file without changing or locking it; a missing file counts as empty. */
export async function readLedger(path: string): Promise<Finished> {
  try {
    const file = await open(path);
    const known = await survey(file, path).finally(() => file.close());
    return finishedIn(known, async (entry) => {
      const file = await open(path).catch(() => undefined);
      return file && readEntry(file, entry).finally(() => file.close());
    });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return finishedIn(nothingKnown(), async () => undefined);
    throw inWords(path, error);
  }
}

/** The record of an entry; undefined if there is something else in its place by now. */
async function readEntry(
  file: FileHandle,
  { at, length }: FinishedEntry,
): Promise<OkRecord | TogetherOkRecord | undefined> {
  const bytes = Buffer.alloc(length);
  await file.read(bytes, 0, length, at);
  const record = parseRecord(bytes.toString());
  return record?.status === 'ok' ? record : undefined;
}

function finishedIn({ index, failures }: Known, readRecord: ReadRecord): Finished {
  return {
    meanUsage: (requests) => index.meanUsage(requests),
    newestAnswerTo: (key, request) => index.newestAnswerTo(key, request),
    answersTo: (key, request) => index.answersTo(key, request),
    answersUnder: (key) => index.answersUnder(key),
    async textOf(entry) {
      const record = await readRecord(entry).catch(() => undefined);
      return record && shownText(record);
    },
    async *recordsUnder(key) {
      for (const entry of index.answersUnder(key)) {
        const record = await readRecord(entry);
        if (record) yield record;
      }
    },
    async recordOf(pictureSha256) {
      const entry = index.findPicture(pictureSha256);
      return entry && readRecord(entry);
    },
    hasAnswersTo: (request) => index.hasAnswersTo(request),
    findByHash: (hash, digest, request) => index.findByHash(hash, digest, request),
    hasFailed: (key) => failures.has(key),
    hasRejected: (key) => index.hasRejected(key),
  };
}

async function openAt(target: string, path: string, options: LedgerOptions): Promise<Ledger> {
  const { tell = () => {} } = options;
  const { file, created, bySizeAlone } = await openLocked(target, path, tell);
  try {
    const asPathNamed = (other: string) => asNamed(other, target, path);
    let found = await survey(file, path);
    const startsAnew = options.overwrite && found.records > 0;
    // Checked before anything is paid for: the old file will get a second name in this folder.
    if (startsAnew) await access(dirname(target), constants.W_OK);
    let end = found.size;
    if (!startsAnew) {
      end = await repair(target, end, found.damage, { path, asPathNamed, tell });
      // The repair may have moved records.
      if (found.damage.rests.length > 0) found = await survey(file, path);
    }
    const { mode } = await file.stat();
    const replace = async (lines: Buffer) => {
      const replaced = await replaceFile(target, mode, lines);
      const aside = replaced.aside && asNamed(replaced.aside, target, path);
      if (aside !== undefined) {
        tell({ type: 'ledgerSetAside', path, records: found.records, aside });
      }
      return replaced.file;
    };
    const appender = new Appender(file, {
      path,
      target,
      end,
      isNew: created,
      replace: startsAnew ? replace : undefined,
      bySizeAlone,
      ticker: options.ticker,
      onMoved: ({ what, where, rest }) =>
        tell({ type: 'ledgerMoved', path, what, where, rest: asPathNamed(rest ?? '') }),
    });
    const known = startsAnew ? nothingKnown() : found;
    return ledger(path, known, appender, {
      startsAnew,
      findsOwn: options.findsOwn ?? false,
      asPathNamed,
      beforeUnlock: async () => {
        if (created && appender.isEmpty && (await appender.isInPlace())) {
          await rm(target, { force: true });
        }
      },
    });
  } catch (error) {
    await file.close();
    throw error;
  }
}

function nothingKnown(): Known {
  return { index: new FinishedIndex(), failures: new LastFailures() };
}

type Known = Pick<Survey, 'index' | 'failures'>;
type ReadRecord = (entry: FinishedEntry) => Promise<OkRecord | TogetherOkRecord | undefined>;

interface LedgerSettings {
  startsAnew: boolean;
  findsOwn: boolean;
  /** The name of a file beside this one, as the user would write it. */
  asPathNamed: (other: string) => string;
  /** Called while the file is still locked. */
  beforeUnlock: () => Promise<void>;
}

function ledger(
  path: string,
  { index, failures }: Known,
  appender: Appender,
  { startsAnew, findsOwn, asPathNamed, beforeUnlock }: LedgerSettings,
): Ledger {
  let closed: Promise<void> | undefined;
  /** The file with the records of earlier runs, even if it is moved later. */
  const { file } = appender;
  /** Failures before the first answer of a file that is begun anew; undefined after it. */
  let waiting: string[] | undefined = startsAnew ? [] : undefined;
  const close = async (keepsEmpty: boolean) => {
    try {
      await appender.finish();
      // While it is still locked, so that no other run can have begun to use it.
      if (!keepsEmpty) await beforeUnlock();
    } finally {
      await appender.close();
    }
  };
  return {
    ...finishedIn({ index, failures }, (entry) => readEntry(file, entry)),
    async read(entry) {
      const record = await readEntry(file, entry);
      if (!record) throw unwritable(path, 'something else has changed it');
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
      const at = await appender.append(lines.join(''));
      // Lines that are in another file, because this one was moved, cannot be read by their place.
      if (!findsOwn || appender.file !== file) return;
      const before = lines.slice(0, -1).reduce((sum, one) => sum + Buffer.byteLength(one), 0);
      index.add(record, at + before, Buffer.byteLength(line) - 1);
    },
    sync: () => appender.sync(),
    close: (keepsEmpty = false) => {
      closed ??= close(keepsEmpty);
      return closed;
    },
    get displaced() {
      return displacedError(path, asPathNamed, appender);
    },
  };
}

const HAPPENED: Readonly<Record<Move['what'], string>> = {
  gone: 'was moved or removed',
  replaced: 'was replaced by another file',
  cut: 'was saved over or cut short',
};

function displacedError(
  path: string,
  named: (path: string) => string,
  { moves, found }: Appender,
): GeminiImageError | undefined {
  const [first] = moves;
  if (!first) return undefined;
  const now = first.where === undefined ? '' : `It is ${first.where} now. `;
  const rests = (found ?? []).slice(1).filter(({ lines }) => lines > 0);
  const hint =
    rests.length === 0
      ? 'This run had nothing to add to it. Put it back before the next one.'
      : `${recordsInWords(found ?? [], named)} Append ${listed(rests.map(({ path: rest }) => named(rest)))} to the results file, and the next run knows them.`;
  return usageError(`${path} ${HAPPENED[first.what]} while it was written`, now + hint);
}

/** Says how many records of the run are in which file. */
function recordsInWords(
  found: readonly { path: string; lines: number }[],
  named: (path: string) => string,
): string {
  const places = found.filter(({ lines }) => lines > 0);
  const [only, ...others] = places;
  if (only && others.length === 0) {
    const what = only.lines === 1 ? 'The record' : `All ${only.lines} records`;
    return `${what} of this run ${only.lines === 1 ? 'is' : 'are'} in ${named(only.path)}.`;
  }
  const total = places.reduce((sum, { lines }) => sum + lines, 0);
  const parts = places.map(({ path, lines }) => `${lines} in ${named(path)}`);
  return `The ${total} records of this run: ${listed(parts)}.`;
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** Puts errors of the system into words; other errors are bugs and stay as they are. */
function inWords(path: string, error: unknown): unknown {
  return errorCode(error) === undefined ? error : writeFailure(path, error);
}
