import type { GeminiClient } from '../gemini/client.js';
import { answersTo, liveCall } from './call.js';
import { conclude, type Result } from './conclude.js';
import type { Task } from './engine-task.js';
import { type PictureToUpload, prepare, type QuestionPictures } from './prepare.js';
import { createUploads } from './uploads.js';

/**
 * Asks one question about one picture or several: prepares it, comes by its answers, and concludes
 * what they come to. What was uploaded for it is deleted again, whatever came of it.
 *
 * @throws GeminiImageError, and the reason of `stop`.
 */
export async function askQuestion(
  pictures: QuestionPictures,
  client: GeminiClient,
  task: Task,
): Promise<TimedResult> {
  const start = performance.now();
  const uploads = createUploads(client, task);
  try {
    // Of several pictures, each is let go of before the next is loaded. A single one may turn out to
    // have its answer already.
    const onLarge = pictures.labelled ? uploads.add : async (picture: PictureToUpload) => picture;
    const prepared = await prepare(pictures, task, onLarge);
    const answers = await answersTo(prepared, task, liveCall(client, task, uploads));
    const result = conclude(prepared, answers, task.brief);
    const isShown = !answers.cached && answers.copiedFrom === undefined;
    if (!isShown) await task.onText?.(result.answer.text, prepared.about.id);
    return { ...result, durationMs: Math.round(performance.now() - start) };
  } finally {
    await uploads.delete();
  }
}

/** What a question came to, and how long that took. */
export interface TimedResult extends Result {
  /** From the first byte read to the last one answered, retries and waits included. */
  durationMs: number;
}
