import type { Brief, Conclusion } from '../domain/brief.js';
import { GeminiImageError } from '../domain/error.js';
import { type CaptionListener, tellingOf } from '../domain/events.js';
import type { Answer } from '../domain/record.js';
import { answerIn, type StyleAnswer, type StyleAnswers } from '../domain/style-answers.js';

/** The same brief, and each of its styles, with what is known about the pictures. */
export function telling(brief: Brief, known: string): Brief {
  const { several } = brief;
  if (!several) return { ...brief, known };
  const briefs = [...several.briefs].map(([style, one]) => [style, telling(one, known)] as const);
  const only = (styles: readonly string[]) => telling(several.only(styles), known);
  return { ...brief, known, several: { ...several, briefs: new Map(briefs), only } };
}

/** The brief about those styles that have no answer yet; undefined if all have one. */
export function restOf(brief: Brief, answered: StyleAnswers = {}): Brief | undefined {
  const { several } = brief;
  if (!several) return brief;
  const left = [...several.briefs.keys()].filter((style) => !Object.hasOwn(answered, style));
  if (left.length === several.briefs.size) return brief;
  return left.length === 0 ? undefined : several.only(left);
}

/** The brief of each style that is asked; without a name where there is no style. */
export function briefsIn(brief: Brief): ReadonlyMap<string, Brief> {
  return brief.several?.briefs ?? new Map([[brief.asked?.style ?? '', brief]]);
}

/** What a result says to each style that was asked, even if that is only one. */
export function styleAnswersIn(
  { text, data, answers }: Conclusion,
  { several, asked }: Brief,
): StyleAnswers {
  return several ? (answers ?? {}) : { [asked?.style ?? '']: answerIn({ text, data }) };
}

/** Answers in the order in which their styles were asked. */
export function inOrder(answers: StyleAnswers, { several }: Brief): StyleAnswers {
  const styles = [...(several?.briefs.keys() ?? [])];
  return Object.fromEntries(
    styles.flatMap((style): [string, StyleAnswer][] => {
      const answer = Object.hasOwn(answers, style) ? answers[style] : undefined;
      return answer === undefined ? [] : [[style, answer]];
    }),
  );
}

/** What is there of a question about several styles, besides its own call. */
interface Rest {
  /** Its picture, for messages. */
  label: string;
  model: string;
  /** The answers that were there before the call. */
  answered: StyleAnswers | undefined;
}

/**
 * What is left of several styles if some stayed wrong: the right answers, if they are to be kept.
 * Otherwise they go into the record of the failure.
 *
 * @param whole the brief about all styles.
 * @param asked that of the call.
 * @returns an answer without text that has them; of the others it says what was wrong.
 * @throws the error, with all right answers that there are.
 */
export function keptOf(
  error: unknown,
  { label, model: askedModel, answered }: Rest,
  { whole, asked }: { whole: Brief; asked: Brief },
  tell: CaptionListener | undefined,
): Answer {
  if (!(error instanceof GeminiImageError) || error.kind !== 'answer' || !whole.several)
    throw error;
  const { partialAnswers = {}, wrongAnswers } = error;
  const right = inOrder({ ...answered, ...partialAnswers }, whole);
  if (Object.keys(right).length === 0) throw error;
  // A refusal, or an answer that was cut off, is no wrong answer.
  const isWrong = error.finishReason === 'STOP' || Object.keys(partialAnswers).length > 0;
  if (!whole.several.keepsGood || !isWrong || error.endsRun) {
    throw error.with({ partialAnswers: right });
  }
  const styles = [...briefsIn(asked).keys()];
  const leftOut = Object.fromEntries(
    styles
      .filter((style) => !Object.hasOwn(right, style))
      .map((style) => [style, wrongAnswers?.[style] ?? error.message]),
  );
  tellingOf(label, tell)({ type: 'stylesLeftOut', problems: leftOut });
  const { model = askedModel, usage, costUsd, tier } = error;
  return {
    text: '',
    answers: partialAnswers,
    leftOut,
    // What is kept was finished, whatever became of the rest.
    finishReason: 'STOP',
    model,
    ...(tier && { tier }),
    ...(usage && { usage }),
    ...(costUsd !== undefined && { costUsd }),
  };
}
