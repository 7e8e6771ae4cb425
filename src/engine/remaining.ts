import type { GeminiImageError } from '../domain/error.js';
import type { OkRecord, TogetherOkRecord } from '../domain/record.js';
import { stopIfAborted } from '../images/find/errors.js';
import type { Found } from '../images/find/find-images.js';
import type { PictureGroup } from '../images/find/groups.js';
import type { ImageReference } from '../images/find/reference.js';
import { turnIfDue } from '../images/find/yield-turn.js';
import type { NamedBytes } from '../images/load.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { namesOf, type Outcome, pictureError } from './outcome.js';
import type { PartlyRecorded, RecordedAnswer, RecordedAnswersOptions } from './recorded-answers.js';
import type { Sidecars } from './sidecars.js';

/** The plan for the pictures of one question. Making it changes nothing. */
export type Plan = Skip | Restore | Ask;

/** Do nothing: there is already an answer or a file, or the pictures are not wanted. */
export interface Skip {
  kind: 'skip';
  /** What is already there; absent if the pictures are not wanted. */
  before?: Before;
  /** The answer, if the ledger has it. */
  answer?: RecordedAnswer;
  /** Set if the question is on its way in a batch job. */
  isOnItsWay?: true;
}

/** Write again an answer that the ledger has, without a call. */
export interface Restore {
  kind: 'restore';
  before: Before;
  answer: RecordedAnswer;
  /** The path of the sidecar, if it is missing. */
  sidecar?: string;
}

/** Ask the model. */
export interface Ask {
  kind: 'ask';
  /** Of several styles, what the ledger has already; only the others are asked. */
  recorded?: PartlyRecorded;
  /** The path of the sidecar that the answer goes to. */
  sidecar?: string;
}

/** What exists for a picture before the run: its answer, or a file that may be anybody's. */
export type Before =
  /**
   * `isCopied`: the answer was recorded under another name, or with other metadata. `path`: the
   * only place of the answer is this file beside the picture.
   */
  { isAnswered: true; isCopied?: boolean; path?: string } | { isAnswered: false; path: string };

export interface PlanOptions extends Omit<RecordedAnswersOptions, 'ledger' | 'justFound'> {
  /** The results of earlier runs, if there may be any. */
  ledger?: RecordedAnswersOptions['ledger'] | undefined;
  sidecars?: Pick<Sidecars, 'pathFor' | 'whatIsAt'> | undefined;
  /** Whether the question is on its way already, in a batch job. */
  isOnItsWay?: ((images: readonly ImageReference[]) => Promise<boolean>) | undefined;
  /** Which pictures are wanted; without it, all that have no answer. */
  isWanted?: ((images: readonly ImageReference[]) => boolean) | undefined;
}

/**
 * Makes plans from the ledger and the sidecars. This also assigns the path of each sidecar to its
 * picture.
 *
 * @throws GeminiImageError, from the plan, if a picture can have no sidecar.
 */
export async function planner({
  ledger,
  sidecars,
  isOnItsWay,
  isWanted = () => true,
  ...known
}: PlanOptions) {
  const find =
    ledger &&
    (await import('./recorded-answers.js')).recordedAnswers({ ledger, ...known, justFound: true });

  const planFor = async (
    images: readonly ImageReference[],
    finding: ReturnType<NonNullable<typeof find>> | undefined,
  ): Promise<Plan> => {
    const [image] = images;
    if (!image) return { kind: isWanted(images) ? 'ask' : 'skip' };
    const sidecar = sidecars?.pathFor(image);
    if (await isOnItsWay?.(images)) return { kind: 'skip', isOnItsWay: true };
    const answer = await (finding ?? find?.(images));
    const wanted = sidecar === undefined ? undefined : await known.wantedAbout?.(images);
    const requests = wanted?.map(({ request }) => request);
    const there =
      (sidecar !== undefined && (await sidecars?.whatIsAt(sidecar, image.id, requests))) ||
      'nothing';
    const isMissing = there === 'nothing' || there === 'other answer';
    if (answer && !('partly' in answer)) {
      const before = { isAnswered: true, isCopied: answer.isCopied } as const;
      if (isMissing && sidecar !== undefined) return { kind: 'restore', before, answer, sidecar };
      return { kind: answer.copyFor ? 'restore' : 'skip', before, answer };
    }
    if (sidecar !== undefined && !isMissing) {
      return { kind: 'skip', before: { isAnswered: there === 'answer', path: sidecar } };
    }
    if (!isWanted(images)) return { kind: 'skip' };
    return {
      kind: 'ask',
      ...(answer && { recorded: answer }),
      ...(sidecar !== undefined && { sidecar }),
    };
  };

  return (images: readonly ImageReference[]): Plan | Promise<Plan> => {
    if (!find || sidecars || isOnItsWay || images.length === 0) return planFor(images, undefined);
    const finding = find(images);
    if (!finding) return { kind: isWanted(images) ? 'ask' : 'skip' };
    if (finding instanceof Promise) return planFor(images, finding);
    const { isCopied } = finding;
    return { kind: 'skip', before: { isAnswered: true, isCopied }, answer: finding };
  };
}

