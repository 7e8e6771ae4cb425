/** Characters that no XML may hold, not even escaped. */
const NEVER = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** A text as metadata can hold it: without control characters, and with line ends that readers keep. */
export function storable(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(NEVER, '').trim();
}
