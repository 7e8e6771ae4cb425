import { GeminiImageError } from '../domain/error.js';
import { findJsonBreak } from './json-break.js';

/**
 * Reads the text of a schema.
 *
 * @param about - what it is called in an error, as in "the schema's file photo.json".
 * @returns its value, which may be anything that JSON can say.
 * @throws GeminiImageError of kind `usage`, which says where the JSON breaks.
 */
export function parseSchema(text: string, about: string): unknown {
  try {
    return JSON.parse(text.trim());
  } catch (error) {
    throw new GeminiImageError({
      kind: 'usage',
      message: `${about} ${problemOf(text)}`,
      hint: 'A schema is JSON: names in double quotes, no comments, no comma after the last entry.',
      cause: error,
    });
  }
}

function problemOf(text: string): string {
  if (text.trim() === '') return 'is empty';
  const found = findJsonBreak(text);
  if (!found) return 'is not valid JSON';
  if (found.kind === 'cut') return 'is not valid JSON: it ends in the middle';
  const what = found.kind === 'more' ? 'something follows the JSON' : 'it breaks';
  return `is not valid JSON: ${what} at line ${found.line}, column ${found.column}`;
}
