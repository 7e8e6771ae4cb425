/** The kinds of answers, in the order of their list. Their table is loaded only where one is wanted. */
export const STYLE_NAMES = [
  'caption',
  'alt',
  'detailed',
  'title',
  'tags',
  'ocr',
  'product',
  'dataset',
] as const;

export type StyleName = (typeof STYLE_NAMES)[number];

/** What is asked where nothing is said: a caption. Length goes into words, since models ignore temperature. */
export const defaultPrompt =
  'Write a caption for this image in one or two plain sentences: ' +
  'what it shows, and what matters in it. Plain text only, no preamble.';
