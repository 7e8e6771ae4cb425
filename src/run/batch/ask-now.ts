import { GeminiImageError, interrupted } from '../../domain/error.js';
import { asFinished } from '../../engine/delivery.js';
import { askMany, type RunTask } from '../../engine/many-images.js';
import type { Outcome } from '../../engine/outcome.js';
import type { Pending } from '../../engine/remaining.js';
import { createRunStop } from '../../engine/run-stop.js';
import { ledgerKey } from '../../storage/ledger/ledger-key.js';
import type { BatchParts } from './batch-parts.js';
import { deliverSettled } from './collect.js';

/**
 * Asks questions one by one, as a run without batches does. With a plan, flex is asked as long as
 * the plan says, and what is left then is asked at the standard price.
 */
export async function askNow(questions: readonly Pending[], parts: BatchParts): Promise<void> {
  const { clientAt, task, plan, tier } = parts;
  if (!plan) {
    await askAll(questions, parts, task, clientAt(tier), () => true);
    return;
  }
  let left = questions;
  if (plan.flexUntil !== undefined && plan.flexUntil > Date.now()) {
    left = await askByFlex(questions, parts, plan.flexUntil);
  }
  if (!task.signals.stop.aborted) {
    await askAll(left, parts, task, clientAt('standard'), () => true);
  }
}

/** @returns what flex has not answered in time. */
async function askByFlex(
  questions: readonly Pending[],
  parts: BatchParts,
  until: number,
): Promise<readonly Pending[]> {
  const { task, clientAt } = parts;
  const stop = createRunStop(task.signals);
  const timer = setTimeout(() => stop.end(interrupted()), until - Date.now());
  const answered = new Set<string>();
  const isFinal = ({ record, error }: Outcome) => {
    // What flex has no room for is asked at the standard price.
    if (error?.retryable) return false;
    answered.add('image' in record ? record.image : ledgerKey(namesIn(record)));
    return true;
  };
  try {
    await askAll(questions, parts, { ...task, signals: stop }, clientAt('flex'), isFinal);
  } finally {
    clearTimeout(timer);
    stop.close();
  }
  const { reason } = stop;
  if (reason instanceof GeminiImageError && reason.endsRun && !reason.retryable) {
    task.signals.end(reason);
  }
  return questions.filter((one) => !answered.has(keyOf(one)));
}

function namesIn(record: { images: readonly { image: string }[] }): string[] {
  return record.images.map(({ image }) => image);
}

function keyOf(pending: Pending): string {
  if (pending.kind !== 'ask') return '';
  const { asked } = pending;
  return 'images' in asked ? ledgerKey(asked.images.map(({ id }) => id)) : asked.id;
}

async function askAll(
  questions: readonly Pending[],
  parts: BatchParts,
  task: RunTask,
  client: Parameters<typeof askMany>[1],
  isFinal: (outcome: Outcome) => boolean,
): Promise<void> {
  async function* pending(): AsyncGenerator<Pending, void, void> {
    yield* questions;
  }
  const deliver = asFinished({
    async outcome(outcome) {
      if (isFinal(outcome)) await deliverSettled(outcome, parts);
    },
  });
  // What is made alongside is made when the outcome is delivered.
  await askMany(pending(), client, { ...task, alongside: undefined }, deliver);
}
