import type { Tell } from '../../domain/events.js';
import type { Tier } from '../../domain/model-settings.js';
import type { Bill } from '../../domain/usage.js';
import type { Deliver } from '../../engine/delivery.js';
import type { RunTask } from '../../engine/many-images.js';
import type { Pending } from '../../engine/remaining.js';
import type { BatchClient } from '../../gemini/batches/batch-client.js';
import type { GeminiClient } from '../../gemini/client.js';
import type { PictureGroup } from '../../images/find/groups.js';
import type { ImageReference } from '../../images/find/reference.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import type { BatchPart, LimitsPart } from '../options.js';
import type { DeadlinePlan } from './deadline.js';
import type { Journal } from './journal.js';
import type { QuestionInWords } from './journal-entries.js';
import type { Spending } from './spending.js';

/** What the steps of a batch run share. */
export interface BatchParts {
  options: BatchPart;
  jobs: BatchClient;
  /** A client for questions that are asked one by one. */
  clientAt(tier: Tier | undefined): GeminiClient;
  /** The tier that was asked for. */
  tier: Tier | undefined;
  /** Set if the run is to be done by a time. */
  plan: DeadlinePlan | undefined;
  journal: Journal;
  ledger: Ledger;
  task: RunTask & { onBilled(bill: Bill): void };
  question: QuestionInWords;
  /** The fingerprint of the question, whatever is known about a picture. */
  request: string;
  /** That of each style, or the same if only one is asked. */
  requests: readonly string[];
  /** Whose jobs they are; see `JobPlan`. */
  service: string;
  deliver: Deliver;
  tell: Tell;
  today: Date;
  patience: Patience;
  /** Shows what is waited for. */
  tellWaiting(): void;
  /**
   * Plans a question anew that waited for an equal picture, and carries the plan out.
   *
   * @returns the question if it has to be asked.
   */
  planAnew(
    asked: ImageReference | PictureGroup,
    images: readonly ImageReference[],
  ): Promise<Extract<Pending, { kind: 'ask' }> | undefined>;
  /** What the jobs cost, for the calls beside them. */
  spending: Spending;
  /** What this run was billed for so far, for rows and calls, in US dollars. */
  spentUsd(): number;
  /** The results file, as the user named it. */
  ledgerPath: string;
  limits: LimitsPart;
  /** What the questions of this run may cost together, if that is limited. */
  maxCostUsd: number | undefined;
  /** What became of questions that this run has dealt with, by their keys in the ledger. */
  settled: Map<string, 'answered' | 'failed' | 'again'>;
  /**
   * The pictures that this run has submitted, for what is made from their answers; undefined if it does not wait for
   * them.
   */
  submitted: Map<string, Submitted> | undefined;
  /** How the jobs at the service look, by their names; known after a look at them. */
  states: Map<string, string>;
}

/** A picture that was submitted, and where its answer goes besides. */
export interface Submitted {
  picture: ImageReference;
  sidecar: string | undefined;
}

/** How long is waited, in milliseconds. */
export interface Patience {
  /** Before the first look at jobs on their way, and at most before later ones. */
  look: number;
  most: number;
  /** Before another look at something that should be there: results, or a job just created. */
  again: number;
}

/** The service needs minutes to hours; a server on this machine need not be spared. */
export const PATIENCE = {
  remote: { look: 30_000, most: 300_000, again: 5_000 },
  local: { look: 100, most: 2_000, again: 50 },
} as const satisfies Readonly<Record<string, Patience>>;
