import type { Bill } from '../../domain/usage.js';
import type { OpenJob } from './journal-entries.js';

/** What batch jobs cost a run: the rows that it has taken in, and what is on its way, by estimate. */
export class Spending {
  readonly #journal: { readonly jobs: readonly OpenJob[] };
  #rowsUsd = 0;
  #takenIn: string | undefined;

  constructor(journal: { readonly jobs: readonly OpenJob[] }) {
    this.#journal = journal;
  }

  /** From now on the rows of a job count, and its estimate does not. */
  takingIn({ id }: Pick<OpenJob, 'id'>): void {
    this.#takenIn = id;
  }

  billed({ costUsd = 0 }: Bill): void {
    this.#rowsUsd += costUsd;
  }

  /** In US dollars. */
  get usd(): number {
    return this.onTheWayUsd + this.#rowsUsd;
  }

  get onTheWayUsd(): number {
    return this.#journal.jobs
      .filter(({ id }) => id !== this.#takenIn)
      .reduce((sum, { estimate }) => sum + (estimate.costUsd ?? 0), 0);
  }
}
