import type { ErrorKind } from '../domain/error.js';
import type { Progress } from '../domain/events.js';
import type { FilesBefore } from '../domain/run-summary.js';
import { type Bill, billOf, sumOf, type Usage } from '../domain/usage.js';
import type { Outcome } from '../engine/outcome.js';
import type { Before } from '../engine/remaining.js';

/** How many files of a kind are named. */
const FEW = 3;

/** Counts files, and keeps the names of the first few. */
class Files implements FilesBefore {
  count = 0;
  readonly names: string[] = [];

  add(name: string): void {
    this.count += 1;
    if (this.names.length < FEW) this.names.push(name);
  }
}

/** Counts what a run has done so far. */
export class RunCounts {
  readonly #failures: ErrorKind[] = [];
  readonly #filesBefore = new Files();
  readonly #onlyBeside = new Files();
  #described = 0;
  #skipped = 0;
  #copied = 0;
  #unfailed = 0;
  #cached = 0;
  #equal = 0;
  #atStandard = 0;
  #usage: Usage = { inputTokens: 0, outputTokens: 0, thoughtTokens: 0, cachedTokens: 0 };
  #costUsd = 0;
  /** What of it was for matching words with a vocabulary. */
  #matching: Bill = {};
  #isPriced = true;
  #expected: number | undefined;

  add({ record, error }: Outcome): void {
    if (error !== undefined) {
      this.#failures.push(error.kind);
      return;
    }
    this.#described += 1;
    if ('cached' in record && record.cached) this.#cached += 1;
    if ('copiedFrom' in record && record.copiedFrom !== undefined) this.#equal += 1;
    else if (record.status === 'ok' && record.tier === 'standard') this.#atStandard += 1;
  }

  /** Adds an attempt that was billed, whether or not it succeeded. */
  bill({ usage, costUsd }: Bill, what?: 'matching'): void {
    if (!usage) return;
    if (what === 'matching') this.#matching = billOf(this.#matching, { usage, costUsd });
    this.#usage = sumOf(this.#usage, usage) ?? this.#usage;
    this.#isPriced &&= costUsd !== undefined;
    this.#costUsd += costUsd ?? 0;
  }

  /** Adds a picture that is not asked about, since something is already there. */
  skip(before: Before): void {
    if (!before.isAnswered) {
      this.#filesBefore.add(before.path);
      return;
    }
    this.#skipped += 1;
    if (before.isCopied) this.#copied += 1;
    if (before.path !== undefined) this.#onlyBeside.add(before.path);
  }

  /** Adds a picture that did not fail before, when only failed ones are asked about. */
  passBy(): void {
    this.#unfailed += 1;
  }

  /** The number of pictures to ask about, once it is known. */
  expect(count: number): void {
    this.#expected = count;
  }

  get described(): number {
    return this.#described;
  }

  /** Answered by an earlier run. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Neither done before nor wanted now. */
  get unfailed(): number {
    return this.#unfailed;
  }

  /** Not asked about, since a file lies at the path of the answer. */
  get filesBefore(): FilesBefore {
    return this.#filesBefore;
  }

  /** Among the skipped ones, those whose answer is only in a file beside the picture. */
  get onlyBeside(): FilesBefore {
    return this.#onlyBeside;
  }

  /** Among the skipped ones, those recognized under another name, or with other metadata. */
  get copied(): number {
    return this.#copied;
  }

  /** Among the described ones, those answered without a call. */
  get cached(): number {
    return this.#cached;
  }

  /** Among the described ones, those that got the answer of an equal picture of the run. */
  get equal(): number {
    return this.#equal;
  }

  /** Among the described ones, those served in the standard tier, as their answers say. */
  get atStandard(): number {
    return this.#atStandard;
  }

  /** What of all bills was for matching words with a vocabulary. */
  get matching(): Bill {
    return this.#matching;
  }

  get failures(): readonly ErrorKind[] {
    return this.#failures;
  }

  get usage(): Usage {
    return this.#usage;
  }

  /** Undefined if a price is not known. */
  get costUsd(): number | undefined {
    return this.#isPriced ? this.#costUsd : undefined;
  }

  progress(): Progress {
    const skipped = this.#skipped + this.#filesBefore.count;
    return {
      described: this.#described,
      skipped,
      failed: this.#failures.length,
      ...(this.#expected !== undefined && { total: this.#expected + skipped }),
      ...(this.#isPriced && { costUsd: this.#costUsd }),
    };
  }
}
