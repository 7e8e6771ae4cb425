import { HashedTexts, TextHash } from '../../domain/text-hash.js';
import { keyOfAll } from './mean-usage.js';

/** What a record answers: one question, by its hash, or a set of them, by its number. */
export interface Questions {
  low: number;
  high: number;
  /** From 1; 0 stands for one question. */
  set: number;
}

/** A question that answers are looked for. */
export interface Asked {
  request: string;
  low: number;
  high: number;
}

/** The questions that have answers, as small numbers. */
export class AnsweredQuestions {
  /** Sets of questions that one record answers. Each stands here once: there are few of them. */
  readonly #sets: (readonly string[])[] = [];
  /** The number of each set. */
  readonly #numbers = new Map<string, number>();
  readonly #all = new HashedTexts();
  readonly #hash = new TextHash();
  #lastAsked: Asked | undefined;

  /** Adds the questions of a record. */
  add(requests: readonly string[]): Questions {
    for (const request of requests) this.#all.add(request);
    const [only, ...others] = requests;
    if (only === undefined || others.length > 0) {
      return { low: 0, high: 0, set: this.#numberOf(requests) };
    }
    const { low, high } = this.#hash.ofText(only);
    return { low, high, set: 0 };
  }

  has(request: string): boolean {
    return this.#all.has(request);
  }

  /** The same question is looked for again and again. */
  asked(request: string): Asked {
    if (this.#lastAsked?.request === request) return this.#lastAsked;
    const { low, high } = this.#hash.ofText(request);
    this.#lastAsked = { request, low, high };
    return this.#lastAsked;
  }

  /** Whether a question is among those of the set. */
  isInSet(set: number, { request }: Asked): boolean {
    return this.#sets[set - 1]?.includes(request) ?? false;
  }

  countOf({ set }: Pick<Questions, 'set'>): number {
    return set > 0 ? (this.#sets[set - 1]?.length ?? 0) : 1;
  }

  /** Each question as a word, which is the same for the same question. */
  wordsOf({ low, high, set }: Questions): string[] {
    if (set === 0) return [`${low} ${high}`];
    return (this.#sets[set - 1] ?? []).map((request) => {
      const { low, high } = this.#hash.ofText(request);
      return `${low} ${high}`;
    });
  }

  #numberOf(requests: readonly string[]): number {
    const key = keyOfAll(requests);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#sets.push(requests);
    this.#numbers.set(key, number);
    return number;
  }
}
