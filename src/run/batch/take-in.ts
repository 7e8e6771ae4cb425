import type { Brief } from '../../domain/brief.js';
import { GeminiImageError } from '../../domain/error.js';
import type { Answer } from '../../domain/record.js';
import type { Bill } from '../../domain/usage.js';
import { notRight } from '../../engine/call.js';
import { conclude, recordOfOne, recordOfSeveral } from '../../engine/conclude.js';
import type { Task } from '../../engine/engine-task.js';
import { failure, type Outcome } from '../../engine/outcome.js';
import { keptOf, restOf } from '../../engine/several-styles.js';
import { type Answers, collectVotes, isLostVote } from '../../engine/votes.js';
import type { BatchRow } from '../../gemini/batches/batch-client.js';
import { displayName } from '../../images/find/reference.js';
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

/**
 * Asks once more about an answer that is not as it was asked for.
 *
 * @param vote which of several answers to the question it is, from 0.
 * @returns the corrected answer, or why there is none.
 * @throws GeminiImageError if the run ends: the job is then taken in again by a later run.
 */
export type Repair = (
  question: QuestionInJob,
  answer: Answer,
  vote: number,
) => Promise<Answer | GeminiImageError>;

/** What takes the results of a job. */
export interface Taker {
  task: Pick<Task, 'brief' | 'cache' | 'tell'>;
  /** Whether the ledger has the answer from this job already: an earlier run was cut off. */
  isThere(question: QuestionInJob, job: FinishedJob): Promise<boolean>;
  deliver(outcome: Outcome): Promise<void>;
  onBilled(bill: Bill): void;
  /** Set if an answer that is not as it was asked for is corrected. */
  repair?: Repair | undefined;
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

/** A question with a row that the brief does not accept, until the whole job is known. */
interface Held {
  question: QuestionInJob;
  /** Each row, judged. */
  votes: readonly Vote[];
  /** The answers that the brief does not accept, by their places. */
  wrong: ReadonlyMap<number, Answer>;
  /** What the rows come to as they are. */
  sum: Answers | GeminiImageError;
}

function judgeOf(job: FinishedJob, taker: Taker) {
  const { task, repair } = taker;
  const again: QuestionInJob[] = [];
  const held: Held[] = [];
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

  /** The rows of a question, with a corrected answer in place of each wrong one. */
  const corrected = async (
    { question, votes, wrong }: Held,
    correct: NonNullable<Taker['repair']>,
  ): Promise<Answers | GeminiImageError> => {
    const better = [...votes];
    for (const [at, answer] of wrong) {
      const result = await correct(question, answer, at);
      if (!(result instanceof GeminiImageError)) counts.repaired += 1;
      better[at] = isLostVote(result) ? result : failedRepair(votes[at], result);
    }
    return sumOf(better);
  };

  const settleHeld = async (one: Held, correct: Taker['repair']) => {
    const sum = correct ? await corrected(one, correct) : one.sum;
    if (sum instanceof GeminiImageError) await keepOrFail(one.question, sum);
    else await done(one.question, sum);
  };

  return {
    async settle(question: QuestionInJob, given: readonly (Vote | undefined)[]): Promise<void> {
      if (await taker.isThere(question, job)) {
        counts.answered += 1;
        counts.answers += 1;
        return;
      }
      const wrong = new Map<number, Answer>();
      const { validate } = briefOf(question, task);
      const votes = Array.from({ length: job.votes }, (_, at): Vote => {
        const result = given[at] ?? noRow();
        taker.onBilled(result);
        if (result instanceof GeminiImageError) return result;
        const validation = validate(result.text, question.pictures);
        if (validation.ok) return result;
        wrong.set(at, result);
        return notRight(validation, result);
      });
      if (given.some((vote) => vote && !(vote instanceof GeminiImageError))) counts.answers += 1;
      const sum = await sumOf(votes);
      const isLost = sum instanceof GeminiImageError;
      const isHeld = wrong.size > 0 && (isLost ? sum.kind === 'answer' : repair !== undefined);
      if (isHeld) held.push({ question, votes, wrong, sum });
      else if (isLost) await fail(question, sum);
      else await done(question, sum);
    },

    async finish(): Promise<Omit<TakenIn, 'rows'>> {
      const lost = held.filter(({ sum }) => sum instanceof GeminiImageError);
      const isMost = (count: number) =>
        counts.answers >= FEWEST_ANSWERS && count > counts.answers / 2;
      const isUnusable = isMost(lost.length) && isMost(await countBroken(lost, task));
      // A fault of the service is not paid for a second time.
      const correct = isUnusable ? undefined : repair;
      const settled = await Promise.allSettled(held.map((one) => settleHeld(one, correct)));
      for (const one of settled) if (one.status === 'rejected') throw one.reason;
      const { answered, failed, repaired } = counts;
      return { answered, failed, repaired, again, isUnusable };
    },
  };
}

/** How many questions have an answer that breaks the schema itself, and not only a rule of a style. */
async function countBroken(lost: readonly Held[], task: Pick<Task, 'brief'>): Promise<number> {
  if (!task.brief.schema) return 0;
  const { jsonValidator } = await import('../../schema/validator.js');
  // Few schemas: that of all styles, and those of what was left to ask.
  const validators = new Map<string, ReturnType<typeof jsonValidator>>();
  let broken = 0;
  for (const { question, wrong } of lost) {
    const { schema = {} } = briefOf(question, task);
    const name = JSON.stringify(schema);
    const validator = validators.get(name) ?? jsonValidator(schema);
    validators.set(name, validator);
    const validate = await validator;
    if ([...wrong.values()].some(({ text }) => !validate(text).ok)) broken += 1;
  }
  return broken;
}

/** What the rows of a question come to: the answers, or why there are none. */
async function sumOf(votes: readonly Vote[]): Promise<Answers | GeminiImageError> {
  const voteOf = async (at: number): Promise<Answer> => {
    const vote = votes[at];
    if (!vote || vote instanceof GeminiImageError) throw vote;
    return vote;
  };
  try {
    return { ...(await collectVotes(votes.length, voteOf)), cached: false };
  } catch (error) {
    if (error instanceof GeminiImageError) return error;
    throw error;
  }
}

/**
 * A wrong answer that could not be asked about once more stays a wrong answer.
 *
 * @param result the corrected answer, or why there is none.
 */
function failedRepair(wrong: Vote | undefined, result: Vote): Vote {
  if (!(result instanceof GeminiImageError) || !(wrong instanceof GeminiImageError)) return result;
  const { message, usage = wrong.usage, costUsd = wrong.costUsd } = result;
  return wrong.with({ hint: `Asking once more (--repair) failed: ${message}`, usage, costUsd });
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
