// Changes on their way to the server. What it has not confirmed stays in the browser, and is sent again.
import type { Change, ChangeResult } from '../api.js';
import type { KeptHere } from './kept.js';
import { Refusal, type Work } from './source.js';

const AT_ONCE = 500;
/** In milliseconds. */
const RETRY = 1000;
const KIND = 'change';

/** Who wants to know what became of changes. */
export interface OutboxListener {
  answered(result: ChangeResult, change: Change): void;
  /** Everything was sent. */
  emptied(): void;
  /** Nothing can be saved now. `why` is what the server says; undefined if it is out of reach. */
  failed(why: string | undefined): void;
}

export class Outbox {
  readonly #work: Work | undefined;
  readonly #kept: KeptHere;
  readonly #listener: OutboxListener;
  #waiting: readonly Change[];
  #isSending = false;
  #retry = 0;

  constructor(work: Work | undefined, kept: KeptHere, listener: OutboxListener) {
    this.#work = work;
    this.#kept = kept;
    this.#listener = listener;
    const left = [...kept.all<Change>(KIND).values()];
    this.#waiting = left.sort((one, other) => one.at.localeCompare(other.at));
  }

  /** In the order in which they were made. */
  get waiting(): readonly Change[] {
    return this.#waiting;
  }

  add(changes: readonly Change[]): void {
    for (const change of changes) this.#kept.write(`${KIND} ${change.id}`, change);
    this.#waiting = [...this.#waiting, ...changes];
    void this.send();
  }

  /** Sends what waits. */
  async send(): Promise<void> {
    if (this.#isSending || !this.#work || this.#waiting.length === 0) return;
    this.#isSending = true;
    clearTimeout(this.#retry);
    try {
      while (this.#waiting.length > 0) {
        const sent = new Map(this.#waiting.slice(0, AT_ONCE).map((change) => [change.id, change]));
        const results = await this.#work.change([...sent.values()]);
        this.#waiting = this.#waiting.filter(({ id }) => !sent.has(id));
        for (const id of sent.keys()) this.#kept.remove(`${KIND} ${id}`);
        for (const result of results) {
          const change = sent.get(result.id);
          if (change) this.#listener.answered(result, change);
        }
      }
      this.#listener.emptied();
    } catch (error) {
      this.#retry = window.setTimeout(() => void this.send(), RETRY);
      this.#listener.failed(error instanceof Refusal ? error.message : undefined);
    } finally {
      this.#isSending = false;
    }
  }
}
