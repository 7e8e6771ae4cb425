import type { PageImage } from '../../page-image.js';

/** What may make something else of an image in Markdown: code, comments, HTML, escapes. */
const DOUBTFUL = /^(?: {4}|\t)|[`\\<]/;
const HTML = /^ {0,3}<|<!--|<(?:img|input|area|svg)\b/im;
const FENCE = /^ {0,3}(?:`{3}|~{3})/m;
const IMAGE = /!\[([^[\]!*_&~{$\n]*)\]\(([^()\s<>"&{$]+)(?: "[^"\n]*")?\)/g;

/**
 * The images of a Markdown page that has only plain ones, without a reader of Markdown, which would take
 * most of the time of a check. They have no context.
 *
 * @returns undefined if the page has to be read as a whole.
 */
export function plainImages(text: string): Pick<PageImage, 'source' | 'alt'>[] | undefined {
  if (FENCE.test(text) || HTML.test(text)) return undefined;
  if (
    /^(?:---|\+\+\+)[ \t]*\r?$/m.test(text.slice(0, text.indexOf('![')).trimStart().slice(0, 4))
  ) {
    const end = text.slice(3).search(/^(?:---|\+\+\+)[ \t]*\r?$/m);
    if (end === -1 || end + 3 > text.indexOf('![')) return undefined;
  }
  const images: Pick<PageImage, 'source' | 'alt'>[] = [];
  for (let at = text.indexOf('!['); at !== -1; ) {
    const start = text.lastIndexOf('\n', at) + 1;
    const next = text.indexOf('\n', at);
    const line = text.slice(start, next === -1 ? text.length : next);
    if (DOUBTFUL.test(line)) return undefined;
    const found = [...line.matchAll(IMAGE)];
    if (found.length !== line.split('![').length - 1) return undefined;
    for (const [, alt = '', address = ''] of found) {
      images.push({
        source: { kind: 'address', choices: [address] },
        alt: { kind: 'text', text: alt.trim() },
      });
    }
    at = next === -1 ? -1 : text.indexOf('![', next);
  }
  return images;
}
