import type { Brief, PartlyRight, Validation } from '../domain/brief.js';
import { type ErrorFacts, GeminiImageError } from '../domain/error.js';
import { type TellOfAnswer, tellingOf } from '../domain/events.js';
import type { Question } from '../domain/question.js';
import type { Answer } from '../domain/record.js';
import type { StyleAnswers } from '../domain/style-answers.js';
import { type Bill, billOf, withBill } from '../domain/usage.js';
import type { GeminiClient } from '../gemini/client.js';
import { estimateInputTokens } from '../gemini/request-size.js';
import { throwIfStopped } from '../network/stop-signals.js';
import type { Task } from './engine-task.js';
import { chargeOf } from './outcome.js';
import type { Prepared, Subject } from './prepare.js';
import { keptOf, restOf } from './several-styles.js';
import type { Uploads } from './uploads.js';
import type { Answers } from './votes.js';

/**
 * Puts a prepared question once.
 *
 * @param vote which of several times it is, from 0.
 * @param brief what it asks: of several styles, those that have no answer yet.
 */
export type Call = (prepared: Prepared, vote: number, brief: Brief) => Promise<Answer>;

/**
 * The answers to a prepared question. They come from an equal picture of the run, from the cache,
 * or from another question in progress; otherwise from calls, one for each vote.
 *
 * @throws whatever the call throws, and GeminiImageError of kind `interrupted` after `abort`.
 */
export async function answersTo(prepared: Prepared, task: Task, call: Call): Promise<Answers> {
  const { equals, signals } = task;
  const { about, identity } = prepared;
  const answersNow = () => cachedOrCalled(prepared, task, call);
  return equals && identity !== undefined
    ? equals.askOnce(identity, about.id, answersNow, signals?.abort)
    : answersNow();
}

/** Says that an answer is not in the cache. */
class NotThere extends Error {
  constructor(readonly asked: Prepared) {
    super();
  }
}

/**
 * What the cache has of a prepared question.
 *
 * @returns all answers; otherwise, of several styles, those that are there besides the known ones.
 */
export async function cachedAnswers(
  prepared: Prepared,
  task: Task,
): Promise<{ answers: Answers } | { answered?: StyleAnswers | undefined }> {
  const { cacheKey, cacheKeys, answered } = prepared;
  if (cacheKey === undefined && !cacheKeys) return { answered };
  try {
    const answers = await cachedOrCalled(prepared, task, async (asked) => {
      throw new NotThere(asked);
    });
    return { answers };
  } catch (error) {
    if (error instanceof NotThere) return { answered: error.asked.answered };
    throw error;
  }
}

async function cachedOrCalled(prepared: Prepared, task: Task, call: Call): Promise<Answers> {
  const { cache, votes = 1, signals } = task;
  const { cacheKey, cacheKeys, answered } = prepared;
  const brief = restOf(task.brief, answered) ?? task.brief;
  if (cache && cacheKeys) {
    const { cachedStyles } = await import('./cached-styles.js');
    const ask = (asked: Prepared, of: Brief) => call(asked, 0, of);
    return cachedStyles(prepared, cacheKeys, brief, cache, ask);
  }
  if (cache && cacheKey !== undefined) {
    const { answerOnce, isUsable } = await import('./cached-answer.js');
    const callOnce = () => call(prepared, 0, brief);
    const { answer, cached } = await answerOnce(
      cache,
      cacheKey,
      callOnce,
      isUsable(brief, prepared.pictures),
      signals?.abort,
    );
    return { answer, texts: [answer.text], cached };
  }
  if (votes === 1) {
    const answer = await call(prepared, 0, brief);
    return { answer, texts: [answer.text], cached: false };
  }
  const { collectVotes } = await import('./votes.js');
  const given = await collectVotes(votes, (vote) => call(prepared, vote, brief), signals?.stop);
  return { ...given, cached: false };
}

