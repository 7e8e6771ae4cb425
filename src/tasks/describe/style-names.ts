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
