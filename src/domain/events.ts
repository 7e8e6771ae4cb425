import type { GeminiImageError } from './error.js';
import type { DryRunSummary, FilesBefore, RunSummary, WriteSummary } from './run-summary.js';

/** A wait before a request is repeated. */
export interface Retry {
  /** The attempt that will follow: 2 is the first repetition. */
  attempt: number;
  maxAttempts: number;
  delayMs: number;
  /** Why the last attempt failed. */
  error: GeminiImageError;
}

/** A finished answer that does not keep to what was asked, and is asked for once more. */
export interface AskedAgain {
  /** What is wrong with it. */
  problem: string;
}

/** A wait of all calls of a run. */
export interface Pause {
  delayMs: number;
  /** What the service answered. */
  error: GeminiImageError;
}

/** How far a run over several pictures is. */
export interface Progress {
  /** Pictures that were described in this run. */
  described: number;
  /** Pictures that had been described before. */
  skipped: number;
  failed: number;
  /** All pictures of the run, those skipped included; absent until all are found. */
  total?: number;
  /** What the answers cost so far; absent if no price is known. */
  costUsd?: number;
  /** Set while the run waits for batch jobs. */
  jobs?: JobsOnTheirWay | undefined;
}

/** What came of a batch job. */
export interface BatchResults {
  job: string;
  answered: number;
  failed: number;
  /** How many answers were corrected by a call. */
  repaired: number;
  /** How many are open again, and submitted once more. */
  again: number;
  /** What was odd about the rows of its results. */
  rows: {
    missing: number;
    doubled: number;
    foreign: number;
    keyless: number;
    isUnordered: boolean;
  };
}

/** Batch jobs that are not finished. */
export interface JobsOnTheirWay {
  /** How many jobs there are in each state. */
  states: ReadonlyMap<string, number>;
  /** Their questions, each about a picture or a group. */
  questions: number;
  /** When the oldest of them was submitted, in milliseconds since 1970. */
  since: number;
}

/** What the user should know although a picture can be used. */
export interface Notice {
  message: string;
  /** Notices of one topic say the same about many pictures; the terminal shows the first. */
  topic?:
    | 'converted'
    | 'stays'
    | 'kept'
    | 'limit'
    | 'lost'
    | 'preview'
    | 'pages'
    | 'schema'
    | 'storage'
    | 'routing'
    | 'metadata'
    | 'towns'
    | 'transparent'
    | 'tier';
}

/** What another program has done to a file that is being written. */
export type Displacement =
  /** No file has its name any more. */
  | 'gone'
  /** Another file has it. */
  | 'replaced'
  /** It lost bytes: an editor has saved an older state of it, or somebody has emptied it. */
  | 'cut';

/**
 * What happens on the way to one answer: the facts of each event, by its type. A program that uses
 * the library is told of them, so these names and facts are public.
 */
interface AnswerFacts {
  warning: Notice;
  retry: Retry;
  again: AskedAgain;
  /** Of several styles, some stayed wrong and were left out; by style, what was wrong. */
  stylesLeftOut: { problems: Readonly<Record<string, string>> };
  /** A picture that is too large for a request is uploaded first. */
  upload: { bytes: number };
}

export type AnswerEventType = keyof AnswerFacts;

/** An event on the way to an answer, from code that does not know which picture it is about. */
export type AnswerEvent<Type extends AnswerEventType = AnswerEventType> = {
  [One in Type]: { type: One } & AnswerFacts[One];
}[Type];

type NamedAnswerFacts = { [Type in AnswerEventType]: { image: string } & AnswerFacts[Type] };

/**
 * Everything that users are told while a run goes on: the facts of each event, by its type. The
 * terminal makes sentences of them (`cli/reporter.ts`).
 */
export interface EventFacts extends NamedAnswerFacts {
  // How the run goes on.
  /** No call of the run begins for a while, because the service asks for fewer. */
  pause: Pause;
  progress: Progress;
  /** The run waits for nothing any more, so the progress line can go. */
  progressOver: object;
  /** Something failed; `about` says what, such as a picture. */
  failed: { error: GeminiImageError; about?: string | undefined };

