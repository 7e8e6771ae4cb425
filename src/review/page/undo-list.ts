// What was done, from oldest to newest, with what takes it back. Two tabs have one list.
import type { Change } from '../api.js';
import type { KeptHere } from './kept.js';

/** What takes back all that was done at once. */
export interface Undoable {
  text: string;
  changes: readonly Change[];
}

const MOST = 300;
const NAME = 'undo';

export class UndoList {
  readonly #kept: KeptHere;
  /** What this tab knows, for a browser that keeps nothing. */
  #list: readonly Undoable[] = [];

  constructor(kept: KeptHere) {
    this.#kept = kept;
    // Another tab may have added to it, or taken from it.
    window.addEventListener('storage', () => {
      this.#list = kept.read(NAME, this.#list);
    });
    this.#list = kept.read(NAME, this.#list);
  }

  /** What would be undone next. */
  get last(): Undoable | undefined {
    return this.#list.at(-1);
  }

  add(undoable: Undoable): void {
    this.#keep([...this.#kept.read(NAME, this.#list), undoable]);
  }

  /** Takes off the last one. */
  take(): Undoable | undefined {
    const list = this.#kept.read(NAME, this.#list);
    this.#keep(list.slice(0, -1));
    return list.at(-1);
  }

  /** What takes back a change turned out to be something else. */
  amend(id: string, amend: (back: Change) => Change): void {
    this.#keep(
      this.#kept.read(NAME, this.#list).map((undoable) => ({
        ...undoable,
        changes: undoable.changes.map((back) => (back.id === id ? amend(back) : back)),
      })),
    );
  }

  #keep(list: readonly Undoable[]): void {
    this.#list = list.slice(-MOST);
    this.#kept.write(NAME, this.#list);
  }
}
