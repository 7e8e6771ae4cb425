import { GeminiImageError, inputError } from '../../domain/error.js';
import type { Answer } from '../../domain/record.js';
import { liveCall } from '../../engine/call.js';
import { type PictureToUpload, prepare } from '../../engine/prepare.js';
import { picturesOf } from '../../engine/remaining.js';
import { restOf } from '../../engine/several-styles.js';
import { createUploads } from '../../engine/uploads.js';
import type { BatchParts } from './batch-parts.js';
import type { QuestionInJob } from './journal-entries.js';
import { askedIn } from './todo.js';

/** Has an answer corrected, or says why it cannot be. */
export type Repair = (
  question: QuestionInJob,
  answer: Answer,
) => Promise<Answer | GeminiImageError>;

/**
 * For `--repair`: asks once more, at once, about an answer that is not as it was asked for.
 *
 * @returns undefined if that is not wanted.
 */
export function createRepair({ options, task, clientAt, tier }: BatchParts): Repair | undefined {
  // Which of several votes was wrong does not matter: there are others.
  if (!options.repairs || (task.votes ?? 1) > 1) return undefined;
  const client = clientAt(tier);
  return async (question, answer) => {
    const uploads = createUploads(client, task);
    try {
      const asked = askedIn(question);
      const isGroup = asked.kind === 'group';
      const prepared = await prepare(
        { images: picturesOf(asked), labelled: isGroup, ...(isGroup && { group: asked }) },
        { ...task, answered: question.answered },
        isGroup ? uploads.add : async (picture: PictureToUpload) => picture,
      );
      const isSame = prepared.pictures.every(
        ({ sha256 }, at) => sha256 === question.pictures[at]?.sha256,
      );
      if (!isSame) throw inputError('the picture has changed since it was sent');
      const brief = restOf(task.brief, question.answered) ?? task.brief;
      return await liveCall(client, task, uploads, answer)(prepared, 0, brief);
    } catch (error) {
      if (!(error instanceof GeminiImageError) || error.kind === 'interrupted') throw error;
      return error;
    } finally {
      await uploads.delete();
    }
  };
}
