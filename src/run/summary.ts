import type { ErrorKind } from '../domain/error.js';
import type { Progress } from '../domain/events.js';
import { sumOf, type Usage } from '../domain/usage.js';
import type { Outcome } from '../engine/outcome.js';
import type { Before } from '../engine/remaining.js';
import { aboutDollars, count, duration, perMinute } from '../output/quantities.js';
import type { LeftOut, PassedOver } from './pictures.js';

/** What came of a run over several pictures. */
export interface RunSummary {
  /** Answers of this run, those of the cache included. */
  described: number;
  /** What is said of them: `described`. */
  done: string;
  /** What the answers come to, where that can be said. */
  comesTo?: string | undefined;
  /** How many of them came from the cache. */
  cached: number;
  /** How many of them are equal to another picture of the run, whose answer is theirs. */
  equal: number;
  /** Pictures that had been described before. */
  skipped: number;
  /** How many of those had another name then, or other metadata. */
  copied: number;
  /** Pictures that were not to be asked about. */
  unfailed?: number | undefined;
  /** Files that were in the places of answers, which nobody can say to be any. */
  filesBefore: FilesBefore;
  /** Why each picture that failed did. */
  failures: readonly ErrorKind[];
  /** Files that nobody named one by one and that are no pictures. */
  passedOver: readonly PassedOver[];
  leftOut: LeftOut;
  elapsedMs: number;
  /** What this run was billed for, failures included. */
  usage: Pick<Usage, 'inputTokens' | 'outputTokens' | 'thoughtTokens'>;
  /** In US dollars; absent where no price is known. */
  costUsd?: number | undefined;
  /** The day of the price table, such as `2026-11-22`. */
  pricesAsOf?: string | undefined;
  /** Whether there was one question about all pictures. */
  together: boolean;
  /** False where the emulator answered, for nothing. */
  isReal: boolean;
  /** Files and folders that hold the results; none for stdout. */
  outputs: readonly string[];
  /** The file among them that holds the results as a list. */
  outputFile?: string | undefined;
  /** Of those done before, those whose answer is only in a file beside the picture. */
  onlyBeside?: FilesBefore | undefined;
  /** The file that lists what failed. */
  failedList?: string | undefined;
}

/** What to say at the end of a run over several pictures, a few lines. */
export function runSummary(run: RunSummary): string[] {
  return [
    pictures(run),
    foldersPassedOver(run.leftOut),
    time(run),
    tokens(run),
    results(run),
    failedList(run),
  ].filter((line) => line !== '');
}

/** How many became what. */
function pictures({
  described,
  done: word,
  comesTo,
  cached,
  equal,
  skipped,
  copied,
  unfailed = 0,
  filesBefore,
  outputFile,
  failures,
  passedOver,
  leftOut,
  together,
}: RunSummary): string {
  const done = `${count(described)} ${together ? 'answered' : word}`;
  const parts = [
    described > 0 && done,
    cached > 0 && fromCache(cached, described),
    equal > 0 && `${count(equal)} of them equal to another`,
    skipped > 0 && `${count(skipped)} done before${knownAnew(skipped, copied)}`,
    unfailed > 0 && `${count(unfailed)} left alone that did not fail`,
    filesBefore.count > 0 && thereBefore(filesBefore, outputFile),
    failures.length > 0 && `${count(failures.length)} failed (${reasons(failures)})`,
    ...notAskedAbout(passedOver, leftOut),
  ].filter((part) => part !== false);
  const told = parts.join(', ') || done;
  return comesTo === undefined ? told : `${told}: ${comesTo}`;
}

/** What was seen in folders and is not asked about. */
export function notAskedAbout(
  passedOver: readonly PassedOver[],
  { raws, excluded }: Pick<LeftOut, 'raws' | 'excluded'>,
): string[] {
  const all = passedOver.reduce((sum, kind) => sum + kind.count, 0);
  const kinds = passedOver
    .toSorted((one, other) => other.count - one.count)
    .map(({ one, many, count: times }) => `${count(times)} ${times === 1 ? one : many}`);
  const parts = [
    all > 0 &&
      `${count(all)} passed over that ${all === 1 ? 'is no picture' : 'are no pictures'} (${kinds.join(', ')})`,
    raws > 0 &&
      `${count(raws)} raw ${raws === 1 ? 'file' : 'files'} passed over beside a JPEG or HEIC (--raw takes them too)`,
    excluded > 0 && `${count(excluded)} left out by --exclude`,
  ];
  return parts.filter((part) => part !== false);
}

