import type { ErrorKind } from './error.js';
import type { Shard } from './shard.js';
import type { Usage } from './usage.js';

/** What came of a run over several pictures. */
export interface RunSummary extends NotAskedAbout {
  /** The share of the job that this run was to do, where it was one. */
  shard?: Shard | undefined;
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
  /** How many of them were served at the standard price, where flex was asked for. */
  atStandard?: number | undefined;
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

/** Files that were in the places of answers, the first few of them by name. */
export interface FilesBefore {
  readonly count: number;
  readonly names: readonly string[];
}

/** What was seen in folders and is not asked about. */
export interface NotAskedAbout {
  /** Files that nobody named one by one and that are no pictures. */
  passedOver: readonly PassedOver[];
  leftOut: LeftOut;
}

/** Files of one kind that are no pictures. */
export interface PassedOver {
  one: string;
  many: string;
  count: number;
}

/** What else was seen in folders and not asked about. */
export interface LeftOut {
  /** Raw files beside their JPEG or HEIC. */
  raws: number;
  /** How many folders of programs and systems there were, by their names. */
  folders: ReadonlyMap<string, number>;
  /** Files and folders that match --exclude. */
  excluded: number;
  /** Pictures of other shards; absent where the run had no shard. */
  inOtherShards?: number | undefined;
}

/** What came of a dry run. */
export interface DryRunSummary extends NotAskedAbout {
  /** What is said of the pictures that were looked at: `counted`. */
  done: string;
  produced: number;
  failed: number;
}
