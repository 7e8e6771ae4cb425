import { GeminiImageError } from '../../domain/error.js';
import { startsLikePicture } from '../../images/find/looks-like-picture.js';

/**
 * A picture is never written over, whether or not the run would read it: who names one as the
 * output has mistaken something.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function sparePictures(output: string | undefined): Promise<void> {
  if (output === undefined || !(await startsLikePicture(output).catch(() => false))) return;
  throw new GeminiImageError({
    kind: 'usage',
    message: `${output} is a picture, and is not written over`,
    hint: 'Name another file with -o.',
  });
}

/**
 * Neither is a ledger, by results of another format: it remembers what was paid for.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function spareLedger(output: string): Promise<void> {
  const { readLedger } = await import('../../storage/ledger/ledger.js');
  const { finished } = await readLedger(output).catch(() => ({ finished: 0 }));
  if (finished === 0) return;
  throw new GeminiImageError({
    kind: 'usage',
    message: `${output} holds results of earlier runs, and is not replaced by another format`,
    hint: 'Name another file with -o, or leave out -f to go on with this one.',
  });
}
