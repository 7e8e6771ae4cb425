import { type GeminiImageError, usageError } from '../domain/error.js';
import type { GeminiClient } from '../gemini/client.js';
import type { Found } from '../images/find/find-images.js';
import type { ImageReference } from '../images/find/reference.js';
import type { RunTask } from './many-images.js';
import { failure, naming, type Outcome } from './outcome.js';
import { askQuestion } from './question.js';

/** The service takes no more pictures in one request. */
const MAX_PICTURES = 3600;

/**
 * Asks one question about all pictures, each with its name. If one of them cannot be read, nothing
 * is asked: an answer about the others would answer another question.
 *
 * @returns undefined if the run ended before the question was asked.
 * @throws GeminiImageError of kind `internal` for a bug, `interrupted` if the run was interrupted.
 */
export async function askTogether(
  together: Together,
  client: GeminiClient,
  task: RunTask,
): Promise<Outcome | undefined> {
  const { images, error } = together;
  const about = { images: images.map(({ id }) => ({ image: id })) };
  if (error) return failure(about, error);
  const start = performance.now();
  try {
    const question = { images, labelled: true };
    const { answer, pictures, ...facts } = await askQuestion(question, client, task);
    return { record: { images: pictures, status: 'ok', ...answer, ...facts } };
  } catch (error) {
    if (task.signals.isReason(error)) return undefined;
    const tookMs = Math.round(performance.now() - start);
    return { ...failure(about, error), tookMs };
  }
}

/** The pictures of one question, or why it cannot be asked. */
export interface Together {
  images: readonly ImageReference[];
  error?: unknown;
}

/** Collects all pictures that were found. */
export async function collectTogether(found: AsyncIterable<Found>): Promise<Together> {
  const images: ImageReference[] = [];
  try {
    for await (const image of forOneRequest(found)) images.push(image);
    return { images };
  } catch (error) {
    return { images, error };
  }
}

/**
 * The pictures for one request.
 *
 * @throws GeminiImageError if there are too many, or one of them is not a picture.
 */
async function* forOneRequest(
  found: AsyncIterable<Found>,
): AsyncGenerator<ImageReference, void, void> {
  let count = 0;
  for await (const image of found) {
    if (image.kind === 'failed') throw naming(image.label, image.error);
    count += 1;
    if (count > MAX_PICTURES) throw tooMany();
    yield image;
  }
}

function tooMany(): GeminiImageError {
  return usageError(
    `there are more than ${MAX_PICTURES} pictures, the most that one request may hold`,
    'Name fewer, or leave out --together for an answer to each.',
  );
}
