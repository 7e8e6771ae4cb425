import type { OkRecord } from '../domain/record.js';
import type { GeminiClient } from '../gemini/client.js';
import type { ImageReference } from '../images/find/reference.js';
import type { NamedBytes } from '../images/load.js';
import { recordOfOne } from './conclude.js';
import type { Task } from './engine-task.js';
import { askQuestion } from './question.js';

/**
 * Asks about one picture.
 *
 * @throws GeminiImageError
 */
export async function askOne(
  image: ImageReference | NamedBytes,
  client: GeminiClient,
  task: Task,
): Promise<OkRecord> {
  const question = { images: [image], labelled: false };
  return recordOfOne(await askQuestion(question, client, task));
}
