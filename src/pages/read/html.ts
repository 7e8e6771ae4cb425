import { defaultTreeAdapter, parse, type DefaultTreeAdapterTypes as Tree } from 'parse5';
import type { ImageContext, PageImage, PictureSource } from '../page-image.js';
import {
  type Attribute,
  altOf,
  attributeEdits,
  attributeOf,
  isTemplate,
  sourceOf,
  type Tag,
} from './attributes.js';
import { Flow, plain } from './flow.js';

/** What is left out of a page's words, and not looked into. */
const NOT_READ = new Set(['script', 'style', 'template', 'textarea', 'title', 'iframe', 'object']);
/** Elements whose words go on in those around them. */
const INLINE = new Set([
  ...[
    'a',
    'abbr',
    'b',
    'bdi',
    'bdo',
    'cite',
    'code',
    'del',
    'dfn',
    'em',
    'font',
    'i',
    'ins',
    'kbd',
  ],
  ...[
    'label',
    'mark',
    'noscript',
    'picture',
    'q',
    's',
    'samp',
    'small',
    'span',
    'strong',
    'sub',
    'sup',
  ],
  ...['time', 'tt', 'u', 'var', 'wbr', 'svg', 'img'],
]);
const IGNORE_COMMENT = /^\s*gemini-image-ignore\s*$/;

/** What is known on the way down to an element. */
interface Surroundings {
  lang?: string | undefined;
  caption?: string | undefined;
  inside?: ImageContext['inside'] | undefined;
  picture?: Tree.Element | undefined;
  /** Whether its words are told as a whole, as those of a heading and of a caption. */
  isTold?: boolean;
  /** Whether a comment before it, or before what holds it, leaves it out. */
  isIgnored?: boolean | undefined;
}

/** How the images of other kinds of pages that hold HTML are read. */
export interface HtmlOptions {
  /** Words around the images are told by whoever has them, as in Markdown. */
  around?: ((image: { start: number; end: number }) => Partial<ImageContext>) | undefined;
}

/**
 * The images of an HTML page: `<img>`, also in `<picture>` and `<noscript>`, `<input type=image>`, `<area>`,
 * and `<svg role=img>`. What stands in comments, scripts and templates is no part of the page.
 */
export function htmlImages(html: string, { around }: HtmlOptions = {}): PageImage[] {
  const document = parse(html, { sourceCodeLocationInfo: true, scriptingEnabled: false });
  const found: { image: Omit<PageImage, 'context'>; context: Omit<ImageContext, 'headings'> }[] =
    [];
  const flow = new Flow();
  const maps = new Map<string, PictureSource>();
  const areas: { image: { source: PictureSource }; map: string }[] = [];
  let title = '';
  let base: string | undefined;
  let ignoresNext = false;

  const visit = (node: Tree.ChildNode, given: Surroundings) => {
    if (defaultTreeAdapter.isTextNode(node)) {
      if (node.value.trim() !== '') ignoresNext = false;
      if (!given.isTold) flow.words(node.value);
      return;
    }
    if (defaultTreeAdapter.isCommentNode(node)) {
      if (IGNORE_COMMENT.test(node.data)) ignoresNext = true;
      return;
    }
    if (!defaultTreeAdapter.isElementNode(node)) return;
    const name = node.tagName.toLowerCase();
    if (name === 'title' && given.inside === undefined && title === '')
      title = plain(wordsOf(node));
    if (name === 'base' && base === undefined) base = attributeValue(node, 'href');
    if (NOT_READ.has(name)) return;
    const within = surroundingsIn(node, given);
    // An element that the page does not write itself, such as a missing <body>, is not meant.
    const isWritten = node.sourceCodeLocation != null;
    const isIgnored = within.isIgnored || (isWritten && ignoresNext);
    if (isWritten) ignoresNext = false;
    const image = imageOf(html, node, within);
    if (image) {
      const index = flow.image();
      found[index] = {
        image: { ...image, isIgnored: isIgnored === true },
        context: { ...contextOf(within), ...(name === 'area' && areaContext(node)) },
      };
      const map = attributeValue(node, 'usemap');
      if (map?.startsWith('#')) maps.set(map.slice(1), image.source);
      if (name === 'area') {
        areas.push({ image: found[index].image, map: mapOf(node) });
      }
      if (name !== 'area') return;
    }
    const level = /^h([1-6])$/.exec(name)?.[1];
    if (level !== undefined) flow.heading(Number(level), wordsOf(node));
    if (!INLINE.has(name)) flow.paragraph();
    const isTold = level !== undefined || (name === 'figcaption' && within.caption !== undefined);
    const below = { ...within, isIgnored, ...(isTold && { isTold }) };
    for (const child of node.childNodes) visit(child, below);
    if (!INLINE.has(name)) flow.paragraph();
  };
  for (const node of document.childNodes) visit(node, {});

  for (const { image, map } of areas) {
    image.source = maps.get(map) ?? { kind: 'none' };
  }
  const places = flow.around();
  return found.map(({ image, context }, index) => ({
    ...image,
    source: basedOn(base, image.source),
    context: around
      ? { headings: [], ...context, ...around(image) }
      : { ...(title !== '' && { title }), headings: [], ...places[index], ...context },
  }));
}

