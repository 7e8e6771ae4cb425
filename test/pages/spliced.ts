import type { Splice } from '../../src/pages/page-image.js';

/**
 * A text with its changes, which do not overlap.
 *
 * @throws Error if they do.
 */
export function spliced(text: string, splices: readonly Splice[]): string {
  const inOrder = [...splices].sort((a, b) => a.start - b.start || a.end - b.end);
  let result = '';
  let at = 0;
  for (const { start, end, text: replacement } of inOrder) {
    if (start < at) throw new Error('two changes of a page overlap');
    result += text.slice(at, start) + replacement;
    at = end;
  }
  return result + text.slice(at);
}
