import type { NamedPicture } from '../../domain/record.js';
import type { EntryPlace, OnEntry } from '../../storage/ledger/journal-file.js';
import { ledgerKey } from '../../storage/ledger/ledger-key.js';
import { moved, type OpenJob, readPlan, readQuestions } from './journal-entries.js';

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
  onItsWay(key: string, request: string): readonly SentState[] | undefined;
  /** Whether an equal picture is on its way, by what equal pictures share. */
  isEqualOnItsWay(identity: string): boolean;
}

/** What tells whether a picture is still the one that was sent. */
export interface SentState {
  readonly size: number;
  readonly mtimeMs: number | undefined;
  readonly sha256: string;
  readonly pictureSha256: string | undefined;
}

interface KnownJob {
  job: OpenJob;
  place: EntryPlace;
  /** The keys of its rows, and the places of their questions, in the same order. */
  keys: readonly string[];
  places: readonly string[];
  /** How often a question was in a job before, by its place, if it was. */
  tries: ReadonlyMap<string, number>;
}

/** What all entries together say. */
export class JournalState implements OpenJobs {
  readonly #jobs = new Map<string, KnownJob>();
  /** By request and key in the ledger. */
  readonly #onItsWay = new Map<string, { id: string; pictures: readonly SentState[] }>();
  /** By identity, the job in which the picture is. */
  readonly #identities = new Map<string, string>();
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

  onItsWay(key: string, request: string): readonly SentState[] | undefined {
    return this.#onItsWay.get(asked(key, request))?.pictures;
  }

  isEqualOnItsWay(identity: string): boolean {
    return this.#identities.has(identity);
  }

  tries(key: string, request: string): number {
    return this.#tries.get(asked(key, request)) ?? 0;
  }

  isUnusable(key: string, request: string): boolean {
    return this.#unusable.has(asked(key, request));
  }

  readonly add: OnEntry = (entry, place) => {
    const { event, id } = entry;
    if (typeof id !== 'string') return false;
    if (event === 'prepared') return this.#prepare(entry, place);
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

  #prepare(entry: Readonly<Record<string, unknown>>, place: EntryPlace): boolean {
    const plan = readPlan(entry);
    const questions = readQuestions(entry.questions);
    if (!plan || !questions) return false;
    const { id, at, request } = plan;
    const places: string[] = [];
    const again = new Map<string, number>();
    for (const { pictures, identity, tries = 0 } of questions) {
      const where = asked(ledgerKey(pictures.map(({ image }) => image)), request);
      places.push(where);
      if (tries > 0) again.set(where, tries);
      // A later job may have the same name, if its picture has changed meanwhile.
      this.#onItsWay.set(where, { id, pictures: pictures.map(sentState) });
      if (identity !== undefined) this.#identities.set(sameText(identity, pictures), id);
    }
    const job: OpenJob = {
      ...{ ...plan, stage: 'prepared', count: questions.length, since: at },
      ...{ file: undefined, name: undefined },
    };
    const keys = questions.map(({ key }) => key);
    this.#jobs.set(id, { job, place, keys, places, tries: again });
    return true;
  }

  #close({ job: { id }, places }: KnownJob): void {
    this.#jobs.delete(id);
    for (const at of places) if (this.#onItsWay.get(at)?.id === id) this.#onItsWay.delete(at);
    for (const [one, job] of this.#identities) if (job === id) this.#identities.delete(one);
  }

  #end(known: KnownJob, { again, isUnusable }: Readonly<Record<string, unknown>>): void {
    const open = new Set(Array.isArray(again) ? again : []);
    for (const [number, at] of known.places.entries()) {
      const tries = known.tries.get(at) ?? 0;
      if (open.has(known.keys[number])) this.#tries.set(at, tries + 1);
      else this.#tries.delete(at);
      if (isUnusable === true) this.#unusable.add(at);
      else this.#unusable.delete(at);
    }
    if (known.job.name !== undefined) this.#over.push(known.job.name);
    this.#close(known);
  }
}

/** Most often the identity of a picture is one of its hashes, which is in the memory once then. */
function sameText(identity: string, pictures: readonly NamedPicture[]): string {
  const [{ pictureSha256, sha256 } = { pictureSha256: undefined, sha256: '' }] = pictures;
  if (identity === pictureSha256) return pictureSha256;
  return identity === sha256 ? sha256 : identity;
}

function sentState({ size, mtime, sha256, pictureSha256 }: NamedPicture): SentState {
  const mtimeMs = mtime === undefined ? undefined : Date.parse(mtime);
  return { size, mtimeMs, sha256, pictureSha256 };
}

/** A question about pictures, by its request and its key in the ledger. */
function asked(key: string, request: string): string {
  return `${request} ${key}`;
}
