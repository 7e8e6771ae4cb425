import type { Brief, Conclusion } from '../domain/brief.js';
import { GeminiImageError } from '../domain/error.js';
import type { Question, QuestionPart } from '../domain/question.js';
import type { Answer, NamedPicture } from '../domain/record.js';
import { sumOf, type Usage } from '../domain/usage.js';
import type { GeminiClient } from '../gemini/client.js';
import { estimateInputTokens } from '../gemini/request-size.js';
import type { LoadedPicture } from '../images/load.js';
import { displayName } from '../images/web/display-name.js';
import { answerKey, answerOnce } from './cached-answer.js';
import type { CaptionTask } from './engine-task.js';
import type { EqualAnswer } from './equal-pictures.js';
import { requestFingerprint } from './fingerprint.js';
import { chargeOf } from './outcome.js';
import { inlinePart, loadParts, promptFor, type QuestionPictures } from './question.js';
import { samenessOf } from './sameness.js';
import { uploadsOf } from './uploads.js';

export interface Answered {
  answer: Answer;
  /** Whether it came from the cache. */
  cached: boolean;
  /** The name of an equal picture of the run that was asked about instead. */
  copiedFrom?: string | undefined;
  pictures: readonly NamedPicture[];
  /** From the first byte read to the last one answered, retries and waits included. */
  durationMs: number;
}

/** A picture of a question that is uploaded only if there is no answer yet. */
interface ToUpload {
  later: LoadedPicture;
}

/**
 * Asks one question about one picture or several: loads them, uploads what does not fit into the
 * request, and deletes that again, whatever came of it. Where the cache has the answer, or another
 * question on its way will have it, nobody is asked. An answer that does not keep to what was asked
 * is asked for once more; a question may be put several times, for votes.
 *
 * @throws GeminiImageError, and the reason of `stop`.
 */
export async function ask(
  wanted: QuestionPictures,
  client: GeminiClient,
  task: CaptionTask,
): Promise<Answered> {
  const start = performance.now();
  const { model, brief, settings, slots, onText, votes = 1 } = task;
  const prompt = promptFor(brief.prompt, wanted.images);
  const uploads = uploadsOf(client, task);
  // Votes are to be independent of each other, and of those of earlier runs.
  const cache = votes === 1 ? task.cache : undefined;
  const key = cache && answerKey(requestFingerprint(task, wanted.labelled), prompt);
  // Of several pictures, the first are uploaded before it is known what the others are; for several
  // votes they are uploaded once.
  const mayWait = (cache ?? task.equals) !== undefined && votes === 1 && !wanted.labelled;
  const parts: (QuestionPart | ToUpload)[] = [];
  const pictures: NamedPicture[] = [];
  try {
    const loading = loadParts(wanted, prompt, task, async (picture) => {
      await key?.add(picture.content, picture.facts.sent.mimeType, picture.label);
      if (picture.fits) return inlinePart(picture);
      return mayWait ? { later: picture } : uploads.add(picture);
    });
    for await (const placed of loading) {
      pictures.push(placed.picture);
      parts.push(...placed.parts);
    }
    const about = nameOf(wanted);
    const askNow = async (vote = 0) => {
      const ready: QuestionPart[] = [];
      for (const part of parts) ready.push('later' in part ? await uploads.add(part.later) : part);
      const question: Question = {
        model,
        parts: [...ready, { text: prompt }],
        settings: ofVote(settings, vote),
        schema: brief.schema,
        mayBeEmpty: brief.mayBeEmpty,
      };
      const askNext = () => askRight(question, client, task, about);
      return slots ? slots.use(askNext) : askNext();
    };
    let cached = false;
    const answerNow = async () => {
      const given: Votes & { cached: boolean } =
        cache && key
          ? await fromCache(answerOnce(cache, key.digest(), askNow, isUsable(brief), task.signal))
          : { ...(await collectVotes(votes, askNow, task.stop)), cached: false };
      cached = given.cached;
      return concluded(given.answer, conclude(brief, given.texts, pictures));
    };
    const identity = wanted.labelled ? undefined : identityOf(pictures, task);
    const { answer, copiedFrom }: EqualAnswer =
      task.equals && identity !== undefined
        ? await task.equals.askOnce(identity, about, answerNow, task.signal)
        : { answer: await answerNow() };
    if (cached || copiedFrom !== undefined) await onText?.(answer.text, about);
    const durationMs = Math.round(performance.now() - start);
    return { answer, cached, copiedFrom, pictures, durationMs };
  } finally {
    await uploads.delete();
  }
}

