import { parse, postprocess, preprocess } from 'micromark';
import { gfmFootnote } from 'micromark-extension-gfm-footnote';
import { gfmTable } from 'micromark-extension-gfm-table';
import type { Event, Extension, Token } from 'micromark-util-types';
import type { ImageContext } from '../../page-image.js';
import { type Attribute, COMPUTED, type Tag } from '../attributes.js';
import { Flow, plain } from '../flow.js';
import { withoutFrontMatter } from './front-matter.js';
import { type Range, unescaped, type WrittenImage, withoutReferences } from './labels.js';
import type { WikiImage } from './wiki.js';

/** A Markdown image as its tokens tell it. */
interface Written extends WrittenImage, Range {
  /** The label as it is read: escapes resolved, without marks of emphasis and code. */
  readonly alt: string;
  /** Its address, if that stands in it or in a definition. */
  readonly destination: string | undefined;
  readonly inside: ImageContext['inside'] | undefined;
  /** Whether its label holds links, without which the brackets around it would mean something else. */
  readonly hasLinks: boolean;
  /** Its number in the flow. */
  readonly index: number;
}

/** A tag of MDX. */
interface WrittenTag extends Range {
  readonly tag: Tag & { readonly name: string };
  readonly inTable: boolean;
  readonly index: number;
}

/** What the tokens of a page say. */
export interface Reading {
  readonly flow: Flow;
  readonly images: readonly Written[];
  readonly tags: readonly WrittenTag[];
  /** The wiki images that stand in words, and not in code. */
  readonly wikis: readonly { readonly wiki: WikiImage; readonly index: number }[];
  /** Where HTML stands; comments are part of it. */
  readonly html: readonly Range[];
  readonly tables: readonly Range[];
  /** The number in the flow of an image that is written in HTML. */
  htmlIndex(start: number): number;
}

/** The tokens of a page, in the order in which they begin and end. */
export function markdownEvents(text: string, extensions: readonly Extension[]): Event[] {
  const options = {
    extensions: [gfmTable(), gfmFootnote(), ...extensions],
  };
  return postprocess(
    parse(options)
      .document()
      .write(preprocess()(withoutFrontMatter(text), undefined, true)),
  );
}

const HTML = new Set<string>(['htmlFlowData', 'htmlTextData']);
const HEADINGS = new Set<string>(['atxHeading', 'setextHeading']);
/** Tokens whose text is read by people. */
const WORDS = new Set<string>([
  'data',
  'codeTextData',
  'characterEscapeValue',
  'characterReference',
  'autolinkProtocol',
]);
const PARAGRAPHS = new Set<string>([
  ...['paragraph', 'thematicBreak', 'listItemPrefix', 'tableData', 'tableHeader', 'definition'],
]);
/** Parts of links, images and footnotes that are not read by people. */
const UNREAD = new Set<string>([
  ...['resource', 'reference', 'gfmFootnoteCall', 'gfmFootnoteDefinitionLabel'],
  'codeFencedFence',
]);
const HTML_IMAGE = /<(?:img|input|area|svg)\b/i;
const MDX_IMAGE = /^<(?:img|Image)\b/;

/** A Markdown image or link while its tokens are read. */
interface Open {
  readonly start: number;
  readonly end: number;
  readonly isImage: boolean;
  /** The label; as long as its beginning is not read, it is undefined. */
  label?: Range;
  words: string;
  destination?: string;
  reference?: { name: string; range: Range };
  index: number;
  /** Whether its label holds links or images. */
  hasLinks: boolean;
  /** The link around an image. */
  link?: Open | undefined;
}

