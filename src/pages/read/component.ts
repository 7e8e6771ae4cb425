import type { ImageContext, PageImage } from '../page-image.js';
import {
  type Attribute,
  altOf,
  attributeEdits,
  attributeOf,
  COMPUTED,
  escapeBraces,
  sourceOf,
  type Tag,
} from './attributes.js';
import { Flow, plain } from './flow.js';
import { isIgnoredInScript } from './ignore.js';
import { withoutReferences } from './markdown/labels.js';

const ELEMENTS = new Set(['img', 'Image', 'NuxtImg', 'enhanced:img']);
/** Their text is no markup. */
const RAW = new Set(['script', 'style', 'textarea']);
const PARAGRAPH =
  /^(?:p|li|h[1-6]|div|section|article|td|th|figure|figcaption|blockquote|main|header|footer)$/;
const LINK = /^(?:a|button|(?:Nuxt|Router)?Link|router-link|nuxt-link)$/;
const TAG_NAME = /[A-Za-z][^\s/>{}"'=<]*/y;
const BLANKS = /\s*/y;
const ATTRIBUTE_NAME = /[^\s/>={}"'<][^\s/>={}"']*/y;
const UNQUOTED = /[^\s>"'{}]+/y;

type Language = 'vue' | 'svelte' | 'astro';

interface Found {
  tag: Tag;
  name: string;
  start: number;
  end: number;
  link: Link | undefined;
}

/** A link or a button, whose words are known once it is closed. */
interface Link {
  name: string;
  from: number;
  target: string | undefined;
  words?: string;
}

/**
 * The images of a component of Vue, Svelte or Astro, whose markup is HTML with expressions in it. A tag
 * counts wherever it stands in the markup, also in an expression of Astro. What is made by an
 * expression is not known.
 */
export function componentImages(text: string, language: Language): PageImage[] {
  const found: Found[] = [];
  const links: Link[] = [];
  const flow = new Flow();
  const headings: { level: number; from: number }[] = [];
  let at = endOfFrontMatter(text);
  let words = at;
  const tell = (until: number) => {
    if (headings.length === 0) flow.words(withoutExpressions(text.slice(words, until)));
  };
  while (at < text.length) {
    const next = nextOf(text, at);
    if (next.kind === 'end') break;
    if (next.kind === 'skipped') {
      tell(next.start);
      at = next.end;
      words = at;
      continue;
    }
    tell(next.start);
    const opening = next.isClosing ? undefined : readTag(text, next.start, language);
    at = opening?.end ?? afterTag(text, next.start);
    words = at;
    const name = next.name;
    const level = /^h([1-6])$/i.exec(name)?.[1];
    if (level !== undefined) {
      if (next.isClosing) {
        const heading = headings.pop();
        if (heading) flow.heading(heading.level, withoutTags(text.slice(heading.from, next.start)));
      } else headings.push({ level: Number(level), from: at });
    } else if (PARAGRAPH.test(name.toLowerCase())) flow.paragraph();
    if (LINK.test(name) && next.isClosing) {
      const link = links.pop();
      if (link) link.words = withoutTags(text.slice(link.from, next.start));
    } else if (LINK.test(name) && opening && !opening.isSelfClosing) {
      const href = bound(opening.tag, 'href') ?? bound(opening.tag, 'to');
      const target = typeof href?.value === 'string' ? href.value : undefined;
      links.push({ name, from: at, target });
    }
    if (next.isClosing || !opening) continue;
    if (ELEMENTS.has(name)) {
      found[flow.image()] = { ...opening, name, start: next.start, link: links.at(-1) };
    } else if (RAW.has(name.toLowerCase()) && !opening.isSelfClosing) {
      at = endOfRaw(text, at, name);
      words = at;
    }
  }
  tell(text.length);
  const places = flow.around();
  return found.map(
    ({ tag, name, start, end, link }, index): PageImage => ({
      form: `<${name}>`,
      start,
      end,
      source: sourceOf(bound(tag, 'src'), bound(tag, 'srcset')),
      alt: bound(tag, 'alt')?.value === COMPUTED ? { kind: 'computed' } : altOf(tag),
      context: { headings: [], ...places[index], ...(link && { inside: insideOf(link) }) },
      isIgnored: isIgnoredInScript(text, start),
      tellsEmpty: true,
      edits: (alt) =>
        attributeEdits(tag, 'alt', alt, language === 'svelte' ? escapeBraces : undefined),
    }),
  );
}

function insideOf({ name, target, words = '' }: Link): NonNullable<ImageContext['inside']> {
  const text = plain(words);
  return {
    kind: name === 'button' ? 'button' : 'link',
    ...(target !== undefined && { target }),
    ...(text !== '' && { text }),
  };
}

/** An attribute, or what binds it to an expression: `:src`, `v-bind:src`, `{src}`. */
function bound(tag: Tag, name: string): Attribute | undefined {
  const names = [`:${name}`, `v-bind:${name}`, `bind:${name}`];
  const binding = tag.attributes.find((one) => names.includes(one.name));
  return binding ? { ...binding, value: COMPUTED } : attributeOf(tag, name);
}

/** The front matter of an Astro component is a script. */
function endOfFrontMatter(text: string): number {
  const [, whole] = /^(---\r?\n[\s\S]*?\r?\n---)(?:\r?\n|$)/.exec(text) ?? [];
  return whole?.length ?? 0;
}

type Next =
  | { kind: 'tag'; start: number; name: string; isClosing: boolean }
  | { kind: 'skipped'; start: number; end: number }
  | { kind: 'end' };

/** The next tag, or the next comment to pass over. */
function nextOf(text: string, from: number): Next {
  for (let at = text.indexOf('<', from); at !== -1; at = text.indexOf('<', at + 1)) {
    if (text.startsWith('<!--', at)) {
      const end = text.indexOf('-->', at + 4);
      return { kind: 'skipped', start: at, end: end === -1 ? text.length : end + 3 };
    }
    const script = commentAround(text, from, at);
    if (script) return { kind: 'skipped', ...script };
    const isClosing = text[at + 1] === '/';
    const name = match(TAG_NAME, text, at + (isClosing ? 2 : 1));
    if (name !== '') return { kind: 'tag', start: at, name, isClosing };
  }
  return { kind: 'end' };
}

/** A comment of an expression, `{/* … *\/}`, that holds a place. */
function commentAround(text: string, from: number, at: number) {
  const start = text.lastIndexOf('/*', at);
  if (start < from) return undefined;
  const end = text.indexOf('*/', start + 2);
  if (end !== -1 && end < at) return undefined;
  // Only in an expression: elsewhere it is text.
  if (!/\{\s*$/.test(text.slice(from, start))) return undefined;
  return { start, end: end === -1 ? text.length : end + 2 };
}

interface Opening {
  tag: Tag;
  end: number;
  isSelfClosing: boolean;
}

/** An opening tag; undefined if it does not end. */
function readTag(text: string, start: number, language: Language): Opening | undefined {
  const name = match(TAG_NAME, text, start + 1);
  const nameEnd = start + 1 + name.length;
  const attributes: Attribute[] = [];
  let isOpen = false;
  let at = nameEnd;
  while (at < text.length) {
    at += match(BLANKS, text, at).length;
    if (text[at] === '>') {
      const tag = { text, nameEnd, isUpper: name === name.toUpperCase(), attributes, isOpen };
      return { tag, end: at + 1, isSelfClosing: text[at - 1] === '/' };
    }
    if (text[at] === '/') {
      at += 1;
      continue;
    }
    if (text[at] === '{') {
      const end = afterBraces(text, at);
      const inside = text.slice(at + 1, end - 1).trim();
      if (/^[\w$]+$/.test(inside))
        attributes.push({ name: inside, start: at, end, value: COMPUTED });
      else if (!inside.startsWith('/*')) isOpen = true;
      at = end;
      continue;
    }
    const attribute = readAttribute(text, at, language);
    if (!attribute) {
      at += 1;
      continue;
    }
    if (['v-bind', 'v-html'].includes(attribute.name)) isOpen = true;
    attributes.push(attribute);
    at = attribute.end;
  }
  return undefined;
}

function readAttribute(text: string, start: number, language: Language): Attribute | undefined {
  const name = match(ATTRIBUTE_NAME, text, start);
  if (name === '') return undefined;
  let at = start + name.length;
  const equals = at + match(BLANKS, text, at).length;
  if (text[equals] !== '=') return { name, start, end: at, value: undefined };
  at = equals + 1;
  at += match(BLANKS, text, at).length;
  const quote = text[at];
  if (quote === '"' || quote === "'") {
    const close = text.indexOf(quote, at + 1);
    const end = close === -1 ? text.length : close + 1;
    const value = text.slice(at + 1, end - 1);
    // In Svelte, a value in quotes may hold expressions.
    const isComputed = language === 'svelte' && value.includes('{');
    return { name, start, end, value: isComputed ? COMPUTED : withoutReferences(value) };
  }
  if (quote === '{' || quote === '`') {
    const end =
      quote === '{' ? afterBraces(text, at) : text.indexOf('`', at + 1) + 1 || text.length;
    const [, literal] = /^\{\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*\}$/.exec(text.slice(at, end)) ?? [];
    return { name, start, end, value: literal ?? COMPUTED };
  }
  const value = match(UNQUOTED, text, at);
  return { name, start, end: at + value.length, value: withoutReferences(value) };
}

/** Where an expression in braces ends; its strings and comments may hold braces too. */
function afterBraces(text: string, start: number): number {
  const PIECE =
    /[^{}"'`/]+|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|[\s\S]/y;
  let depth = 0;
  for (let at = start; at < text.length; ) {
    const piece = match(PIECE, text, at);
    at += piece.length;
    if (piece === '{') depth += 1;
    if (piece === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return text.length;
}

function afterTag(text: string, start: number): number {
  const end = text.indexOf('>', start);
  return end === -1 ? start + 1 : end + 1;
}

function endOfRaw(text: string, from: number, name: string): number {
  const end = text.slice(from).search(new RegExp(`</${name}\\s*>`, 'i'));
  return end === -1 ? text.length : from + end;
}

function withoutExpressions(text: string): string {
  return text.replace(/\{\{[^}]*\}\}|\{[^{}]*\}/g, ' ');
}

function withoutTags(text: string): string {
  return withoutExpressions(text.replace(/<[^>]*>/g, ' '));
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
