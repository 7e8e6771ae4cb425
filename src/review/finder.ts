// What a query finds, and how much there is of each kind: for the server, and in a page that is only shown.
import type { Counts, Query, RowView } from './api.js';
import { FactsTable } from './facts-table.js';
import {
  compare,
  count,
  countsAsData,
  emptyCounts,
  factsOf,
  isOpen,
  matchesFacts,
  matchesWords,
  type RowFacts,
  readsWords,
  sayingOf,
  tagsOf,
} from './matching.js';

/** The rows that are searched. */
export interface Findable {
  readonly count: number;
  view(position: number): RowView | undefined;
  /** By which rows are put into order. */
  nameAt(position: number): string;
  /** Lets others have their turn, between two batches of rows. */
  pause(): Promise<void>;
}

const BATCH = 128;

export class Finder {
  readonly #rows: Findable;
  readonly #signal: AbortSignal | undefined;
  readonly #facts = new FactsTable();
  /** Rows whose facts are not known any more. */
  readonly #stale = new Set<number>();
  #scanning: Promise<void> | undefined;

  /** @param signal ends a look at all rows before its time. */
  constructor(rows: Findable, signal?: AbortSignal) {
    this.#rows = rows;
    this.#signal = signal;
  }

  /** Notes that a row is another one now. Rows behind those that were looked at come with the next look. */
  changed(position: number): void {
    if (position < this.#facts.length) this.#stale.add(position);
  }

  /** The positions of the rows that a query finds, in its order. */
  async find(query: Query, signal?: AbortSignal): Promise<Int32Array> {
    if (isOpen(query)) {
      return Int32Array.from({ length: this.#rows.count }, (_, position) => position);
    }
    await this.#scan();
    if (query.duplicates) this.#facts.findDuplicates();
    const found: RowFacts[] = [];
    for (let position = 0; position < this.#facts.length; position += 1) {
      const facts = this.#facts.at(position);
      if (matchesFacts(facts, query)) found.push(facts);
    }
    const matching = readsWords(query) ? await this.#withWords(found, query, signal) : found;
    const order = compare(query);
    if (order) {
      if (query.sort === 'name') {
        for (const facts of matching) facts.name = this.#rows.nameAt(facts.position);
      }
      matching.sort(order);
    }
    return Int32Array.from(matching, ({ position }) => position);
  }

  async #withWords(
    found: readonly RowFacts[],
    query: Query,
    signal: AbortSignal | undefined,
  ): Promise<RowFacts[]> {
    const matching: RowFacts[] = [];
    for (const [index, facts] of found.entries()) {
      if (index % BATCH === 0) await this.#rows.pause();
      if (signal?.aborted) return matching;
      const row = this.#rows.view(facts.position);
      if (row && matchesWords(row, query)) matching.push(facts);
    }
    return matching;
  }

  /** Counts all rows, whatever is looked for. */
  async counts(): Promise<Counts> {
    await this.#scan();
    this.#facts.findDuplicates();
    const counts = emptyCounts();
    for (let position = 0; position < this.#facts.length; position += 1) {
      count(counts, this.#facts.at(position));
    }
    for (const [tag, times] of this.#facts.tags) counts.tags.set(tag, times);
    return countsAsData(counts);
  }

  /** Looks at all rows that have not been looked at since they changed. */
  #scan(): Promise<void> {
    const scanning = this.#scanning ?? this.#scanAll();
    this.#scanning = scanning;
    return scanning.finally(() => {
      if (this.#scanning === scanning) this.#scanning = undefined;
    });
  }

  async #scanAll(): Promise<void> {
    const note = (position: number) => {
      const row = this.#rows.view(position);
      if (row) this.#facts.put(position, factsOf(row), sayingOf(row), tagsOf(row));
    };
    for (const position of this.#stale) if (position < this.#facts.length) note(position);
    this.#stale.clear();
    while (this.#facts.length < this.#rows.count) {
      const end = Math.min(this.#rows.count, this.#facts.length + BATCH);
      while (this.#facts.length < end) note(this.#facts.length);
      await this.#rows.pause();
      if (this.#signal?.aborted) return;
    }
  }
}
