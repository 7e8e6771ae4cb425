import { interrupted } from '../domain/error.js';
import type { GeminiClient } from '../gemini/client.js';
import type { ImageReference } from '../images/find/reference.js';
import { captionImage } from './caption-image.js';
import type { CaptionTask } from './caption-task.js';
import { failure, type Outcome } from './outcome.js';

/**
 * Captions pictures one after the other. A picture that fails does not stop the others.
 *
 * @throws GeminiImageError of kind `interrupted` once the task's signal is aborted, and of kind
 *   `internal` for a bug.
 */
export async function* captionImages(
  images: readonly ImageReference[],
  client: GeminiClient,
  task: CaptionTask,
): AsyncGenerator<Outcome, void, void> {
  for (const image of images) {
    if (task.signal?.aborted) throw interrupted(task.signal);
    yield await captionImage(image, client, task).then(
      (record) => ({ record }),
      (error) => failure({ image: image.name }, error),
    );
  }
}