/**
 * Makes a call as soon as the run has a free slot. Pictures that are too large for the request are
 * uploaded first. If the answer does not fit the question, the model is asked once more.
 *
 * @param given an answer that is there already: only what does not fit in it is asked for.
 */
export function liveCall(client: GeminiClient, task: Task, uploads: Uploads, given?: Answer): Call {
  const { slots } = task;
  return async ({ question: prepared, about, pictures, answered }, vote, brief) => {
    const parts = await uploads.partsOf(prepared.parts);
    const question = { ...prepared, parts, settings: settingsOf(prepared, vote) };
    const { second } = brief;
    const judge = (second ?? brief).validate;
    const validate: Brief['validate'] = (text) => judge(text, pictures);
    const ofThese = { ...brief, validate };
    const askBoth = async () => {
      const first = await askRight(question, client, task, ofThese, about, given);
      if (!second) return first;
      const { askSecond } = await import('./second-question.js');
      const onBilled = (bill: Bill) => task.onBilled?.(bill, 'matching');
      return askSecond(question, first, second, {
        ask: (question, brief) => askRight(question, client, { ...task, onBilled }, brief, about),
        isCalledOff: (error) => isCalledOff(error, task),
      });
    };
    const { label } = about;
    const rest = { label, model: prepared.model, answered };
    const askNow = () =>
      askBoth().catch((error: unknown) =>
        keptOf(error, rest, { whole: task.brief, asked: brief }, task.tell),
      );
    return slots ? slots.use(askNow) : askNow();
  };
}

/** A seed is a signed 32-bit number. */
const SEEDS = 2 ** 31;

/** Gives each vote its own seed; with the same seed, all votes would be the same. */
export function settingsOf(
  { settings }: Pick<Prepared['question'], 'settings'>,
  vote: number,
): Question['settings'] {
  if (settings?.seed === undefined || vote === 0) return settings;
  return { ...settings, seed: (settings.seed + vote) % SEEDS };
}

/** Whether an error means that a call was not made because the run ends. */
function isCalledOff(error: unknown, { signals }: Task): boolean {
  return signals?.stop.aborted === true && error === signals.stop.reason;
}

/** Asks until the answer is right, or cannot be expected to become right. */
function askRight(
  question: Question,
  client: GeminiClient,
  task: Task,
  brief: Brief,
  about: Subject,
  given?: Answer,
): Promise<Answer> {
  let first = given;
  const { onText, isUnseen = false, tell, signals } = task;
  return askUntilRight(question, {
    brief,
    mayAskAgain: () => (onText === undefined || isUnseen) && !signals?.stop.aborted,
    isCalledOff: (error) => isCalledOff(error, task),
    async ask(question) {
      const answer = first ?? (await askPaid(question, client, task, brief, about));
      first = undefined;
      return answer;
    },
    tell: tellingOf(about.label, tell),
  });
}

/**
 * Asks; the possible cost of each attempt is set aside before it, and its real cost is booked
 * after.
 */
async function askPaid(
  question: Question,
  client: GeminiClient,
  { budget, pace, onBilled, signals, tell, onText, isUnseen }: Task,
  brief: Brief,
  about: Subject,
): Promise<Answer> {
  throwIfStopped(signals);
  const tokens = estimateInputTokens(question);
  return client.ask(question, {
    signals,
    async account() {
      const turn = await pace?.turn({ place: 0, isRepetition: false, tokens, signals });
      const reservation = await budget?.reserve(tokens);
      return (outcome) => {
        // How the service takes the calls is the client's business: its pace is everybody's.
        turn?.answered(outcome?.usage);
        reservation?.settle(chargeOf(outcome));
        if (outcome?.usage) onBilled?.(outcome);
      };
    },
    tell: tellingOf(about.label, tell),
    onText: onText && holdingBack(brief.forNothing, (text) => onText(text, about.id)),
    isUnseen,
  });
}

