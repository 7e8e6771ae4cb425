/** A text with nothing in it that would end its column or its line. */
export function oneColumn(text: string): string {
  return text.replace(/[\t\r\n\u2028\u2029]+/g, ' ');
}