/** Which folders of programs and systems were not entered; empty where there were none. */
export function foldersPassedOver({ folders }: Pick<LeftOut, 'folders'>): string {
  if (folders.size === 0) return '';
  const names = [...folders].map(([name, times]) => `${count(times)} ${name}`);
  return `folders passed over: ${names.join(', ')} (--include-all looks into them)`;
}

/**
 * Files that stay as they are; a few are named.
 *
 * @param outputFile where the answers of others are, and theirs are not.
 */
export function thereBefore(
  { count: files, names }: FilesBefore,
  outputFile: string | undefined,
): string {
  const were = files === 1 ? '1 file was' : `${count(files)} files were`;
  const kept = `${were} there before and ${files === 1 ? 'was' : 'were'} kept`;
  const notIn = outputFile === undefined ? '' : ` and not in ${outputFile}`;
  const others = files > names.length ? ` and ${count(files - names.length)} more` : '';
  return `${kept}, not compared with the question${notIn}: ${names.join(', ')}${others}`;
}

function fromCache(cached: number, described: number): string {
  if (cached < described) return `${count(cached)} of them from the cache`;
  return described === 1 ? 'from the cache' : 'all from the cache';
}

function knownAnew(skipped: number, copied: number): string {
  if (copied === 0) return '';
  const which = copied === skipped ? '' : `${count(copied)} of them `;
  return ` (${which}under another name or with other metadata)`;
}

/** The kinds of docs/exit-codes.md, the most frequent first. */
function reasons(failures: readonly ErrorKind[]): string {
  const counts = new Map<ErrorKind, number>();
  for (const kind of failures) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  if (counts.size === 1) return [...counts.keys()].join('');
  const byCount = [...counts].sort(([, one], [, other]) => other - one);
  return byCount.map(([kind, times]) => `${count(times)} ${kind}`).join(', ');
}

function time({ described, failures, elapsedMs, together }: RunSummary): string {
  const worked = described + failures.length;
  const took = `took ${duration(elapsedMs)}`;
  // A rate that is drawn out of less than a second is none.
  if (together || worked === 0 || elapsedMs < 1000) return took;
  return `${took}, ${perMinute(worked, elapsedMs)} a minute`;
}

function tokens({ usage, costUsd = 0, pricesAsOf, isReal }: RunSummary): string {
  const { inputTokens, outputTokens, thoughtTokens } = usage;
  if (inputTokens + outputTokens + thoughtTokens + costUsd === 0) return '';
  const parts = [
    `${count(inputTokens)} tokens in`,
    `${count(outputTokens)} out`,
    thoughtTokens > 0 && `${count(thoughtTokens)} for thinking`,
    costUsd > 0 &&
      `${isReal ? '' : 'worth '}${aboutDollars(costUsd)}${pricesAsOf ? ` at the prices of ${pricesAsOf}` : ''}`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}

function results({ outputs, outputFile, onlyBeside }: RunSummary): string {
  if (outputs.length === 0) return '';
  const told = `the results are in ${outputs.join(' and ')}`;
  if (outputFile === undefined || !onlyBeside || onlyBeside.count === 0) return told;
  const { count: files, names } = onlyBeside;
  const others = files > names.length ? ` and ${count(files - names.length)} more` : '';
  return `${told}; not in ${outputFile} but only beside the pictures: ${names.join(', ')}${others}`;
}

function failedList({ failures, failedList }: RunSummary): string {
  if (failures.length === 0 || failedList === undefined) return '';
  return `what failed is listed in ${failedList}, ready for --files-from`;
}

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
interface FilesBefore {
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