  // Jobs of the Batch API.
  batchSubmitted: { job: string; questions: number; bytes: number };
  /** The service takes no more jobs now; one is prepared. */
  batchQueueFull: { questions: number; error: GeminiImageError };
  /** The results of a job were taken in. */
  batchCollected: BatchResults;
  /** A job ended in another way than it should have. */
  batchEnded: { job: string; state: string; problem: string | undefined; answered: number };
  /** Most answers of a job do not keep to the schema that was sent with its questions. */
  batchUnusable: { job: string; failed: number; questions: number };
  /** The uploaded questions of a job could not be deleted. */
  batchCopyLeft: object;
  /** No more questions are submitted, because of `--max-cost`. */
  batchTooDear: { limitUsd: number; committedUsd: number };
  /** How a run is to be done by a time. */
  deadlinePlan: { words: string };
  /** These jobs are cancelled, and what they have not answered is asked at once. */
  batchRescue: { jobs: number; questions: number };
  /**
   * At the end of a run: what is still on its way, how to collect it, and whether it is to be said
   * that it goes on without this command.
   */
  batchesOnTheirWay: { jobs: JobsOnTheirWay; collect: string; goOn: boolean };

  // What the run begins with.
  envFileIgnored: { why: string };
  envVariableIgnored: { name: string };
  /** A file has chosen the model: `.env`, or one of settings with the place in it. */
  modelFromFile: { model: string; file: string };
  /** A file of settings does not hold. */
  settingsIgnored: { path: string; why: string };
  /** A variable of the environment names a proxy but is not read. */
  proxyUnread: { variable: string };
  /** The emulator answers. */
  offline: object;
  /** Text is shown as it arrives, and flex may take minutes until it does. */
  streamIsSlow: object;
  /** The system allows fewer open files than pictures were to be asked about at once. */
  fewerAtOnce: { openFiles: number; atOnce: number; wanted: number };
  schemaLeftOut: { keywords: readonly string[] };
  schemaUnenforced: { keywords: readonly string[] };

  // What it finds.
  /** A file in a folder is not asked about. */
  passedOver: { name: string; what: string };
  /** A group has no picture for some parts of its pattern. */
  groupIncomplete: { group: string; missing: readonly string[] };
  firstCallTooDear: { costUsd: number; limitUsd: number };
  cacheUnused: { why: string };
  boxesDropped: { image: string; boxes: number };
  /** The boxes of an answer were in other units than asked for, and were converted. */
  boxesConverted: { image: string; from: 'fractions' | 'pixels' };
  /** An overlay shows fewer boxes than its answer has. */
  boxesNotDrawn: { image: string; boxes: number; drawn: number };
  /** A line of the output would have been a command to the runner of GitHub Actions. */
  runnerCommandChanged: object;

  // Files that it writes.
  /** Other runs cannot be kept from writing the same file. */
  unlocked: { path: string; why: string };
  ledgerSetAside: { path: string; records: number; aside: string };
  /** An earlier run was interrupted in its last line; `cutOff` bytes of a torn line were removed. */
  ledgerRepaired: { path: string; cutOff?: number };
  ledgerDamaged: { path: string; lines: number; firstLine: number; keptIn: string };
  ledgerMoved: {
    path: string;
    what: Displacement;
    /** Where it is now, if that is known. */
    where: string | undefined;
    rest: string;
  };
  /** No picture got an answer, so that the old results stay. */
  outputLeft: { path: string; done: string };
  /** A file of somebody else made room for an output, and is kept. */
  outputSetAside: { path: string; aside: string };
  /** The run broke, and what it had finished is in another file. */
  outputKept: { path: string };
  failedListKept: { path: string };
  /**
   * A sidecar appeared while its picture was asked about, and is left as it is. `answer` is given if
   * the answer was written nowhere else.
   */
  sidecarKept: { path: string; answer?: string | undefined };
  /** A name with a line break cannot stand in the list of failed pictures, which is one a line. */
  nameUnlisted: { name: string; path: string };
  noStepSummary: { why: string };

