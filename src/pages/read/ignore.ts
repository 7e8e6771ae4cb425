const COMMENT =
  /(?:\{\s*\/\*|\/\/|\/\*|<!--)\s*gemini-image-ignore\s*(?:\*\/\s*\}|\*\/|-->|\r?\n)[\s(]*$/;

/** Whether a comment of a script or of its markup, just before an element, leaves it out. */
export function isIgnoredInScript(text: string, start: number): boolean {
  return COMMENT.test(text.slice(Math.max(0, start - 200), start));
}
