import type { Extension } from 'micromark-util-types';
import type { PageImage, Splice } from '../../page-image.js';
import { altOf, attributeEdits, attributeOf, isTemplate, sourceOf } from '../attributes.js';
import { htmlImages } from '../html.js';
import { isIgnoredInScript } from '../ignore.js';
import { namedImages, pageContext } from './front-matter.js';
import { labelEdits, type Range } from './labels.js';
import { markdownEvents, type Reading, readTokens } from './tokens.js';
import { wikiImages } from './wiki.js';

/** How a Markdown page is read. */
export interface MarkdownOptions {
  /** Whether `![[x.png]]` is an image. */
  wiki: boolean;
  /** Whether the front matter names images. */
  frontMatter: boolean;
  /** What else the language has. */
  extensions?: readonly Extension[] | undefined;
}

/** What a page without these holds no image. */
const MAY_HOLD = /!\[|<(?:img|image|input|area|svg)\b/i;

/**
 * The images of a Markdown page: inline, by reference, as HTML, and as tags of MDX. Code and comments
 * hold none.
 *
 * @throws an error with a message if it cannot be read, which only MDX can be.
 */
export function markdownImages(
  text: string,
  { wiki, frontMatter, extensions = [] }: MarkdownOptions,
): PageImage[] {
  const named = frontMatter ? namedImages(text) : [];
  if (!MAY_HOLD.test(text)) return named;
  const events = markdownEvents(text, extensions);
  const reading = readTokens(text, events, wiki ? wikiImages(text) : []);
  const around = reading.flow.around();
  const page = pageContext(text);
  const isIgnored = ignoring(text, reading.html);
  const images = [
    ...named,
    ...reading.images.map(
      (one): PageImage => ({
        form: one.reference ? '![][]' : '![]()',
        start: one.start,
        end: one.end,
        source: sourceOf({ name: 'src', start: 0, end: 0, value: one.destination }),
        alt: isTemplate(text.slice(one.label.start, one.label.end))
          ? { kind: 'computed' }
          : { kind: 'text', text: one.alt },
        context: {
          ...{ ...page, headings: [], ...around[one.index] },
          ...(one.inside && { inside: one.inside }),
        },
        isIgnored: isIgnored(one.start),
        tellsEmpty: false,
        edits: (alt) => (one.hasLinks ? [] : labelEdits(text, one, alt)),
      }),
    ),
    ...reading.tags.map(
      ({ start, end, index, tag, inTable }): PageImage => ({
        form: `<${tag.name}>`,
        start,
        end,
        source: sourceOf(attributeOf(tag, 'src'), attributeOf(tag, 'srcset')),
        alt: altOf(tag),
        context: { ...page, headings: [], ...around[index] },
        isIgnored: isIgnoredInScript(text, start),
        tellsEmpty: true,
        edits: (alt) => inCell(inTable, attributeEdits(tag, 'alt', alt)),
      }),
    ),
    ...reading.wikis.map(
      ({ wiki, index }): PageImage => ({
        form: '![[]]',
        start: wiki.start,
        end: wiki.end,
        source: { kind: 'address', choices: [wiki.address] },
        alt: wiki.alt,
        context: { ...page, headings: [], ...around[index] },
        isIgnored: isIgnored(wiki.start),
        tellsEmpty: false,
        edits: (alt) => wiki.edits(alt),
      }),
    ),
    ...imagesInHtml(text, reading, (start) => ({ ...page, ...around[reading.htmlIndex(start)] })),
  ];
  return images.sort((a, b) => a.start - b.start);
}

/** The images of the HTML in a page, whose changes must not end a cell of a table. */
function imagesInHtml(
  text: string,
  { html, tables }: Reading,
  around: (start: number) => Partial<PageImage['context']>,
): PageImage[] {
  const masked = masking(text, html);
  if (!masked.includes('<')) return [];
  return htmlImages(masked, { around: ({ start }) => around(start) }).map((image) => ({
    ...image,
    edits: (alt) =>
      inCell(
        tables.some(({ start, end }) => start <= image.start && image.start < end),
        image.edits(alt),
      ),
  }));
}

function inCell(inTable: boolean, splices: readonly Splice[]): readonly Splice[] {
  if (!inTable) return splices;
  return splices.map((one) => ({ ...one, text: one.text.replaceAll('|', '&#124;') }));
}

/** The page with only its HTML; everything else is blank, so that all places stay the same. */
function masking(text: string, html: readonly Range[]): string {
  let masked = '';
  let at = 0;
  const blank = (from: number, to: number) => text.slice(from, to).replace(/[^\r\n]/g, ' ');
  for (const { start, end } of html) {
    if (start < at) continue;
    masked += blank(at, start) + text.slice(start, end);
    at = end;
  }
  return masked + blank(at, text.length);
}

const IGNORE = /<!--\s*gemini-image-ignore\s*-->|\{\/\*\s*gemini-image-ignore\s*\*\/\}/g;
/** What may stand between the comment and its image: marks of lists and quotations, a link. */
const BETWEEN = /^(?:[>\s[]|(?:[-*+]|\d+[.)])\s)*$/;

/** Tells whether a comment just before a place leaves out what stands there. */
function ignoring(text: string, html: readonly Range[]): (start: number) => boolean {
  if (!text.includes('gemini-image-ignore')) return () => false;
  const isHtml = (at: number) => html.some(({ start, end }) => start <= at && at < end);
  const ends = [...text.matchAll(IGNORE)]
    .filter(({ index, 0: whole }) => whole.startsWith('{') || isHtml(index))
    .map(({ index, 0: whole }) => index + whole.length);
  return (start) => {
    const end = ends.findLast((one) => one <= start);
    return end !== undefined && BETWEEN.test(text.slice(end, start));
  };
}
