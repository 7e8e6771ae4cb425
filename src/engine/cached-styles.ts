import type { Brief } from '../domain/brief.js';
import { GeminiImageError } from '../domain/error.js';
import type { Answer } from '../domain/record.js';
import { answerIn, type StyleAnswer, type StyleAnswers } from '../domain/style-answers.js';
import type { AnswerCache } from '../storage/answer-cache.js';
import { isUsable, unbilled } from './cached-answer.js';
import { narrowed, type Prepared } from './prepare.js';
import { briefsIn, restOf, styleAnswersIn } from './several-styles.js';
import type { Answers } from './votes.js';

/**
 * Takes the answers to several styles from the cache, each by itself, and asks for the others in one
 * call. Each new answer is kept by itself, so that it counts too if its style is asked alone.
 *
 * @param ask asks for the styles of a brief.
 * @throws whatever it throws; what the cache had, and what was right, is in the error then.
 */
export async function cachedStyles(
  prepared: Prepared,
  keys: Readonly<Record<string, string>>,
  brief: Brief,
  cache: AnswerCache,
  ask: (prepared: Prepared, brief: Brief) => Promise<Answer>,
): Promise<Answers> {
  const keep = (answers: StyleAnswers, answer: Answer) => keepEach(cache, keys, answers, answer);
  const { answered, found } = await answeredIn(cache, keys, brief, prepared);
  const rest = restOf(brief, answered);
  if (!rest && found) {
    return { answer: { ...unbilled(found), text: '' }, texts: [], cached: true, answered };
  }
  if (!rest) throw new Error('a question about no style');
  try {
    const answer = await ask(found ? narrowed(prepared, rest, answered) : prepared, rest);
    await keep(freshIn(answer, rest), answer);
    return { answer, texts: [answer.text], cached: false, answered };
  } catch (error) {
    if (error instanceof GeminiImageError && error.partialAnswers) {
      const { partialAnswers, finishReason = '', model = prepared.question.model } = error;
      const isNew = ([style]: [string, StyleAnswer]) => !Object.hasOwn(answered, style);
      const fresh = Object.fromEntries(Object.entries(partialAnswers).filter(isNew));
      await keep(fresh, { text: '', finishReason, model });
    }
    throw error;
  }
}

/** The right answers of a call. */
function freshIn(answer: Answer, brief: Brief): StyleAnswers {
  if (answer.answers) return answer.answers;
  const validation = brief.validate(answer.text);
  return validation.ok ? styleAnswersIn(validation, brief) : {};
}

/**
 * Keeps the right answers of a call, each style by itself.
 *
 * @param brief the styles that were asked.
 */
export async function keepStyles(
  cache: AnswerCache,
  keys: Readonly<Record<string, string>>,
  answer: Answer,
  brief: Brief,
): Promise<void> {
  await keepEach(cache, keys, freshIn(answer, brief), answer);
}

async function keepEach(
  cache: AnswerCache,
  keys: Readonly<Record<string, string>>,
  answers: StyleAnswers,
  { text: _, ...answer }: Answer,
): Promise<void> {
  for (const [style, value] of Object.entries(answers)) {
    const key = keys[style];
    if (key !== undefined) await cache.keep(key, { ...unbilled(answer), text: rawOf(value) });
  }
}

/** The answers of the cache, and one of their entries. */
async function answeredIn(
  cache: AnswerCache,
  keys: Readonly<Record<string, string>>,
  asked: Brief,
  { pictures }: Pick<Prepared, 'pictures'>,
): Promise<{ answered: StyleAnswers; found: Answer | undefined }> {
  const answered: [string, StyleAnswer][] = [];
  let found: Answer | undefined;
  for (const [style, brief] of briefsIn(asked)) {
    const key = keys[style];
    const kept = key === undefined ? undefined : await cache.find(key);
    if (!kept || !isUsable(brief, pictures)(kept)) continue;
    const validation = brief.validate(kept.text);
    if (validation.ok) answered.push([style, answerIn(validation)]);
    found ??= kept;
  }
  return { answered: Object.fromEntries(answered), found };
}

/** An answer as the model would give it if its style was asked alone. */
function rawOf(answer: StyleAnswer): string {
  return typeof answer === 'string' ? answer : JSON.stringify(answer);
}
