// Saves what people change: into the ledger as soon as it is free, until then into a file beside it.
import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { errorCode, GeminiImageError, inputError } from '../domain/error.js';
import { isObject } from '../domain/json.js';
import { whyUnwritten } from '../domain/system-errors.js';
import type { Answered } from '../records/rows/picture-row.js';
import { syncFolder } from '../storage/ledger/appender.js';
import { isAt, lock } from '../storage/ledger/open-locked.js';
import { recordLine } from '../storage/ledger/record-line.js';
import { appendShared } from '../storage/ledger/shared-append.js';
import type { Change } from './api.js';
import { type Recorded, recordsOf } from './changes.js';
import type { LedgerView } from './ledger-view.js';

/** What became of a change. */
export type Outcome =
  | { change: Change; status: 'saved'; replaced?: Recorded['replaced'] }
  | { change: Change; status: 'kept' }
  | { change: Change; status: 'refused'; why: string };

/** So many changes are known to be saved, should the page send them twice. */
const KNOWN_SAVED = 10_000;
/** How often it is tried again while something else holds the ledger, in milliseconds. */
const RETRY_MS = 250;
/** How often the file beside the ledger is tried, which is held for a moment only. */
const JOURNAL_TRIES = 200;

/** The file beside a ledger with changes that could not be put into it yet. */
export function journalPath(ledger: string): string {
  return `${ledger}.review`;
}

/** How many changes are not in a ledger yet. */
export async function changesWaiting(ledger: string): Promise<number> {
  return (await readJournal(journalPath(ledger))).length;
}

export class Keeper {
  readonly #ledger: string;
  readonly #view: LedgerView;
  readonly #by: string | undefined;
  readonly #signal: AbortSignal;
  /** Changes that are in the journal. */
  #kept: Change[] = [];
  /** The names of those that are in the ledger. */
  readonly #saved = new Set<string>();
  #queue: Promise<unknown> = Promise.resolve();
  #retrying: Promise<void> | undefined;
  /** Why the last attempt failed, if it was not only that somebody else has the lock. */
  #failure: string | undefined;

  constructor(
    ledger: string,
    view: LedgerView,
    { by, signal }: { by: string | undefined; signal: AbortSignal },
  ) {
    this.#ledger = ledger;
    this.#view = view;
    this.#by = by;
    this.#signal = signal;
  }

  /** Changes that wait until the ledger is free. */
  get kept(): readonly Change[] {
    return this.#kept;
  }

  /** Why they wait, in words. */
  get holder(): string {
    return this.#failure ?? 'another run of gemini-image is writing the ledger';
  }

