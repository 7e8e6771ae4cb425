import type { NamedPicture } from '../../domain/record.js';
import { type FinishedPicture, FinishedPictures } from '../../storage/ledger/finished-pictures.js';
import type { EntryPlace, OnEntry } from '../../storage/ledger/journal-file.js';
import { ledgerKey } from '../../storage/ledger/ledger-key.js';
import {
  type JobPlan,
  moved,
  type OpenJob,
  type QuestionInJob,
  readPlan,
  readQuestions,
} from './journal-entries.js';
import { HASH_BYTES, RowsByText } from './rows-by-text.js';

/** What a journal says, as far as its jobs are not over. */
export interface OpenJobs {
  /** In the order in which they were prepared. */
  readonly jobs: readonly OpenJob[];
  /** The names, at the service, of jobs that are over: their answers were taken in, or never came. */
  readonly over: readonly string[];
  /**
   * The pictures as they were sent, if the question is on its way.
   *
   * @param key see `ledgerKey`.
   */
  onItsWay(key: string, request: string): readonly FinishedPicture[] | undefined;
  /** Whether an equal picture is on its way, by what equal pictures share. */
  isEqualOnItsWay(identity: string): boolean;
}

interface KnownJob {
  job: OpenJob;
  place: EntryPlace;
  /** By which the rows of its questions and pictures know it, from 0. */
  number: number;
  /** The row of its first question; those of the others follow. */
  firstQuestion: number;
  /** The keys of its rows at the service; undefined if they are numbers from 1. */
  keys: readonly string[] | undefined;
}

/** The row of a question: its job, the row of its first picture, their count, and in how many jobs it was before. */
const QUESTION = {
  ...{ job: HASH_BYTES, picture: HASH_BYTES + 4, pictures: HASH_BYTES + 8 },
  ...{ tries: HASH_BYTES + 12, width: HASH_BYTES + 16 },
} as const;
/** The row of an identity: the job that has a picture with it. */
const IDENTITY = { job: HASH_BYTES, width: HASH_BYTES + 4 } as const;

/**
 * What all entries together say. Hundreds of thousands of questions may be on their way, so that what is kept of each
 * lies outside of the heap: some 120 bytes.
 */
export class JournalState implements OpenJobs {
  readonly #jobs = new Map<string, KnownJob>();
  /** The numbers of the jobs that are not over. */
  readonly #open = new Set<number>();
  #begun = 0;
  readonly #pictures = new FinishedPictures();
  /** By request and key in the ledger. */
  readonly #questions = new RowsByText(QUESTION.width);
  readonly #identities = new RowsByText(IDENTITY.width);
  /** Of questions that are open again, by the marks of their texts. */
  readonly #tries = new Map<string, number>();
  readonly #unusable = new Set<string>();
  readonly #over: string[] = [];

  get jobs(): readonly OpenJob[] {
    return [...this.#jobs.values()].map(({ job }) => job);
  }

  get over(): readonly string[] {
    return this.#over;
  }

  find(id: string): OpenJob | undefined {
    return this.#jobs.get(id)?.job;
  }

  placeOf(id: string): EntryPlace {
    const known = this.#jobs.get(id);
    if (!known) throw new Error('a job that is over');
    return known.place;
  }

  onItsWay(key: string, request: string): readonly FinishedPicture[] | undefined {
    const row = this.#questions.newestOf(asked(key, request));
    if (row === undefined || !this.#open.has(this.#questions.get(row, QUESTION.job))) {
      return undefined;
    }
    const first = this.#questions.get(row, QUESTION.picture);
    const count = this.#questions.get(row, QUESTION.pictures);
    return Array.from({ length: count }, (_, at) => this.#pictures.at(first + at));
  }

  isEqualOnItsWay(identity: string): boolean {
    const row = this.#identities.newestOf(identity);
    return row !== undefined && this.#open.has(this.#identities.get(row, IDENTITY.job));
  }

  tries(key: string, request: string): number {
    if (this.#tries.size === 0) return 0;
    return this.#tries.get(this.#questions.markOf(asked(key, request))) ?? 0;
  }

  isUnusable(key: string, request: string): boolean {
    if (this.#unusable.size === 0) return false;
    return this.#unusable.has(this.#questions.markOf(asked(key, request)));
  }

  readonly add: OnEntry = (entry, place) => {
    const { event, id } = entry;
    if (typeof id !== 'string') return false;
    if (event === 'prepared') return this.#read(entry, place);
    const known = this.#jobs.get(id);
    switch (event) {
      case 'creating':
      case 'queued':
      case 'created':
        if (known) known.job = moved(known.job, event, entry);
        return true;
      case 'dropped':
        if (known) this.#close(known);
        return true;
      case 'ended':
        if (known) this.#end(known, entry);
        return true;
      default:
        return false;
    }
  };

  #read(entry: Readonly<Record<string, unknown>>, place: EntryPlace): boolean {
    const plan = readPlan(entry);
    const questions = readQuestions(entry.questions);
    if (!plan || !questions) return false;
    this.prepare(plan, questions, place);
    return true;
  }

  /** Adds a job and its questions. */
  prepare(plan: JobPlan, questions: Iterable<QuestionInJob>, place: EntryPlace): void {
    const { id, at, request } = plan;
    const number = this.#begun;
    this.#begun += 1;
    this.#open.add(number);
    const keys: string[] = [];
    let areNumbers = true;
    let firstQuestion: number | undefined;
    for (const { key, pictures, identity, tries = 0 } of questions) {
      // A later job may have the same name, if its picture has changed meanwhile.
      const row = this.#questions.add(asked(ledgerKey(pictures.map(nameOf)), request));
      firstQuestion ??= row;
      this.#questions.set(row, QUESTION.job, number);
      this.#questions.set(row, QUESTION.picture, this.#pictures.count);
      this.#questions.set(row, QUESTION.pictures, pictures.length);
      this.#questions.set(row, QUESTION.tries, tries);
      for (const picture of pictures) this.#pictures.add(picture);
      if (identity !== undefined) {
        this.#identities.set(this.#identities.add(identity), IDENTITY.job, number);
      }
      areNumbers &&= key === String(keys.push(key));
    }
    const job: OpenJob = {
      ...{ ...plan, stage: 'prepared', count: keys.length, since: at },
      ...{ file: undefined, name: undefined },
    };
    this.#jobs.set(id, {
      ...{ job, place, number, firstQuestion: firstQuestion ?? 0 },
      keys: areNumbers ? undefined : keys,
    });
  }

  #close({ job: { id }, number }: KnownJob): void {
    this.#jobs.delete(id);
    this.#open.delete(number);
  }

  #end(known: KnownJob, { again, isUnusable }: Readonly<Record<string, unknown>>): void {
    const open = new Set(Array.isArray(again) ? again : []);
    const { job, firstQuestion, keys } = known;
    for (let index = 0; index < job.count; index += 1) {
      const row = firstQuestion + index;
      const mark = this.#questions.markOfRow(row);
      const isAgain = open.has(keys ? keys[index] : String(index + 1));
      if (isAgain) this.#tries.set(mark, this.#questions.get(row, QUESTION.tries) + 1);
      else this.#tries.delete(mark);
      if (isUnusable === true) this.#unusable.add(mark);
      else this.#unusable.delete(mark);
    }
    if (job.name !== undefined) this.#over.push(job.name);
    this.#close(known);
  }
}

function nameOf({ image }: NamedPicture): string {
  return image;
}

/** A question about pictures, by its request and its key in the ledger. */
function asked(key: string, request: string): string {
  return `${request} ${key}`;
}
