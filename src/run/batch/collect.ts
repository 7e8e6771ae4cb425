import { rm } from 'node:fs/promises';
import { GeminiImageError } from '../../domain/error.js';
import type { OkRecord } from '../../domain/record.js';
import type { Outcome } from '../../engine/outcome.js';
import type { BatchJob } from '../../gemini/batches/batch-job.js';
import type { ImageReference } from '../../images/find/reference.js';
import { fileState } from '../../images/open/file.js';
import { pause } from '../../network/retry.js';
import { ledgerKey } from '../../storage/ledger/ledger-key.js';
import type { BatchParts } from './batch-parts.js';
import type { JobEnd, OpenJob, QuestionInJob } from './journal-entries.js';
import { type FinishedJob, MOST_REPETITIONS, type TakenIn, type Taker, takeIn } from './take-in.js';

/** How often results are looked for that a finished job does not have yet. */
const LOOKS = 4;

/** A finished job that has no results after this time will not get any. */
const RESULTS_WITHIN_MS = 3_600_000;

/** After this time, the service has removed a job by itself. */
const KEPT_MS = 48 * 3_600_000;

export interface HowToCollect {
  /** Corrects an answer that is not as it was asked for. */
  repair?: Taker['repair'];
  /** Whether a job that the service does not know is given up, and not waited for. */
  givesUp?: boolean;
  /** Whether everything without an answer is open again, however often it was in a job. */
  opensAll?: boolean;
}

const UNKNOWN =
  'It belongs to the project of another key, with which it can be collected; or it was deleted: then --rescue 1s submits its pictures again.';

/** How a job looks now. */
export type Look =
  | { state: 'on its way'; job: OpenJob; now: BatchJob }
  | { state: 'over'; again: readonly QuestionInJob[] }
  | { state: 'unknown'; error: GeminiImageError };

/**
 * Looks at a job that is at the service and, if it is finished, takes in what it has. The record of
 * each answer is on the disk before the journal says that the job is over.
 *
 * @throws GeminiImageError if the service cannot be reached, or a file cannot be written.
 */
export async function collect(
  job: OpenJob & { name: string },
  parts: BatchParts,
  how: HowToCollect = {},
): Promise<Look> {
  const { jobs, task, patience } = parts;
  const { signals } = task;
  const look = { signal: signals.abort };
  let now: BatchJob;
  try {
    now = await jobs.get(job.name, look);
    for (let looks = 1; isLate(now) && looks < LOOKS; looks += 1) {
      await pause(patience.again, signals.stop);
      now = await jobs.get(job.name, look);
    }
  } catch (error) {
    if (!isUnknown(error)) throw error;
    const isKept = Date.now() - Date.parse(job.since) < KEPT_MS;
    if (isKept && !how.givesUp) return { state: 'unknown', error: error.with({ hint: UNKNOWN }) };
    return { state: 'over', again: await end(job, undefined, parts, how) };
  }
  if (!now.isFinal || isLate(now)) return { state: 'on its way', job, now };
  return { state: 'over', again: await end(job, now, parts, how) };
}

/** Whether a job succeeded a moment ago, and its results are not there yet. */
function isLate({ state, results, ended }: BatchJob): boolean {
  if (state !== 'succeeded' || results) return false;
  return ended === undefined || Date.now() - Date.parse(ended) < RESULTS_WITHIN_MS;
}

/** With the key of another project, a job is unknown too. */
function isUnknown(error: unknown): error is GeminiImageError {
  return (
    error instanceof GeminiImageError && (error.httpStatus === 404 || error.httpStatus === 403)
  );
}

