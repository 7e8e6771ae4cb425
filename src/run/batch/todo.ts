import { type GeminiImageError, inputError } from '../../domain/error.js';
import type { NamedPicture } from '../../domain/record.js';
import type { StyleAnswers } from '../../domain/style-answers.js';
import { cachedAnswers } from '../../engine/call.js';
import { conclude, recordOfOne, recordOfSeveral } from '../../engine/conclude.js';
import type { Task } from '../../engine/engine-task.js';
import { failure, namesOf, type Outcome, unanswered } from '../../engine/outcome.js';
import { narrowed, type Prepared, prepare, releasePictures } from '../../engine/prepare.js';
import { type Pending, picturesOf } from '../../engine/remaining.js';
import { restOf } from '../../engine/several-styles.js';
import type { PictureGroup } from '../../images/find/groups.js';
import {
  displayName,
  type ImageReference,
  pageMark,
  pageOf,
  referenceTo,
} from '../../images/find/reference.js';
import { ledgerKey } from '../../storage/ledger/ledger-key.js';
import type { BatchParts } from './batch-parts.js';
import { deliverSettled } from './collect.js';
import type { QuestionInJob } from './journal-entries.js';
import type { Submitter } from './submit.js';

type Asked = ImageReference | PictureGroup;
type Ask = Extract<Pending, { kind: 'ask' }>;

/** A question that was prepared, or why it could not be. */
type Item =
  | { kind: 'ready'; asked: Asked; sidecar: string | undefined; prepared: Prepared<never> }
  | { kind: 'settled'; outcome: Outcome }
  /** The run ends, or there is a bug. */
  | { kind: 'over'; error: unknown };

/** What is needed of a batch run. */
export type TodoParts = Pick<BatchParts, 'task' | 'submitted' | 'settled' | 'deliver' | 'planAnew'>;

/** What is to be submitted: some of it is prepared ahead, and what there was no room for waits. */
export class Todo {
  readonly #parts: TodoParts;
  readonly #source: AsyncIterator<Pending>;
  readonly #again: Ask[] = [];
  readonly #ahead: Promise<Item>[] = [];
  #held: Item | undefined;
  /** Pictures that wait for the answer about an equal one. */
  #twins: { identity: string; asked: Asked }[] = [];
  #isSearched = false;
  #isTooDear = false;

  constructor(pending: AsyncIterable<Pending>, parts: TodoParts) {
    this.#source = pending[Symbol.asyncIterator]();
    this.#parts = parts;
  }

