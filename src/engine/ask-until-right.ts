import type { Brief } from '../domain/brief.js';
import { GeminiImageError } from '../domain/error.js';
import type { Question } from '../domain/question.js';
import type { Answer } from '../domain/record.js';
import { sumOf, type Usage } from '../domain/usage.js';

export interface AskUntilRight {
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
  const { correctionOf } = await import('./correction.js');
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
