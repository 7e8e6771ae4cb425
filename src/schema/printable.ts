/**
 * Makes words that a stranger wrote fit into an error's line: what does not print is replaced, and
 * of what is too long the beginning stays, or where it says more, the end.
 */
export function printable(
  text: string,
  maxLength: number,
  keep: 'start' | 'end' = 'start',
): string {
  const rest = maxLength - 1;
  const cut =
    text.length <= maxLength
      ? text
      : keep === 'start'
        ? `${text.slice(0, rest)}…`
        : `…${text.slice(-rest)}`;
  return cut.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
}

/** Joins the first of many with a separator, and counts the others. */
export function firstOf(all: readonly string[], count: number, separator: string): string {
  const more = all.length - count;
  const first = all.slice(0, count).join(separator);
  return more > 0 ? `${first}${separator}and ${more} more` : first;
}
