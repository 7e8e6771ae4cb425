import { GeminiImageError } from '../domain/error.js';

/** The cheapest model with image input that has a free tier and no shutdown date (as of 2026-11). */
export const DEFAULT_MODEL = 'gemini-3.5-flash-lite';

export const MODEL_NAME = /^[a-z0-9][a-z0-9._-]*$/i;

/**
 * Checks a model's name for what would change the URL's path; whether it exists, only the service
 * knows.
 *
 * @returns the name without a leading `models/`.
 * @throws GeminiImageError of kind `usage`.
 */
export function parseModel(raw: string): string {
  const name = raw.trim().replace(/^models\//, '');
  if (MODEL_NAME.test(name)) return name;
  throw new GeminiImageError({
    kind: 'usage',
    message: `${JSON.stringify(raw)} is not a model's name`,
    hint: `The default is ${DEFAULT_MODEL}.`,
  });
}

/** A 404 suggests a model where Google knows one to go on with. */
export function modelHint(message: string): string {
  const named = /\buse (?:the )?models\/(\S{1,100})(?!\S)/i.exec(message)?.[1] ?? '';
  // What ends the sentence is no part of the name.
  const suggested = named.replace(/[.,;:)]+$/, '');
  return MODEL_NAME.test(suggested) && suggested !== DEFAULT_MODEL
    ? `Use -m ${suggested}, as the service suggests, or the default, ${DEFAULT_MODEL}.`
    : `Use the default model, ${DEFAULT_MODEL}.`;
}
