// Asks the model again about pictures that a person marked, by the same run as the command line does.
import { GeminiImageError, usageError } from '../domain/error.js';
import { isObject } from '../domain/json.js';
import type { Answered, AnsweredRow } from '../records/rows/picture-row.js';
import { placeOf } from '../records/rows/picture-row.js';
import type { CommandContext, Tally } from '../run/context.js';
import type { AskEstimate, Asking } from './api.js';
import type { LedgerView } from './ledger-view.js';
import { pathOf } from './pictures.js';
import { arePositions, objectIn } from './server.js';

/** A question as the ledger remembers it. */
export interface QuestionAgain {
  images: readonly string[];
  /** Undefined if the question had a prompt instead. */
  styles: readonly string[] | undefined;
  lang: string | undefined;
  /** Whether the style has a long form, which was asked for. */
  isLong: boolean;
  /** The prompt's first words, if there was no style. */
  prompt: string | undefined;
  /** What tells the schema of the fields from others, if fields were asked for. */
  schema: string | undefined;
  /** What the person wants the model to know. */
  hint: string | undefined;
}

/**
 * Runs a question into the ledger, or prints an estimate of it as JSON.
 *
 * @param onOutcome called with each picture that is done.
 */
export type AskRun = (
  question: QuestionAgain,
  how: { isDry: boolean; onOutcome(isOk: boolean, costUsd: number): void },
  context: CommandContext,
) => Promise<Tally>;

export interface AskingAgainOptions {
  ledger: string;
  view: LedgerView;
  run: AskRun;
  /** The model that is asked. */
  model: string;
  /** @throws GeminiImageError if there is no key. */
  expectKey(): Promise<void>;
  context: CommandContext;
}

const MOST_MESSAGES = 20;

export class AskingAgain {
  readonly #options: AskingAgainOptions;
  #now: Asking | undefined;
  #stop: AbortController | undefined;
  #running: Promise<void> | undefined;

  constructor(options: AskingAgainOptions) {
    this.#options = options;
  }

  get model(): string {
    return this.#options.model;
  }

  /** The run that goes on, or the last one. */
  get now(): Asking | undefined {
    return this.#now;
  }

  /**
   * What a question would cost, by the same estimate as that of `--dry-run`.
   *
   * @throws GeminiImageError of kind `usage` if it cannot be asked.
   */
  async price(body: unknown): Promise<AskEstimate> {
    const { questions, positions } = this.#questionsIn(body);
    const { model } = this.#options;
    await this.#options.expectKey();
    let costUsd: number | undefined = 0;
    for (const question of questions) {
      const cost = await this.#priceOf(question);
      costUsd = cost === undefined || costUsd === undefined ? undefined : costUsd + cost;
    }
    return {
      pictures: positions.length,
      model,
      ...(costUsd !== undefined && { costUsd }),
      note:
        costUsd === undefined
          ? `no price is known for ${model}`
          : 'an estimate; thinking is not counted',
    };
  }

