import type { Brief, Conclusion } from '../domain/brief.js';
import type {
  Answer,
  AnswerFacts,
  NamedPicture,
  OkRecord,
  TogetherOkRecord,
} from '../domain/record.js';
import { firstText, type StyleAnswers } from '../domain/style-answers.js';
import { ofStyles } from './fingerprint.js';
import type { Prepared } from './prepare.js';
import { inOrder, restOf, styleAnswersIn } from './several-styles.js';
import type { Answers } from './votes.js';

/** The result of a question, with everything that its record says about it. */
export interface Result extends AnswerFacts {
  /** Absent if the answer did not need a call. */
  costUsd?: number;
  answer: Answer;
  pictures: readonly NamedPicture[];
}

/** A result, and how long it took. */
export interface TimedResult extends Result {
  /** From the first byte read to the last answer, with retries and waits. */
  durationMs: number;
}

/** The record of a result about one picture. */
export function recordOfOne({ answer, pictures, durationMs, ...facts }: TimedResult): OkRecord {
  const [picture] = pictures;
  if (!picture) throw new Error('an answer without its picture');
  const { image, ...pictureFacts } = picture;
  return { image, status: 'ok', ...answer, ...pictureFacts, ...facts, durationMs };
}

/** The record of a result about several pictures. */
export function recordOfSeveral({
  answer,
  pictures,
  durationMs,
  ...facts
}: TimedResult): TogetherOkRecord {
  return { images: pictures, status: 'ok', ...answer, ...facts, durationMs };
}

type Concluded = Pick<Prepared, 'pictures' | 'asked' | 'request' | 'requests' | 'answered'>;

/**
 * Makes the result of a prepared question from its answers, wherever they come from.
 *
 * @param answers each of them is accepted by the brief.
 * @param brief as the question was prepared with; of several styles, that about all of them.
 */
export function conclude(prepared: Concluded, answers: Answers, brief: Brief): Result {
  const { pictures, asked, request, requests } = prepared;
  const { answer, texts, cached, copiedFrom } = answers;
  const facts = { pictures, asked, ...originOf(copiedFrom, cached) };
  if (!brief.several) {
    return { answer: concluded(answer, conclusionOf(brief, texts, pictures)), ...facts, request };
  }
  const answered = { ...prepared.answered, ...answers.answered };
  const all = inOrder({ ...answered, ...freshAnswers(answers, answered, brief, pictures) }, brief);
  return {
    answer: concluded(answer, { text: firstText(all), answers: all }),
    ...facts,
    ...ofStyles(only(requests, all)),
  };
}

/** The answers to those styles that were asked. */
function freshAnswers(
  { answer, texts }: Answers,
  answered: StyleAnswers,
  brief: Brief,
  pictures: readonly NamedPicture[],
): StyleAnswers {
  // Some of them were left out.
  if (answer.answers) return answer.answers;
  const rest = restOf(brief, answered);
  if (!rest) return {};
  return styleAnswersIn(conclusionOf(rest, texts, pictures), rest);
}

function only(
  requests: Readonly<Record<string, string>> = {},
  answers: StyleAnswers,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(answers).map((style) => [style, requests[style] ?? '']));
}

function conclusionOf(
  brief: Brief,
  texts: Answers['texts'],
  pictures: readonly NamedPicture[],
): Conclusion {
  if (brief.conclude) return brief.conclude(texts, pictures);
  const [text = ''] = texts;
  const validation = brief.validate(text, pictures);
  return validation.ok ? validation : { text };
}

/** The answer, with its conclusion in place of its text. */
function concluded(
  { text: _, answers: __, ...facts }: Answer,
  { text, data, answers }: Conclusion,
): Answer {
  return {
    text,
    ...(answers && { answers }),
    ...(data !== undefined && { data }),
    ...(text === '' && { empty: true as const }),
    ...facts,
  };
}

/** The facts about where an answer comes from. Without a call it costs nothing. */
function originOf(
  copiedFrom: string | undefined,
  cached: boolean,
): Pick<Result, 'costUsd' | 'cached' | 'copiedFrom'> {
  if (copiedFrom !== undefined) return { costUsd: 0, copiedFrom };
  return cached ? { costUsd: 0, cached } : {};
}
