import { setImmediate as nextTurn } from 'node:timers/promises';
import { GeminiImageError, interrupted, isInterrupted } from '../domain/error.js';
import type { StyleAnswers } from '../domain/style-answers.js';
import type { GeminiClient } from '../gemini/client.js';
import { type CallSlots, createCallSlots } from './concurrency.js';
import type { Delivery } from './delivery.js';
import { forPicture, type Task } from './engine-task.js';
import { failure, namesOf, type Outcome, unanswered } from './outcome.js';
import { askOne } from './question.js';
import type { PartlyRecorded } from './recorded-answers.js';
import { type AnyGroup, type Pending, picturesOf } from './remaining.js';
import type { RunStop } from './run-stop.js';

export interface RunTask extends Task {
  /** How many pictures are asked about at once; a few more are prepared meanwhile. */
  concurrency: number;
  /** Ends the run, on an error or on the user's request. */
  signals: RunStop;
  /** Whether any failure ends the run. */
  failFast?: boolean | undefined;
  /**
   * Called with each outcome before it is delivered, several at once. If it throws, the run ends.
   */
  alongside?: ((outcome: Outcome) => Promise<void>) | undefined;
  /**
   * Reads the answers that earlier runs have to some of several styles.
   *
   * @throws GeminiImageError of kind `usage` if they cannot be read any more.
   */
  readRecorded?: ((recorded: PartlyRecorded) => Promise<StyleAnswers>) | undefined;
}

/**
 * Prepared pictures are ready when an answer comes, so that the next call need not wait for the
 * disk.
 */
const PREPARED_SHARE = 1 / 2;

/**
 * Asks about pictures or groups of them, several at once, and delivers the outcome of each. A picture that fails, or
 * a name without a picture, does not stop the others. An error that would hit every other call ends
 * the run; the user and the listener can end it too, by `signals`. Pictures that were not asked
 * about by then have no outcome.
 *
 * @throws GeminiImageError of kind `internal` for a bug, and whatever the delivery throws.
 */
export async function askMany(
  pictures: AsyncIterable<Pending<AnyGroup>>,
  client: GeminiClient,
  task: RunTask,
  delivery: Delivery,
): Promise<void> {
  const { signals: run, concurrency, failFast = false, onText, alongside } = task;
  const slots = createCallSlots(concurrency);
  const source = pictures[Symbol.asyncIterator]();
  let begun = 0;

  const endIfToldBy = (error: unknown) => {
    if (!(error instanceof GeminiImageError)) return;
    if (error.endsRun) run.end(error);
    else if (failFast) run.end(atFirstFailure());
  };
  const outcomeOf = async (
    pending: Pending<AnyGroup>,
    place: number,
  ): Promise<Outcome | undefined> => {
    if (pending.kind === 'known') return pending.outcome;
    if (pending.kind === 'failed') {
      const { about, images, error } = pending;
      return failure(about, error, await unanswered(task, images, 'images' in about));
    }
    const { asked, sidecar, recorded } = pending;
    const { id } = asked;
    // A lost vote is not a failure of its picture.
    const isLostVote =
      (task.votes ?? 1) > 1 ? (await import('./votes.js')).isLostVote : () => false;
    const start = performance.now();
    let failedInTime = false;
    const use: CallSlots['use'] = (call) =>
      slots.use(() =>
        call().catch((error: unknown) => {
          if (run.stop.aborted || isLostVote(error)) throw error;
          failedInTime = true;
          // End the run before the slot goes to another call, which must not be made any more.
          endIfToldBy(error);
          throw error;
        }),
      );
    let answered: StyleAnswers | undefined;
    const stream = onText && ((text: string) => delivery.text(place, text, id));
    try {
      // Before the call, so that nothing is paid for if they cannot be read any more.
      answered = recorded && (await task.readRecorded?.(recorded));
      const wanted = forPicture(task, { answered, slots: { use }, onText: stream });
      if ('bytes' in asked) return { record: await askOne(asked, client, wanted) };
      if (asked.kind === 'group') {
        const { askGroup } = await import('./together.js');
        return { record: await askGroup(asked, client, wanted) };
      }
      return { record: await askOne(asked, client, wanted), picture: asked, sidecar };
    } catch (error) {
      // An interrupted picture that can be asked about again is neither done nor failed.
      const isCutShort = run.isReason(error) || (run.stop.aborted && isFreeToRepeat(error));
      if (isCutShort && !failedInTime) return undefined;
      const tookMs = Math.round(performance.now() - start);
      const isJoint = 'images' in asked;
      const question = await unanswered({ ...task, answered }, picturesOf(asked), isJoint);
      return { ...failure(namesOf(asked), error, question), tookMs };
    }
  };
  const work = async () => {
    while (!run.stop.aborted) {
      const next = await source.next();
      if (next.done || run.stop.aborted) return;
      const place = begun;
      begun += 1;
      const outcome = await outcomeOf(next.value, place);
      endIfToldBy(outcome?.error);
      if (!outcome) continue;
      try {
        await alongside?.(outcome);
      } finally {
        // Deliver it whatever else failed: it was paid for.
        await delivery.outcome(place, outcome);
      }
      // Before another picture is loaded, the call that takes the place of this one goes out, and answers are
      // read that have come meanwhile.
      await nextTurn();
      await nextTurn();
    }
  };
  const failures: unknown[] = [];
  const fail = (error: unknown) => {
    // The caller reports what ended the run.
    if (run.stop.aborted && isInterrupted(error)) return;
    if (error instanceof GeminiImageError && error.endsRun) return run.end(error);
    failures.push(error);
    run.end(interrupted());
  };
  const ahead = Math.floor(concurrency * PREPARED_SHARE);
  const asking = Array.from({ length: concurrency }, () => work().catch(fail));
  // The first calls must not wait for those that come after them.
  await nextTurn();
  const preparing = Array.from({ length: ahead }, () => work().catch(fail));
  await Promise.all([...asking, ...preparing]);
  await delivery.end().catch(fail);
  if (failures.length > 0) throw failures[0];
}

function atFirstFailure(): GeminiImageError {
  return new GeminiImageError({ kind: 'interrupted', message: 'stopped at the first failure' });
}

/**
 * Whether the error may go unreported. If it cost something, it is reported, even if the picture
 * will be asked about again.
 */
function isFreeToRepeat(error: unknown): boolean {
  return error instanceof GeminiImageError && error.retryable && !error.usage;
}
