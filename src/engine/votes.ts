import { GeminiImageError } from '../domain/error.js';
import type { Answer } from '../domain/record.js';
import type { StyleAnswers } from '../domain/style-answers.js';
import { type Bill, billOf, withBill } from '../domain/usage.js';

/** The answers to one question, and where they come from. */
export interface Answers extends Votes {
  /** Whether they came from the cache. */
  cached: boolean;
  /** The name of an equal picture of the run that was asked about instead. */
  copiedFrom?: string | undefined;
  /** Of several styles, the answers that came from the cache. */
  answered?: StyleAnswers | undefined;
}

/** The answers to one question that was asked several times. */
interface Votes {
  /** The first answer, with the usage of all of them. */
  answer: Answer;
  /** The text of each answer; undefined for a vote that the model did not give. */
  texts: readonly (string | undefined)[];
}

/**
 * Asks a question several times at once, and waits for every answer. A vote is lost if the model
 * refuses it or gives no usable answer; any other failure fails the question as a whole.
 *
 * @param ask asks once; its argument is the number of the vote, from 0.
 * @param stop its reason is thrown unchanged if the run ends before all votes are there.
 * @throws GeminiImageError if something other than the model failed, or all votes are lost.
 */
export async function collectVotes(
  count: number,
  ask: (vote: number) => Promise<Answer>,
  stop?: AbortSignal,
): Promise<Votes> {
  const settled = await Promise.allSettled(Array.from({ length: count }, (_, vote) => ask(vote)));
  const answers: (Answer | undefined)[] = [];
  const failures: unknown[] = [];
  for (const one of settled) {
    answers.push(one.status === 'fulfilled' ? one.value : undefined);
    if (one.status === 'rejected') failures.push(one.reason);
  }
  const bill = billOf(...answers, ...failures.map(billIn));
  const [first] = answers.filter((answer) => answer !== undefined);
  const reason: unknown = stop?.aborted ? stop.reason : undefined;
  const whole = failures.filter((failure) => !isLostVote(failure));
  // The failure itself says more than the end of the run that it caused.
  const fatal =
    whole.find((failure) => failure !== reason) ?? whole[0] ?? (first ? undefined : failures[0]);
  if (fatal !== undefined && fatal === reason) throw fatal;
  if (fatal !== undefined) {
    throw fatal instanceof GeminiImageError && bill.usage
      ? fatal.with({ usage: bill.usage, costUsd: bill.costUsd })
      : fatal;
  }
  if (!first) throw new Error('a question that was put no times');
  const answer = withBill(first, bill);
  return { answer, texts: answers.map((one) => one?.text) };
}

/** Whether the model is the reason that a vote failed, so that the other votes still count. */
export function isLostVote(failure: unknown): boolean {
  return failure instanceof GeminiImageError && failure.kind === 'answer' && !failure.endsRun;
}

function billIn(failure: unknown): Bill | undefined {
  return failure instanceof GeminiImageError ? failure : undefined;
}
