import type { Brief, SecondQuestion } from '../domain/brief.js';
import { type ErrorFacts, GeminiImageError } from '../domain/error.js';
import type { Question } from '../domain/question.js';
import type { Answer } from '../domain/record.js';
import { billOf, withBill } from '../domain/usage.js';

interface AskSecond {
  /** Asks a question until its answer is right by this brief. */
  ask(question: Question, brief: Brief): Promise<Answer>;
  /** Whether an error means that a call was not made because the run ends. */
  isCalledOff(error: unknown): boolean;
}

/**
 * Asks the second question about a first answer that is right, and puts the answers together.
 *
 * @param question the first one, whose model and settings hold for the second too.
 * @returns an answer with the bill of both; `matching` is that of the second.
 * @throws whatever asking throws, with the bill of both.
 */
export async function askSecond(
  { model, settings }: Question,
  first: Answer,
  second: SecondQuestion,
  { ask, isCalledOff }: AskSecond,
): Promise<Answer> {
  const { text, schema, validate } = second.ask(first.text);
  // There is no picture in it, so nothing can be looked at closely.
  const { mediaResolution: _, ...others } = settings ?? {};
  const question: Question = { model, parts: [{ text }], settings: others, schema };
  const brief: Brief = { prompt: text, rules: 'second', validate, ...(schema && { schema }) };
  const answer = await ask(question, brief).catch((error: unknown) => {
    if (isCalledOff(error)) throw unmatched(first, error, second);
    if (!(error instanceof GeminiImageError)) throw error;
    const { usage, costUsd } = billOf(first, error);
    throw error.with({
      ...{ usage, costUsd },
      ...(error.kind === 'answer' && beside(first, second, error.message)),
    });
  });
  const matching = billOf(answer);
  return {
    ...withBill(answer, billOf(first, answer)),
    text: second.join(first.text, answer.text),
    ...(matching.usage && { matching }),
  };
}

/** The first answer is paid for, so that it does not go unreported. */
function unmatched(first: Answer, reason: unknown, second: SecondQuestion): GeminiImageError {
  const { text, finishReason, model, usage, costUsd } = first;
  const why = reason instanceof GeminiImageError ? `: ${reason.message}` : '';
  const message = `its words could not be matched with the vocabulary any more${why}`;
  return new GeminiImageError({
    kind: 'answer',
    message,
    hint: 'Ask about it again.',
    partialText: text,
    finishReason,
    model,
    usage,
    costUsd,
    ...beside(first, second, message),
  });
}

/** Of several styles, the right answers to the others, which the second question does not touch. */
function beside(
  { text }: Answer,
  { among }: SecondQuestion,
  problem: string,
): Pick<ErrorFacts, 'partialAnswers' | 'wrongAnswers'> {
  if (!among) return {};
  return { partialAnswers: among.others(text), wrongAnswers: { [among.style]: problem } };
}
