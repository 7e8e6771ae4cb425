import type { CurrentAlt, PictureSource, Splice } from '../page-image.js';

/** An attribute as it stands in the text. */
export interface Attribute {
  /** As it is written. */
  readonly name: string;
  /** Where the whole of it stands. */
  readonly start: number;
  readonly end: number;
  /** Its value; undefined where there is none; computed where it is an expression. */
  readonly value: string | undefined | typeof COMPUTED;
}

export const COMPUTED = Symbol('computed');

/** What template languages put into pages: Jinja, Liquid, Handlebars, ERB, PHP, `${}`. */
const TEMPLATE = /\{\{|\{%|\{#|<%|<\?|\$\{|\[%/;

/** Whether a text is made by a template, so that its words are not those of the page. */
export function isTemplate(text: string): boolean {
  return TEMPLATE.test(text);
}

/** An opening tag, and how its attributes are written. */
export interface Tag {
  readonly text: string;
  /** Where its name ends. */
  readonly nameEnd: number;
  /** Whether its name is in upper case, so that a new attribute is too. */
  readonly isUpper: boolean;
  readonly attributes: readonly Attribute[];
  /** Whether attributes may come from an expression, as in `{...props}` and `v-bind="props"`. */
  readonly isOpen: boolean;
}

/** The attribute of a name, in whatever case. */
export function attributeOf(tag: Tag, name: string): Attribute | undefined {
  return tag.attributes.find((one) => one.name.toLowerCase() === name);
}

/** The current alternative text that an attribute holds. */
export function altOf(tag: Tag, name = 'alt'): CurrentAlt {
  const attribute = attributeOf(tag, name);
  if (!attribute) return tag.isOpen ? { kind: 'computed' } : { kind: 'absent' };
  const { value } = attribute;
  const written = tag.text.slice(attribute.start, attribute.end);
  if (value === COMPUTED || isTemplate(written)) return { kind: 'computed' };
  return { kind: 'text', text: value ?? '' };
}

/** The changes that give an attribute a text. What else the tag holds stays as it is. */
export function attributeEdits(
  tag: Tag,
  name: string,
  text: string,
  escaping: (text: string, quote: string) => string = escapeHtml,
): readonly Splice[] {
  const attribute = attributeOf(tag, name);
  if (attribute) {
    const written = tag.text.slice(attribute.start, attribute.end);
    const [, opening = '', quote = ''] = /^([^=]*=\s*)(["']?)/.exec(written) ?? [];
    if (opening === '' || attribute.value === undefined) {
      // `alt` without a value.
      const end = attribute.start + attribute.name.length;
      return [{ start: end, end: attribute.end, text: `="${escaping(text, '"')}"` }];
    }
    const start = attribute.start + opening.length;
    const kept = quote === '' ? '"' : quote;
    return [{ start, end: attribute.end, text: kept + escaping(text, kept) + kept }];
  }
  const at = attributeOf(tag, 'src')?.end ?? tag.nameEnd;
  const written = tag.isUpper ? name.toUpperCase() : name;
  return [{ start: at, end: at, text: ` ${written}="${escaping(text, '"')}"` }];
}

/** A text as a value of an attribute between quotes; no template language finds its marks in it. */
function escapeHtml(text: string, quote: string): string {
  const escaped = text
    .replace(/&(?=#|\w)/g, '&amp;')
    .replace(/\{(?=[{%#])|(?<=\$)\{/g, '&#123;')
    .replace(/<(?=[%?])/g, '&lt;')
    .replace(/\[(?=%)/g, '&#91;');
  return quote === "'" ? escaped.replaceAll("'", '&#39;') : escaped.replaceAll('"', '&quot;');
}

/** The same where a brace in an attribute begins an expression, as in Svelte. */
export function escapeBraces(text: string, quote: string): string {
  return escapeHtml(text, quote).replaceAll('{', '&#123;');
}

/** Where the picture of an image element is. */
export function sourceOf(src: Attribute | undefined, srcset?: Attribute): PictureSource {
  if (src?.value === COMPUTED || srcset?.value === COMPUTED) return { kind: 'computed' };
  const choices = [...largestFirst(srcset?.value ?? ''), (src?.value ?? '').trim()];
  if (choices.some(isTemplate)) return { kind: 'computed' };
  const [first, ...others] = [...new Set(choices)].filter((one) => one !== '');
  return first === undefined ? { kind: 'none' } : { kind: 'address', choices: [first, ...others] };
}

/** More pixels are not looked at by the model. */
const ENOUGH_PIXELS = 3072;

/**
 * The addresses of a `srcset`, the largest that makes a difference first.
 *
 * @see https://html.spec.whatwg.org/multipage/images.html#srcset-attributes
 */
export function largestFirst(srcset: string): string[] {
  const candidates: { address: string; size: number }[] = [];
  const one = /[\s,]*(\S*[^\s,])(?:\s+([^,(]*(?:\([^)]*\)[^,]*)?))?(?:,|$)/gy;
  for (const [, address = '', descriptor = ''] of srcset.matchAll(one)) {
    const [, number = '1', unit = 'x'] = /(\d+(?:\.\d+)?)([wx])/.exec(descriptor) ?? [];
    candidates.push({ address, size: Number(number) * (unit === 'x' ? 1000 : 1) });
  }
  const worth = ({ size }: { size: number }) => (size <= ENOUGH_PIXELS ? size : -size);
  return candidates.sort((a, b) => worth(b) - worth(a)).map(({ address }) => address);
}
