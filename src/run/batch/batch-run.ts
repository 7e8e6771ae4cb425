import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GeminiImageError, isInterrupted } from '../../domain/error.js';
import type { Pending } from '../../engine/remaining.js';
import { pause } from '../../network/retry.js';
import { throwIfStopped } from '../../network/stop-signals.js';
import { exactDollars } from '../../output/quantities.js';
import { askNow } from './ask-now.js';
import type { BatchParts } from './batch-parts.js';
import { collect } from './collect.js';
import { costsOf, planInWords, planUntil } from './deadline.js';
import type { OpenJob, QuestionInJob } from './journal-entries.js';
import { expectSameQuestion } from './question-in-words.js';
import { createRepair } from './repair.js';
import { rescue } from './rescue.js';
import { createSubmitter, type Submitter } from './submit.js';
import { Todo } from './todo.js';

/** After so many looks in vain, one after the other, a run does not wait any longer. */
const MOST_VAIN_LOOKS = 10;

/** Each wait is longer than the one before. */
const GROWTH = 1.2;

/**
 * A run in batches: takes in what is finished, submits again what came back without an answer, then
 * submits what is new, and with `--wait` begins anew until nothing is on its way. If it ends early,
 * the signals of the task say why.
 *
 * @param pending what is neither done nor on its way when it is asked for.
 * @returns how many pictures wait for the answer about an equal one.
 * @throws GeminiImageError of kind `usage` if jobs with another question are on their way.
 */
export async function askInBatches(
  parts: BatchParts,
  pending: AsyncIterable<Pending>,
): Promise<number> {
  const { journal, task, options, ledgerPath, patience } = parts;
  const { signals: run } = task;
  await removeLeftOvers(parts);
  await dropUnbegun(parts);
  // Thrown, because a run with another question has not begun, and nothing is to be gone on with.
  expectSameQuestion(ledgerPath, journal.jobs, parts);
  const submitter = createSubmitter(parts);
  let todo = new Todo(pending, parts);
  try {
    if (options.by !== undefined) {
      const again = await collectAll(parts, submitter);
      await todo.again(again);
      todo = new Todo(inOrder(await planFor(options.by, todo, parts)), parts);
    }
    await round(parts, submitter, todo);
    let delay = patience.look;
    let vain = 0;
    while (options.waits && (journal.jobs.length > 0 || todo.isHeld)) {
      if (run.stop.aborted || (todo.isTooDear && journal.jobs.length === 0)) break;
      parts.tellWaiting();
      await pause(Math.min(delay, Math.max(0, rescueAt(parts) - Date.now())), run.stop);
      delay = Math.min(patience.most, Math.round(delay * GROWTH));
      try {
        submitter.tryAnew();
        await round(parts, submitter, todo);
        vain = 0;
      } catch (error) {
        const isPassing = error instanceof GeminiImageError && error.retryable;
        vain += 1;
        if (!isPassing || vain === MOST_VAIN_LOOKS) throw error;
      }
    }
  } catch (error) {
    const isToldAlready = run.stop.aborted && (isInterrupted(error) || run.isReason(error));
    if (!(error instanceof GeminiImageError) || error.kind === 'internal') throw error;
    if (!isToldAlready) run.end(error);
  } finally {
    if (todo.isTooDear && !run.stop.aborted) endForMoney(parts, submitter.committedUsd());
    await submitter.discard();
    await todo.close();
  }
  return todo.twins;
}

/** While something is on its way, `--max-cost` only keeps more from being submitted. */
function endForMoney({ journal, task, tell, maxCostUsd = 0 }: BatchParts, committedUsd: number) {
  if (journal.jobs.length > 0) {
    tell({ type: 'batchTooDear', limitUsd: maxCostUsd, committedUsd });
    return;
  }
  const [limit, spent] = [maxCostUsd, committedUsd].map(exactDollars);
  const error = new GeminiImageError({
    kind: 'quota',
    message: `the next picture might pass the limit of ${limit} (--max-cost): ${spent} spent`,
    hint: 'The limit holds for one run; the next one may spend as much again.',
  });
  task.signals.end(error);
}

