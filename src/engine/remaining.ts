import type { OkRecord, TogetherOkRecord } from '../domain/record.js';
import type { Found } from '../images/find/find-images.js';
import type { ImageReference } from '../images/find/reference.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { failure, type Outcome } from './outcome.js';
import {
  type RecordedAnswer,
  type RecordedAnswersOptions,
  readAnswer,
  recordedAnswers,
} from './recorded-answers.js';
import type { Sidecars } from './sidecars.js';

/** What is to be done about the pictures of one question. Nothing of it is done yet. */
export type Plan = Skip | Restore | Ask;

/** Nothing, since there is something already, or since it is not wanted. */
export interface Skip {
  kind: 'skip';
  /** What there is; absent where the pictures are not wanted. */
  before?: Before;
  /** The answer, where the ledger has it. */
  answer?: RecordedAnswer;
}

/** An answer that the ledger has is written anew, without a call. */
export interface Restore {
  kind: 'restore';
  before: Before;
  answer: RecordedAnswer;
  /** The path of the sidecar, where that is missing. */
  sidecar?: string;
}

/** The model is asked. */
export interface Ask {
  kind: 'ask';
  /** The path of the file of its own that the answer goes to. */
  sidecar?: string;
}

/** What there is for a picture before it is asked about: the answer, or a file that may be anybody's. */
export type Before =
  /**
   * `isCopied`: it is about the same picture under another name, or with other metadata; `path`: the
   * file beside the picture that is all there is.
   */
  { isAnswered: true; isCopied?: boolean; path?: string } | { isAnswered: false; path: string };

export interface PlanOptions extends Omit<RecordedAnswersOptions, 'ledger'> {
  /** The results of earlier runs, where there may be some. */
  ledger?: RecordedAnswersOptions['ledger'] | undefined;
  sidecars?: Pick<Sidecars, 'pathFor' | 'whatIsAt'> | undefined;
  /** Which pictures are wanted at all; without it, all that have no answer. */
  isWanted?: ((images: readonly ImageReference[]) => boolean) | undefined;
}

/**
 * Makes plans by what the ledger and the sidecars say. The path of a sidecar is given out here, and
 * is the picture's own from then on.
 *
 * @throws GeminiImageError, by the plan, where a picture can have no sidecar.
 */
export function planner({ ledger, sidecars, isWanted = () => true, ...known }: PlanOptions) {
  const find = ledger && recordedAnswers({ ledger, ...known });
  return async (images: readonly ImageReference[]): Promise<Plan> => {
    const [image] = images;
    if (!image) return { kind: isWanted(images) ? 'ask' : 'skip' };
    const sidecar = sidecars?.pathFor(image);
    const answer = await find?.(images);
    const there =
      (sidecar !== undefined && (await sidecars?.whatIsAt(sidecar, image.id))) || 'nothing';
    const isMissing = there === 'nothing' || there === 'other answer';
    if (answer) {
      const before = { isAnswered: true, isCopied: answer.isCopied } as const;
      if (isMissing && sidecar !== undefined) return { kind: 'restore', before, answer, sidecar };
      return { kind: answer.copyFor ? 'restore' : 'skip', before, answer };
    }
    if (sidecar !== undefined && !isMissing) {
      return { kind: 'skip', before: { isAnswered: there === 'answer', path: sidecar } };
    }
    if (!isWanted(images)) return { kind: 'skip' };
    return { kind: 'ask', ...(sidecar !== undefined && { sidecar }) };
  };
}

export interface RestoreOptions {
  /** The one that the plans were made by; absent where there is none. */
  ledger?: Pick<Ledger, 'read' | 'append'> | undefined;
  sidecars?: Pick<Sidecars, 'admit' | 'write'> | undefined;
  /** Told of each picture that the ledger has, with a way to read its record. */
  onDone?:
    | ((image: ImageReference, read: () => Promise<OkRecord | TogetherOkRecord>) => Promise<void>)
    | undefined;
}

/** Carries out plans for pictures that are not asked about. */
export function restorer({ ledger, sidecars, onDone }: RestoreOptions) {
  return async (images: readonly ImageReference[], plan: Skip | Restore): Promise<void> => {
    const { answer } = plan;
    if (!answer || !ledger) return;
    let record: Promise<OkRecord | TogetherOkRecord> | undefined;
    const read = () => {
      record ??= readAnswer(answer, ledger);
      return record;
    };
    if (plan.kind === 'restore') {
      const restored = await read();
      if (plan.sidecar !== undefined) {
        await sidecars?.admit(plan.sidecar);
        await sidecars?.write(plan.sidecar, restored);
      }
    }
    const [image] = images;
    if (image) await onDone?.(image, read);
  };
}

/** A picture to ask about, or one that failed before it could be. */
export type Pending =
  | { kind: 'ask'; image: ImageReference; sidecar?: string }
  | { kind: 'failed'; outcome: Outcome };

export interface PendingOptions {
  plan(images: readonly ImageReference[]): Promise<Plan>;
  /** Carries out the plan for a picture that is not asked about. */
  restore(images: readonly ImageReference[], plan: Skip | Restore): Promise<void>;
  /** Throws a GeminiImageError where the answer about a picture would have no place. */
  admit?: ((image: ImageReference, plan: Ask) => Promise<void>) | undefined;
  /** How many are to be asked about at most. */
  limit?: number | undefined;
  /** Told of each picture that is not asked about, once its plan is carried out. */
  onSkipped(plan: Skip | Restore): void;
}

/** Makes a plan for each picture that was found, carries it out, and passes on what is to be asked. */
export async function* pendingPictures(
  found: AsyncIterable<Found>,
  { plan, restore, admit, limit = Number.POSITIVE_INFINITY, onSkipped }: PendingOptions,
): AsyncGenerator<Pending, void, void> {
  let count = 0;
  if (limit === 0) return;
  for await (const image of found) {
    let next: Pending;
    try {
      if (image.kind === 'failed') throw image.error;
      const planned = await plan([image]);
      if (planned.kind !== 'ask') {
        await restore([image], planned);
        onSkipped(planned);
        continue;
      }
      await admit?.(image, planned);
      next = { ...planned, image };
    } catch (error) {
      next = { kind: 'failed', outcome: failure({ image: image.id }, error) };
    }
    yield next;
    count += 1;
    if (count >= limit) return;
  }
}
