// The ledger as the page sees it: rows by position, what a query finds, and what has changed.
import { stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { Tell } from '../domain/events.js';
import { type LedgerRows, openRows } from '../records/rows/ledger-rows.js';
import type { Answered, PictureRow } from '../records/rows/picture-row.js';
import type { Counts, Query, RowView } from './api.js';
import { type Findable, Finder } from './finder.js';
import { rowView } from './row-view.js';

export interface LedgerViewOptions {
  signal: AbortSignal;
  tell: Tell<'tornLinesLeftOut'>;
  choicesOf?: ((field: string) => readonly string[] | undefined) | undefined;
}

/** So many answers to queries are kept. */
const KEPT_RESULTS = 8;

/** What a query finds, as positions. */
interface Result {
  version: number;
  positions: Int32Array;
}

/** Opens a ledger to be looked at while it grows. */
export async function openLedgerView(
  path: string,
  options: LedgerViewOptions,
): Promise<LedgerView> {
  return new LedgerView(path, await openRows(path, options), options);
}

export class LedgerView implements Findable {
  readonly #path: string;
  readonly #rows: LedgerRows;
  readonly #options: LedgerViewOptions;
  readonly #finder: Finder;
  readonly #results = new Map<string, Result>();
  #version = 1;
  /** Of the ledger, as far as it was read. */
  #size: number | undefined;
  #refreshing: Promise<boolean> | undefined;

  /** What people have said that is not in the ledger yet, by position. */
  #overlay: ReadonlyMap<number, readonly Answered[]> = new Map();

  /** Use `openLedgerView`. */
  constructor(path: string, rows: LedgerRows, options: LedgerViewOptions) {
    this.#path = path;
    this.#rows = rows;
    this.#options = options;
    this.#finder = new Finder(this, options.signal);
    rows.onChanged((position) => this.#finder.changed(position));
  }

  /** Grows with each change. */
  get version(): number {
    return this.#version;
  }

  get count(): number {
    return this.#rows.count;
  }

  get names(): string[] {
    return this.#rows.names;
  }

  row(position: number): PictureRow | undefined {
    const isThere = Number.isInteger(position) && position >= 0 && position < this.count;
    return isThere ? this.#rows.at(position) : undefined;
  }

  /** A row as it is with further records. */
  rowWith(position: number, records: readonly Answered[]): PictureRow | undefined {
    const row = this.row(position);
    return row && this.#rows.rowWith(row, records);
  }

  /** Shows rows as they will be once further records are in the ledger. */
  overlay(records: ReadonlyMap<number, readonly Answered[]>): void {
    if (records.size === 0 && this.#overlay.size === 0) return;
    for (const position of [...records.keys(), ...this.#overlay.keys()]) {
      this.#finder.changed(position);
    }
    this.#overlay = records;
    this.#version += 1;
  }

  view(position: number): RowView | undefined {
    const added = this.#overlay.get(position);
    const row = this.rowWith(position, added ?? []);
    return row && { ...this.#viewOf(row), ...(added && { isKept: true }) };
  }

  #viewOf(row: PictureRow): RowView {
    return rowView(row, {
      history: row.status === 'ok' ? this.#rows.historyAt(row.position) : [],
      nameOf: (part) => this.#rows.nameOf(part),
      choicesOf: this.#options.choicesOf,
    });
  }

  /** Reads what the ledger has gained. Returns whether it had. */
  refresh(): Promise<boolean> {
    const refreshing = this.#refreshing ?? this.#refresh();
    this.#refreshing = refreshing;
    return refreshing.finally(() => {
      if (this.#refreshing === refreshing) this.#refreshing = undefined;
    });
  }

  async #refresh(): Promise<boolean> {
    const { size } = await stat(this.#path);
    if (size === this.#size) return false;
    const isFirst = this.#size === undefined;
    await this.#rows.refresh(this.#options.signal);
    this.#size = size;
    if (isFirst) return false;
    this.#version += 1;
    return true;
  }

  /** The positions of the rows that a query finds, in its order. */
  async find(query: Query, signal?: AbortSignal): Promise<Int32Array> {
    const key = JSON.stringify(query);
    const known = this.#results.get(key);
    if (known?.version === this.#version) return known.positions;
    const { version } = this;
    const positions = await this.#finder.find(query, signal);
    this.#results.delete(key);
    this.#results.set(key, { version, positions });
    for (const [oldest] of this.#results) {
      if (this.#results.size <= KEPT_RESULTS) break;
      this.#results.delete(oldest);
    }
    return positions;
  }

  nameAt(position: number): string {
    return (
      this.row(position)
        ?.pictures.map(({ image }) => image)
        .join(' · ') ?? ''
    );
  }

  pause(): Promise<void> {
    return setImmediate();
  }

  /** Counts all rows, whatever is looked for. */
  counts(): Promise<Counts> {
    return this.#finder.counts();
  }

  close(): Promise<void> {
    return this.#rows.close();
  }
}
