import { usageError } from '../domain/error.js';
import type { CaptionRecord } from '../domain/record.js';
import { startsLikePicture } from '../images/find/looks-like-picture.js';

/**
 * Refuses a picture as an output, even one that the run would not read: whoever names one has made
 * a mistake.
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
 * Refuses a ledger as an output of another format: it holds answers that were paid for.
 *
 * @param isOwn whether a record shows that its file is not a ledger.
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
  // A file that cannot be read is not a ledger; other code checks if it can be written.
  return hasAnswer(path, matches).catch(() => false);
}
