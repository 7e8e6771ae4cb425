import { tsPlugin } from '@sveltejs/acorn-typescript';
import { type Node, Parser } from 'acorn';
import type { PageImage } from '../page-image.js';
import {
  type Attribute,
  altOf,
  attributeEdits,
  attributeOf,
  COMPUTED,
  sourceOf,
  type Tag,
} from './attributes.js';
import { Flow } from './flow.js';
import { isIgnoredInScript } from './ignore.js';

const parser = Parser.extend(tsPlugin({ jsx: true }));

/** Elements that show a picture: HTML's own, and the one of the usual frameworks. */
const ELEMENTS = new Set(['img', 'Image']);

/** A node of a syntax tree; its other properties depend on its type. */
interface TreeNode extends Node {
  [property: string]: unknown;
}

/**
 * The images of a JavaScript or TypeScript module with JSX: `<img>` and `<Image>`.
 *
 * @throws SyntaxError if it cannot be read.
 */
export function jsxImages(text: string): PageImage[] {
  const program = parser.parse(text, {
    ...{ ecmaVersion: 'latest', sourceType: 'module', locations: true },
    ...{ allowHashBang: true, allowReturnOutsideFunction: true, allowAwaitOutsideFunction: true },
  });
  return imagesInTree(text, [program]);
}

/** The images in syntax trees whose places are those of the text. */
export function imagesInTree(text: string, trees: readonly Node[]): PageImage[] {
  const flow = new Flow();
  const found: { image: Omit<PageImage, 'context'>; inside: TreeNode | undefined }[] = [];
  const visit = (value: unknown, link: TreeNode | undefined) => {
    if (Array.isArray(value)) {
      for (const one of value) visit(one, link);
      return;
    }
    if (!isNode(value)) return;
    if (value.type === 'JSXText') flow.words(text.slice(value.start, value.end));
    if (value.type === 'JSXOpeningElement' && ELEMENTS.has(nameOf(value))) {
      found[flow.image()] = { image: imageOf(text, value), inside: link };
      return;
    }
    const inside = value.type === 'JSXElement' && isLink(value) ? value : link;
    const level = value.type === 'JSXElement' ? headingLevel(value) : undefined;
    if (level !== undefined) {
      flow.heading(level, wordsOf(text, value));
      return;
    }
    for (const [key, child] of Object.entries(value)) {
      if (key !== 'loc') visit(child, inside);
    }
    if (value.type === 'JSXElement' && /^[a-z]/.test(nameOf(value.openingElement))) {
      if (!INLINE.test(nameOf(value.openingElement))) flow.paragraph();
    }
  };
  for (const tree of trees) visit(tree, undefined);
  const places = flow.around();
  return found.map(({ image, inside }, index) => ({
    ...image,
    context: { headings: [], ...places[index], ...(inside && { inside: insideOf(text, inside) }) },
  }));
}

const INLINE = /^(?:a|abbr|b|code|em|i|img|kbd|mark|picture|q|s|small|span|strong|sub|sup|u)$/;

function imageOf(text: string, element: TreeNode): Omit<PageImage, 'context'> {
  const tag = tagOf(text, element);
  return {
    form: `<${nameOf(element)}>`,
    start: element.start,
    end: element.end,
    source: sourceOf(attributeOf(tag, 'src'), attributeOf(tag, 'srcset')),
    alt: altOf(tag),
    isIgnored: isIgnoredInScript(text, element.start),
    tellsEmpty: true,
    edits: (alt) => attributeEdits(tag, 'alt', alt),
  };
}

function tagOf(text: string, element: TreeNode): Tag {
  const given = Array.isArray(element.attributes) ? element.attributes.filter(isNode) : [];
  const attributes = given
    .filter(({ type }) => type === 'JSXAttribute')
    .map((attribute): Attribute => {
      const name = isNode(attribute.name)
        ? text.slice(attribute.name.start, attribute.name.end)
        : '';
      return {
        name,
        start: attribute.start,
        end: attribute.end,
        value: valueOfAttribute(attribute.value),
      };
    });
  const name = element.name;
  return {
    text,
    nameEnd: isNode(name) ? name.end : element.start + 1,
    isUpper: false,
    attributes,
    isOpen: given.some(({ type }) => type === 'JSXSpreadAttribute'),
  };
}

/** A literal is known, also one in braces; everything else is not. */
function valueOfAttribute(value: unknown): Attribute['value'] {
  if (!isNode(value)) return undefined;
  if (value.type === 'Literal' && typeof value.value === 'string') return value.value;
  if (value.type !== 'JSXExpressionContainer' || !isNode(value.expression)) return COMPUTED;
  const { expression } = { expression: value.expression };
  if (expression.type === 'Literal' && typeof expression.value === 'string')
    return expression.value;
  const quasis = expression.type === 'TemplateLiteral' ? expression.quasis : undefined;
  if (!Array.isArray(quasis) || quasis.length !== 1 || !isNode(quasis[0])) return COMPUTED;
  const { value: cooked } = quasis[0] as { value?: unknown };
  return typeof cooked === 'object' &&
    cooked !== null &&
    'cooked' in cooked &&
    typeof cooked.cooked === 'string'
    ? cooked.cooked
    : COMPUTED;
}

function isLink(element: TreeNode): boolean {
  return ['a', 'Link', 'button'].includes(nameOf(element.openingElement));
}

function insideOf(text: string, element: TreeNode) {
  const opening = element.openingElement;
  const words = wordsOf(text, element);
  const target = isNode(opening) ? attributeOf(tagOf(text, opening), 'href')?.value : undefined;
  return {
    kind: nameOf(opening) === 'button' ? ('button' as const) : ('link' as const),
    ...(typeof target === 'string' && { target }),
    ...(words !== '' && { text: words }),
  };
}

function headingLevel(element: TreeNode): number | undefined {
  const level = /^h([1-6])$/.exec(nameOf(element.openingElement))?.[1];
  return level === undefined ? undefined : Number(level);
}

function wordsOf(text: string, node: unknown): string {
  if (Array.isArray(node))
    return node
      .map((one) => wordsOf(text, one))
      .join(' ')
      .replace(/\s+/g, ' ')
      .trim();
  if (!isNode(node)) return '';
  if (node.type === 'JSXText') return text.slice(node.start, node.end);
  return wordsOf(text, node.children ?? []);
}

function nameOf(opening: unknown): string {
  if (!isNode(opening)) return '';
  const name = opening.name;
  return isNode(name) && typeof name.name === 'string' ? name.name : '';
}

function isNode(value: unknown): value is TreeNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}
