// What a query finds, and how much there is of each kind: for the server, and in a page that is only shown.
import type { Counts, Query, RowView } from './api.js';
import { FactsTable } from './facts-table.js';
import {
  compareNames,
  count,
  countsAsData,
  emptyCounts,
  factsOf,
  isOpen,
  matchesFacts,
  matchesWords,
  readsWords,
  SORT_NUMBERS,
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
    // Positions alone, in one array: objects of all rows would fill the memory.
    const positions = new Int32Array(this.#facts.length);
    let found = 0;
    for (let position = 0; position < positions.length; position += 1) {
      if (!matchesFacts(this.#facts.at(position), query)) continue;
      positions[found] = position;
      found += 1;
    }
    if (readsWords(query)) {
      found = await this.#leaveWords(positions.subarray(0, found), query, signal);
    }
    // What is not used is not held.
    return this.#sort(positions.slice(0, found), query);
  }

  /** Moves the positions of the rows whose words match to the front. Returns how many they are. */
  async #leaveWords(
    positions: Int32Array,
    query: Query,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    let left = 0;
    for (let index = 0; index < positions.length; index += 1) {
      if (index % BATCH === 0) await this.#rows.pause();
      if (signal?.aborted) return left;
      const position = positions[index] ?? 0;
      const row = this.#rows.view(position);
      if (!row || !matchesWords(row, query)) continue;
      positions[left] = position;
      left += 1;
    }
    return left;
  }

  /** Puts rows into the order that is asked for; those that are equal stay in that of the ledger. */
  #sort(positions: Int32Array, { sort, order }: Query): Int32Array {
    const sign = order === 'down' ? -1 : 1;
    if (sort === 'name') {
      const names = new Array<string>(this.#facts.length);
      for (const position of positions) names[position] = this.#rows.nameAt(position);
      const nameOf = (position: number) => names[position] ?? '';
      return positions.sort(
        (one, other) => sign * compareNames(nameOf(one), nameOf(other)) || one - other,
      );
    }
    const numberOf = sort === undefined ? undefined : SORT_NUMBERS[sort];
    if (!numberOf) return positions;
    const numbers = new Float64Array(this.#facts.length);
    for (const position of positions) numbers[position] = numberOf(this.#facts.at(position));
    const at = (position: number) => numbers[position] ?? 0;
    return positions.sort((one, other) => sign * (at(one) - at(other)) || one - other);
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
    this.#facts.reserve(this.#rows.count);
    while (this.#facts.length < this.#rows.count) {
      const end = Math.min(this.#rows.count, this.#facts.length + BATCH);
      while (this.#facts.length < end) note(this.#facts.length);
      await this.#rows.pause();
      if (this.#signal?.aborted) return;
    }
  }
}
