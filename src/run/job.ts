import type { Brief } from '../domain/brief.js';
import type { GeminiImageError } from '../domain/error.js';
import type { Known } from '../domain/known.js';
import type { CaptionRecord } from '../domain/record.js';
import type { LeftOut, PassedOver } from '../domain/run-summary.js';
import type { Task } from '../engine/engine-task.js';
import type { LoadedPictures } from '../engine/loaded-pictures.js';
import type { RunTask } from '../engine/many-images.js';
import type { Outcome } from '../engine/outcome.js';
import type { Ask, PendingOptions, RestoreOptions } from '../engine/remaining.js';
import type { Found } from '../images/find/find-images.js';
import type { PictureGroup } from '../images/find/groups.js';
import type { ImageReference } from '../images/find/reference.js';
import type { OfferedFormat } from '../output/formats.js';
import type { Finished, Ledger } from '../storage/ledger/ledger.js';
import type { ReservedFiles } from '../storage/reserved-files.js';

/** What a command asks about every picture, and what it does with the answers. */
export interface Job {
  brief: Brief;
  /** How many times each question is asked; 1 by default. */
  votes?: number;
  /** The formats by name; one of them is `text`. */
  formats: Readonly<Record<string, OfferedFormat>>;
  /** Whether a JSON Lines file of results is a ledger, from which a later run continues. */
  keepsLedger: boolean;
  /** Whether a record shows that its JSON Lines file is not a ledger and may be replaced. */
  isOwnRecord?(record: CaptionRecord): boolean;
  /**
   * Whether the results are a report. A report includes failures, so it replaces an older report
   * even if the run failed, and the older one is not kept.
   */
  reportsFailures?: boolean;
  /** Set if there are several questions about the same picture. */
  loaded?: LoadedPictures;
  /** The word for a picture that has its answer, such as `described`. */
  done: string;
  /** Files that the command reads in addition to the pictures, and that no output may replace. */
  filesRead: readonly string[];
  /** Opened together with the other outputs, before anything is paid for. */
  openMore?(reserved: ReservedFiles): Promise<ResultWriter[]>;
  /**
   * What the question tells about a picture besides the picture itself; undefined for nothing.
   *
   * @param history what earlier runs have recorded, if there is a ledger.
   */
  know?(
    image: ImageReference,
    history: Pick<Finished, 'recordsUnder' | 'recordOf'> | undefined,
  ): Promise<Known | undefined>;
  /** Its pictures, if they are not those that the command line names. */
  pictures?: Pictures;
  /** Throws a GeminiImageError if what is made from an answer could not be saved. */
  admit?(image: ImageReference): Promise<void>;
  /** Called with each outcome before it is written, several at once. */
  alongside?(outcome: Outcome): Promise<void>;
  /**
   * Called for each picture that an earlier run finished, with a function that reads its record.
   */
  onDone?: RestoreOptions['onDone'];
  /** Sums up the answers, for the summary of a run over several pictures. */
  comesTo?(): string | undefined;
}

/** The pictures of a run. */
export interface Pictures {
  /** Whether there may be more than one, which decides the shape of the output. */
  several: boolean;
  found: AsyncIterable<Found | PictureGroup>;
  /** The same in runs, which takes less time for each. Only one of the two can be read. */
  runs?: AsyncIterable<readonly Found[]> | undefined;
  /** Files in folders and globs that are not pictures, so far. */
  passedOver(): readonly PassedOver[];
  /** What else was skipped, so far. */
  leftOut(): LeftOut;
}

/** One of the outputs that take the results of a run. */
export interface ResultWriter {
  /** @returns why a picture is not done although it has its answer; otherwise undefined. */
  add(outcome: Outcome): Promise<GeminiImageError | undefined>;
  /** Takes a piece of an answer in progress; it must not throw. */
  text?: ((text: string, image: string) => Promise<void>) | undefined;
  /**
   * Puts what was written in its final place.
   *
   * @param reason why the run ended early, if results are missing for that reason.
   */
  finish(reason: GeminiImageError | undefined): Promise<void>;
  /**
   * Called instead of `finish` if the run broke: older files stay, and what was written is kept.
   */
  abandon(): Promise<void>;
}

/** Where the results of a run go, and what earlier runs left there. */
export interface Outputs {
  results: ResultWriter;
  /** Decides what to do about the pictures of a question, by what is there. */
  plan: PendingOptions['plan'];
  /** What the question tells about a picture, if it tells anything. */
  know: Task['know'];
  /** Reads the answers that the ledger has already to some of several styles. */
  readRecorded: NonNullable<RunTask['readRecorded']>;
  /** Carries out the plan for pictures that are not asked about. */
  restore: PendingOptions['restore'];
  /** Whether results are wanted in the order of the pictures. */
  inOrder: boolean;
  /** Whether the same command continues where this run ends. */
  isResumable: boolean;
  /** The ledger, if there is one; `--overwrite` must start it anew only once. */
  ledger: Ledger | undefined;
  /** Whether text is visible as soon as it is written. */
  isLive: boolean;
  /** The fingerprint of the question. */
  request: string;
  /** Where the results are, for people. */
  places: readonly string[];
  /** At the end, says where the results are if the ledger is no longer in its place. */
  displaced(): GeminiImageError | undefined;
  /** Throws a GeminiImageError if the answer about a picture could not be saved. */
  admit(image: ImageReference, plan: Ask): Promise<void> | undefined;
  /** Whether a file of results or failures could not be put in place at the end. */
  isOutOfPlace(path: string): boolean;
  /** How many files beside pictures have been set aside. */
  setAside(): number;
}
