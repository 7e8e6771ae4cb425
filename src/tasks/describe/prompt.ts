import type { Brief } from '../../domain/brief.js';
import { checkPlaceholders } from '../../engine/prompt-text.js';
import { defaultPrompt } from './style-names.js';
import type { BriefOptions } from './styled-prompt.js';

/**
 * What is asked about a picture, by one style or several. Modules are imported only if more than a
 * prompt is given, so that the plain question starts at once.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function briefFor({ style, ...options }: BriefOptions): Promise<Brief> {
  const { prompt, long, lang, maxWords, context } = options;
  const [only, ...others] = style === undefined ? [] : [style].flat();
  if (others.length > 0) {
    const { briefOfSeveral } = await import('./several-styles.js');
    return briefOfSeveral([style ?? []].flat(), options);
  }
  if ([only, long, lang, maxWords, context].some((value) => value !== undefined)) {
    const { briefOf } = await import('./styled-prompt.js');
    return briefOf({ ...options, style: only });
  }
  if (prompt !== undefined) checkPlaceholders(prompt);
  return { prompt: prompt ?? defaultPrompt, validate: (text) => ({ ok: true, text }) };
}
