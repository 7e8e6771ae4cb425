import type { ErrorKind } from '../domain/error.js';
import type { Progress } from '../domain/events.js';
import { sumOf, type Usage } from '../domain/usage.js';
import type { Before } from '../engine/finished.js';
import type { Outcome } from '../engine/outcome.js';

/** What a run has come to so far. */
export interface RunCounts {
  add(outcome: Outcome): void;
  /** A picture that is not asked about, since there is something already. */
  skip(before: Before): void;
  passBy(): void;
  /** The number of pictures to ask about, once it is known. */
  expect(count: number): void;
  readonly described: number;
  /** Answered by an earlier run. */
  readonly skipped: number;
  /** Neither done before nor wanted. */
  readonly unfailed: number;
  /** Not asked about, since there was a file in the answer's place. */
  readonly filesBefore: FilesBefore;
  /** Of those skipped, those whose answer is only in a file beside the picture. */
  readonly onlyBeside: FilesBefore;
  /** Of those skipped, known by what they show: under another name, or with other metadata. */
  readonly copied: number;
  /** Of those described, answered without a call. */
  readonly cached: number;
  /** Of those described, equal to another picture of the run, whose answer is theirs. */
  readonly equal: number;
  readonly failures: readonly ErrorKind[];
  readonly usage: Usage;
  /** Undefined where a price is not known. */
  readonly costUsd: number | undefined;
  progress(): Progress;
}

/** Files that were in the places of answers, the first few of them by name. */
export interface FilesBefore {
  readonly count: number;
  readonly names: readonly string[];
}

const FEW = 3;

export function createRunCounts(): RunCounts {
  let usage: Usage = { inputTokens: 0, outputTokens: 0, thoughtTokens: 0, cachedTokens: 0 };
  const failures: ErrorKind[] = [];
  const filesBefore = { count: 0, names: [] as string[] };
  const onlyBeside = { count: 0, names: [] as string[] };
  const note = (files: typeof filesBefore, name: string) => {
    files.count += 1;
    if (files.names.length < FEW) files.names.push(name);
  };
  const counts = { described: 0, skipped: 0, copied: 0, unfailed: 0, cached: 0, equal: 0 };
  let expected: number | undefined;
  let cost = 0;
  let isPriced = true;
  const addUsage = (used: Usage | undefined, costUsd: number | undefined) => {
    if (used) {
      usage = sumOf(usage, used) ?? usage;
      isPriced &&= costUsd !== undefined;
    }
    cost += costUsd ?? 0;
  };
  return {
    add({ record, error }) {
      addUsage(record.usage, record.costUsd);
      if (error !== undefined) failures.push(error.kind);
      else {
        counts.described += 1;
        if ('cached' in record && record.cached) counts.cached += 1;
        if ('copiedFrom' in record && record.copiedFrom !== undefined) counts.equal += 1;
      }
    },
    skip(before) {
      if (before.isAnswered) {
        counts.skipped += 1;
        if (before.isCopied) counts.copied += 1;
        if (before.place !== undefined) note(onlyBeside, before.place);
      } else note(filesBefore, before.place);
    },
    passBy() {
      counts.unfailed += 1;
    },
    expect(count) {
      expected = count;
    },
    get described() {
      return counts.described;
    },
    get skipped() {
      return counts.skipped;
    },
    get unfailed() {
      return counts.unfailed;
    },
    get copied() {
      return counts.copied;
    },
    get equal() {
      return counts.equal;
    },
    get cached() {
      return counts.cached;
    },
    failures,
    filesBefore,
    onlyBeside,
    get usage() {
      return usage;
    },
    get costUsd() {
      return isPriced ? cost : undefined;
    },
    progress() {
      const { described } = counts;
      const skipped = counts.skipped + filesBefore.count;
      return {
        described,
        skipped,
        failed: failures.length,
        ...(expected !== undefined && { total: expected + skipped }),
        ...(isPriced && { costUsd: cost }),
      };
    },
  };
}
