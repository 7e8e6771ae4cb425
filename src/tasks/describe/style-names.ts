/**
 * The names of the styles, in the order of their list. Their table is loaded only if one is used.
 */
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

/**
 * The default prompt: a caption. It asks for the length in words, because models ignore
 * temperature.
 */
export const defaultPrompt =
  'Write a caption for this image in one or two plain sentences: ' +
  'what it shows, and what matters in it. Plain text only, no preamble.';