/** An area of a map is a link, and means a part of the picture. */
function areaContext(area: Tree.Element): Partial<ImageContext> {
  const target = attributeValue(area, 'href');
  const [shape = 'rect', coords] = [attributeValue(area, 'shape'), attributeValue(area, 'coords')];
  return {
    inside: { kind: 'link', ...(target !== undefined && { target }) },
    ...(coords !== undefined && { region: `${shape} ${coords}` }),
  };
}

/** A source whose addresses are relative to what `<base>` says. */
function basedOn(base: string | undefined, source: PictureSource): PictureSource {
  return base !== undefined && source.kind === 'address' ? { ...source, base } : source;
}

function surroundingsIn(element: Tree.Element, given: Surroundings): Surroundings {
  const name = element.tagName.toLowerCase();
  const lang = attributeValue(element, 'lang') ?? attributeValue(element, 'xml:lang');
  const within = lang === undefined ? given : { ...given, lang };
  if (name === 'figure') {
    const caption = element.childNodes.find((one) => one.nodeName === 'figcaption');
    const words = caption && plain(wordsOf(caption));
    return { ...within, caption: words === '' ? undefined : words };
  }
  if (name === 'picture') return { ...within, picture: element };
  const href = name === 'a' ? attributeValue(element, 'href') : undefined;
  if (href === undefined && name !== 'button') return within;
  const text = plain(wordsOf(element));
  return {
    ...within,
    inside: {
      kind: name === 'button' ? 'button' : 'link',
      ...(href !== undefined && { target: href }),
      ...(text !== '' && { text }),
    },
  };
}

function contextOf({ lang, caption, inside }: Surroundings): Omit<ImageContext, 'headings'> {
  return {
    ...(lang !== undefined && lang !== '' && { lang }),
    ...(caption !== undefined && { caption }),
    ...(inside && { inside }),
  };
}

/** The image that an element is, if it is one; the name of its attribute depends on its kind. */
function imageOf(
  html: string,
  element: Tree.Element,
  { picture }: Surroundings,
): Omit<PageImage, 'context' | 'isIgnored'> | undefined {
  const name = element.tagName.toLowerCase();
  const location = element.sourceCodeLocation;
  if (!location) return undefined;
  const { startTag = location } = location;
  const [start, end] = [startTag.startOffset, startTag.endOffset];
  const tag = tagOf(html, element);
  const hasTemplate = isTemplate(html.slice(start, end));
  const images = {
    img: () => ({
      form: '<img>',
      source: sourceOf(
        attributeOf(tag, 'src') ?? attributeOf(tag, 'data-src'),
        srcsetOf(html, picture) ?? attributeOf(tag, 'srcset'),
      ),
      attribute: 'alt',
    }),
    input: () =>
      attributeValue(element, 'type')?.toLowerCase() === 'image'
        ? {
            form: '<input type=image>',
            source: sourceOf(attributeOf(tag, 'src')),
            attribute: 'alt',
          }
        : undefined,
    area: () =>
      attributeValue(element, 'href') === undefined
        ? undefined
        : { form: '<area>', source: { kind: 'none' } as const, attribute: 'alt' },
    svg: () =>
      attributeValue(element, 'role')?.toLowerCase() === 'img' && location.startTag
        ? {
            form: '<svg role=img>',
            source: {
              kind: 'svg',
              text: html.slice(location.startOffset, location.endOffset),
            } as const,
            attribute: 'aria-label',
          }
        : undefined,
  } as const;
  if (!Object.hasOwn(images, name)) return undefined;
  const image = images[name as keyof typeof images]();
  if (!image) return undefined;
  const { form, source, attribute } = image;
  const own = altOf(tag, attribute);
  return {
    form,
    start,
    end,
    source: hasTemplate && source.kind === 'none' ? { kind: 'computed' } : source,
    alt: hasTemplate && own.kind === 'absent' ? { kind: 'computed' } : nameOf(element, own),
    tellsEmpty: true,
    needsText: name !== 'img',
    edits: (alt) => (hasTemplate ? [] : attributeEdits(tag, attribute, alt)),
  };
}

