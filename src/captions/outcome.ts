import { GeminiImageError } from '../domain/error.js';
import {
  errorRecord,
  type FailedRecord,
  type OkRecord,
  type TogetherFailedRecord,
  type TogetherOkRecord,
} from '../domain/record.js';

/** What came of a question: its record and, where it failed, the error behind it. */
export type Outcome =
  | { record: OkRecord | TogetherOkRecord; error?: undefined }
  | { record: FailedRecord | TogetherFailedRecord; error: GeminiImageError };

/**
 * The outcome of a question that failed.
 *
 * @param about what was asked about.
 * @throws the error where it is not one question's own: the run was called off, or it is a bug.
 */
export function failure(
  about: { image: string } | { images: readonly { image: string }[] },
  error: unknown,
): Outcome {
  if (!(error instanceof GeminiImageError)) throw error;
  if (error.kind === 'interrupted' || error.kind === 'internal') throw error;
  return { record: { ...about, status: 'failed', error: errorRecord(error) }, error };
}
