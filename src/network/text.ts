const MAX_LENGTH = 500;

/** Makes a text of the service fit into an error's line: no line breaks, no control characters. */
export function oneLine(text: string): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/[\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .trim();
}

/**
 * Cuts what is too long for a line. Only for words that are final: half a key would no longer be
 * recognised as one, and what a long message says at its end still tells errors apart.
 */
export function shorten(line: string): string {
  return line.length <= MAX_LENGTH ? line : `${line.slice(0, MAX_LENGTH - 1).trimEnd()}…`;
}