export interface RestoreOptions {
  /** The ledger that the plans were made from, if there is one. */
  ledger?: Pick<Ledger, 'read' | 'append'> | undefined;
  sidecars?: Pick<Sidecars, 'admit' | 'write'> | undefined;
  /** Called for each picture that the ledger has, with a function that reads its record. */
  onDone?:
    | ((image: ImageReference, read: () => Promise<OkRecord | TogetherOkRecord>) => Promise<void>)
    | undefined;
}

/** Carries out plans for pictures that are not asked about. */
export function restorer({ ledger, sidecars, onDone }: RestoreOptions) {
  return (images: readonly ImageReference[], plan: Skip | Restore): Promise<void> | undefined => {
    const { answer } = plan;
    if (!answer || !ledger || (plan.kind === 'skip' && !onDone)) return undefined;
    return carryOut(images, plan, answer, ledger);
  };

  async function carryOut(
    images: readonly ImageReference[],
    plan: Skip | Restore,
    answer: RecordedAnswer,
    ledger: Pick<Ledger, 'read' | 'append'>,
  ): Promise<void> {
    let record: Promise<OkRecord | TogetherOkRecord> | undefined;
    const read = () => {
      record ??= import('./read-recorded.js').then((it) => it.readAnswer(answer, ledger));
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
  }
}

/** A picture or group to ask about, one that failed before, or one whose record is there already. */
export type Pending<Group = PictureGroup> =
  | ({ asked: ImageReference | NamedBytes | Group } & Ask)
  | { kind: 'known'; outcome: Outcome }
  | {
      kind: 'failed';
      /** What its record calls it, and its pictures, as far as there are any. */
      about: ReturnType<typeof namesOf>;
      images: readonly ImageReference[];
      error: GeminiImageError;
    };

export interface PendingOptions {
  plan(images: readonly ImageReference[]): Plan | Promise<Plan>;
  /** Carries out the plan for a picture that is not asked about. */
  restore(images: readonly ImageReference[], plan: Skip | Restore): Promise<void> | undefined;
  /** Rejects with a GeminiImageError if the answer about a picture could not be saved. */
  admit?: ((image: ImageReference, plan: Ask) => Promise<void> | undefined) | undefined;
  /** The largest number of pictures to ask about. */
  limit?: number | undefined;
  /** Called for each picture that is not asked about, once its plan is carried out. */
  onSkipped(plan: Skip | Restore): void;
  signal?: AbortSignal | undefined;
}

/** The pictures of a question that have a place: one, or those of a group. */
export function picturesOf(
  asked: ImageReference | NamedBytes | AnyGroup,
): readonly ImageReference[] {
  if ('bytes' in asked) return [];
  if (asked.kind !== 'group') return [asked];
  return asked.images.filter((image): image is ImageReference => !('bytes' in image));
}

/** A group of which some pictures may be bytes without a place. */
export type AnyGroup = PictureGroup<ImageReference | NamedBytes>;

/**
 * Plans each picture or group, carries the plan out, and yields those to ask about. The event loop gets
 * time in between.
 *
 * @param found in runs of any length: a promise for each of a million pictures takes time.
 * @throws GeminiImageError of kind `interrupted` after the signal, and whatever the search throws.
 */
export async function* pendingPictures(
  found: AsyncIterable<readonly (Found | PictureGroup)[]>,
  { plan, restore, admit, limit = Number.POSITIVE_INFINITY, onSkipped, signal }: PendingOptions,
): AsyncGenerator<Pending, void, void> {
  let count = 0;
  if (limit === 0) return;
  for await (const run of found) {
    for (const asked of run) {
      const turn = turnIfDue();
      if (turn) await turn;
      stopIfAborted(signal);
      let next: Pending;
      try {
        if (asked.kind === 'failed') throw asked.error;
        const images = picturesOf(asked);
        const planning = plan(images);
        const planned = planning instanceof Promise ? await planning : planning;
        if (planned.kind !== 'ask') {
          const restoring = restore(images, planned);
          if (restoring) await restoring;
          onSkipped(planned);
          continue;
        }
        for (const image of images) {
          const admitting = admit?.(image, planned);
          if (admitting) await admitting;
        }
        next = { asked, ...planned };
      } catch (error) {
        const isFound = asked.kind !== 'failed';
        next = {
          kind: 'failed',
          about: isFound ? namesOf(asked) : { image: asked.id },
          images: isFound ? picturesOf(asked) : [],
          error: pictureError(error),
        };
      }
      yield next;
      count += 1;
      if (count >= limit) return;
    }
  }
}

/** The same pictures, each as a run of its own. */
export async function* oneEach<One>(found: AsyncIterable<One>): AsyncGenerator<[One], void, void> {
  for await (const one of found) yield [one];
}
