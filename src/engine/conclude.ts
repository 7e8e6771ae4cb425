import type { Brief, Conclusion } from '../domain/brief.js';
import type { Answer, AnswerFacts, NamedPicture } from '../domain/record.js';
import type { Prepared } from './prepare.js';
import type { Answers } from './votes.js';

/** The result of a question, with everything that its record says about it. */
export interface Result extends AnswerFacts {
  /** Absent if the answer did not need a call. */
  costUsd?: number;
  answer: Answer;
  pictures: readonly NamedPicture[];
}

/**
 * Makes the result of a prepared question from its answers, wherever they come from.
 *
 * @param answers each of them is accepted by the brief.
 */
export function conclude(
  { pictures, asked, request }: Pick<Prepared, 'pictures' | 'asked' | 'request'>,
  { answer, texts, cached, copiedFrom }: Answers,
  brief: Brief,
): Result {
  return {
    answer: concluded(answer, conclusionOf(brief, texts, pictures)),
    pictures,
    asked,
    request,
    ...originOf(copiedFrom, cached),
  };
}

function conclusionOf(
  brief: Brief,
  texts: Answers['texts'],
  pictures: readonly NamedPicture[],
): Conclusion {
  if (brief.conclude) return brief.conclude(texts, pictures);
  const [text = ''] = texts;
  const validation = brief.validate(text);
  return validation.ok ? validation : { text };
}

/** The answer, with its conclusion in place of its text. */
function concluded({ text: _, ...facts }: Answer, { text, data }: Conclusion): Answer {
  return {
    text,
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
