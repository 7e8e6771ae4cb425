import type { Usage } from '../../domain/usage.js';

export interface MeanUsage {
  inputTokens: number;
  /** Thoughts included. */
  outputTokens: number;
}

/** What the answers to some questions were billed, and how many there were. */
export type Bill = MeanUsage & { count: number };

/** Questions that differ from picture to picture are no help for estimates. */
const MOST_BILLS = 1000;

/** What the answers to each set of questions were billed, for estimates. */
export class Bills {
  readonly #bills = new Map<string, Bill>();

  /** The bill of calls that ask these questions together, to be added to. */
  of(questions: readonly string[]): Bill {
    const key = keyOfAll(questions);
    const known = this.#bills.get(key);
    if (known) return known;
    const bill = { count: 0, inputTokens: 0, outputTokens: 0 };
    if (this.#bills.size < MOST_BILLS) this.#bills.set(key, bill);
    return bill;
  }

  mean(questions: readonly string[]): MeanUsage | undefined {
    const bill = this.#bills.get(keyOfAll(questions));
    if (!bill || bill.count === 0) return undefined;
    const { count, inputTokens, outputTokens } = bill;
    return { inputTokens: inputTokens / count, outputTokens: outputTokens / count };
  }
}

export function addToBill(
  bill: Bill,
  { inputTokens, outputTokens, thoughtTokens }: Omit<Usage, 'cachedTokens'>,
): void {
  bill.count += 1;
  bill.inputTokens += inputTokens;
  bill.outputTokens += outputTokens + thoughtTokens;
}

/** The key of questions, in whatever order. */
export function keyOfAll(requests: readonly string[]): string {
  return requests.length < 2 ? (requests[0] ?? '') : [...requests].sort().join(' ');
}
