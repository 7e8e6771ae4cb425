import type { SeenImage } from '../../page-image.js';

/** What may make something else of an image: code, HTML, escapes, definitions, titles of links. */
const DOUBTFUL = /[`\\<]|~~~|\]:|(?: {4}|\t).*!\[|\]\([^)\n]*["'(][^)\n]*!\[|\]\([^)\n]*$/m;
const IMAGE = /!\[([^[\]!*_&~{$|\n]*)\]\(([^()\s<>"&{$|]+)(?: "[^"\n]*")?\)/g;

/**
 * The images of a Markdown text that has only plain ones, without a reader of Markdown, which would take
 * most of the time of a check. They have no context.
 *
 * @returns undefined if the text has to be read as a whole.
 */
export function plainImages(text: string): SeenImage[] | undefined {
  if (DOUBTFUL.test(text)) return undefined;
  const images = [...text.matchAll(IMAGE)].map(
    ({ 0: whole, 1: alt = '', 2: address = '', index }): SeenImage => ({
      ...{ form: '![]()', start: index, end: index + whole.length, isIgnored: false },
      ...{ tellsEmpty: false, context: { headings: [] } },
      source: { kind: 'address', choices: [address] },
      alt: { kind: 'text', text: alt.replace(/\s+/g, ' ').trim() },
    }),
  );
  return images.length === text.split('![').length - 1 ? images : undefined;
}
