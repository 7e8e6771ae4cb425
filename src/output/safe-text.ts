/**
 * Makes a text of the model harmless on a terminal: escape sequences, other control characters and
 * bidirectional overrides are shown as their code points instead of being obeyed, and so are tag
 * characters, in which a text can hide another one that nobody sees.
 */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

/** The same for what has to stay on one line, such as a file's name in an error. */
export function safeLine(text: string): string {
  return safeText(text).replaceAll('\n', '\\n');
}

/**
 * Control characters except tab and line feed; U+2028 and U+2029; characters that change the
 * direction of text; tag characters and the reserved ones beside them.
 */
const UNSAFE =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e00ff}]/gu;

/**
 * A text without characters that would end its column or its line, for `cut` or for readers that
 * know more line ends than LF and CR.
 */
export function oneColumn(text: string): string {
  return text.replace(/[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+/g, ' ');
}
