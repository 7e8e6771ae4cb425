import type { MediaResolution } from '../domain/model-settings.js';
import type { Question } from '../domain/question.js';
import type { QuestionSettings } from './generation-config.js';

/** What a picture counts for Gemini 3 where nothing is said about its resolution. */
export const PICTURE_TOKENS = 1120;

/** The same where something is said. */
const tokensAt = {
  low: 280,
  medium: 560,
  high: 1120,
} as const satisfies Readonly<Record<MediaResolution, number>>;

/** Google's rule of thumb for English; other languages have fewer. */
const CHARACTERS_A_TOKEN = 4;

/** About how many input tokens a question will be billed for. */
export function estimateInputTokens(question: Omit<Question, 'model'>): number {
  const picture = pictureTokens(question);
  const tokensOf = (part: Question['parts'][number]) =>
    'text' in part ? textTokens(part.text) : picture;
  return question.parts.reduce((sum, part) => sum + tokensOf(part), besides(question));
}

/** The same for a prompt about one picture, which need not be loaded for that. */
export function estimatePromptTokens(prompt: string, asked: QuestionSettings = {}): number {
  return pictureTokens(asked) + textTokens(prompt) + besides(asked);
}

function pictureTokens({ settings }: QuestionSettings): number {
  const resolution = settings?.mediaResolution;
  return resolution ? tokensAt[resolution] : PICTURE_TOKENS;
}

/** What is read besides the parts: the system instruction and the schema. */
function besides({ settings, schema }: QuestionSettings): number {
  return textTokens(settings?.system ?? '') + textTokens(schema ? JSON.stringify(schema) : '');
}

function textTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_A_TOKEN);
}
