import type { OkRecord } from '../domain/record.js';
import type { GeminiClient } from '../gemini/client.js';
import type { ImageReference } from '../images/find/reference.js';
import type { NamedBytes } from '../images/load.js';
import { answersTo, liveCall } from './call.js';
import { conclude, recordOfOne, type TimedResult } from './conclude.js';
import type { Task } from './engine-task.js';
import {
  type PictureToUpload,
  prepare,
  type QuestionPictures,
  releasePictures,
} from './prepare.js';
import { createUploads } from './uploads.js';

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

/**
 * Asks one question about one picture or several: prepares it, gets its answers, and makes the
 * result. What was uploaded for it is deleted again in any case.
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
    // Upload pictures of a joint question at once, so that each can be dropped before the next is
    // loaded. A single picture is uploaded later, since its answer may turn out to exist.
    const onLarge = pictures.labelled ? uploads.add : async (picture: PictureToUpload) => picture;
    const prepared = await prepare(pictures, task, onLarge);
    const answers = await answersTo(prepared, task, liveCall(client, task, uploads));
    const result = conclude(prepared, answers, task.brief);
    // Not after an error: what has gone wrong may still be looking at the bytes.
    releasePictures(prepared);
    const isShown = !answers.cached && answers.copiedFrom === undefined;
    if (!isShown) await task.onText?.(result.answer.text, prepared.about.id);
    return { durationMs: Math.round(performance.now() - start), ...result };
  } finally {
    await uploads.delete();
  }
}
