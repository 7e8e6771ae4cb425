// Where one is: what is looked for, what it finds, which of it is selected. The address says it all.
import type { Query } from '../api.js';
import { QUERY_NAMES } from '../matching.js';
import type { KeptHere } from './kept.js';
import { type Looked, parametersOf, type Source } from './source.js';

const KEPT = 'view';

export interface ViewListener {
  changed(): void;
  failed(error: unknown): void;
}

export class View {
  query: Query = {};
  /** The positions that the query finds; undefined if it is all of them. */
  positions: readonly number[] | undefined;
  total: number;
  isSearching = false;
  /** Whether the ledger has changed since the query was answered. */
  isOutdated = false;
  /** The number of the selected row among those that are found. */
  selected = 0;
  mode: 'grid' | 'single' = 'grid';

  readonly #source: Source;
  readonly #kept: KeptHere;
  readonly #listener: ViewListener;
  #search = 0;
  /** The part of the query that was changed last. */
  #changed = '';

  constructor(source: Source, kept: KeptHere, total: number, listener: ViewListener) {
    this.#source = source;
    this.#kept = kept;
    this.total = total;
    this.#listener = listener;
  }

  /** Goes to what the address names, or to what was left the last time. */
  async begin(): Promise<void> {
    const given = this.#inAddress();
    await this.#goTo(given.size > 0 ? given : new URLSearchParams(this.#kept.read(KEPT, '')));
    this.#keep(false);
    window.addEventListener('popstate', () => {
      void this.#goTo(this.#inAddress());
    });
  }

  #inAddress(): URLSearchParams {
    return new URLSearchParams(location[this.#source.viewIn].replace(/^[?#]/, ''));
  }

  async #goTo(parameters: URLSearchParams): Promise<void> {
    const query: Record<string, string> = {};
    for (const name of QUERY_NAMES) {
      const value = parameters.get(name);
      if (value) query[name] = value;
    }
    await this.#find(query);
    this.#changed = '';
    this.selected = Math.max(0, this.indexOf(Number(parameters.get('at') ?? -1)));
    this.mode = parameters.get('show') === 'one' && this.total > 0 ? 'single' : 'grid';
    this.#listener.changed();
  }

  positionAt(index: number): number | undefined {
    if (index < 0 || index >= this.total) return undefined;
    return this.positions ? this.positions[index] : index;
  }

  positionsIn(from: number, to: number): number[] {
    const positions: number[] = [];
    for (let index = Math.max(0, from); index < Math.min(to, this.total); index += 1) {
      const position = this.positionAt(index);
      if (position !== undefined) positions.push(position);
    }
    return positions;
  }

  /** All that is found. */
  all(): readonly number[] {
    return this.positions ?? this.positionsIn(0, this.total);
  }

  indexOf(position: number): number {
    if (this.positions) return this.positions.indexOf(position);
    return position >= 0 && position < this.total ? position : -1;
  }

  /** Changes a part of the query, and goes to what it finds. */
  async look(changed: Looked): Promise<void> {
    const before = this.positionAt(this.selected);
    await this.#find({ ...this.query, ...changed });
    this.selected = before === undefined ? 0 : Math.max(0, this.indexOf(before));
    // While words are typed, each search is no place of its own to go back to.
    const part = Object.keys(changed).join();
    this.#keep(part !== 'q' || this.#changed !== 'q');
    this.#changed = part;
    this.#listener.changed();
  }

  /** Looks for nothing in particular. */
  lookAtAll(): Promise<void> {
    return this.look(Object.fromEntries(Object.keys(this.query).map((name) => [name, ''])));
  }

  async #find(query: Looked): Promise<void> {
    this.query = Object.fromEntries(parametersOf(query));
    this.#search += 1;
    const search = this.#search;
    this.isSearching = true;
    this.#listener.changed();
    try {
      const { positions, total } = await this.#source.find(this.query);
      if (search !== this.#search) return;
      this.positions = positions;
      this.total = total;
      this.isOutdated = false;
    } catch (error) {
      this.#listener.failed(error);
    } finally {
      if (search === this.#search) this.isSearching = false;
    }
  }

  /** The ledger has changed, and has so many rows now. */
  grow(all: number): void {
    if (this.positions) this.isOutdated = true;
    else this.total = all;
  }

  select(index: number): void {
    this.selected = Math.max(0, Math.min(index, this.total - 1));
    this.#keep(false);
  }

  show(mode: 'grid' | 'single'): void {
    this.mode = mode;
    this.#changed = '';
    this.#keep(true);
  }

  #keep(isNew: boolean): void {
    const parameters = parametersOf(this.query);
    const position = this.positionAt(this.selected);
    if (position !== undefined && this.selected > 0) parameters.set('at', String(position));
    if (this.mode === 'single') parameters.set('show', 'one');
    const sign = this.#source.viewIn === 'hash' ? '#' : '?';
    const address = parameters.size > 0 ? `${sign}${parameters}` : location.pathname;
    if (isNew) history.pushState(undefined, '', address);
    else history.replaceState(undefined, '', address);
    this.#kept.write(KEPT, String(parameters));
  }
}
