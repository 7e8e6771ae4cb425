import { jsonLine } from '../../domain/json.js';
import { giveBack, lend } from '../../domain/lent-memory.js';
import { type QuestionInJob, readQuestions } from './journal-entries.js';

const AT_FIRST = 262_144;
/** In UTF-8, of a unit of a JavaScript string. */
const MOST_BYTES_OF_UNIT = 3;
const COMMA = Buffer.from(',');

/**
 * The questions of a job that is being made, as JSON outside of the heap: as objects, thousands of them would live
 * through many collections of short-lived objects, for which V8 takes more and more memory.
 */
export class PackedQuestions implements Iterable<QuestionInJob> {
  #memory = lend(AT_FIRST);
  /** Where each question ends; a comma follows. */
  readonly #ends: number[] = [];

  get count(): number {
    return this.#ends.length;
  }

  add(question: QuestionInJob): void {
    const text = jsonLine(question).trimEnd();
    const end = this.#ends.at(-1);
    const start = end === undefined ? 0 : end + COMMA.length;
    this.#makeRoom(start, text.length * MOST_BYTES_OF_UNIT);
    if (end !== undefined) COMMA.copy(this.#memory, end);
    this.#ends.push(start + this.#memory.write(text, start));
  }

  /** A line of JSON, with its line end: an entry, and the questions as its last field. */
  lineOf(entry: object): Buffer {
    const head = jsonLine(entry).trimEnd().slice(0, -1);
    const questions = this.#memory.subarray(0, this.#ends.at(-1) ?? 0);
    return Buffer.concat([Buffer.from(`${head},"questions":[`), questions, Buffer.from(']}\n')]);
  }

  /** One object after the other. */
  *[Symbol.iterator](): Generator<QuestionInJob, void, void> {
    let start = 0;
    for (const end of this.#ends) {
      const question: unknown = JSON.parse(this.#memory.toString('utf8', start, end));
      yield* readQuestions([question]) ?? [];
      start = end + COMMA.length;
    }
  }

  /** Gives back the memory. Nobody may ask for questions afterwards. */
  release(): void {
    giveBack(this.#memory);
  }

  #makeRoom(used: number, more: number): void {
    if (used + more <= this.#memory.length) return;
    const larger = lend(2 * (used + more));
    this.#memory.copy(larger, 0, 0, used);
    giveBack(this.#memory);
    this.#memory = larger;
  }
}
