import type { CaptionTask } from '../engine/engine-task.js';
import { promptFor } from '../engine/prompt-for.js';
import { inlinePart, loadParts, type QuestionPictures } from '../engine/question.js';
import type { QuestionPreview } from '../gemini/request.js';

/**
 * What would be asked, with everything done but the call itself.
 *
 * @throws GeminiImageError
 */
export async function previewQuestion(
  wanted: QuestionPictures,
  task: CaptionTask,
): Promise<QuestionPreview> {
  const { brief, settings } = task;
  const prompt = promptFor(brief.prompt, wanted.images);
  const parts: QuestionPreview['parts'][number][] = [];
  const placed = loadParts(wanted, prompt, task, async (picture) => {
    if (picture.fits) return inlinePart(picture);
    const { content, facts } = picture;
    return { upload: { size: content.size, mimeType: facts.sent.mimeType } };
  });
  for await (const picture of placed) parts.push(...picture.parts);
  return { parts: [...parts, { text: prompt }], settings, schema: brief.schema };
}