/**
 * What gives an image a name besides its own attribute: the text that it refers to, `aria-label`, and the
 * `<title>` of an SVG. An image may also be told to be decorative.
 */
function nameOf(element: Tree.Element, alt: PageImage['alt']): PageImage['alt'] {
  if (alt.kind !== 'absent') return alt;
  if (attributeValue(element, 'aria-labelledby') !== undefined) return { kind: 'computed' };
  if (element.tagName.toLowerCase() !== 'svg') {
    const label = attributeValue(element, 'aria-label');
    if (label !== undefined) return { kind: 'text', text: plain(label) };
    const role = attributeValue(element, 'role')?.toLowerCase();
    const isHidden = attributeValue(element, 'aria-hidden')?.toLowerCase() === 'true';
    const isDecorative = role === 'presentation' || role === 'none' || isHidden;
    return isDecorative ? { kind: 'text', text: '' } : alt;
  }
  const title = element.childNodes.find((one) => one.nodeName === 'title');
  return title ? { kind: 'text', text: plain(wordsOf(title)) } : alt;
}

function tagOf(html: string, element: Tree.Element): Tag {
  const location = element.sourceCodeLocation;
  const places = location?.attrs ?? {};
  const start = location?.startTag?.startOffset ?? location?.startOffset ?? 0;
  const [, written = ''] = /^<([^\s/>]*)/.exec(html.slice(start, start + 100)) ?? [];
  const attributes = element.attrs.map(({ name, prefix, value }): Attribute => {
    const key = prefix ? `${prefix}:${name}` : name;
    const place = places[key] ?? places[key.toLowerCase()];
    const [begin, end] = [place?.startOffset ?? 0, place?.endOffset ?? 0];
    const hasValue = html.slice(begin, end).includes('=');
    return {
      name: html.slice(begin, begin + key.length),
      start: begin,
      end,
      value: hasValue ? value : undefined,
    };
  });
  return {
    text: html,
    nameEnd: start + 1 + written.length,
    isUpper: written !== '' && written === written.toUpperCase(),
    attributes,
    isOpen: false,
  };
}

/** The `srcset` of the first `<source>` of a picture that is no fallback for older programs. */
function srcsetOf(html: string, picture: Tree.Element | undefined): Attribute | undefined {
  const source = picture?.childNodes.find((one) => one.nodeName === 'source');
  return source && defaultTreeAdapter.isElementNode(source)
    ? attributeOf(tagOf(html, source), 'srcset')
    : undefined;
}

function mapOf(area: Tree.Element): string {
  let node: Tree.ParentNode | null = area.parentNode;
  while (node && defaultTreeAdapter.isElementNode(node)) {
    if (node.tagName === 'map') return attributeValue(node, 'name') ?? '';
    node = node.parentNode;
  }
  return '';
}

function attributeValue({ attrs }: Tree.Element, name: string): string | undefined {
  return attrs.find((one) => one.name.toLowerCase() === name)?.value;
}

/** The words of an element, without those of scripts and styles. */
function wordsOf(node: Tree.ChildNode): string {
  if (defaultTreeAdapter.isTextNode(node)) return node.value;
  if (!defaultTreeAdapter.isElementNode(node)) return '';
  if (['script', 'style', 'template', 'svg'].includes(node.tagName)) return '';
  return node.childNodes.map(wordsOf).join(INLINE.has(node.tagName) ? '' : ' ');
}
