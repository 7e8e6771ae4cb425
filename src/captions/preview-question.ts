import type { QuestionPreview } from '../gemini/request.js';
import type { CaptionTask } from './caption-task.js';
import { loadParts, type QuestionPicture } from './load-parts.js';

/**
 * What would be asked, with everything done but the call itself.
 *
 * @throws GeminiImageError
 */
export async function previewQuestion(
  images: readonly QuestionPicture[],
  task: CaptionTask,
): Promise<QuestionPreview> {
  const parts: QuestionPreview['parts'][number][] = [];
  const placed = loadParts(images, task, async ({ content, facts }) => ({
    upload: { size: content.size, mimeType: facts.sent.mimeType },
  }));
  for await (const { part } of placed) parts.push(part);
  return { parts: [...parts, { text: task.prompt }] };
}
