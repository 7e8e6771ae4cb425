/**
 * A text without characters that would end its column or its line, for `cut` or for readers that
 * know more line ends than LF and CR.
 */
export function oneColumn(text: string): string {
  return text.replace(/[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+/g, ' ');
}
