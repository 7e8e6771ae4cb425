import type { Brief, Conclusion } from '../domain/brief.js';
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
