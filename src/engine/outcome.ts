import { GeminiImageError } from '../domain/error.js';
import {
  errorRecord,
  type FailedRecord,
  type OkRecord,
  type TogetherFailedRecord,
  type TogetherOkRecord,
} from '../domain/record.js';
import type { ImageReference } from '../images/find/reference.js';
import { costs } from './costs.js';

/** What came of a question: its record and, where it failed, the error behind it. */
export type Outcome<Data = unknown> = Answered<Data> | Failed;

interface Answered<Data> {
  record: OkRecord<Data> | TogetherOkRecord<Data>;
  /** The picture, where it is one. */
  picture?: ImageReference;
  error?: undefined;
  tookMs?: undefined;
}

interface Failed {
  record: FailedRecord | TogetherFailedRecord;
  error: GeminiImageError;
  /** From the first byte read to the failure, retries and waits included, where that was measured. */
  tookMs?: number;
}

/**
 * The outcome of a question that failed.
 *
 * @param about what was asked about.
 * @param model the model that was asked, for the price of an answer that is none.
 * @throws the error where it is not one question's own: the run was called off, or it is a bug.
 */
export function failure(
  about: { image: string } | { images: readonly { image: string }[] },
  error: unknown,
  model?: string,
): Failed {
  if (!(error instanceof GeminiImageError)) throw error;
  if (error.kind === 'interrupted' || error.kind === 'internal') throw error;
  const billed = error.usage && {
    usage: error.usage,
    ...costs(error.model ?? model, error.usage, model),
  };
  return { record: { ...about, status: 'failed', error: errorRecord(error), ...billed }, error };
}