  /** Takes up what an earlier process could not save. */
  async begin(): Promise<number> {
    const { length } = await this.#inQueue(async () => {
      this.#keep(await readJournal(journalPath(this.#ledger)));
      return this.#kept;
    });
    if (length > 0) await this.#inQueue(() => this.#save([]));
    if (this.#kept.length > 0) this.#retry();
    return length;
  }

  /**
   * Saves changes, in this order. When it returns, they are on the disk: in the ledger, or beside it.
   *
   * @throws GeminiImageError of kind `input` if they can be saved nowhere.
   */
  save(changes: readonly Change[]): Promise<readonly Outcome[]> {
    return this.#inQueue(async () => {
      const kept = new Set(this.#kept.map(({ id }) => id));
      const before: Outcome[] = [];
      const added: Change[] = [];
      for (const change of changes) {
        if (kept.has(change.id)) before.push({ change, status: 'kept' });
        else if (this.#saved.has(change.id)) before.push({ change, status: 'saved' });
        else added.push(change);
      }
      const outcomes = await this.#save(added);
      for (const { status, change } of outcomes) if (status === 'saved') this.#note(change);
      return [...before, ...outcomes];
    });
  }

  #note({ id }: Change): void {
    this.#saved.add(id);
    if (this.#saved.size <= KNOWN_SAVED) return;
    for (const oldest of this.#saved) return void this.#saved.delete(oldest);
  }

  #inQueue<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #save(changes: readonly Change[]): Promise<readonly Outcome[]> {
    const journal = journalPath(this.#ledger);
    let outcomes: Outcome[] = [];
    let earlier: Change[] = [];
    try {
      const isAdded = await appendShared(this.#ledger, async () => {
        // Nobody else writes now, so that what is read here is what the changes are about.
        await this.#view.refresh();
        earlier = await readJournal(journal);
        const made = this.#outcomesOf([...earlier, ...changes]);
        outcomes = made.outcomes;
        return made.records.map((record) => recordLine(record)).join('');
      });
      this.#failure = undefined;
      if (isAdded) {
        if (earlier.length > 0) await this.#emptyJournal(journal, earlier);
        await this.#view.refresh();
        this.#keep([]);
        return outcomes.slice(earlier.length);
      }
    } catch (error) {
      if (error instanceof GeminiImageError) throw error;
      this.#failure = `the ledger cannot be written: ${whyUnwritten(error)}`;
    }
    if (changes.length === 0) return [];
    const tried = this.#outcomesOf([...this.#kept, ...changes]).outcomes.slice(this.#kept.length);
    const good = tried.flatMap((one) => (one.status === 'refused' ? [] : [one.change]));
    if (good.length > 0) {
      await addToJournal(journal, good).catch((error: unknown) => {
        throw inputError(`${journal} cannot be written: ${whyUnwritten(error)}`, undefined, error);
      });
      this.#keep([...this.#kept, ...good]);
      this.#retry();
    }
    return tried.map((one) =>
      one.status === 'refused' ? one : { change: one.change, status: 'kept' as const },
    );
  }

  /** Notes which changes wait, and shows the rows as they will be. */
  #keep(changes: Change[]): void {
    this.#kept = changes;
    this.#view.overlay(this.#outcomesOf(changes).newer);
  }

  /** The records for changes; several of one row are made one after another. */
  #outcomesOf(changes: readonly Change[]) {
    const records: Answered[] = [];
    const outcomes: Outcome[] = [];
    /** What changes before have made of a row. */
    const newer = new Map<number, Answered[]>();
    for (const change of changes) {
      try {
        const made = newer.get(change.position) ?? [];
        const row = this.#view.rowWith(change.position, made);
        if (!row) throw new GeminiImageError({ kind: 'usage', message: 'there is no such row' });
        const { records: added, replaced } = recordsOf(change, row, this.#by);
        newer.set(change.position, [...made, ...added]);
        records.push(...added);
        outcomes.push({ change, status: 'saved', ...(replaced && { replaced }) });
      } catch (error) {
        if (!(error instanceof GeminiImageError)) throw error;
        outcomes.push({ change, status: 'refused', why: error.message });
      }
    }
    return { records, outcomes, newer };
  }

  /** Takes out of the journal what is in the ledger now; another page may have added to it since. */
  async #emptyJournal(path: string, saved: readonly Change[]): Promise<void> {
    await withJournal(path, async (file) => {
      const ids = new Set(saved.map(({ id }) => id));
      const left = (await changesIn(file)).filter(({ id }) => !ids.has(id));
      if (left.length === 0) await rm(path, { force: true });
      else {
        await file.truncate(0);
        await file.appendFile(left.map(lineOf).join(''));
      }
    });
  }

  #retry(): void {
    this.#retrying ??= this.#retryUntilSaved().finally(() => {
      this.#retrying = undefined;
    });
  }

  async #retryUntilSaved(): Promise<void> {
    while (this.#kept.length > 0) {
      await setTimeout(RETRY_MS, undefined, { signal: this.#signal, ref: false }).catch(
        () => undefined,
      );
      if (this.#signal.aborted) return;
      await this.#inQueue(() => this.#save([])).catch((error: unknown) => {
        this.#failure = error instanceof Error ? error.message : String(error);
      });
    }
  }

  /** Waits until nothing is being saved. */
  async end(): Promise<void> {
    await this.#queue;
    if (this.#kept.length > 0) await this.#inQueue(() => this.#save([])).catch(() => undefined);
  }
}

function lineOf(change: Change): string {
  return `${JSON.stringify(change)}\n`;
}

async function readJournal(path: string): Promise<Change[]> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  return changesIn(file).finally(() => file.close());
}

/** The changes in a journal. A last line that is cut off was never confirmed to the page. */
async function changesIn(file: FileHandle): Promise<Change[]> {
  const { size } = await file.stat();
  const bytes = Buffer.alloc(size);
  await file.read(bytes, 0, size, 0);
  return bytes
    .toString()
    .split('\n')
    .flatMap((line) => {
      try {
        const value: unknown = JSON.parse(line);
        return isChange(value) ? [value] : [];
      } catch {
        return [];
      }
    });
}

export function isChange(value: unknown): value is Change {
  if (!isObject(value)) return false;
  const { id, position, names, at, answer, field, review, restore } = value;
  return (
    typeof id === 'string' &&
    Number.isInteger(position) &&
    Array.isArray(names) &&
    names.every((name) => typeof name === 'string') &&
    typeof at === 'string' &&
    !Number.isNaN(Date.parse(at)) &&
    (answer === undefined || (isObject(answer) && typeof answer.name === 'string')) &&
    (field === undefined || (isObject(field) && typeof field.name === 'string')) &&
    (review === undefined || isReview(review)) &&
    (restore === undefined || (isObject(restore) && isReview(restore.reviewed)))
  );
}

function isReview(value: unknown): boolean {
  return value === 'accepted' || value === 'rejected' || value === 'none';
}

async function addToJournal(path: string, changes: readonly Change[]): Promise<void> {
  await withJournal(path, async (file) => {
    await file.appendFile(changes.map(lineOf).join(''));
    await file.datasync();
    await syncFolder(dirname(path));
  });
}

/** Works on the journal while no other process does. */
async function withJournal(path: string, work: (file: FileHandle) => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;
    const file = await open(path, flags, 0o600);
    try {
      // The lock is tried before the place, because whoever had it may have removed the file.
      const isFree = lock(file.fd) !== 'held' && (await isAt(file, path));
      if (isFree) return await work(file);
      if (tries === JOURNAL_TRIES) throw new Error(`${path} is held by another process`);
    } finally {
      await file.close();
    }
    await setTimeout(10);
  }
}
