import type { Brief } from '../../src/domain/brief.js';

/** Asks in these words, and takes whatever is answered. */
export function briefAsking(prompt: string): Brief {
  return { prompt, validate: (text) => ({ ok: true, text }) };
}