/** The hash by which a picture is equal to others; undefined where its name is a part of the question. */
function identityOf([picture]: readonly NamedPicture[], task: CaptionTask): string | undefined {
  const { hash, underAnyName } = samenessOf(task);
  return underAnyName ? picture?.[hash] : undefined;
}

async function fromCache(once: ReturnType<typeof answerOnce>) {
  const { answer, cached } = await once;
  return { answer, texts: [answer.text], cached };
}

/** What was kept by an earlier version may not be right by today's rules. */
function isUsable({ judge, mayBeEmpty = false }: Brief): (answer: Answer) => boolean {
  return ({ text }) => (mayBeEmpty || text.trim() !== '') && judge(text).ok;
}

/** A seed is a number of 32 bits with a sign. */
const SEEDS = 2 ** 31;

/** With one seed, all votes would be the same. */
function ofVote(settings: Question['settings'], vote: number): Question['settings'] {
  if (settings?.seed === undefined || vote === 0) return settings;
  return { ...settings, seed: (settings.seed + vote) % SEEDS };
}

function conclude(
  brief: Brief,
  texts: readonly (string | undefined)[],
  pictures: readonly NamedPicture[],
): Conclusion {
  if (brief.conclude) return brief.conclude(texts, pictures);
  const [text = ''] = texts;
  const judgement = brief.judge(text);
  return judgement.ok ? judgement : { text };
}

/** The answer with what it comes to in the place of its text. */
function concluded({ text: _, ...facts }: Answer, { text, data }: Conclusion): Answer {
  return {
    text,
    ...(data !== undefined && { data }),
    ...(text === '' && { empty: true as const }),
    ...facts,
  };
}

/** Asks until the answer is right, or it is clear that it will not be. */
function askRight(
  question: Question,
  client: GeminiClient,
  task: CaptionTask,
  about: string,
): Promise<Answer> {
  const { brief, onText, isUnseen = false, listener, stop } = task;
  return askUntilRight(question, {
    brief,
    mayAskAgain: () => (onText === undefined || isUnseen) && !stop?.aborted,
    isCalledOff: (error) => stop?.aborted === true && error === stop.reason,
    ask: (question) => askPaid(question, client, task, about),
    onAgain: (problem) => listener?.({ type: 'again', image: displayName(about), problem }),
  });
}

/** Asks, with what each attempt may cost set aside before and what it did cost put down after. */
async function askPaid(
  question: Question,
  client: GeminiClient,
  { purse, signal, stop, listener, onText, isUnseen }: CaptionTask,
  about: string,
): Promise<Answer> {
  stop?.throwIfAborted();
  const tokens = estimateInputTokens(question);
  return client.ask(question, {
    signal,
    stop,
    account:
      purse &&
      (async () => {
        const reservation = await purse.reserve(tokens);
        return (outcome) => reservation.settle(chargeOf(outcome, question.model));
      }),
    onRetry: (retry) => listener?.({ type: 'retry', image: displayName(about), ...retry }),
    onNotice: (notice) => listener?.({ type: 'warning', image: displayName(about), ...notice }),
    onText: onText && ((text) => onText(text, about)),
    isUnseen,
  });
}

/** What a question is about, for those who watch it. */
function nameOf({ images }: QuestionPictures): string {
  const [image, ...others] = images;
  return image && others.length === 0 ? image.name : `${images.length} pictures`;
}

interface AskUntilRight {
  brief: Brief;
  /** Whether an answer that is not right may be asked for once more; not where it was shown. */
  mayAskAgain(): boolean;
  /** Whether a call was not made since the run ends. */
  isCalledOff(error: unknown): boolean;
  /** Asks the service. */
  ask(question: Question): Promise<Answer>;
  /** Told of what is wrong with an answer before it is asked for again. */
  onAgain?: ((problem: string) => void) | undefined;
}

/**
 * Asks, and once more where the answer does not keep to what was asked, with what is wrong with it.
 *
 * @returns an answer that the brief takes; its usage is that of both calls.
 * @throws GeminiImageError of kind `answer` where the second answer is not right either.
 */