/**
 * Shows a stream, but not while it may be what stands for nothing. What is held back at the end is
 * not shown: the answer is printed as it is finished.
 */
function holdingBack(
  forNothing: string | undefined,
  show: (text: string) => Promise<void>,
): (text: string) => Promise<void> {
  if (forNothing === undefined) return show;
  let held: string | undefined = '';
  return async (text) => {
    if (held === undefined) return show(text);
    held += text;
    if (forNothing.startsWith(held.trim())) return;
    const shown = held;
    held = undefined;
    await show(shown);
  };
}

interface AskUntilRight {
  brief: Brief;
  /**
   * Whether the model may be asked once more after a wrong answer; not if that answer was shown.
   */
  mayAskAgain(): boolean;
  /** Whether an error means that a call was not made because the run ends. */
  isCalledOff(error: unknown): boolean;
  /** Asks the service. */
  ask(question: Question): Promise<Answer>;
  tell?: TellOfAnswer<'again'> | undefined;
}

/**
 * Asks, and asks once more if the answer is wrong, telling the model what was wrong with it. Of
 * several styles only those are asked again that were wrong: a second answer must not spoil the others.
 *
 * @returns an answer that the brief accepts; its usage is that of both calls.
 * @throws GeminiImageError of kind `answer` if the second answer is wrong too.
 */
export async function askUntilRight(
  question: Question,
  { brief, mayAskAgain, isCalledOff, ask, tell }: AskUntilRight,
): Promise<Answer> {
  const first = await ask(question);
  const wrong = brief.validate(first.text);
  if (wrong.ok) return first;
  if (!mayAskAgain()) throw notRight(wrong, first);
  const { problem, partly } = wrong;
  tell?.({ type: 'again', problem });
  const second = await ask(await corrected(question, first, wrong)).catch((error: unknown) => {
    if (isCalledOff(error)) throw notRight(wrong, first);
    throw error instanceof GeminiImageError ? afterFirst(error, first, partly) : error;
  });
  const text = partly ? partly.join(second.text) : second.text;
  const both = withBill({ ...second, text }, billOf(first, second));
  const validation = brief.validate(text);
  if (!validation.ok) throw notRight(validation, both);
  return both;
}

/** The question that asks for a right answer; of several styles, for those that were wrong. */
async function corrected(
  question: Question,
  { text }: Answer,
  { problem, partly }: Wrong,
): Promise<Question> {
  // Most answers are right at once, so this module is rarely needed.
  const { correctionOf } = await import('./prompt-text.js');
  const styles = partly && Object.keys(partly.problems);
  const correction = { text: correctionOf(problem, partly?.wrong ?? text, styles) };
  const parts = [...question.parts, correction];
  return { ...question, parts, ...(partly && { schema: partly.schema }) };
}

type Wrong = Extract<Validation, { ok: false }>;

/** The error of the second call, with what the first one was billed and had right. */
function afterFirst(
  error: GeminiImageError,
  before: Bill,
  partly: PartlyRight | undefined,
): GeminiImageError {
  const { usage, costUsd } = billOf(before, error);
  return error.with({ usage, costUsd, ...(error.kind === 'answer' && rightIn(partly)) });
}

/** The error for an answer that the brief does not accept. */
export function notRight(
  { problem, partly }: Wrong,
  { text, finishReason, model, usage, costUsd }: Answer,
): GeminiImageError {
  return new GeminiImageError({
    kind: 'answer',
    message: `the answer is not as it was asked for: ${problem}`,
    hint: 'Another model may keep to it (-m); the record shows what it said (-f json).',
    partialText: text,
    finishReason,
    model,
    usage,
    costUsd,
    ...rightIn(partly),
  });
}

function rightIn(partly: PartlyRight | undefined): Partial<ErrorFacts> {
  return partly ? { partialAnswers: partly.right, wrongAnswers: partly.problems } : {};
}