/** Reads the tokens in one pass. */
export function readTokens(
  text: string,
  events: readonly Event[],
  wikiImages: readonly WikiImage[],
): Reading {
  const flow = new Flow();
  const found: { one: Open; inTable: boolean }[] = [];
  const html: Range[] = [];
  const tables: Range[] = [];
  const tags: (WrittenTag & { tag: MdxTag })[] = [];
  const htmlIndices: { start: number; index: number }[] = [];
  const definitions = new Map<string, string>();
  const wikiAt = new Map(wikiImages.map((wiki) => [wiki.start, wiki]));
  const wikis: { wiki: WikiImage; index: number }[] = [];
  /** Images and links around the token, the innermost last. */
  const open: Open[] = [];
  let heading: { level: number; words: string } | undefined;
  let definition: { label: string; destination: string } | undefined;
  /** In how many tables the token is, and in how many parts that are not read by people. */
  let inTables = 0;
  let unread = 0;
  let wikiEnd = 0;
  const slice = ({ start, end }: Token) => text.slice(start.offset, end.offset);
  const rangeOf = ({ start, end }: Token): Range => ({ start: start.offset, end: end.offset });

  const say = (words: string) => {
    for (const one of open) if (one.isImage) one.words += words;
    if (open.some(({ isImage }) => isImage)) return;
    if (heading) heading.words += words;
    else flow.words(words);
  };
  const enterLink = (token: Token, isImage: boolean) => {
    const link = isImage ? open.findLast((one) => !one.isImage) : undefined;
    // An image in the label of another is no more than words of that.
    const isShown = isImage && !open.some((other) => other.isImage);
    const index = isShown ? flow.image() : -1;
    const one: Open = { ...rangeOf(token), isImage, words: '', index, link, hasLinks: false };
    for (const around of open) around.hasLinks = true;
    open.push(one);
    if (isShown) found.push({ one, inTable: inTables > 0 });
  };
  const enterWords = (token: Token) => {
    const wiki = wikiAt.get(token.start.offset);
    if (wiki && open.length === 0) {
      wikis.push({ wiki, index: flow.image() });
      wikiEnd = wiki.end;
    }
    if (token.start.offset < wikiEnd) return;
    say(token.type === 'data' || token.type === 'codeTextData' ? slice(token) : resolved(token));
  };
  const resolved = (token: Token) =>
    token.type === 'characterEscapeValue' ? slice(token) : unescaped(slice(token));
  const enterHtml = (token: Token) => {
    const words = slice(token);
    if (HTML_IMAGE.test(words)) {
      htmlIndices.push({ start: token.start.offset, index: flow.image() });
    } else if (token.type === 'htmlFlow') flow.words(words.replace(/<[^>]*>/g, ' '));
  };

  for (const [type, token] of events) {
    const name: string = token.type;
    const current = open.at(-1);
    if (type === 'enter') {
      if (name === 'table') {
        inTables += 1;
        tables.push(rangeOf(token));
      } else if (HEADINGS.has(name)) heading = { level: 1, words: '' };
      else if (name === 'definition') definition = { label: '', destination: '' };
      else if (name === 'link' || name === 'image') enterLink(token, name === 'image');
      else if (name === 'labelText' && current) current.label ??= rangeOf(token);
      else if (UNREAD.has(name)) {
        unread += 1;
        if (name === 'resource' && current) current.destination ??= '';
      } else if (name === 'resourceDestinationString' && current) {
        current.destination = unescaped(slice(token));
      } else if (name === 'referenceString' && current) {
        current.reference = { name: slice(token), range: rangeOf(token) };
      } else if (name === 'definitionLabelString' && definition) definition.label = slice(token);
      else if (name === 'definitionDestinationString' && definition) {
        definition.destination = unescaped(slice(token));
      } else if (name === 'atxHeadingSequence' && heading?.words === '') {
        heading.level = token.end.offset - token.start.offset;
      } else if (name === 'setextHeadingLineSequence' && heading) {
        heading.level = slice(token).startsWith('=') ? 1 : 2;
      } else if (name === 'htmlFlow' || name === 'htmlText') enterHtml(token);
      else if (/^mdxJsx(?:Flow|Text)Tag/.test(name)) {
        if (/Tag$/.test(name) && MDX_IMAGE.test(slice(token))) {
          const tag = mdxTag(text, token);
          tags.push({ ...rangeOf(token), index: flow.image(), inTable: inTables > 0, tag });
        }
        const last = tags.at(-1);
        if (last && token.end.offset <= last.end) readTagToken(text, token, last.tag);
      } else if (WORDS.has(name) && unread === 0 && !definition) enterWords(token);
      else if (name === 'lineEnding' && unread === 0) say(' ');
      if (HTML.has(name)) html.push(rangeOf(token));
      continue;
    }
    if (name === 'table') inTables -= 1;
    if (UNREAD.has(name)) unread -= 1;
    if (PARAGRAPHS.has(name)) flow.paragraph();
    if (name === 'link' || name === 'image') open.pop();
    if (name === 'definition' && definition) {
      const key = identifier(definition.label);
      // The first of several definitions holds.
      if (!definitions.has(key)) definitions.set(key, definition.destination);
      definition = undefined;
    }
    if (HEADINGS.has(name) && heading) {
      flow.heading(heading.level, heading.words);
      heading = undefined;
    }
  }

  const targetOf = ({ destination, reference, label }: Open): string | undefined => {
    if (destination !== undefined) return destination;
    const named = reference?.name || (label && text.slice(label.start, label.end));
    return named === undefined ? undefined : definitions.get(identifier(named));
  };
  const images = found.flatMap(({ one, inTable }): Written[] => {
    const { start, end, label, words, index, link, hasLinks } = one;
    if (!label) return [];
    const written = text.slice(label.start, label.end);
    const reference =
      one.destination !== undefined ? undefined : (one.reference ?? { name: written });
    const destination = targetOf(one);
    const inside = link && insideOf(text, link, one, targetOf(link));
    const alt = plain(words);
    return [{ start, end, label, alt, reference, destination, inTable, inside, index, hasLinks }];
  });
  const htmlIndex = (start: number) =>
    htmlIndices.findLast((one) => one.start <= start)?.index ?? -1;
  return { flow, images, tags, wikis, html, tables, htmlIndex };
}

