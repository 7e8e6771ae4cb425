import type { Brief } from '../domain/brief.js';
import type { BriefOptions } from './brief.js';
import { defaultPrompt } from './default-prompt.js';
import { checkPlaceholders } from './placeholders.js';

/**
 * What is asked about a picture: as `briefOf` has it, which is loaded only where there is more than a
 * prompt, since the plain question is to begin at once.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function briefFor({ prompt, ...more }: BriefOptions): Promise<Brief> {
  if (Object.values(more).some((value) => value !== undefined)) {
    const { briefOf } = await import('./brief.js');
    return briefOf({ prompt, ...more });
  }
  if (prompt !== undefined) checkPlaceholders(prompt);
  return { prompt: prompt ?? defaultPrompt, judge: (text) => ({ ok: true, text }) };
}
