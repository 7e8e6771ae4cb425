import type { QuestionPart } from '../domain/question.js';
import type { Answer, NamedPicture } from '../domain/record.js';
import type { GeminiClient } from '../gemini/client.js';
import { displayName } from '../images/web/display-name.js';
import type { CaptionTask } from './caption-task.js';
import { loadParts, type QuestionPictures } from './load-parts.js';
import { uploadsOf } from './uploads.js';

export interface Answered {
  answer: Answer;
  pictures: readonly NamedPicture[];
  /** From the first byte read to the last one answered, retries and waits included. */
  durationMs: number;
}

/**
 * Asks one question about one picture or several: loads them, uploads what does not fit into the
 * request, and deletes that again, whatever came of it.
 *
 * @throws GeminiImageError
 */
export async function ask(
  wanted: QuestionPictures,
  client: GeminiClient,
  task: CaptionTask,
): Promise<Answered> {
  const start = performance.now();
  const { model, prompt, signal, listener, onText } = task;
  const about = nameOf(wanted);
  const uploads = uploadsOf(client, task);
  const parts: QuestionPart[] = [];
  const pictures: NamedPicture[] = [];
  try {
    for await (const placed of loadParts(wanted, task, uploads.add)) {
      pictures.push(placed.picture);
      parts.push(...placed.parts);
    }
    const question = { model, parts: [...parts, { text: prompt }] };
    const answer = await client.ask(question, {
      signal,
      onRetry: (retry) => listener?.({ type: 'retry', image: displayName(about), ...retry }),
      onText: onText && ((text) => onText(text, about)),
    });
    return { answer, pictures, durationMs: Math.round(performance.now() - start) };
  } finally {
    await uploads.delete();
  }
}

/** What a question is about, for those who watch it. */
function nameOf({ images }: QuestionPictures): string {
  const [image, ...others] = images;
  return image && others.length === 0 ? image.name : `${images.length} pictures`;
}
