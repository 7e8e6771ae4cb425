import type { Found } from '../images/find/find-images.js';
import type { ImageReference } from '../images/find/reference.js';
import type { Before, Finished } from './finished.js';
import { failure, type Outcome } from './outcome.js';

/** A picture to ask about, or what became of it without being asked. */
export type Pending = ImageReference | { kind: 'over'; outcome: Outcome };

export interface PendingOptions {
  finished: Finished;
  /** How many are wanted at most. */
  limit?: number | undefined;
  /** Throws a GeminiImageError where the answer about a picture would have no place. */
  admit?: ((image: ImageReference) => Promise<void>) | undefined;
  /** Told of each picture that is not asked about, since there is something already. */
  onSkipped(before: Before): void;
  /** Which pictures are wanted at all; without it, all that are not finished. */
  isWanted?: ((image: ImageReference) => boolean) | undefined;
  /** Told of each picture that is neither wanted nor finished. */
  onLeftOut?: (() => void) | undefined;
}

/** What is left to do of the pictures that were found. */
export async function* pendingPictures(
  found: AsyncIterable<Found>,
  {
    finished,
    admit,
    limit = Number.POSITIVE_INFINITY,
    onSkipped,
    isWanted = () => true,
    onLeftOut = () => {},
  }: PendingOptions,
): AsyncGenerator<Pending, void, void> {
  let count = 0;
  if (limit === 0) return;
  for await (const image of found) {
    let next: Pending;
    let before: Before | undefined;
    try {
      if (image.kind === 'failed') throw image.error;
      before = await finished.earlier([image]);
      if (!before && !isWanted(image)) {
        onLeftOut();
        continue;
      }
      if (!before) await admit?.(image);
      next = image;
    } catch (error) {
      next = { kind: 'over', outcome: failure({ image: image.name }, error) };
    }
    if (before) onSkipped(before);
    else {
      yield next;
      count += 1;
      if (count >= limit) return;
    }
  }
}