export async function askUntilRight(
  question: Question,
  { brief, mayAskAgain, isCalledOff, ask, onAgain }: AskUntilRight,
): Promise<Answer> {
  const first = await ask(question);
  const problem = problemOf(brief, first);
  if (problem === undefined) return first;
  if (!mayAskAgain()) throw notRight(problem, first);
  onAgain?.(problem);
  // Most answers are right at once.
  const { correctionOf } = await import('./prompt-text.js');
  const correction = { text: correctionOf(problem, first.text) };
  const again = { ...question, parts: [...question.parts, correction] };
  const second = await ask(again).catch((error: unknown) => {
    if (isCalledOff(error)) throw notRight(problem, first);
    throw error instanceof GeminiImageError ? billedBefore(error, first.usage) : error;
  });
  const both = withUsage(second, sumOf(first.usage, second.usage));
  const stillWrong = problemOf(brief, second);
  if (stillWrong !== undefined) throw notRight(stillWrong, both);
  return both;
}

function problemOf(brief: Brief, { text }: Answer): string | undefined {
  const judgement = brief.judge(text);
  return judgement.ok ? undefined : judgement.problem;
}

function withUsage(answer: Answer, usage: Usage | undefined): Answer {
  return usage ? { ...answer, usage } : answer;
}

function billedBefore(error: GeminiImageError, usage: Usage | undefined): GeminiImageError {
  return usage ? error.with({ usage: sumOf(usage, error.usage) }) : error;
}

function notRight(problem: string, { text, finishReason, usage }: Answer): GeminiImageError {
  return new GeminiImageError({
    kind: 'answer',
    message: `the answer is not as it was asked for: ${problem}`,
    hint: 'Another model may keep to it (-m); the record shows what it said (-f json).',
    partialText: text,
    finishReason,
    usage,
  });
}

/** What came of one question that was put several times. */
interface Votes {
  /** The first answer, with the usage of all. */
  answer: Answer;
  /** The text of each answer; undefined for a vote that the model did not give. */
  texts: readonly (string | undefined)[];
}

/**
 * Puts a question so often, all at once, and waits for every answer. A vote that the model refuses,
 * or gives in no usable form, is lost; any other failure is that of the whole.
 *
 * @param ask puts it once; it is told which vote it is, from 0.
 * @param stop whose reason is thrown as it is, where the run ends before all votes are there.
 * @throws GeminiImageError where something failed that is not the model's, or all votes are lost.
 */
export async function collectVotes(
  count: number,
  ask: (vote: number) => Promise<Answer>,
  stop?: AbortSignal,
): Promise<Votes> {
  const settled = await Promise.allSettled(Array.from({ length: count }, (_, vote) => ask(vote)));
  const answers: (Answer | undefined)[] = [];
  const failures: unknown[] = [];
  for (const one of settled) {
    answers.push(one.status === 'fulfilled' ? one.value : undefined);
    if (one.status === 'rejected') failures.push(one.reason);
  }
  const usage = sumOf(
    ...answers.map((answer) => answer?.usage),
    ...failures.map((failure) => usageOf(failure)),
  );
  const [first] = answers.filter((answer) => answer !== undefined);
  const reason: unknown = stop?.aborted ? stop.reason : undefined;
  const whole = failures.filter((failure) => !isLostVote(failure));
  // What failed says more than that the run ended for it.
  const fatal =
    whole.find((failure) => failure !== reason) ?? whole[0] ?? (first ? undefined : failures[0]);
  if (fatal !== undefined && fatal === reason) throw fatal;
  if (fatal !== undefined) {
    throw fatal instanceof GeminiImageError && usage ? fatal.with({ usage }) : fatal;
  }
  if (!first) throw new Error('a question that was put no times');
  const answer = usage ? { ...first, usage } : first;
  return { answer, texts: answers.map((one) => one?.text) };
}

/** Whether a vote failed by the model's fault, so that the others still count. */
export function isLostVote(failure: unknown): boolean {
  return failure instanceof GeminiImageError && failure.kind === 'answer' && !failure.endsRun;
}

function usageOf(failure: unknown): Usage | undefined {
  return failure instanceof GeminiImageError ? failure.usage : undefined;
}
