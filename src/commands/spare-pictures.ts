import { GeminiImageError } from '../domain/error.js';
import { startsLikePicture } from '../images/find/looks-like-picture.js';

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
