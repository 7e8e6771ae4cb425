import { findJsonBreak } from './json-break.js';

/** An answer that was asked for as JSON: its value, or what is wrong with it. */
export type JsonAnswer = { ok: true; value: unknown } | { ok: false; problem: string };

/**
 * Reads an answer that has to be JSON and nothing else; blanks and a byte order mark around it do
 * no harm. A code fence or a sentence around it is no JSON: where the model adds one, it has not
 * kept to what was asked, and is asked again.
 */
export function parseJsonAnswer(text: string): JsonAnswer {
  // Unlike JSON, `trim` counts a byte order mark as blank.
  const trimmed = text.trim();
  try {
    return { ok: true, value: JSON.parse(trimmed) };
  } catch {
    return { ok: false, problem: problemOf(trimmed) };
  }
}

function problemOf(text: string): string {
  if (text === '') return 'it is empty, not JSON';
  if (text.startsWith('```')) return 'it is not JSON alone: it begins with a code fence';
  const found = findJsonBreak(text);
  if (found?.kind === 'cut') return 'it is not valid JSON: it ends in the middle';
  if (!/^[{["]/.test(text)) {
    return /[{[]/.test(text)
      ? 'it is not JSON alone: it begins with text before the JSON'
      : 'it is text, not JSON';
  }
  if (found?.kind === 'more') return 'it is not JSON alone: it goes on with text after the JSON';
  const place = found ? `: it breaks at line ${found.line}, column ${found.column}` : '';
  return `it is not valid JSON${place}`;
}