/** Takes in what is finished, and submits what is open. */
async function round(parts: BatchParts, submitter: Submitter, todo: Todo): Promise<void> {
  await todo.again(await collectAll(parts, submitter));
  await todo.planTwinsAnew(submitter);
  if (parts.plan && rescueAt(parts) <= Date.now()) {
    await askNow(await todo.takeAll(), parts);
    await todo.planTwinsAnew(submitter);
    return;
  }
  await todo.submit(submitter);
  await submitter.finish();
}

/** @returns what is open again. */
async function collectAll(parts: BatchParts, submitter: Submitter): Promise<QuestionInJob[]> {
  const { journal, task, states } = parts;
  const again: QuestionInJob[] = [];
  const due: (OpenJob & { name: string })[] = [];
  let unknown: GeminiImageError | undefined;
  for (const job of journal.jobs) if (job.stage === 'creating') await submitter.settle(job);
  const repair = createRepair(parts);
  for (const job of journal.jobs) {
    throwIfStopped(task.signals);
    if (!hasName(job)) continue;
    const looked = await collect(job, parts, { repair, givesUp: isDue(job, parts) });
    states.delete(job.name);
    if (looked.state === 'unknown') unknown ??= looked.error;
    else if (looked.state === 'over') again.push(...looked.again);
    else {
      states.set(job.name, looked.now.state);
      if (isDue(job, parts)) due.push(job);
    }
  }
  const waiting = journal.jobs.filter(({ stage }) => stage === 'queued');
  const dropped = waiting.filter((job) => isDue(job, parts));
  if (due.length + dropped.length > 0) await rescue(due, dropped, parts, submitter);
  for (const job of waiting.filter((job) => !dropped.includes(job))) {
    throwIfStopped(task.signals);
    if (submitter.isFull) break;
    const questions = await journal.questionsOf(job);
    if ((await submitter.retry(job)) === 'expired') again.push(...questions);
  }
  if (unknown) throw unknown;
  return again;
}

function hasName(job: OpenJob): job is OpenJob & { name: string } {
  return job.stage === 'created' && job.name !== undefined;
}

/** Whether a job has had its time. */
function isDue({ at }: OpenJob, parts: BatchParts): boolean {
  const { rescueAfterMs } = parts.options;
  if (rescueAt(parts) <= Date.now()) return true;
  return rescueAfterMs !== undefined && Date.now() - Date.parse(at) >= rescueAfterMs;
}

/** When no batch is waited for any more, by the plan. */
function rescueAt({ plan }: BatchParts): number {
  return plan ? (plan.batchUntil ?? 0) : Number.POSITIVE_INFINITY;
}

/** Makes the plan, and says it. @returns what is to be asked. */
async function planFor(by: number, todo: Todo, parts: BatchParts): Promise<readonly Pending[]> {
  const { journal, ledger, requests, task, today, tell } = parts;
  const left = await todo.takeAll();
  const asks = left.filter(({ kind }) => kind === 'ask').length;
  const questions = journal.jobs.reduce((sum, { count }) => sum + count, asks);
  const costs = costsOf(questions, task, ledger.meanUsage(requests), today);
  parts.plan = { ...planUntil(questions, parts.limits, Date.now(), by), costs };
  if (questions > 0) tell({ type: 'deadlinePlan', words: planInWords(parts.plan) });
  return left;
}

async function* inOrder(questions: readonly Pending[]): AsyncGenerator<Pending, void, void> {
  yield* questions;
}

/** Forgets jobs that were never created: those of a run that was cut off, and of an emulator. */
async function dropUnbegun({ journal }: BatchParts): Promise<void> {
  for (const job of journal.jobs) {
    if (job.stage === 'prepared' || job.service === 'offline') await journal.dropped(job);
  }
}

/** Removes the files of questions and results that a run has left which was cut off. */
async function removeLeftOvers({ journal: { beside } }: BatchParts): Promise<void> {
  const folder = dirname(beside);
  const beginning = `${basename(beside)}.batch-`;
  for (const name of await readdir(folder)) {
    const rest = name.startsWith(beginning) ? name.slice(beginning.length) : '';
    if (/^[0-9a-f]{16}\.(?:input|results|results\.part)$/.test(rest)) {
      await rm(join(folder, name), { force: true });
    }
  }
}
