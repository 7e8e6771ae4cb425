import type { GeminiImageError } from '../domain/error.js';
import { THINKING_LEVELS, type ThinkingLevel } from '../domain/model-settings.js';

/** Levels by model, its default first (as of 2026-11). What an alias takes, only Google knows. */
const levels = {
  'gemini-3.5-flash-lite': ['minimal', 'low', 'medium', 'high'],
  'gemini-3.1-flash-lite': ['minimal', 'low', 'medium', 'high'],
  'gemini-3.6-flash': ['medium', 'minimal', 'low', 'high'],
  'gemini-3.8-flash': ['medium', 'low', 'high'],
  'gemini-4-carbon': ['medium', 'low', 'high'],
  'gemini-4-hydrogen': ['high', 'low', 'medium', 'xhigh'],
  'gemini-4-neon': ['high', 'low', 'medium', 'xhigh'],
  'gemini-3.1-pro-preview': ['high', 'low', 'medium'],
  // They count their thoughts in tokens instead.
  'gemini-2.5-flash': [],
  'gemini-2.5-pro': [],
  'gemini-2.5-flash-lite': [],
} as const satisfies Readonly<Record<string, readonly ThinkingLevel[]>>;

const levelsOf: ReadonlyMap<string, readonly ThinkingLevel[]> = new Map(Object.entries(levels));

/**
 * The levels that a model takes, its default first; none where it takes no level at all, undefined
 * where the table does not know it by exactly this name.
 */
export function thinkingLevelsOf(model: string): readonly ThinkingLevel[] | undefined {
  return levelsOf.get(model.replace(/^models\//, ''));
}

/** What to do where a level is refused, as long as nothing is known of the model. */
export const ANY_MODEL_HINT = `--thinking takes ${oneOf(THINKING_LEVELS)}; each model knows some of them.`;

/** The same for a model. */
export function thinkingHint(model: string): string {
  const known = thinkingLevelsOf(model);
  if (!known) return ANY_MODEL_HINT;
  const [usual, ...others] = known;
  return usual === undefined
    ? `${model} takes no thinking levels: leave out --thinking.`
    : `${model} takes --thinking ${oneOf([`${usual} (its default)`, ...others])}.`;
}

/** Says in an error about the level what the asked model takes; other errors stay as they are. */
export function withThinkingHint(error: GeminiImageError, model: string): GeminiImageError {
  return error.hint === ANY_MODEL_HINT ? error.with({ hint: thinkingHint(model) }) : error;
}

function oneOf(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), ...words.slice(-1)].join(' or ');
}
