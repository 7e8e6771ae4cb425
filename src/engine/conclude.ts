import type { Brief, Conclusion } from '../domain/brief.js';
import type { Answer, AnswerFacts, NamedPicture } from '../domain/record.js';
import type { Prepared } from './prepare.js';
import type { Answers } from './votes.js';

/** What the answers to a question come to, with all that its record says of them. */
export interface Result extends AnswerFacts {
  /** Of an answer that nobody was asked for. */
  costUsd?: number;
  answer: Answer;
  pictures: readonly NamedPicture[];
}

/**
 * What the answers to a prepared question come to, wherever they are from.
 *
 * @param answers each of which keeps to the brief.
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

/** The answer with what it comes to in the place of its text. */
function concluded({ text: _, ...facts }: Answer, { text, data }: Conclusion): Answer {
  return {
    text,
    ...(data !== undefined && { data }),
    ...(text === '' && { empty: true as const }),
    ...facts,
  };
}

/** An answer that nobody was asked for cost nothing, and says where it is from. */
function originOf(
  copiedFrom: string | undefined,
  cached: boolean,
): Pick<Result, 'costUsd' | 'cached' | 'copiedFrom'> {
  if (copiedFrom !== undefined) return { costUsd: 0, copiedFrom };
  return cached ? { costUsd: 0, cached } : {};
}
