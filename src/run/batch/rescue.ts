import type { Pending } from '../../engine/remaining.js';
import { pause } from '../../network/retry.js';
import { askNow } from './ask-now.js';
import type { BatchParts } from './batch-parts.js';
import { collect } from './collect.js';
import type { OpenJob, QuestionInJob } from './journal-entries.js';
import type { Submitter } from './submit.js';
import { planAgain } from './todo.js';

/** How often a cancelled job is looked at before it is left alone. */
const LOOKS = 24;

/**
 * Cancels jobs that have had their time, takes in what they have, and asks the rest at once.
 *
 * @param due jobs at the service; a job that does not end although it is cancelled stays on its way.
 * @param waiting jobs that the service had no room for.
 */
export async function rescue(
  due: readonly (OpenJob & { name: string })[],
  waiting: readonly OpenJob[],
  parts: BatchParts,
  submitter: Pick<Submitter, 'drop'>,
): Promise<void> {
  const { jobs, journal, task, tell } = parts;
  const { signals } = task;
  const all = [...due, ...waiting];
  const questions = all.reduce((sum, { count }) => sum + count, 0);
  tell({ type: 'batchRescue', jobs: all.length, questions });
  for (const { name } of due) await jobs.cancel(name, { signal: signals.abort });
  const left: QuestionInJob[] = [];
  for (const job of due) left.push(...(await untilOver(job, parts)));
  for (const job of waiting) {
    left.push(...(await journal.questionsOf(job)));
    await submitter.drop(job);
  }
  const questionsLeft: Pending[] = [];
  for (const question of left) {
    const ask = await planAgain(question, parts);
    if (ask) questionsLeft.push(ask);
  }
  await askNow(questionsLeft, parts);
}

async function untilOver(
  job: OpenJob & { name: string },
  parts: BatchParts,
): Promise<readonly QuestionInJob[]> {
  const { patience, task, states } = parts;
  for (let look = 1; look <= LOOKS; look += 1) {
    const looked = await collect(job, parts, { opensAll: true });
    if (looked.state === 'over') {
      states.delete(job.name);
      return looked.again;
    }
    if (looked.state === 'unknown') throw looked.error;
    await pause(patience.again, task.signals.stop);
  }
  return [];
}
