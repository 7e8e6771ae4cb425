import type { Brief } from '../../domain/brief.js';
import { GeminiImageError } from '../../domain/error.js';
import type { Answer } from '../../domain/record.js';
import type { Bill } from '../../domain/usage.js';
import { notRight } from '../../engine/call.js';
import { conclude, recordOfOne, recordOfSeveral } from '../../engine/conclude.js';
import type { Task } from '../../engine/engine-task.js';
import { failure, type Outcome } from '../../engine/outcome.js';
import { keptOf, restOf } from '../../engine/several-styles.js';
import { type Answers, collectVotes } from '../../engine/votes.js';
import type { BatchRow } from '../../gemini/batches/batch-client.js';
import { displayName } from '../../images/web/display-name.js';
import type { OpenJob, QuestionInJob } from './journal-entries.js';

/** How often a question that failed for a passing reason is submitted again. */
export const MOST_REPETITIONS = 2;

/** From so many answers on, one can say that most of a job's answers do not keep to its schema. */
const FEWEST_ANSWERS = 3;

/** A job whose results are taken in. */
export interface FinishedJob extends OpenJob {
  readonly name: string;
  /** From its creation to its end. */
  durationMs: number;
}

/** What takes the results of a job. */
export interface Taker {
  task: Pick<Task, 'brief' | 'cache' | 'tell'>;
  /** Whether the ledger has the answer from this job already: an earlier run was cut off. */
  isThere(question: QuestionInJob, job: FinishedJob): Promise<boolean>;
  deliver(outcome: Outcome): Promise<void>;
  onBilled(bill: Bill): void;
  /** Set if an answer that is not as it was asked for is corrected: asks about it once more. */
  repair?:
    | ((question: QuestionInJob, answer: Answer) => Promise<Answer | GeminiImageError>)
    | undefined;
  /** Whether what failed for a passing reason may be asked again; otherwise it is a failure. */
  mayAskAgain(question: QuestionInJob): boolean;
}

/** What came of the rows of a job. */
export interface TakenIn {
  answered: number;
  failed: number;
  /** What failed for a passing reason, or has no row, and is open again. */
  again: readonly QuestionInJob[];
  /** How many answers are corrected by a call. */
  repaired: number;
  rows: RowCounts;
  /** Most of its answers do not keep to the schema that was sent with the questions. */
  isUnusable: boolean;
}

/** What is odd about the rows of a job. */
export interface RowCounts {
  /** Questions without a row. */
  missing: number;
  /** Rows of a question that had one already. */
  doubled: number;
  /** Rows that belong to no question of the job. */
  foreign: number;
  /** Rows that came without a key. */
  keyless: number;
  /** Whether they came in another order than the questions. */
  isUnordered: boolean;
}

type Vote = Answer | GeminiImageError;

interface Waiting {
  question: QuestionInJob;
  votes: (Vote | undefined)[];
  given: number;
}

/**
 * Judges each row of a job as a synchronous answer is judged, and delivers the outcomes. A row may
 * come in any place, twice (the first one counts), or not at all.
 *
 * @param rows in the order of the results; undefined if the job has none.
 */
export async function takeIn(
  job: FinishedJob,
  questions: readonly QuestionInJob[],
  rows: AsyncIterable<BatchRow> | undefined,
  taker: Taker,
): Promise<TakenIn> {
  const { votes } = job;
  const waiting = new Map<string, Waiting>(
    questions.map((question) => [question.key, { question, votes: [], given: 0 }]),
  );
  const places = new Map(questions.map(({ key }, at) => [key, at]));
  const judged = judgeOf(job, taker);
  const counts = { missing: 0, doubled: 0, foreign: 0, keyless: 0, isUnordered: false };
  const done = new Set<string>();
  const keyless: Vote[] = [];
  let total = 0;
  let last = -1;

  const add = async (key: string, vote: number, result: Vote) => {
    const one = waiting.get(key);
    if (!one || vote >= votes) {
      counts[done.has(key) && vote < votes ? 'doubled' : 'foreign'] += 1;
      return;
    }
    if (one.votes[vote] !== undefined) {
      counts.doubled += 1;
      return;
    }
    one.votes[vote] = result;
    one.given += 1;
    if (one.given < votes) return;
    waiting.delete(key);
    done.add(key);
    await judged.settle(one.question, one.votes);
  };

  for await (const { key: rowKey, result } of rows ?? []) {
    total += 1;
    if (rowKey === undefined) {
      counts.keyless += 1;
      keyless.push(result);
      continue;
    }
    const { key, vote } = readKey(rowKey);
    const place = (places.get(key) ?? last) * votes + vote;
    counts.isUnordered ||= place < last && !done.has(key);
    last = Math.max(last, place);
    await add(key, vote, result);
  }
  // Without keys, rows can be told apart by their places, if none is missing.
  if (keyless.length === total && total === questions.length * votes) {
    for (const [at, result] of keyless.entries()) {
      const question = questions[Math.floor(at / votes)];
      if (question) await add(question.key, at % votes, result);
    }
  }
  counts.missing = waiting.size;
  for (const { question, votes: given } of waiting.values()) await judged.settle(question, given);
  return { ...(await judged.finish()), rows: counts };
}

/** The key of a row; each of several votes has one of its own. */
export function rowKey(key: string, vote: number): string {
  return vote === 0 ? key : `${key}.${vote}`;
}

function readKey(key: string): { key: string; vote: number } {
  const [, own = key, vote = '0'] = /^(.*)\.(\d+)$/.exec(key) ?? [];
  return { key: own, vote: Number(vote) };
}

