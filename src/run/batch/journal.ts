import { randomBytes } from 'node:crypto';
import type { Tell } from '../../domain/events.js';
import type { UploadedInput } from '../../gemini/batches/batch-client.js';
import { openJournalFile, readJournalFile } from '../../storage/ledger/journal-file.js';
import { asNamed, outputTarget } from '../../storage/output-target.js';
import { withSuffix } from '../../storage/swap-file.js';
import {
  type Entry,
  type JobEnd,
  type JobPlan,
  type OpenJob,
  type QuestionInJob,
  readQuestions,
} from './journal-entries.js';
import { JournalState, type OpenJobs } from './journal-state.js';
import type { PackedQuestions } from './packed-questions.js';

/**
 * The jobs of a ledger, in a file beside it that only grows. Each entry is on the disk before what it
 * announces begins, so that after a crash at any moment every job is found, and none is made twice.
 */
export interface Journal extends OpenJobs {
  /** What messages call it. */
  readonly path: string;
  /** The ledger's own path without links; files that are only needed for a while lie beside it. */
  readonly beside: string;
  /** How often the question was in a job that gave it no answer. */
  tries(key: string, request: string): number;
  /** Whether its last answer from a job did not keep to the schema, as most of that job. */
  isUnusable(key: string, request: string): boolean;
  prepared(plan: JobPlan, questions: PackedQuestions): Promise<OpenJob>;
  creating(job: OpenJob, file: UploadedInput): Promise<OpenJob>;
  queued(job: OpenJob): Promise<OpenJob>;
  created(job: OpenJob, name: string): Promise<OpenJob>;
  /** There is no such job at the service, and its questions are open again. */
  dropped(job: OpenJob): Promise<void>;
  ended(job: OpenJob, end: JobEnd): Promise<void>;
  /** The questions of a job, from the file. */
  questionsOf(job: OpenJob): Promise<readonly QuestionInJob[]>;
  close(): Promise<void>;
}

/** A new random id of a job. */
export function newJobId(): string {
  return randomBytes(8).toString('hex');
}

/** Where the journal of a ledger lies, and what messages call it. */
async function placeOf(ledger: string) {
  const { target } = await outputTarget(ledger, []);
  const journal = withSuffix(target, '.batch');
  return { target: journal, path: asNamed(journal, target, ledger), beside: target };
}

/**
 * Opens the journal of a ledger, or makes it, and locks it.
 *
 * @param ledger as the user named it.
 * @throws GeminiImageError of kind `usage`.
 */
export async function openJournal(
  ledger: string,
  tell: Tell<'unlocked' | 'ledgerRepaired' | 'ledgerMoved'>,
): Promise<Journal> {
  const { target, path, beside } = await placeOf(ledger);
  const state = new JournalState();
  const file = await openJournalFile(target, path, state.add, tell);
  const append = async (entry: Entry) => {
    const place = await file.append(entry);
    state.add({ ...entry }, place);
  };
  const now = () => new Date().toISOString();
  const jobOf = (id: string) => {
    const job = state.find(id);
    if (!job) throw new Error('a job that is not in its journal');
    return job;
  };
  return {
    path,
    beside,
    get jobs() {
      return state.jobs;
    },
    get over() {
      return state.over;
    },
    onItsWay: (key, request) => state.onItsWay(key, request),
    isEqualOnItsWay: (identity) => state.isEqualOnItsWay(identity),
    tries: (key, request) => state.tries(key, request),
    isUnusable: (key, request) => state.isUnusable(key, request),
    async prepared(plan, questions) {
      const place = await file.appendLine(questions.lineOf({ event: 'prepared', ...plan }));
      state.prepare(plan, questions, place);
      return jobOf(plan.id);
    },
    async creating({ id }, uploaded) {
      await append({ event: 'creating', id, file: uploaded, at: now() });
      return jobOf(id);
    },
    async queued({ id }) {
      await append({ event: 'queued', id, at: now() });
      return jobOf(id);
    },
    async created({ id }, name) {
      await append({ event: 'created', id, name, at: now() });
      return jobOf(id);
    },
    dropped: ({ id }) => append({ event: 'dropped', id, at: now() }),
    ended: ({ id }, end) => append({ event: 'ended', id, at: now(), ...end }),
    async questionsOf({ id }) {
      const { questions } = await file.read(state.placeOf(id));
      return readQuestions(questions) ?? [];
    },
    close: () => file.close(),
  };
}

/**
 * Reads the journal of a ledger, without changing or locking it.
 *
 * @param ledger as the user named it.
 * @returns undefined if there is none.
 * @throws GeminiImageError of kind `usage` if it cannot be read.
 */
export async function readJournal(ledger: string): Promise<OpenJobs | undefined> {
  const { target, path } = await placeOf(ledger).catch(() => ({ target: '', path: '' }));
  if (target === '') return undefined;
  const state = new JournalState();
  return (await readJournalFile(target, path, state.add)) ? state : undefined;
}
