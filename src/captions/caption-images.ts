import { interrupted } from '../domain/error.js';
import type { GeminiClient } from '../gemini/client.js';
import type { Found } from '../images/find/find-images.js';
import { captionImage } from './caption-image.js';
import type { CaptionTask } from './caption-task.js';
import { failure, type Outcome } from './outcome.js';

/**
 * Captions pictures one after the other, as they are found. A picture that fails, or a name that
 * leads to none, does not stop the others.
 *
 * @throws GeminiImageError of kind `interrupted` once the task's signal is aborted, and of kind
 *   `internal` for a bug.
 */
export async function* captionImages(
  found: AsyncIterable<Found>,
  client: GeminiClient,
  task: CaptionTask,
): AsyncGenerator<Outcome, void, void> {
  for await (const image of found) {
    if (task.signal?.aborted) throw interrupted(task.signal);
    const { name } = image;
    yield image.kind === 'failed'
      ? failure({ image: name }, image.error)
      : await captionImage(image, client, task).then(
          (record) => ({ record }),
          (error) => failure({ image: name }, error),
        );
  }
}
