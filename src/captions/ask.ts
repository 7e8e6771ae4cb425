import { GeminiImageError } from '../domain/error.js';
import type { Question, QuestionPart } from '../domain/question.js';
import type { Answer, NamedPicture } from '../domain/record.js';
import type { Usage } from '../domain/usage.js';
import type { GeminiClient } from '../gemini/client.js';
import { estimateInputTokens } from '../gemini/token-estimate.js';
import type { LoadedPicture } from '../images/load.js';
import { displayName } from '../images/web/display-name.js';
import { answerKey } from './answer-key.js';
import { answerOnce, type CachedAnswer } from './answer-once.js';
import type { CaptionTask } from './caption-task.js';
import { inlinePart, loadParts, type QuestionPictures } from './load-parts.js';
import { requestFingerprint } from './request-fingerprint.js';
import { uploadsOf } from './uploads.js';

export interface Answered extends CachedAnswer {
  pictures: readonly NamedPicture[];
  /** From the first byte read to the last one answered, retries and waits included. */
  durationMs: number;
}

/** A picture of a question that is uploaded only if there is no answer yet. */
interface ToUpload {
  later: LoadedPicture;
}

/**
 * Asks one question about one picture or several: loads them, uploads what does not fit into the
 * request, and deletes that again, whatever came of it. Where the cache has the answer, or another
 * question on its way will have it, nobody is asked.
 *
 * @throws GeminiImageError, and the reason of `stop`.
 */
export async function ask(
  wanted: QuestionPictures,
  client: GeminiClient,
  task: CaptionTask,
): Promise<Answered> {
  const start = performance.now();
  const { model, prompt, cache, slots, onText } = task;
  const uploads = uploadsOf(client, task);
  const key = cache && answerKey(requestFingerprint(task, wanted.labelled));
  // Of several pictures, the first are uploaded before it is known what the others are.
  const mayWait = key !== undefined && !wanted.labelled;
  const parts: (QuestionPart | ToUpload)[] = [];
  const pictures: NamedPicture[] = [];
  try {
    const loading = loadParts(wanted, task, async (picture) => {
      await key?.add(picture.content, picture.facts.sent.mimeType, picture.label);
      if (picture.fits) return inlinePart(picture);
      return mayWait ? { later: picture } : uploads.add(picture);
    });
    for await (const placed of loading) {
      pictures.push(placed.picture);
      parts.push(...placed.parts);
    }
    const about = nameOf(wanted);
    const askNow = async () => {
      const ready: QuestionPart[] = [];
      for (const part of parts) ready.push('later' in part ? await uploads.add(part.later) : part);
      const question = { model, parts: [...ready, { text: prompt }] };
      const askNext = () => askPaid(question, client, task, about);
      return slots ? slots.use(askNext) : askNext();
    };
    const answered: CachedAnswer =
      cache && key
        ? await answerOnce(cache, key.digest(), askNow, task.signal)
        : { answer: await askNow(), cached: false };
    if (answered.cached) await onText?.(answered.answer.text, about);
    return { ...answered, pictures, durationMs: Math.round(performance.now() - start) };
  } finally {
    await uploads.delete();
  }
}

/** Asks, with what it may cost set aside before and what it did cost put down after. */
async function askPaid(
  question: Question,
  client: GeminiClient,
  { purse, signal, stop, listener, onText, isUnseen }: CaptionTask,
  about: string,
): Promise<Answer> {
  stop?.throwIfAborted();
  const reservation = await purse?.reserve(estimateInputTokens(question));
  let usage: Usage | undefined;
  try {
    const answer = await client.ask(question, {
      signal,
      stop,
      onRetry: (retry) => listener?.({ type: 'retry', image: displayName(about), ...retry }),
      onText: onText && ((text) => onText(text, about)),
      isUnseen,
    });
    usage = answer.usage;
    return answer;
  } catch (error) {
    // An answer that is none may have been billed all the same.
    if (error instanceof GeminiImageError) usage = error.usage;
    throw error;
  } finally {
    reservation?.settle(usage);
  }
}

/** What a question is about, for those who watch it. */
function nameOf({ images }: QuestionPictures): string {
  const [image, ...others] = images;
  return image && others.length === 0 ? image.name : `${images.length} pictures`;
}
