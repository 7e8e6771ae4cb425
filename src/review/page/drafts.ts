// Words that were typed and not saved yet.
import type { KeptHere } from './kept.js';

/** What is being edited: an answer or a field, by its place among those of its row. */
export interface Editing {
  position: number;
  kind: 'answer' | 'field';
  name: string;
}

const KIND = 'draft';

export class Drafts {
  readonly #kept: KeptHere;
  readonly #drafts: Map<string, unknown>;

  constructor(kept: KeptHere) {
    this.#kept = kept;
    this.#drafts = kept.all(KIND);
  }

  of(editing: Editing): unknown {
    return this.#drafts.get(keyOf(editing));
  }

  /** @param value undefined once nothing is left to be saved. */
  keep(editing: Editing, value: unknown): void {
    const key = keyOf(editing);
    if (value === undefined) {
      this.#drafts.delete(key);
      this.#kept.remove(`${KIND} ${key}`);
    } else {
      this.#drafts.set(key, value);
      this.#kept.write(`${KIND} ${key}`, value);
    }
  }

  all(): readonly Editing[] {
    return [...this.#drafts.keys()].flatMap((key) => {
      const [, position, kind, name = ''] = /^(\d+) (answer|field) (.*)$/s.exec(key) ?? [];
      if (kind !== 'answer' && kind !== 'field') return [];
      return [{ position: Number(position), kind, name }];
    });
  }
}

function keyOf({ position, kind, name }: Editing): string {
  return `${position} ${kind} ${name}`;
}
