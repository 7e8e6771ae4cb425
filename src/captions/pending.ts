import type { Found } from '../images/find/find-images.js';
import type { ImageReference } from '../images/find/reference.js';
import type { Finished } from './finished.js';
import { failure, type Outcome } from './outcome.js';

/** A picture to ask about, or what became of it without being asked. */
export type Pending = ImageReference | { kind: 'over'; outcome: Outcome };

export interface PendingOptions {
  finished: Finished;
  /** How many are wanted at most. */
  limit?: number | undefined;
  /** Told of each picture that is finished already. */
  onSkipped(): void;
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
    limit = Number.POSITIVE_INFINITY,
    onSkipped,
    isWanted = () => true,
    onLeftOut = () => {},
  }: PendingOptions,
): AsyncGenerator<Pending, void, void> {
  let count = 0;
  if (limit === 0) return;
  for await (const image of found) {
    let next: Pending | undefined;
    try {
      if (image.kind === 'failed') throw image.error;
      if (!(await finished.isDone([image]))) next = image;
      if (next && !isWanted(image)) {
        onLeftOut();
        continue;
      }
    } catch (error) {
      next = { kind: 'over', outcome: failure({ image: image.name }, error) };
    }
    if (!next) onSkipped();
    else {
      yield next;
      count += 1;
      if (count >= limit) return;
    }
  }
}
