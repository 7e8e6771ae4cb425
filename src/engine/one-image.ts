import type { OkRecord } from '../domain/record.js';
import type { GeminiClient } from '../gemini/client.js';
import type { ImageReference } from '../images/find/reference.js';
import type { NamedBytes } from '../images/load.js';
import { type Answered, ask } from './ask.js';
import type { CaptionTask } from './engine-task.js';
import { askedInWords, requestFingerprint } from './fingerprint.js';
import { costs } from './outcome.js';

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
  const answered = await ask({ images: [image], labelled: false }, client, task);
  const [picture] = answered.pictures;
  if (!picture) throw new Error('an answer without its picture');
  const { image: name, ...facts } = picture;
  return {
    image: name,
    status: 'ok',
    ...answered.answer,
    ...facts,
    ...asked(answered, task, false),
  };
}

/** What a record says of how its answer came about. */
export function asked(
  { answer, cached, copiedFrom, durationMs }: Answered,
  task: CaptionTask,
  together: boolean,
): Pick<OkRecord, 'asked' | 'request' | 'costUsd' | 'cached' | 'copiedFrom' | 'durationMs'> {
  const request = requestFingerprint(task, together);
  const cost = costOf(copiedFrom, cached, () => costs(answer.model, answer.usage, task.model));
  return { asked: askedInWords(task.brief), request, ...cost, durationMs };
}

/** An answer that nobody was asked for cost nothing, and says where it is from. */
function costOf(
  copiedFrom: string | undefined,
  cached: boolean,
  costNow: () => Pick<OkRecord, 'costUsd'>,
): Pick<OkRecord, 'costUsd' | 'cached' | 'copiedFrom'> {
  if (copiedFrom !== undefined) return { costUsd: 0, copiedFrom };
  return cached ? { costUsd: 0, cached } : costNow();
}
