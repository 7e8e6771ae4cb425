import { contentOf } from '../domain/content.js';
import { GeminiImageError } from '../domain/error.js';
import type { CaptionListener } from '../domain/events.js';
import type { Question } from '../domain/question.js';
import type { OkRecord } from '../domain/record.js';
import type { GeminiClient } from '../gemini/client.js';
import { requestBudget } from '../gemini/request-budget.js';
import { type LoadedPicture, loadPicture, type NamedBytes } from '../images/load.js';
import type { ReadOptions } from '../images/read.js';

/** What is wanted of every picture of a run. */
export interface CaptionTask {
  model: string;
  prompt: string;
  stdin?: ReadOptions['stdin'];
  signal?: AbortSignal | undefined;
  listener?: CaptionListener | undefined;
  /**
   * Given where the answer is to be streamed: takes each piece as it arrives, and is waited for.
   * It must not throw; to stop, abort the signal.
   */
  onText?: ((text: string, image: string) => Promise<void>) | undefined;
}

/**
 * One picture to one caption: read, recognise, ask.
 *
 * @throws GeminiImageError
 */
export async function captionImage(
  image: string | NamedBytes,
  client: GeminiClient,
  task: CaptionTask,
): Promise<OkRecord> {
  const start = performance.now();
  const { question, picture, sha256 } = await prepareQuestion(image, task);
  const { name, mimeType, width, height } = picture;
  const { signal, listener, onText } = task;
  const answer = await client.ask(question, {
    signal,
    onRetry: (retry) => listener?.({ type: 'retry', image: name, ...retry }),
    onText: onText && ((text) => onText(text, name)),
  });
  const durationMs = Math.round(performance.now() - start);
  return { image: name, status: 'ok', ...answer, mimeType, width, height, sha256, durationMs };
}

/** What is asked about a picture. */
export interface PreparedQuestion extends Pick<LoadedPicture, 'picture' | 'sha256'> {
  question: Question;
}

/** No MIME type of a picture that Gemini takes is longer. */
const LONGEST_MIME_TYPE = 'image/jpeg';

/**
 * Everything before the call: what `captionImage` would ask, and the picture that it is about.
 *
 * @throws GeminiImageError of kind `input`, and of kind `usage` where the prompt leaves no room.
 */
export async function prepareQuestion(
  image: string | NamedBytes,
  { model, prompt, stdin, signal, listener }: CaptionTask,
): Promise<PreparedQuestion> {
  const maxBytes = requestBudget([prompt], 1)?.inlineRoom(LONGEST_MIME_TYPE) ?? 0;
  if (maxBytes === 0) {
    throw new GeminiImageError({ kind: 'usage', message: 'the prompt is too long for a request' });
  }
  const { picture, sha256, warnings } = await loadPicture(image, { maxBytes, stdin, signal });
  for (const message of warnings) listener?.({ type: 'warning', image: picture.name, message });
  const inline = { content: contentOf(picture.bytes), mimeType: picture.mimeType };
  return { question: { model, parts: [{ inline }, { text: prompt }] }, picture, sha256 };
}
