import type { Brief } from '../domain/brief.js';
import { checkPlaceholders } from './placeholders.js';
import { defaultPrompt } from './styles.js';

/**
 * What is asked about a picture: the default where it is left out.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function briefFor({ prompt }: { prompt?: string | undefined }): Promise<Brief> {
  if (prompt !== undefined) checkPlaceholders(prompt);
  return { prompt: prompt ?? defaultPrompt, judge: (text) => ({ ok: true, text }) };
}
