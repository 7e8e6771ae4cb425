import type { Brief, Conclusion } from '../domain/brief.js';
import type { Question, QuestionPart } from '../domain/question.js';
import type { Answer, NamedPicture } from '../domain/record.js';
import type { GeminiClient } from '../gemini/client.js';
import { estimateInputTokens } from '../gemini/request-size.js';
import type { LoadedPicture } from '../images/load.js';
import { displayName } from '../images/web/display-name.js';
import { answerKey } from './answer-key.js';
import { askUntilRight } from './ask-until-right.js';
import { answerOnce } from './cached-answer.js';
import { chargeOf } from './costs.js';
import type { CaptionTask } from './engine-task.js';
import type { EqualAnswer } from './equal-pictures.js';
import { requestFingerprint } from './fingerprint.js';
import { promptFor } from './prompt-for.js';
import { inlinePart, loadParts, type QuestionPictures } from './question.js';
import { samenessOf } from './sameness.js';
import { uploadsOf } from './uploads.js';
import { collectVotes, type Votes } from './votes.js';

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
