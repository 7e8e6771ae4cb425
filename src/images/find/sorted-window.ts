/** How many items are sorted at once. */
const RUN = 4096;

/**
 * The first items of a sequence that comes in any order, sorted. Sorting many items at once would stop
 * the process for a while, so it is done in steps of some milliseconds, after each of which whoever
 * uses this may give time to others.
 */
export class SortedWindow<T extends object> {
  readonly #size: number;
  readonly #compare: (a: T, b: T) => number;
  /** Each is sorted, and at least twice as long as the one after it. */
  readonly #runs: T[][] = [];
  #latest: T[] = [];
  #count = 0;

  /** @param size how many items it holds; it may hold somewhat more than twice as many for a while. */
  constructor(size: number, compare: (a: T, b: T) => number) {
    this.#size = size;
    this.#compare = compare;
  }

  /** The last item that can still be among the first ones; undefined while all are. */
  bound: T | undefined;

  add(item: T): void {
    this.#latest.push(item);
    this.#count += 1;
  }

  /** Sorts a part of what came, and drops what is too much. To be called now and then. */
  *tidy(): Generator<void, void, void> {
    if (this.#count >= 2 * this.#size) yield* this.sort();
    else if (this.#latest.length >= RUN) yield* this.#settle();
  }

  /** Sorts all of it. */
  *sort(): Generator<void, T[], void> {
    yield* this.#settle();
    while (this.#runs.length > 1) {
      this.#mergeLast();
      yield;
    }
    const items = this.#runs[0] ?? [];
    if (items.length > this.#size) {
      items.length = this.#size;
      this.bound = items.at(-1);
    }
    this.#count = items.length;
    return items;
  }

  /** Sorts what came last, and merges runs of about the same length. */
  *#settle(): Generator<void, void, void> {
    if (this.#latest.length === 0) return;
    this.#runs.push(this.#latest.sort(this.#compare));
    this.#latest = [];
    yield;
    for (;;) {
      const [before, last] = this.#runs.slice(-2);
      if (!before || !last || before.length >= 2 * last.length) return;
      this.#mergeLast();
      yield;
    }
  }

  #mergeLast(): void {
    const [last = [], before = []] = [this.#runs.pop(), this.#runs.pop()];
    const merged: T[] = [];
    let at = 0;
    for (const item of last) {
      for (;;) {
        const other = before[at];
        if (other === undefined || this.#compare(other, item) > 0) break;
        merged.push(other);
        at += 1;
      }
      merged.push(item);
    }
    this.#runs.push(at < before.length ? merged.concat(before.slice(at)) : merged);
  }
}
