// What the page keeps in the browser, by ledger: it survives the tab, the server and the machine.

export class KeptHere {
  readonly #prefix: string;

  constructor(ledger: string) {
    this.#prefix = `review ${ledger} `;
  }

  read<Value>(name: string, otherwise: Value): Value {
    try {
      const text = localStorage.getItem(this.#prefix + name);
      return text === null ? otherwise : JSON.parse(text);
    } catch {
      // Another program may have written it, or the browser keeps nothing.
      return otherwise;
    }
  }

  write(name: string, value: unknown): void {
    try {
      localStorage.setItem(this.#prefix + name, JSON.stringify(value));
    } catch {
      // A browser that keeps nothing still shows and saves everything.
    }
  }
}