function insideOf(
  text: string,
  { start, end, label }: Open,
  image: Range,
  target: string | undefined,
): ImageContext['inside'] {
  const words = label ?? { start, end };
  const others = plain(
    withoutImages(text.slice(words.start, image.start) + text.slice(image.end, words.end)),
  );
  return {
    kind: 'link',
    ...(target !== undefined && { target }),
    ...(others !== '' && { text: others }),
  };
}

function withoutImages(text: string): string {
  return text.replace(/!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])?/g, ' ');
}

/** A tag of MDX while its tokens are read. */
interface MdxTag extends Tag {
  readonly name: string;
  isOpen: boolean;
  attributes: Attribute[];
}

function mdxTag(text: string, token: Token): MdxTag {
  const [, name = ''] = /^<(\w+)/.exec(text.slice(token.start.offset, token.end.offset)) ?? [];
  const nameEnd = token.start.offset + 1 + name.length;
  return { text, name, nameEnd, isUpper: false, attributes: [], isOpen: false };
}

function readTagToken(text: string, token: Token, tag: MdxTag): void {
  const [start, end] = [token.start.offset, token.end.offset];
  const written = text.slice(start, end);
  const kind = /^mdxJsx(?:Flow|Text)Tag(.+)$/.exec(token.type)?.[1];
  const last = tag.attributes.at(-1);
  if (kind === 'Attribute') tag.attributes.push({ name: '', start, end, value: undefined });
  else if (kind === 'ExpressionAttribute') tag.isOpen = true;
  else if (last && kind === 'AttributeNamePrimary') {
    tag.attributes.splice(-1, 1, { ...last, name: written });
  } else if (last && kind === 'AttributeValueLiteral') {
    tag.attributes.splice(-1, 1, { ...last, value: withoutReferences(written.slice(1, -1)) });
  } else if (last && kind === 'AttributeValueExpression') {
    tag.attributes.splice(-1, 1, { ...last, value: COMPUTED });
  }
}

/** An identifier of a definition as CommonMark compares it. */
function identifier(label: string): string {
  return label
    .replace(/[\t\n\r ]+/g, ' ')
    .trim()
    .toLowerCase()
    .toUpperCase();
}
