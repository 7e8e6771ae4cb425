// The rows that the page holds: those in sight, and those around them.
import type { RowView } from '../api.js';
import type { Source } from './source.js';

/** From so many on, those that are far away are forgotten. */
const MOST_ROWS = 3000;
const AT_ONCE = 200;

export class NearRows {
  readonly #source: Source;
  readonly #changed: (row: RowView) => RowView;
  readonly #rows = new Map<number, RowView>();
  readonly #stale = new Set<number>();
  /** Those that are on their way. */
  readonly #coming = new Map<number, Promise<void>>();
  /** Grows when rows may have changed, so that an answer from before is not taken for the last word. */
  #turn = 0;

  /** @param changed a row as it will be once what was changed in the page is saved. */
  constructor(source: Source, changed: (row: RowView) => RowView) {
    this.#source = source;
    this.#changed = changed;
  }

  get(position: number): RowView | undefined {
    return this.#rows.get(position);
  }

  /** Takes a row as the source has it. */
  put(row: RowView): void {
    this.#rows.set(row.position, this.#changed(row));
    this.#stale.delete(row.position);
  }

  /** Shows a row in another way, if it is here. */
  alter(position: number, alter: (row: RowView) => RowView): void {
    const row = this.#rows.get(position);
    if (row) this.#rows.set(position, alter(row));
  }

  /** The row is not as it is in the ledger any more. */
  outdate(position: number): void {
    this.#turn += 1;
    this.#stale.add(position);
  }

  outdateAll(): void {
    this.#turn += 1;
    for (const position of this.#rows.keys()) this.#stale.add(position);
  }

  /**
   * Waits until rows are here as they are now. Those that are not, are asked for.
   *
   * @returns whether there was anything to wait for.
   */
  async load(positions: readonly number[]): Promise<boolean> {
    const missing = positions.filter(
      (position) =>
        !this.#coming.has(position) && (!this.#rows.has(position) || this.#stale.has(position)),
    );
    if (missing.length > 0) {
      const coming = this.#fetch(missing).finally(() => {
        for (const position of missing) this.#coming.delete(position);
      });
      for (const position of missing) this.#coming.set(position, coming);
    }
    const awaited = new Set(positions.flatMap((position) => this.#coming.get(position) ?? []));
    await Promise.all(awaited);
    return awaited.size > 0;
  }

  async #fetch(positions: readonly number[]): Promise<void> {
    for (;;) {
      const turn = this.#turn;
      for (const row of await this.#source.rows(positions)) this.put(row);
      if (turn === this.#turn) return;
    }
  }

  /** Rows wherever they are, which takes its time for many. */
  async all(positions: readonly number[]): Promise<readonly RowView[]> {
    const rows = new Map<number, RowView>();
    const missing: number[] = [];
    for (const position of positions) {
      const row = this.#rows.get(position);
      if (row) rows.set(position, row);
      else missing.push(position);
    }
    for (let at = 0; at < missing.length; at += AT_ONCE) {
      const some = await this.#source.rows(missing.slice(at, at + AT_ONCE));
      for (const row of some) rows.set(row.position, this.#changed(row));
    }
    return positions.flatMap((position) => rows.get(position) ?? []);
  }

  /** Only what is near is held. */
  forgetAllBut(near: Iterable<number>): void {
    if (this.#rows.size < MOST_ROWS) return;
    const kept = new Set(near);
    for (const position of this.#rows.keys()) {
      if (kept.has(position)) continue;
      this.#rows.delete(position);
      this.#stale.delete(position);
    }
  }
}