  // What came of it.
  answeredBefore: { places: readonly string[] };
  fileBefore: { files: FilesBefore; outputFile: string | undefined };
  filesSetAside: { files: number };
  /** A person has changed what was written into a field, so that it stays. */
  fieldKept: { name: string; field: string };
  /** An older field has room for the beginning of an answer only. */
  fieldCut: { name: string; field: string };
  /**
   * Nothing can be written into a picture itself, so that its answers go into a sidecar. With a topic,
   * the same holds for other pictures, and is not said again.
   */
  sidecarInstead: {
    name: string;
    to: string;
    why: string;
    topic?: string | undefined;
    hint?: string | undefined;
  };
  /** The run was interrupted, so that its answers are not written into the pictures yet. */
  writePostponed: { ledger: string };
  writeSummary: WriteSummary;
  /** The alternative texts of pages were looked at; `unread` counts names and pages that failed. */
  pagesChecked: {
    pages: number;
    images: number;
    found: number;
    /** Images that are left alone: made by an expression or a template, or told to be ignored. */
    computed: number;
    ignored: number;
    unread: number;
  };
  /** What became of the pages; `left` counts images whose text could not be changed alone. */
  pagesChanged: {
    pages: number;
    images: number;
    left: number;
    decorative: number;
    rejected: number;
    isWritten: boolean;
  };
  /** A picture has no metadata for people. `isOne`: it is the only one that was named. */
  saysNothing: { name: string; isOne: boolean };
  /** Lines of a ledger that is only read are parts of records, and were left out. */
  tornLinesLeftOut: { path: string; lines: number };
  /** Ledgers were merged: what they hold together, and how many records are new in the result. */
  merged: { path: string; ledgers: number; answered: number; failed: number; added: number };
  /** The service knows no batch job of this key's project. */
  noJobs: object;
  /** `isAsked` says whether the service was; otherwise the list is the table of this version. */
  modelsListed: { pricesAsOf: string; isAsked: boolean };
  demoBegins: { picture: string };
  demoEnds: object;
  /** A batch job was to be ended: `was` is its state before, and `isOver` whether that was final. */
  jobCancelled: { job: string; was: string; isOver: boolean };
  jobDeleted: { job: string };
  /** Jobs of a ledger are not deleted, since their answers are not in it yet. */
  jobsLeft: { ledger: string; jobs: number };
  /** Pictures of a ledger that are not in its export, for one reason. */
  exportLeftOut: { first: string; count: number; one: string; many: string };
  /** The page over a ledger can be opened. */
  reviewOpened: { ledger: string; rows: number };
  /** Changes that an earlier review could not save yet. */
  reviewTakenUp: { ledger: string; changes: number };
  /** Changes that could not be put into the ledger, and the file that keeps them. */
  reviewLeft: { changes: number; path: string };
  /**
   * Pictures that the page of an export does not show, or only small: they are broken or gone, are no
   * files, or lie where only a link that names all folders above them would lead to.
   */
  reviewLacks: { what: 'broken' | 'elsewhere' | 'far'; first: string; count: number; why: string };
  /** The page over a ledger was written to be looked at without a server. */
  reviewWritten: { path: string; rows: number };
  /** A ledger was exported: to a file or folder, to files beside the pictures, or to stdout. */
  exported: { exported: number; to: { path: string } | 'pictures' | 'stdout' };
  summary: RunSummary;
  dryRunSummary: DryRunSummary;
}

export type EventType = keyof EventFacts;

/** Events of some types, or all that users are told of, each with its facts. */
export type EventOf<Type extends EventType = EventType> = {
  [One in Type]: { type: One } & EventFacts[One];
}[Type];

/** What happens on the way to an answer; a program may be told. */
export type CaptionEvent = EventOf<AnswerEventType>;

/** Told of events as they happen; it must not throw. */
export type Tell<Type extends EventType = EventType> = (event: EventOf<Type>) => void;

/** The same for code that does not know which picture an event is about. */
export type TellOfAnswer<Type extends AnswerEventType = AnswerEventType> = (
  event: AnswerEvent<Type>,
) => void;

export type CaptionListener = (event: CaptionEvent) => void;

/** Everything that a program is told of: what happens on the way to answers, and with its files. */
export type ProgramEvent = EventOf<
  | AnswerEventType
  | 'pause'
  | 'schemaLeftOut'
  | 'schemaUnenforced'
  | 'firstCallTooDear'
  | 'cacheUnused'
  | 'unlocked'
  | 'ledgerSetAside'
  | 'ledgerRepaired'
  | 'ledgerDamaged'
  | 'ledgerMoved'
>;

export type ProgramListener = (event: ProgramEvent) => void;

/**
 * A listener for those who do not know which picture their events are about.
 *
 * @param image as it is shown to people.
 */
export function tellingOf(image: string, tell: CaptionListener | undefined): TellOfAnswer {
  return (event) => tell?.({ ...event, image });
}
