import type { OkRecord } from '../domain/record.js';
import type { GeminiClient } from '../gemini/client.js';
import type { ImageReference } from '../images/find/reference.js';
import type { NamedBytes } from '../images/load.js';
import { ask } from './ask.js';
import type { CaptionTask } from './caption-task.js';

/**
 * One picture to one caption.
 *
 * @throws GeminiImageError
 */
export async function captionImage(
  image: ImageReference | NamedBytes,
  client: GeminiClient,
  task: CaptionTask,
): Promise<OkRecord> {
  const wanted = { images: [image], labelled: false };
  const { answer, pictures, durationMs } = await ask(wanted, client, task);
  const [picture] = pictures;
  if (!picture) throw new Error('an answer without its picture');
  const { image: name, ...facts } = picture;
  return { image: name, status: 'ok', ...answer, ...facts, durationMs };
}
