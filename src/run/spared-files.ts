import { usageError } from '../domain/error.js';
import type { CaptionRecord } from '../domain/record.js';
import { startsLikePicture } from '../images/find/looks-like-picture.js';

/**
 * A picture is never written over, whether or not the run would read it: who names one as the
 * output has mistaken something.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function sparePictures(output: string, flag: string): Promise<void> {
  if (!(await startsLikePicture(output).catch(() => false))) return;
  throw usageError(
    `${output} is a picture, and is not written over`,
    `Name another file with ${flag}.`,
  );
}

/**
 * Neither is a ledger, by results of another format: it remembers what was paid for.
 *
 * @param isOwn whether the file of a record is none, but was written by a command that keeps none.
 * @throws GeminiImageError of kind `usage`.
 */
export async function spareLedger(
  output: string,
  isOwn: (record: CaptionRecord) => boolean = () => false,
): Promise<void> {
  if (!(await hasAnswers(output, (record) => !isOwn(record)))) return;
  throw usageError(
    `${output} holds results of earlier runs, and is not replaced by another format`,
    'Name another file with -o; the command that began this one goes on with it.',
  );
}

async function hasAnswers(
  path: string,
  matches: (record: CaptionRecord) => boolean,
): Promise<boolean> {
  const { hasAnswer } = await import('../storage/ledger/answers-in.js');
  // What cannot be read is no ledger, and whether it can be written is found out elsewhere.
  return hasAnswer(path, matches).catch(() => false);
}