/** @param now undefined if the service does not know the job any more. */
async function end(
  job: OpenJob & { name: string },
  now: BatchJob | undefined,
  parts: BatchParts,
  { repair, opensAll = false }: HowToCollect,
): Promise<readonly QuestionInJob[]> {
  const { jobs, journal, task, ledger, tell, settled, spending } = parts;
  const { name, id } = job;
  // The questions are not needed any more, and they hold the pictures.
  if (job.file && !(await jobs.deleteInput(job.file.name))) tell({ type: 'batchCopyLeft' });
  const path = `${journal.beside}.batch-${id}.results`;
  try {
    const hasResults = now?.results !== undefined;
    if (now && hasResults) {
      await removeResults(path);
      await jobs.download(now, path, { signal: task.signals.abort });
    }
    const finished: FinishedJob = { ...job, name, durationMs: durationOf(job, now) };
    const { brief, settings } = task;
    const expected = { settings, mayBeEmpty: brief.mayBeEmpty, isCopy: brief.isCopy };
    const rows = hasResults
      ? jobs.rows(path, {
          model: job.model,
          expect: () => expected,
          pricesAt: new Date(now.ended ?? Date.now()),
          signal: task.signals.abort,
        })
      : undefined;
    const questions = await journal.questionsOf(job);
    spending.takingIn(job);
    const taken = await takeIn(finished, questions, rows, {
      task,
      repair,
      onBilled(bill) {
        spending.billed(bill);
        task.onBilled(bill);
      },
      mayAskAgain: ({ tries = 0 }) => opensAll || tries < MOST_REPETITIONS,
      async isThere(question) {
        const there = await isRecorded(question, job, parts);
        if (there) settled.set(keyOf(question), 'answered');
        return there;
      },
      deliver: (outcome) => deliverFromJob(outcome, parts),
    });
    await ledger.sync();
    for (const question of taken.again) settled.set(keyOf(question), 'again');
    await journal.ended(job, endOf(now, taken));
    tellOf(job, now, taken, parts);
    return taken.again;
  } finally {
    await removeResults(path);
  }
}

function endOf(
  now: BatchJob | undefined,
  { answered, failed, again, isUnusable }: TakenIn,
): JobEnd {
  return {
    state: now?.state ?? 'lost',
    answered,
    failed,
    again: again.map(({ key }) => key),
    ...(isUnusable && { isUnusable }),
  };
}

function tellOf(
  { name, count }: OpenJob & { name: string },
  now: BatchJob | undefined,
  taken: TakenIn,
  { tell }: BatchParts,
): void {
  const { answered, failed, repaired, again, rows, isUnusable } = taken;
  if (now?.state !== 'succeeded') {
    const state = now?.state ?? 'lost';
    tell({ type: 'batchEnded', job: name, state, problem: now?.problem, answered });
  }
  tell({
    type: 'batchCollected',
    job: name,
    ...{ answered, failed, repaired, again: again.length },
    // Without results, all rows are missing, and that is said already.
    rows: now?.results ? rows : { ...rows, missing: 0 },
  });
  if (isUnusable) tell({ type: 'batchUnusable', job: name, failed, questions: count });
}

/** Whether the ledger has the answer from this job: a run was cut off while it took it in. */
async function isRecorded(
  question: QuestionInJob,
  { name }: OpenJob,
  { ledger }: BatchParts,
): Promise<boolean> {
  for (const entry of ledger.answersUnder(keyOf(question))) {
    const isSame = question.pictures.every(({ sha256 }, at) =>
      entry.pictures[at]?.has('sha256', sha256),
    );
    if (!isSame) continue;
    if ((await ledger.read(entry)).batch === name) return true;
  }
  return false;
}

/** With its picture, if this run has submitted it and it is as it was. */
async function deliverFromJob(outcome: Outcome, parts: BatchParts): Promise<void> {
  const { record } = outcome;
  const sent = 'image' in record ? parts.submitted?.get(ledgerKey([record.image])) : undefined;
  if (!sent || record.status !== 'ok' || !('image' in record))
    return deliverSettled(outcome, parts);
  const isSame = isUnchanged(sent.picture, record);
  await deliverSettled({ record, ...(isSame && sent) }, parts);
}

function isUnchanged({ kind, source }: ImageReference, { size, mtime }: OkRecord): boolean {
  if (kind !== 'file') return true;
  const now = fileState(source);
  return now?.size === size && mtime !== undefined && now.mtimeMs === Date.parse(mtime);
}

/** Delivers an outcome, and remembers that this run has dealt with its question. */
export async function deliverSettled(
  outcome: Outcome,
  { settled, deliver, task }: Pick<BatchParts, 'settled' | 'deliver' | 'task'>,
): Promise<void> {
  const { record } = outcome;
  const names = 'image' in record ? [record.image] : record.images.map(({ image }) => image);
  settled.set(ledgerKey(names), record.status === 'ok' ? 'answered' : 'failed');
  try {
    await task.alongside?.(outcome);
  } finally {
    await deliver.outcome(outcome);
  }
}

function keyOf({ pictures }: QuestionInJob): string {
  return ledgerKey(pictures.map(({ image }) => image));
}

function durationOf({ since }: OpenJob, now: BatchJob | undefined): number {
  const began = Date.parse(now?.created ?? since);
  const ended = now?.ended === undefined ? Date.now() : Date.parse(now.ended);
  return Math.max(0, ended - began);
}

async function removeResults(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(`${path}.part`, { force: true });
}
