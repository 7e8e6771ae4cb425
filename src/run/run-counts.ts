import type { ErrorKind } from '../domain/error.js';
import type { Progress } from '../domain/events.js';
import type { FilesBefore } from '../domain/run-summary.js';
import { type Bill, sumOf, type Usage } from '../domain/usage.js';
import type { Outcome } from '../engine/outcome.js';
import type { Before } from '../engine/remaining.js';

/** So many files of a kind are told by name. */
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

/** What a run has come to so far. */
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

  /** An attempt that was billed, whatever becomes of it. */
  bill({ usage, costUsd }: Bill): void {
    if (!usage) return;
    this.#usage = sumOf(this.#usage, usage) ?? this.#usage;
    this.#isPriced &&= costUsd !== undefined;
    this.#costUsd += costUsd ?? 0;
  }

  /** A picture that is not asked about, since there is something already. */
  skip(before: Before): void {
    if (!before.isAnswered) {
      this.#filesBefore.add(before.path);
      return;
    }
    this.#skipped += 1;
    if (before.isCopied) this.#copied += 1;
    if (before.path !== undefined) this.#onlyBeside.add(before.path);
  }

  /** A picture that did not fail before, where only such are asked about. */
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

  /** Neither done before nor wanted. */
  get unfailed(): number {
    return this.#unfailed;
  }

  /** Not asked about, since there was a file in the answer's place. */
  get filesBefore(): FilesBefore {
    return this.#filesBefore;
  }

  /** Of those skipped, those whose answer is only in a file beside the picture. */
  get onlyBeside(): FilesBefore {
    return this.#onlyBeside;
  }

  /** Of those skipped, known by what they show: under another name, or with other metadata. */
  get copied(): number {
    return this.#copied;
  }

  /** Of those described, answered without a call. */
  get cached(): number {
    return this.#cached;
  }

  /** Of those described, equal to another picture of the run, whose answer is theirs. */
  get equal(): number {
    return this.#equal;
  }

  /** Of those described, served in the standard tier, by what the answers say. */
  get atStandard(): number {
    return this.#atStandard;
  }

  get failures(): readonly ErrorKind[] {
    return this.#failures;
  }

  get usage(): Usage {
    return this.#usage;
  }

  /** Undefined where a price is not known. */
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