  async #priceOf(question: QuestionAgain): Promise<number | undefined> {
    let printed = '';
    const failures: string[] = [];
    const context = this.#contextFor(
      new AbortController().signal,
      (text) => {
        printed += text;
      },
      (message) => failures.push(message),
    );
    await this.#options.run(question, { isDry: true, onOutcome: () => {} }, context);
    if (failures.length > 0) throw usageError(failures.join('; '));
    const estimate = objectIn(JSON.parse(printed)) ?? {};
    const cost = objectIn(estimate.estimate)?.costUsd ?? estimate.costUsd;
    return typeof cost === 'number' ? cost : undefined;
  }

  /**
   * Begins to ask. How it goes on is in `now`.
   *
   * @throws GeminiImageError of kind `usage` if it cannot be asked, or is asked already.
   */
  async begin(body: unknown): Promise<void> {
    await this.#options.expectKey();
    if (this.#running) throw usageError('the model is being asked already');
    const { questions, positions } = this.#questionsIn(body);
    const stop = new AbortController();
    this.#stop = stop;
    const total = positions.length;
    this.#now = { ...{ done: 0, failed: 0, total, costUsd: 0 }, messages: [], positions };
    this.#running = this.#ask(questions, stop.signal).finally(() => {
      this.#running = undefined;
    });
  }

  async #ask(questions: readonly QuestionAgain[], signal: AbortSignal): Promise<void> {
    const note = (message: string) => {
      const { messages } = this.#current();
      if (messages.length < MOST_MESSAGES) this.#set({ messages: [...messages, message] });
    };
    try {
      for (const question of questions) {
        if (signal.aborted) break;
        const context = this.#contextFor(signal, () => {}, note);
        const onOutcome = (isOk: boolean, costUsd: number) => {
          const { done, failed, costUsd: before } = this.#current();
          this.#set({
            done: done + (isOk ? 1 : 0),
            failed: failed + (isOk ? 0 : 1),
            costUsd: before + costUsd,
          });
        };
        await this.#options.run(question, { isDry: false, onOutcome }, context);
      }
      const { done, total } = this.#current();
      this.#set({ ended: signal.aborted ? 'stopped' : done < total ? 'failed' : 'done' });
    } catch (error) {
      if (!(error instanceof GeminiImageError)) this.#options.context.tell(bugIn(error));
      note(error instanceof Error ? error.message : String(error));
      this.#set({ ended: signal.aborted ? 'stopped' : 'failed' });
    }
  }

  #current(): Asking {
    if (!this.#now) throw new Error('nothing is asked');
    return this.#now;
  }

  #set(changed: Partial<Asking>): void {
    this.#now = { ...this.#current(), ...changed };
  }

  /** Stops: what is on its way ends, and nothing new begins. */
  stop(): void {
    this.#stop?.abort();
  }

  /** Stops, and waits until all that was answered is in the ledger. */
  async end(): Promise<void> {
    this.stop();
    await this.#running;
  }

  /** The run has a terminal of its own: the page. */
  #contextFor(
    signal: AbortSignal,
    print: (text: string) => void,
    note: (message: string) => void,
  ): CommandContext {
    return {
      ...this.#options.context,
      stdin: { ...this.#options.context.stdin, isData: false },
      stdout: {
        isTerminal: false,
        write: async (text) => print(text),
      },
      tell(event) {
        if (event.type !== 'failed') return;
        const { error, about } = event;
        note(about === undefined ? error.message : `${about}: ${error.message}`);
      },
      showsTotal: false,
      signals: { stop: signal, abort: signal },
      isUnread: () => false,
      allowGrace: () => {},
    };
  }

  /**
   * The questions about the rows that are named, each with the pictures that were asked the same.
   *
   * @throws GeminiImageError of kind `usage` if one of them is not known.
   */
  #questionsIn(body: unknown): { questions: QuestionAgain[]; positions: readonly number[] } {
    const { positions, answer, hint } = objectIn(body) ?? {};
    if (!arePositions(positions) || positions.length === 0) throw usageError('mark some pictures');
    const told = typeof hint === 'string' && hint.trim() !== '' ? hint.trim() : undefined;
    const questions = new Map<string, QuestionAgain & { images: string[] }>();
    for (const position of positions) {
      const { image, ...asked } = this.#askedAbout(
        position,
        typeof answer === 'string' ? answer : '',
      );
      const key = JSON.stringify(asked);
      const question = questions.get(key) ?? { ...asked, images: [], hint: told };
      question.images.push(image);
      questions.set(key, question);
    }
    return { questions: [...questions.values()], positions };
  }

  #askedAbout(position: number, answer: string) {
    const { view, ledger } = this.#options;
    const row = view.row(position);
    const [picture, ...others] = row?.pictures ?? [];
    if (!row || !picture) throw usageError('there is no such row');
    const { image } = picture;
    if (others.length > 0) {
      throw usageError('it was asked about several pictures together', 'Ask with describe.');
    }
    if (image === '-' || (pathOf(picture, ledger) ?? image) !== withoutPage(picture)) {
      throw usageError(
        `${image} is not to be found from here`,
        'Start the review in the folder where describe ran.',
      );
    }
    if (placeOf(row.status === 'ok' ? row.newest : row.record)) {
      throw usageError('a picture at its place in a page is asked again by alt --redo');
    }
    const named = row.status === 'ok' ? row.answers.get(answer) : undefined;
    const { asked } =
      row.status === 'ok' ? (named?.record ?? recordAsked(row, answer)) : row.record;
    if (!asked) throw usageError(`the ledger does not say what was asked about ${image}`);
    const { style, lang, prompt, schema } = asked;
    const styles = named?.style !== undefined ? [named.style] : style?.split(',');
    return {
      ...{ image, styles, lang, isLong: isObject(named?.value) },
      ...(styles ? { prompt: undefined, schema: undefined } : { prompt, schema }),
    };
  }
}

/** Where there is no such answer: the record of the fields if none is named, or else the newest. */
function recordAsked({ fields, newest }: AnsweredRow, answer: string): Answered {
  const ofFields = answer === '' ? [...fields.values()].at(-1)?.record : undefined;
  return ofFields ?? newest;
}

function withoutPage(picture: { image: string }): string {
  const { image } = picture;
  const page = 'page' in picture ? picture.page : undefined;
  return page === undefined ? image : image.replace(new RegExp(`#${String(page)}$`), '');
}

function bugIn(cause: unknown) {
  const message = cause instanceof Error ? cause.message : String(cause);
  const error = new GeminiImageError({ kind: 'internal', message: `a bug: ${message}`, cause });
  return { type: 'failed' as const, error };
}
