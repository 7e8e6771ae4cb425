import { findJsonBreak } from './json-break.js';

/** An answer that has to be JSON: its value, or what is wrong with it. */
export type JsonAnswer = { ok: true; value: unknown } | { ok: false; problem: string };

/**
 * Reads an answer that has to be JSON and nothing else. Blanks, a byte order mark and one code fence
 * around all of it are allowed, because gateways and models of other makers add them. If there is
 * text beside the JSON, the model has not done what was asked, and is asked again.
 */
export function parseJsonAnswer(text: string): JsonAnswer {
  // Unlike JSON, `trim` counts a byte order mark as blank.
  const trimmed = text.trim();
  for (const json of [trimmed, withoutFence(trimmed)]) {
    if (json === undefined) continue;
    try {
      return { ok: true, value: JSON.parse(json) };
    } catch {
      // The problem is described below, for the answer as it came.
    }
  }
  return { ok: false, problem: problemOf(trimmed) };
}

const FENCE = '```';

/** The content of a code fence around the whole text; undefined if there is none. */
function withoutFence(text: string): string | undefined {
  const firstLine = text.indexOf('\n');
  const isFenced = text.startsWith(FENCE) && text.endsWith(FENCE) && firstLine > 0;
  if (!isFenced || !/^[\w.+-]{0,20}$/.test(text.slice(FENCE.length, firstLine).trim())) {
    return undefined;
  }
  return text.slice(firstLine, -FENCE.length);
}

function problemOf(text: string): string {
  if (text === '') return 'it is empty, not JSON';
  if (text.startsWith(FENCE)) return 'it is not JSON alone: it begins with a code fence';
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
