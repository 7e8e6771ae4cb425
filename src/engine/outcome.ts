import { GeminiImageError } from '../domain/error.js';
import {
  type Answer,
  errorRecord,
  type FailedRecord,
  type OkRecord,
  type TogetherFailedRecord,
  type TogetherOkRecord,
  type Unanswered,
} from '../domain/record.js';
import { billOf } from '../domain/usage.js';
import type { PictureGroup } from '../images/find/groups.js';
import type { ImageReference } from '../images/find/reference.js';
import { isUnreachable, isUntrusted } from '../network/network-error.js';
import type { Charge } from './budget.js';
import type { Task } from './engine-task.js';
import { askedInWords, requestsOf } from './fingerprint.js';
import { restOf } from './several-styles.js';

/** The outcome of a question: its record and, if it failed, the error. */
export type Outcome<Data = unknown> = Done<Data> | Failed;

interface Done<Data> {
  record: OkRecord<Data> | TogetherOkRecord<Data>;
  /** The picture, if the question is about one. */
  picture?: ImageReference;
  /** The path of the sidecar that the answer goes to. */
  sidecar?: string | undefined;
  error?: undefined;
  tookMs?: undefined;
}

interface Failed {
  record: FailedRecord | TogetherFailedRecord;
  error: GeminiImageError;
  /** From the first byte read to the failure, with retries and waits; absent if not measured. */
  tookMs?: number;
}

/**
 * An error that belongs to a picture.
 *
 * @throws the error if it does not: the run was interrupted, or it is a bug.
 */
export function pictureError(error: unknown): GeminiImageError {
  if (!(error instanceof GeminiImageError)) throw error;
  if (error.kind === 'interrupted' || error.kind === 'internal') throw error;
  return error;
}

/** The outcome of a picture that has its answer but is not done, for lists of what is not done. */
export function failedBy({ record }: Outcome, error: GeminiImageError): Outcome {
  const about =
    'image' in record
      ? { image: record.image }
      : { ...(record.group !== undefined && { group: record.group }), images: record.images };
  const { usage, costUsd, asked, request, requests } = record;
  return {
    record: {
      ...about,
      status: 'failed',
      error: errorRecord(error),
      ...(asked && { asked }),
      ...(request !== undefined && { request }),
      ...(requests && { requests }),
      ...(usage && { usage }),
      ...(costUsd !== undefined && { costUsd }),
    },
    error,
  };
}

/**
 * What a record says about a question that got no answer: of several styles, about those asked.
 *
 * @param joint whether it is one question about all of the pictures.
 */
export async function unanswered(
  task: Task,
  images: readonly ImageReference[],
  joint: boolean,
): Promise<Unanswered> {
  const brief = restOf(task.brief, task.answered) ?? task.brief;
  const asked = askedInWords(brief);
  // What is known about a picture is part of its question.
  if (task.know && images.length === 0) return { asked };
  try {
    if (!task.know) return { asked, ...requestsOf({ ...task, brief }, joint) };
    const { informed } = await import('./known.js');
    const { task: told, known } = await informed({ ...task, brief }, images, joint);
    const page = known[0]?.page;
    return { asked, ...requestsOf(told, joint), ...(page && { known: { page } }) };
  } catch {
    // Nor is anything known about a picture that cannot be read.
    return { asked };
  }
}

/**
 * The outcome of a question that failed.
 *
 * @param about the picture or pictures of the question.
 * @param question what was asked.
 * @throws the error if it does not belong to this question: the run was interrupted, or it is a
 *   bug.
 */
export function failure(
  about: { image: string } | { group?: string; images: readonly { image: string }[] },
  cause: unknown,
  question: Unanswered,
): Failed {
  const error = pictureError(cause);
  const record = { ...about, status: 'failed' as const, error: errorRecord(error), ...question };
  const bill = billOf(error);
  const tier = bill.usage && error.tier;
  return { record: { ...record, ...bill, ...(tier && { tier }) }, error };
}

/** What a record calls the picture or the group of its question. */
export function namesOf(
  asked: Pick<ImageReference, 'id'> | PictureGroup<Pick<ImageReference, 'id'>>,
): { image: string } | { group: string; images: readonly { image: string }[] } {
  if (!('images' in asked)) return { image: asked.id };
  return { group: asked.id, images: asked.images.map(({ id }) => ({ image: id })) };
}

/** The charge for an attempt, by its outcome; undefined means that no attempt was made. */
export function chargeOf(outcome: Answer | GeminiImageError | undefined): Charge {
  if (outcome === undefined) return 'nothing';
  const { usage, costUsd } = outcome;
  if (usage) return { usage, ...(costUsd !== undefined && { costUsd }) };
  if (!(outcome instanceof GeminiImageError) || outcome.kind === 'answer') return 'unknown';
  // A refusal costs nothing. If the connection broke, nobody knows whether the model had answered.
  const isLost = outcome.kind === 'service' && outcome.httpStatus === undefined;
  return isLost && !isUnreachable(outcome) && !isUntrusted(outcome) ? 'unknown' : 'nothing';
}

/** Puts the picture's name into an error, for use where nothing else names the picture. */
export function naming(label: string, error: unknown): unknown {
  if (!(error instanceof GeminiImageError) || error.kind === 'interrupted') return error;
  return error.with({ message: `${label}: ${error.message}` });
}
