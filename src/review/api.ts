// What the server and the page tell each other. Types only: the page is a program of its own.
import type { PagePlace } from '../domain/known.js';

export type AnswerValue = string | readonly string[] | Readonly<Record<string, unknown>>;
export type Reviewed = 'accepted' | 'rejected';

/** A picture of a row. */
export interface PictureView {
  /** As the ledger names it. */
  name: string;
  /** Where the page finds it small and large; absent if it is no file, such as a web address. */
  thumb?: string;
  large?: string;
  /** Set where it is known that there is no small one, although it is a file. */
  isBroken?: true;
  /** As it is seen; absent where that is not known. */
  width?: number;
  height?: number;
}

/** What a person said about an answer. */
export interface ReviewView {
  edited?: true;
  reviewed?: Reviewed;
  by?: string;
  at?: string;
}

/** The newest answer to a question. */
export interface AnswerView extends ReviewView {
  name: string;
  value: AnswerValue;
  style?: string;
  lang?: string;
  model: string;
  /** The answer of a model that was replaced, or waits for a decision. */
  other?: { value: AnswerValue; model: string; isNewer: boolean };
}

export type FieldKind = 'text' | 'number' | 'boolean' | 'list' | 'other';

/** A field of an answer in JSON. */
export interface FieldView extends ReviewView {
  name: string;
  value: unknown;
  kind: FieldKind;
  /** The values that its schema allows, if it lists them. */
  choices?: readonly string[];
  /** The value of a model that was replaced, or waits for a decision. */
  other?: { value: unknown; model: string; isNewer: boolean };
}

/** A box on the upright picture, in thousandths of its sides. */
export interface BoxView {
  label: string;
  /** `[ymin, xmin, ymax, xmax]` */
  at: readonly [number, number, number, number];
}

export interface VerdictView {
  claim: string;
  verdict: string;
  evidence: string;
  /** The number of its box among those of the row. */
  box?: number;
}

export interface FailureView {
  kind: string;
  message: string;
  hint?: string;
  partialText?: string;
}

/** A picture, or several that were asked about together, with all that is known of it. */
export interface RowView extends ReviewView {
  position: number;
  pictures: readonly PictureView[];
  status: 'ok' | 'failed';
  /** Where it stands in a page, if it was asked about as part of one. */
  place?: PagePlace;
  answers: readonly AnswerView[];
  fields: readonly FieldView[];
  boxes: readonly BoxView[];
  verdicts: readonly VerdictView[];
  failure?: FailureView;
  model?: string;
  costUsd?: number;
  /** Whether an answer differs from the one that it replaced. */
  differs?: true;
  /** A change of a person that is not in the ledger yet, because something else holds it. */
  isKept?: true;
}

/** What is looked for. Everything that is absent allows anything. */
export interface Query {
  q?: string;
  style?: string;
  status?: 'ok' | 'failed';
  kind?: string;
  reviewed?: Reviewed | 'none' | 'any';
  edited?: 'yes' | 'no';
  /** Such as `words>20` or `chars>125`. */
  over?: string;
  tag?: string;
  model?: string;
  /** More than so many US dollars. */
  cost?: string;
  differs?: 'yes';
  duplicates?: 'yes';
  sort?: SortKey;
  order?: 'down';
}

export type SortKey = 'name' | 'words' | 'chars' | 'cost' | 'at' | 'status';

/** How many rows there are of each kind. */
export interface Counts {
  all: number;
  ok: number;
  failed: number;
  accepted: number;
  rejected: number;
  unreviewed: number;
  edited: number;
  differs: number;
  duplicates: number;
  /** By answer, kind of failure, model and tag; of the tags, the most frequent. */
  styles: Readonly<Record<string, number>>;
  kinds: Readonly<Record<string, number>>;
  models: Readonly<Record<string, number>>;
  tags: Readonly<Record<string, number>>;
}

/** What a query finds, by position and in its order. */
export interface Found {
  version: number;
  /** Undefined if it is all rows, in the order of the ledger. */
  positions?: readonly number[];
  total: number;
}

export interface State {
  ledger: string;
  /** Tells this ledger from others of the same name; absent in a page that keeps nothing in the browser. */
  id?: string;
  /** Grows with each change of the ledger. */
  version: number;
  all: number;
  /** What the answers are called. */
  names: readonly string[];
  /** How many changes wait until the ledger is free. */
  kept: number;
  /** Who has the ledger, while changes wait. */
  holder?: string;
  /** Why the ledger cannot be read now. */
  trouble?: string;
  by?: string;
  /** The model that is asked again; absent if none can be. */
  model?: string;
  asking?: Asking;
}

/** All that is in a page that is written once. */
export interface WholeLedger {
  state: State;
  rows: readonly RowView[];
}

/** A run that asks again. */
export interface Asking {
  done: number;
  failed: number;
  total: number;
  costUsd: number;
  /** Set once it has ended. */
  ended?: 'done' | 'stopped' | 'failed';
  /** Why it has ended, if not all is done, and what else it said. */
  messages: readonly string[];
  positions: readonly number[];
}

/** Something that a person does to an answer. */
export interface Change {
  /** Made by the page, so that what it sends twice is saved once. */
  id: string;
  position: number;
  /** The names of the pictures at that position, so that a mistake cannot hit others. */
  names: readonly string[];
  at: string;
  /** New words; the value that the person saw before them tells whether another changed it too. */
  answer?: { name: string; value: AnswerValue; before: AnswerValue };
  field?: { name: string; value: unknown; before: unknown };
  /** Accepts or rejects all answers of the row; `none` takes that back. */
  review?: Reviewed | 'none';
  /** Puts back a state as it was, instead of noting an edit. */
  restore?: { edited: boolean; reviewed: Reviewed | 'none' };
}

export type ChangeResult =
  | { id: string; status: 'saved' | 'kept'; row: RowView; replaced?: ReplacedWords }
  | { id: string; status: 'refused'; why: string };

/** What a change replaced that the person had not seen, and what was said of it. */
export interface ReplacedWords {
  /** The value of the answer, or of the field. */
  answer?: AnswerValue;
  field?: unknown;
  edited: boolean;
  reviewed: Reviewed | 'none';
  by?: string;
}

/** A replacement in texts. */
export interface Replacement {
  find: string;
  put: string;
  /** Only this answer, by name. */
  answer?: string;
  isCaseSensitive?: boolean;
  isWholeWords?: boolean;
}

/** A text that a replacement would change. */
export interface Replaced {
  position: number;
  names: readonly string[];
  answer: string;
  before: AnswerValue;
  after: AnswerValue;
}

export interface AskQuestion {
  positions: readonly number[];
  /** The name of the answer that is asked again; empty for the fields. */
  answer: string;
  hint: string;
}

export interface AskEstimate {
  pictures: number;
  model: string;
  costUsd?: number;
  /** In words, about what the price says. */
  note: string;
}
