import type { Brief } from '../domain/brief.js';
import type { GeminiImageError } from '../domain/error.js';
import type { CaptionRecord } from '../domain/record.js';
import type { Outcome } from '../engine/outcome.js';
import type { RestoreOptions } from '../engine/remaining.js';
import type { ImageReference } from '../images/find/reference.js';
import type { OutputFormat } from '../output/formats.js';
import type { ReservedFiles } from '../storage/reserved-files.js';

/** What a command asks of every picture, and what it does with the answers. */
export interface Job {
  brief: Brief;
  /** How often each question is put; 1 by default. */
  votes?: number;
  /** By their names; one of them is `text`. */
  formats: Readonly<Record<string, OutputFormat>>;
  /** Whether a JSON Lines file of the results is a ledger, with which a later run goes on. */
  keepsLedger: boolean;
  /** Whether a JSON Lines file that has such a record is no ledger, and may be replaced. */
  isOwnRecord?(record: CaptionRecord): boolean;
  /**
   * Whether the results are a report: it tells of failures, so that they replace an older one as well,
   * which is not kept.
   */
  reportsFailures?: boolean;
  /** What is said of a picture that has its answer: `described`. */
  done: string;
  /** Files that the command reads besides the pictures, and that no output may replace. */
  filesRead: readonly string[];
  /** Opened with the other outputs, before anything is paid for. */
  openMore?(reserved: ReservedFiles): Promise<ResultWriter[]>;
  /** Throws a GeminiImageError where what is made of an answer would have no place. */
  admit?(image: ImageReference): Promise<void>;
  /** Done with each outcome before it is written, for several at once. */
  alongside?(outcome: Outcome): Promise<void>;
  /** Told of each picture that an earlier run has finished, with a way to read its record. */
  onDone?: RestoreOptions['onDone'];
  /** What the answers come to, for the summary of a run over several pictures. */
  comesTo?(): string | undefined;
}

/** One of the places that take the results of a run. */
export interface ResultWriter {
  /** @returns why a picture is not done although it has its answer, where that is so. */
  add(outcome: Outcome): Promise<GeminiImageError | undefined>;
  /** A piece of an answer on its way; it must not throw. */
  text?: ((text: string, image: string) => Promise<void>) | undefined;
  /**
   * Puts in its place what was written.
   *
   * @param reason why the run ended early, so that there is less than was wanted.
   */
  finish(reason: GeminiImageError | undefined): Promise<void>;
  /** Called instead where the run broke: what was there before stays, and what was written is kept. */
  abandon(): Promise<void>;
}
