/**
 * Makes a foreign text fit into an error's line. Characters that do not print are replaced. A text
 * that is too long keeps its beginning, or its end if that says more.
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

/** Joins the first `count` texts with a separator, and counts the others. */
export function firstOf(all: readonly string[], count: number, separator: string): string {
  const more = all.length - count;
  const first = all.slice(0, count).join(separator);
  return more > 0 ? `${first}${separator}and ${more} more` : first;
}
