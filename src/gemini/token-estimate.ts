import type { Question } from '../domain/question.js';

/** What a picture counts for Gemini 3 where nothing is said about its resolution. */
export const PICTURE_TOKENS = 1120;

/** Google's rule of thumb for English; other languages have fewer. */
const CHARACTERS_A_TOKEN = 4;

/** About how many input tokens a question will be billed for. */
export function estimateInputTokens({ parts }: Pick<Question, 'parts'>): number {
  return parts.reduce((sum, part) => sum + tokensOf(part), 0);
}

/** The same for a prompt about one picture, which need not be loaded for that. */
export function estimatePromptTokens(prompt: string): number {
  return PICTURE_TOKENS + textTokens(prompt);
}

function tokensOf(part: Question['parts'][number]): number {
  return 'text' in part ? textTokens(part.text) : PICTURE_TOKENS;
}

function textTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_A_TOKEN);
}
