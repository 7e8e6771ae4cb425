import { type GeminiImageError, usageError } from '../domain/error.js';
import type { TogetherOkRecord } from '../domain/record.js';
import type { GeminiClient } from '../gemini/client.js';
import type { Found } from '../images/find/find-images.js';
import type { PictureGroup } from '../images/find/groups.js';
import type { ImageReference } from '../images/find/reference.js';
import { recordOfSeveral } from './conclude.js';
import type { Task } from './engine-task.js';
import { failure, naming, type Outcome, unanswered } from './outcome.js';
import type { QuestionPictures } from './prepare.js';
import { askQuestion } from './question.js';
import { type AnyGroup, picturesOf } from './remaining.js';
import type { RunStop } from './run-stop.js';

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
  task: Task & { signals: RunStop },
): Promise<Outcome | undefined> {
  const { images, error } = together;
  const about = { images: images.map(({ id }) => ({ image: id })) };
  const asked = await unanswered(task, images, true);
  if (error) return failure(about, error, asked);
  const start = performance.now();
  try {
    return { record: await askJointly({ images, labelled: true }, client, task) };
  } catch (error) {
    if (task.signals.isReason(error)) return undefined;
    const tookMs = Math.round(performance.now() - start);
    return { ...failure(about, error, asked), tookMs };
  }
}

/**
 * Asks one question about the pictures of a group, each with its name.
 *
 * @throws GeminiImageError
 */
export async function askGroup(
  group: AnyGroup,
  client: GeminiClient,
  task: Task,
): Promise<TogetherOkRecord> {
  const { images, id } = group;
  return { group: id, ...(await askJointly({ images, labelled: true, group }, client, task)) };
}

/**
 * Asks one question about several pictures.
 *
 * @throws GeminiImageError
 */
export async function askJointly(
  question: QuestionPictures,
  client: GeminiClient,
  task: Task,
): Promise<TogetherOkRecord> {
  const { images, group } = question;
  if (images.length > MAX_PICTURES) throw tooMany(group?.id);
  return recordOfSeveral(await askQuestion(question, client, task));
}

/** The pictures of one question, or why it cannot be asked. */
export interface Together {
  images: readonly ImageReference[];
  error?: unknown;
}

/** Collects all pictures that were found. */
export async function collectTogether(
  found: AsyncIterable<Found | PictureGroup>,
): Promise<Together> {
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
  found: AsyncIterable<Found | PictureGroup>,
): AsyncGenerator<ImageReference, void, void> {
  let count = 0;
  for await (const image of found) {
    if (image.kind === 'failed') throw naming(image.label, image.error);
    for (const one of picturesOf(image)) {
      count += 1;
      if (count > MAX_PICTURES) throw tooMany();
      yield one;
    }
  }
}

function tooMany(group?: string): GeminiImageError {
  const among = group === undefined ? 'there are' : 'the group has';
  const flag = group === undefined ? '--together' : '--group';
  return usageError(
    `${among} more than ${MAX_PICTURES} pictures, the most that one request may hold`,
    `Name fewer, or leave out ${flag} for an answer to each.`,
  );
}
