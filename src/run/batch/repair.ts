import { GeminiImageError, inputError } from '../../domain/error.js';
import type { Answer } from '../../domain/record.js';
import { liveCall } from '../../engine/call.js';
import { createCallSlots } from '../../engine/concurrency.js';
import { type PictureToUpload, prepare } from '../../engine/prepare.js';
import { picturesOf } from '../../engine/remaining.js';
import { restOf } from '../../engine/several-styles.js';
import { createUploads } from '../../engine/uploads.js';
import { throwIfStopped } from '../../network/stop-signals.js';
import type { BatchParts } from './batch-parts.js';
import type { QuestionInJob } from './journal-entries.js';
import type { Repair } from './take-in.js';
import { askedIn } from './todo.js';

/**
 * For `--repair`: asks once more, at once, about an answer that is not as it was asked for.
 *
 * @returns undefined if that is not wanted.
 */
export function createRepair({ options, task, clientAt, tier }: BatchParts): Repair | undefined {
  if (!options.repairs) return undefined;
  const client = clientAt(tier);
  const slots = createCallSlots(task.concurrency);
  const correct = async (question: QuestionInJob, answer: Answer, vote: number) => {
    throwIfStopped(task.signals);
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
      return await liveCall(client, task, uploads, answer)(prepared, vote, brief);
    } finally {
      await uploads.delete();
    }
  };
  return (question, answer, vote) =>
    slots.use(async () => {
      try {
        return await correct(question, answer, vote);
      } catch (error) {
        if (!(error instanceof GeminiImageError)) throw error;
        if (error.endsRun) task.signals.end(error);
        if (task.signals.stop.aborted) throw error;
        return error;
      }
    });
}
