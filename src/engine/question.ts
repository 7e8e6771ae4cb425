import { GeminiImageError } from '../domain/error.js';
import { tellingOf } from '../domain/events.js';
import type { GeminiClient } from '../gemini/client.js';
import { answersTo, liveCall } from './call.js';
import { conclude, type Result } from './conclude.js';
import type { Task } from './engine-task.js';
import { type PictureToUpload, type Prepared, prepare, type QuestionPictures } from './prepare.js';
import { inOrder } from './several-styles.js';
import { createUploads } from './uploads.js';
import type { Answers } from './votes.js';

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
    const call = liveCall(client, task, uploads);
    const answers = await answersTo(prepared, task, call).catch((error: unknown) =>
      keptOf(error, prepared, task),
    );
    const result = conclude(prepared, answers, task.brief);
    const isShown = !answers.cached && answers.copiedFrom === undefined;
    if (!isShown) await task.onText?.(result.answer.text, prepared.about.id);
    return { ...result, durationMs: Math.round(performance.now() - start) };
  } finally {
    await uploads.delete();
  }
}

/**
 * What is left of several styles if one of them stayed wrong: the right answers, if they are to be
 * kept. Otherwise they go into the record of the failure.
 *
 * @throws the error, with all answers that there are.
 */
function keptOf(error: unknown, { about, answered, question }: Prepared, task: Task): Answers {
  const { brief, tell } = task;
  if (!(error instanceof GeminiImageError) || error.kind !== 'answer' || !brief.several)
    throw error;
  const right = inOrder({ ...answered, ...error.partialAnswers }, brief);
  if (Object.keys(right).length === 0) throw error;
  if (!brief.several.keepsGood || error.endsRun) throw error.with({ partialAnswers: right });
  const left = [...brief.several.briefs.keys()].filter((style) => !Object.hasOwn(right, style));
  const leftOut = Object.fromEntries(
    left.map((style) => [style, error.wrongAnswers?.[style] ?? error.message]),
  );
  tellingOf(about.label, tell)({ type: 'stylesLeftOut', problems: leftOut });
  const { finishReason = '', model = question.model, usage, costUsd, tier } = error;
  const bill = { ...(usage && { usage }), ...(costUsd !== undefined && { costUsd }) };
  const answer = { text: '', finishReason, model, ...(tier && { tier }), ...bill };
  return { answer, texts: [], cached: false, answered: right, leftOut };
}

/** A result, and how long it took. */
export interface TimedResult extends Result {
  /** From the first byte read to the last answer, with retries and waits. */
  durationMs: number;
}
