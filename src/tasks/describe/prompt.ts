import type { Brief } from '../../domain/brief.js';
import { checkPlaceholders } from '../../engine/prompt-text.js';
import { defaultPrompt } from './style-names.js';
import type { BriefOptions } from './styled-prompt.js';

/**
 * What is asked about a picture. `briefOf` is imported only if more than a prompt is given, so that
 * the plain question starts at once.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function briefFor(options: BriefOptions): Promise<Brief> {
  const { prompt, style, long, lang, maxWords, context } = options;
  if ([style, long, lang, maxWords, context].some((value) => value !== undefined)) {
    const { briefOf } = await import('./styled-prompt.js');
    return briefOf(options);
  }
  if (prompt !== undefined) checkPlaceholders(prompt);
  return { prompt: prompt ?? defaultPrompt, validate: (text) => ({ ok: true, text }) };
}
