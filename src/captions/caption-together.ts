import { GeminiImageError } from '../domain/error.js';
import type { GeminiClient } from '../gemini/client.js';
import type { Found } from '../images/find/find-images.js';
import type { ImageReference } from '../images/find/reference.js';
import { ask } from './ask.js';
import type { CaptionTask } from './caption-task.js';
import { naming } from './naming.js';
import { failure, type Outcome } from './outcome.js';

/** More the service does not take in one request. */
const MAX_PICTURES = 3600;

/**
 * Asks once about all pictures, each under its name. Where one of them cannot be had, nothing is
 * asked: an answer about the others would be one to another question.
 *
 * @throws GeminiImageError of kind `usage` where they are too many, and like `captionImages`.
 */
export async function* captionTogether(
  found: AsyncIterable<Found>,
  client: GeminiClient,
  task: CaptionTask,
): AsyncGenerator<Outcome, void, void> {
  const images: ImageReference[] = [];
  try {
    for await (const image of forOneRequest(found)) images.push(image);
    const wanted = { images, labelled: true };
    const { answer, pictures, durationMs } = await ask(wanted, client, task);
    yield { record: { images: pictures, status: 'ok', ...answer, durationMs } };
  } catch (error) {
    yield failure({ images: images.map(({ name }) => ({ image: name })) }, error);
  }
}

/**
 * The pictures that one request is to hold.
 *
 * @throws GeminiImageError where they are too many, or one of them is none.
 */
export async function* forOneRequest(
  found: AsyncIterable<Found>,
): AsyncGenerator<ImageReference, void, void> {
  let count = 0;
  for await (const image of found) {
    if (image.kind === 'failed') throw naming(image.name, image.error);
    count += 1;
    if (count > MAX_PICTURES) throw tooMany();
    yield image;
  }
}

function tooMany(): GeminiImageError {
  return new GeminiImageError({
    kind: 'usage',
    message: `there are more than ${MAX_PICTURES} pictures, the most that one request may hold`,
    hint: 'Name fewer, or leave out --together for an answer to each.',
  });
}
