import type { OkRecord, TogetherOkRecord } from '../domain/record.js';
import type { Found } from '../images/find/find-images.js';
import type { ImageReference } from '../images/find/reference.js';
import { failure, type Outcome } from './outcome.js';
import { type KnownRecords, recordedAnswers } from './recorded-answers.js';
import type { Sameness } from './sameness.js';
import type { Sidecars } from './sidecars.js';

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
      next = { kind: 'over', outcome: failure({ image: image.id }, error) };
    }
    if (before) onSkipped(before);
    else {
      yield next;
      count += 1;
      if (count >= limit) return;
    }
  }
}

/** What earlier runs have finished. */
export interface Finished {
  /**
   * Whether there is something already for a question about these pictures; undefined where not.
   *
   * @throws GeminiImageError where a picture can have no sidecar.
   */
  earlier(images: readonly ImageReference[]): Promise<Before | undefined>;
}

/** The answer, or a file in its place of which nobody knows what it is. */
export type Before =
  /**
   * `isCopied`: it is about the same picture under another name, or with other metadata; `place`: the
   * file beside the picture that is all there is.
   */
  { isAnswered: true; isCopied?: boolean; place?: string } | { isAnswered: false; place: string };

type DoneRecord = OkRecord | TogetherOkRecord;

export interface FinishedOptions {
  /**
   * The results of earlier runs, where there may be some. A sidecar that is missing is written anew
   * from what can be read there.
   */
  ledger?: KnownRecords | undefined;
  sidecars?: Sidecars | undefined;
  /** Told of each picture that is done, with a way to read its record. */
  onDone?: ((image: ImageReference, read: () => Promise<DoneRecord>) => Promise<void>) | undefined;
  /** The fingerprint of what is asked now. */
  request: string;
  sameness: Sameness;
  signal?: AbortSignal | undefined;
}

/** Tells by the ledger and the sidecars what is finished. */
export function finishedBy({
  ledger,
  sidecars,
  onDone,
  request,
  sameness,
  signal,
}: FinishedOptions): Finished {
  const find = ledger && recordedAnswers({ ledger, request, sameness, signal });
  return {
    async earlier(images) {
      const [image] = images;
      if (!image) return undefined;
      const place = sidecars?.placeFor(image);
      const answer = await find?.(images);
      const there =
        (place !== undefined && (await sidecars?.whatIsAt(place, image.id))) || 'nothing';
      const isMissing = there === 'nothing' || there === 'other answer';
      if (!answer) {
        if (place === undefined || isMissing) return undefined;
        return { isAnswered: there === 'answer', place };
      }
      const { isCopied, read } = answer;
      // A copy is written to the ledger when it is read.
      const isWanted = isCopied || (place !== undefined && isMissing);
      const record = isWanted ? await read?.() : undefined;
      if (record && place !== undefined && isMissing) {
        await sidecars?.admit(place);
        await sidecars?.write(place, record);
      }
      if (onDone && read) await onDone(image, read);
      return { isAnswered: true, isCopied };
    },
  };
}
