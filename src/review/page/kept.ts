// What the page keeps in the browser, by ledger: it survives the tab, the server and the machine.

/** What can be done without, if the browser has no more room. */
const LEAST = 'undo';

/** Each thing has a name of its own, so that two tabs do not overwrite what the other one keeps. */
export class KeptHere {
  readonly #prefix: string;
  readonly #isOn: boolean;

  /** @param id tells this ledger from others that are shown at the same address; without it, nothing is kept. */
  constructor(id: string | undefined) {
    this.#prefix = `review ${id} `;
    this.#isOn = id !== undefined;
  }

  read<Value>(name: string, otherwise: Value): Value {
    if (!this.#isOn) return otherwise;
    try {
      const text = localStorage.getItem(this.#prefix + name);
      return text === null ? otherwise : JSON.parse(text);
    } catch {
      // Another program may have written it, or the browser keeps nothing.
      return otherwise;
    }
  }

  write(name: string, value: unknown): void {
    if (!this.#isOn) return;
    const text = JSON.stringify(value);
    if (this.#put(name, text)) return;
    this.remove(LEAST);
    // A browser that keeps nothing still shows and saves everything.
    if (name !== LEAST) this.#put(name, text);
  }

  #put(name: string, text: string): boolean {
    try {
      localStorage.setItem(this.#prefix + name, text);
      return true;
    } catch {
      return false;
    }
  }

  remove(name: string): void {
    try {
      localStorage.removeItem(this.#prefix + name);
    } catch {
      // What is not kept need not be removed.
    }
  }

  /** What is kept of one kind, by the rest of its name. */
  all<Value>(kind: string): Map<string, Value> {
    const kept = new Map<string, Value>();
    if (!this.#isOn) return kept;
    const start = `${this.#prefix}${kind} `;
    try {
      for (const key of Object.keys(localStorage)) {
        const text = key.startsWith(start) ? localStorage.getItem(key) : null;
        if (text !== null) kept.set(key.slice(start.length), JSON.parse(text));
      }
    } catch {
      // As above.
    }
    return kept;
  }
}