  /** Adds questions that are open again. */
  async again(questions: readonly QuestionInJob[]): Promise<void> {
    for (const question of questions) {
      const ask = await planAgain(question, this.#parts);
      if (ask) this.#again.push(ask);
    }
  }

  /** Submits until nothing is left, or there is no room for more now. */
  async submit(submitter: Pick<Submitter, 'isFull' | 'hasEqual' | 'add'>): Promise<void> {
    const { signals: run } = this.#parts.task;
    while (!submitter.isFull && !run.stop.aborted) {
      const item = await this.#next();
      if (!item) return;
      if (item.kind === 'over') throw item.error;
      const put = await this.#put(item, submitter);
      if (put === 'done' && item.kind === 'ready') releasePictures(item.prepared);
      if (put === 'full') this.#held = item;
      this.#isTooDear = put === 'too dear';
      if (this.#isTooDear) {
        this.#held = item;
        // What is collected later may cost less than was estimated.
        return;
      }
    }
  }

  /** Whether the next question might cost more than `--max-cost` allows. */
  get isTooDear(): boolean {
    return this.#isTooDear;
  }

  /** How many pictures wait for the answer about an equal one. */
  get twins(): number {
    return this.#twins.length;
  }

  /** Gives pictures the answer about an equal one, if it is there; otherwise they are asked about. */
  async planTwinsAnew({ hasEqual }: Pick<Submitter, 'hasEqual'>): Promise<void> {
    const waiting = this.#twins;
    this.#twins = [];
    for (const twin of waiting) {
      const { identity, asked } = twin;
      if (hasEqual(identity)) this.#twins.push(twin);
      else {
        const ask = await this.#parts.planAnew(asked, picturesOf(asked));
        if (ask) this.#again.push(ask);
      }
    }
  }

  /** Whether something waits for room. */
  get isHeld(): boolean {
    return this.#held !== undefined || this.#again.length > 0;
  }

  /** Everything that is to be asked; nothing is left here. */
  async takeAll(): Promise<readonly Pending[]> {
    const all: Pending[] = [];
    const held = this.#held;
    this.#held = undefined;
    for (const item of [...(held ? [held] : []), ...(await Promise.all(this.#ahead.splice(0)))]) {
      if (item.kind === 'over') throw item.error;
      if (item.kind === 'settled') all.push({ kind: 'known', outcome: item.outcome });
      else {
        releasePictures(item.prepared);
        const ask = await this.#parts.planAnew(item.asked, picturesOf(item.asked));
        if (ask) all.push(ask);
      }
    }
    for (;;) {
      const next = await this.#nextPending();
      if (!next) return all;
      all.push(next);
    }
  }

  /** Ends the search. */
  async close(): Promise<void> {
    await this.#source.return?.(undefined);
    await Promise.all(this.#ahead);
  }

  async #put(
    item: Exclude<Item, { kind: 'over' }>,
    submitter: Pick<Submitter, 'hasEqual' | 'add'>,
  ): Promise<'done' | 'full' | 'too dear'> {
    const parts = this.#parts;
    const { task, submitted } = parts;
    if (item.kind === 'settled') {
      await deliverSettled(item.outcome, parts);
      const { error } = item.outcome;
      if (error?.endsRun) task.signals.end(error);
      return 'done';
    }
    const { asked, sidecar } = item;
    let { prepared } = item;
    const { identity, answered } = prepared;
    if (identity !== undefined && submitter.hasEqual(identity)) {
      this.#twins.push({ identity, asked });
      return 'done';
    }
    const cached = await cachedAnswers(prepared, withAnswers(task, answered));
    if ('answers' in cached) {
      const result = { ...conclude(prepared, cached.answers, task.brief), durationMs: 0 };
      await deliverSettled(
        asked.kind === 'group'
          ? { record: { group: asked.id, ...recordOfSeveral(result) } }
          : { record: recordOfOne(result), picture: asked, sidecar },
        parts,
      );
      return 'done';
    }
    const rest = restOf(task.brief, cached.answered);
    if (rest && cached.answered !== answered) {
      prepared = narrowed(prepared, rest, cached.answered ?? {});
    }
    const group = asked.kind === 'group' ? asked.id : undefined;
    const put = await submitter.add({ prepared, group });
    if (put !== 'added') return put;
    if (asked.kind !== 'group') submitted?.set(ledgerKey([asked.id]), { picture: asked, sidecar });
    return 'done';
  }

  async #next(): Promise<Item | undefined> {
    const held = this.#held;
    this.#held = undefined;
    if (held) return held;
    while (this.#ahead.length < this.#parts.task.concurrency) {
      const next = await this.#nextPending();
      if (!next) break;
      this.#ahead.push(this.#prepare(next));
    }
    return this.#ahead.shift();
  }

  async #nextPending(): Promise<Pending | undefined> {
    const again = this.#again.shift();
    if (again || this.#isSearched) return again;
    const next = await this.#source.next();
    if (!next.done) return next.value;
    this.#isSearched = true;
    return undefined;
  }

  /** Never rejects, because others are awaited first. */
  async #prepare(pending: Pending): Promise<Item> {
    const { task } = this.#parts;
    if (pending.kind === 'known') return { kind: 'settled', outcome: pending.outcome };
    if (pending.kind === 'failed') {
      const { about, images, error } = pending;
      const question = await unanswered(task, images, 'images' in about);
      return { kind: 'settled', outcome: failure(about, error, question) };
    }
    const { asked, sidecar, recorded } = pending;
    // Only a program that uses the library gives pictures as bytes.
    if ('bytes' in asked) return { kind: 'over', error: new Error('bytes in a batch') };
    const isGroup = asked.kind === 'group';
    let answered: StyleAnswers | undefined;
    try {
      answered = recorded && (await task.readRecorded?.(recorded));
      const images = picturesOf(asked);
      const question = { images, labelled: isGroup, ...(isGroup && { group: asked }) };
      const asking = withAnswers(task, answered);
      const prepared = await prepare<never>(question, asking, async () => {
        throw tooLarge();
      });
      return { kind: 'ready', asked, sidecar, prepared };
    } catch (error) {
      try {
        const asking = withAnswers(task, answered);
        const question = await unanswered(asking, picturesOf(asked), isGroup);
        return { kind: 'settled', outcome: failure(namesOf(asked), error, question) };
      } catch {
        return { kind: 'over', error };
      }
    }
  }
}

/** The same task if there are no answers yet, since V8 gives each object that is spread a class of its own. */
function withAnswers(task: Task, answered: StyleAnswers | undefined): Task {
  return answered ? { ...task, answered } : task;
}

/** An uploaded picture expires, perhaps before its job is done; so all is in the lines of the job. */
function tooLarge(): GeminiImageError {
  return inputError(
    'too large for a batch job, whose questions have 20 MB each',
    'Shrink it with --max-edge, or ask about it without --batch.',
  );
}

/**
 * Plans a question of a job anew, which got no answer.
 *
 * @returns undefined if it need not be asked.
 */
export function planAgain(
  question: QuestionInJob,
  parts: Pick<BatchParts, 'planAnew'>,
): Promise<Ask | undefined> {
  const asked = askedIn(question);
  return parts.planAnew(asked, picturesOf(asked));
}

/** What a question of a job is about. */
export function askedIn({ pictures, group: id }: QuestionInJob): Asked {
  const images = pictures.map(referenceFrom);
  const [picture] = images;
  if (id === undefined && picture) return picture;
  const name = id ?? '';
  return { kind: 'group', id: name, label: displayName(name), images, below: name };
}

/** A picture by the name in its record. */
function referenceFrom({ image, page }: NamedPicture): ImageReference {
  const mark = pageMark({ ...(page !== undefined && { page }) });
  const isPage = page !== undefined && image.endsWith(mark);
  return isPage ? pageOf(referenceTo(image.slice(0, -mark.length)), page) : referenceTo(image);
}