/** An answer that the brief does not accept, until the whole job is known. */
interface Wrong {
  question: QuestionInJob;
  answer: Answer;
  error: GeminiImageError;
}

function judgeOf(job: FinishedJob, taker: Taker) {
  const { task } = taker;
  const again: QuestionInJob[] = [];
  const wrong: Wrong[] = [];
  const counts = { answered: 0, failed: 0, repaired: 0, answers: 0 };

  const done = async (question: QuestionInJob, answers: Answers) => {
    counts.answered += 1;
    await taker.deliver(answeredOutcome(job, question, answers, task.brief));
    await keepAnswers(question, answers, task);
  };
  const fail = async (question: QuestionInJob, error: GeminiImageError) => {
    if (error.retryable && taker.mayAskAgain(question)) {
      again.push(question);
      return;
    }
    counts.failed += 1;
    await taker.deliver(failedOutcome(job, question, error));
  };

  /** Of several styles, the right ones may be kept (`--keep-good`). */
  const keepOrFail = async (question: QuestionInJob, error: GeminiImageError) => {
    let kept: Answer;
    try {
      const { answered } = question;
      const rest = { label: labelOf(question), model: job.model, answered };
      kept = keptOf(error, rest, { whole: task.brief, asked: briefOf(question, task) }, task.tell);
    } catch (failed) {
      if (!(failed instanceof GeminiImageError)) throw failed;
      return fail(question, failed);
    }
    await done(question, { answer: kept, texts: [kept.text], cached: false });
  };

  return {
    async settle(question: QuestionInJob, votes: readonly (Vote | undefined)[]): Promise<void> {
      if (await taker.isThere(question, job)) {
        counts.answered += 1;
        return;
      }
      let rejected: Answer | undefined;
      let isAnswered = false;
      const voteOf = async (at: number): Promise<Answer> => {
        const result = votes[at] ?? noRow();
        taker.onBilled(result);
        if (result instanceof GeminiImageError) throw result;
        isAnswered = true;
        const validation = briefOf(question, task).validate(result.text, question.pictures);
        if (validation.ok) return result;
        rejected ??= result;
        throw notRight(validation, result);
      };
      try {
        await done(question, { ...(await collectVotes(job.votes, voteOf)), cached: false });
      } catch (error) {
        if (!(error instanceof GeminiImageError)) throw error;
        if (rejected && error.kind === 'answer') wrong.push({ question, answer: rejected, error });
        else await fail(question, error);
      } finally {
        if (isAnswered) counts.answers += 1;
      }
    },

    async finish(): Promise<Omit<TakenIn, 'rows'>> {
      const isUnusable =
        task.brief.schema !== undefined &&
        counts.answers >= FEWEST_ANSWERS &&
        wrong.length > counts.answers / 2;
      for (const { question, answer, error } of wrong) {
        // A fault of the service is not paid for a second time.
        const repaired = isUnusable ? undefined : await taker.repair?.(question, answer);
        if (repaired && !(repaired instanceof GeminiImageError)) {
          counts.repaired += 1;
          await done(question, { answer: repaired, texts: [repaired.text], cached: false });
        } else await keepOrFail(question, repaired ?? error);
      }
      return {
        answered: counts.answered,
        failed: counts.failed,
        repaired: counts.repaired,
        again,
        isUnusable,
      };
    },
  };
}

function answeredOutcome(
  job: FinishedJob,
  question: QuestionInJob,
  answers: Answers,
  brief: Brief,
): Outcome {
  const { group } = question;
  const { name: batch, durationMs } = job;
  const result = { ...conclude(question, answers, brief), batch, durationMs };
  return group === undefined
    ? { record: recordOfOne(result) }
    : { record: { group, ...recordOfSeveral(result) } };
}

/** A failure of a question that was in a job. */
export function failedOutcome(
  { name: batch }: Pick<FinishedJob, 'name'>,
  question: QuestionInJob,
  error: GeminiImageError,
): Outcome {
  const { asked, request, requests } = question;
  const said = { asked, request, ...(requests && { requests }) };
  const failed = failure(namesIn(question), error, said);
  return { ...failed, record: { ...failed.record, batch } };
}

/** What was asked: of several styles, those that had no answer. */
function briefOf({ answered }: QuestionInJob, { brief }: Pick<Task, 'brief'>): Brief {
  return restOf(brief, answered) ?? brief;
}

async function keepAnswers(
  question: QuestionInJob,
  { answer }: Answers,
  { brief, cache }: Pick<Task, 'brief' | 'cache'>,
): Promise<void> {
  const { cacheKey, cacheKeys } = question;
  if (cacheKey !== undefined) await cache?.keep(cacheKey, answer);
  if (!cache || !cacheKeys) return;
  const { keepStyles } = await import('../../engine/cached-styles.js');
  await keepStyles(cache, cacheKeys, answer, briefOf(question, { brief }));
}

function labelOf({ pictures, group }: QuestionInJob): string {
  return displayName(group ?? pictures[0]?.image ?? '');
}

/** What a record calls the picture or the group of a question. */
function namesIn({ pictures, group }: QuestionInJob) {
  const [picture] = pictures;
  if (group === undefined && picture) return { image: picture.image };
  return {
    ...(group !== undefined && { group }),
    images: pictures.map(({ image }) => ({ image })),
  };
}

function noRow(): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    reason: 'broken off',
    message: 'the results of its batch job have no row for it',
    hint: 'Run the same command again.',
  });
}
