import type { ErrorKind } from './error.js';
import type { Shard } from './shard.js';
import type { Bill, Usage } from './usage.js';

/** The outcome of a run over several pictures. */
export interface RunSummary extends NotAskedAbout {
  /** The share of the job that this run was to do, where it was one. */
  shard?: Shard | undefined;
  /** Answers of this run, those of the cache included. */
  described: number;
  /** The verb for them: `described`. */
  done: string;
  /** The result of all answers in words, if there is one. */
  comesTo?: string | undefined;
  /** How many of them came from the cache. */
  cached: number;
  /** How many of them are equal to another picture of the run and got its answer. */
  equal: number;
  /** How many of them were served at the standard price, where flex was asked for. */
  atStandard?: number | undefined;
  /** Pictures that had been described before. */
  skipped: number;
  /** How many of those had another name then, or other metadata. */
  copied: number;
  /** Pictures whose answers are expected from batch jobs. */
  onTheirWay?: number | undefined;
  /** Pictures that wait for the answer about an equal one. */
  twins?: number | undefined;
  /** Pictures that `--redo-failed` left out, because they had not failed. */
  unfailed?: number | undefined;
  /** Files that stood at the paths of answers, of unknown origin. */
  filesBefore: FilesBefore;
  /** Why each picture that failed did. */
  failures: readonly ErrorKind[];
  elapsedMs: number;
  /** What this run was billed for, failures included. */
  usage: Pick<Usage, 'inputTokens' | 'outputTokens' | 'thoughtTokens'>;
  /** In US dollars; absent if no price is known. */
  costUsd?: number | undefined;
  /** What of it was for matching words of answers with a vocabulary. */
  matching?: Bill | undefined;
  /** The day of the price table, such as `2026-11-22`. */
  pricesAsOf?: string | undefined;
  /** Whether there was one question about all pictures. */
  together: boolean;
  /** False if the emulator answered, for nothing. */
  isReal: boolean;
  /** Files and folders that hold the results; none for stdout. */
  outputs: readonly string[];
  /** The file among them that holds the results as a list. */
  outputFile?: string | undefined;
  /** Pictures done before whose answer is only in a file beside the picture. */
  onlyBeside?: FilesBefore | undefined;
  /** The file that lists what failed. */
  failedList?: string | undefined;
}

/** Files that stood at the paths of answers, the first few of them by name. */
export interface FilesBefore {
  readonly count: number;
  readonly names: readonly string[];
}

/** What was found in folders and is not asked about. */
export interface NotAskedAbout {
  /** Files that are no pictures and that were not named one by one. */
  passedOver: readonly PassedOver[];
  leftOut: LeftOut;
}

/** Files of one kind that are no pictures. */
export interface PassedOver {
  one: string;
  many: string;
  count: number;
}

/** What else was found in folders and not asked about. */
export interface LeftOut {
  /** Raw files beside their JPEG or HEIC. */
  raws: number;
  /** Links that lead out of their folder. */
  links?: number | undefined;
  /** How many folders of programs and systems there were, by their names. */
  folders: ReadonlyMap<string, number>;
  /** Files and folders that match --exclude. */
  excluded: number;
  /** Pictures of other shards; absent where the run had no shard. */
  inOtherShards?: number | undefined;
  /** PDF documents that were not named one by one. */
  pdfs?: FilesBefore | undefined;
  /** Groups that were asked about although a picture of the pattern is not there. */
  incompleteGroups?: number | undefined;
}

/** The outcome of a dry run. */
export interface DryRunSummary extends NotAskedAbout {
  /** The verb for the pictures that were looked at: `counted`. */
  done: string;
  produced: number;
  failed: number;
}

/** What came of writing answers into metadata. */
export interface WriteCounts {
  /**
   * Pictures whose metadata was changed; of these, those that hold it themselves, and how many
   * sidecars were made.
   */
  written: number;
  embedded: number;
  made: number;
  /** Pictures whose metadata says everything already, or keeps what others wrote. */
  asBefore: number;
  /** Fields in which somebody's words stay: those that were there before, and those changed since. */
  keptBefore: number;
  keptSince: number;
  failed: number;
  /** Pictures without an answer, and questions about several pictures or about no file. */
  unanswered: number;
  notOfOneFile: number;
}

export interface WriteSummary extends WriteCounts {
  /** Whether the changes were only listed. */
  dryRun: boolean;
  /** Whether what was there before was put back. */
  undo: boolean;
  /** Whether everything goes into sidecars. */
  isBeside: boolean;
}
