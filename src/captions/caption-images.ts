import { GeminiImageError, interrupted } from '../domain/error.js';
import { type FailedRecord, failedRecord, type OkRecord } from '../domain/record.js';
import type { GeminiClient } from '../gemini/client.js';
import { type CaptionTask, captionImage } from './caption-image.js';

/** What came of one picture: its record and, where it failed, the error behind it. */
export type CaptionOutcome =
  | { record: OkRecord; error?: undefined }
  | { record: FailedRecord; error: GeminiImageError };

/**
 * Captions pictures one after the other. A picture that fails does not stop the others.
 *
 * @throws GeminiImageError of kind `interrupted` once the task's signal is aborted, and of kind
 *   `internal` for a bug.
 */
export async function* captionImages(
  images: readonly string[],
  client: GeminiClient,
  task: CaptionTask,
): AsyncGenerator<CaptionOutcome, void, void> {
  for (const image of images) {
    if (task.signal?.aborted) throw interrupted(task.signal);
    yield await captionImage(image, client, task).then(
      (record) => ({ record }),
      (error) => failure(image, error),
    );
  }
}

function failure(image: string, error: unknown): CaptionOutcome {
  if (!(error instanceof GeminiImageError)) throw error;
  if (error.kind === 'interrupted' || error.kind === 'internal') throw error;
  return { record: failedRecord(image, error), error };
}
