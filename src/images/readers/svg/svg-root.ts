// The first tag of a drawing, which says how large it is. Only this tag is read and written anew; the
// rest of the file stays as it is.

/** The root tag and its attributes, values without their quotes. */
export interface SvgRoot {
  /** Where its `<` is, and where what follows its `>` begins. */
  readonly from: number;
  readonly to: number;
  /** `svg`, or with a prefix. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Whether it ends by `/>`. */
  readonly isEmpty: boolean;
}

/** A name with another prefix is another element. */
const ROOT_NAME = /^(?:[\w.-]+:)?svg$/;
const BEFORE_ROOT =
  /<(?:!--[\s\S]*?-->|\?[\s\S]*?\?>|!DOCTYPE(?:[^[\]>"']|"[^"]*"|'[^']*'|\[(?:[^\]"']|"[^"]*"|'[^']*')*\])*>|([\w.:-]+)((?:[^<>"']|"[^"]*"|'[^']*')*)>)/gy;
const ATTRIBUTE = /([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** The root tag of a drawing; undefined if the text does not begin with one. */
export function readRoot(text: string): SvgRoot | undefined {
  let at = text.indexOf('<');
  while (at >= 0) {
    BEFORE_ROOT.lastIndex = at;
    const found = BEFORE_ROOT.exec(text);
    if (!found) return undefined;
    const [whole, name, rest = ''] = found;
    const to = at + whole.length;
    if (name !== undefined) {
      if (!ROOT_NAME.test(name)) return undefined;
      const attributes = new Map<string, string>();
      for (const [, key = '', double, single] of rest.matchAll(ATTRIBUTE)) {
        attributes.set(key, double ?? single ?? '');
      }
      return { from: at, to, name, attributes, isEmpty: /\/\s*$/.test(rest) };
    }
    at = text.indexOf('<', to);
  }
  return undefined;
}

/** Pixels in each unit of length, by CSS. A font is taken to be 16 pixels high. */
const UNITS: Readonly<Record<string, number>> = {
  ...{ '': 1, px: 1, pt: 96 / 72, pc: 16, in: 96, cm: 96 / 2.54, mm: 96 / 25.4, q: 96 / 101.6 },
  ...{ em: 16, rem: 16, ex: 8, ch: 8 },
};

/** A length in pixels; undefined for a part of a window, `auto`, and what is no length above 0. */
export function pixelsIn(length: string | undefined): number | undefined {
  const found = /^\s*\+?(\d*\.?\d+(?:e[+-]?\d+)?)\s*([a-z]*)\s*$/i.exec(length ?? '');
  const unit = UNITS[found?.[2]?.toLowerCase() ?? ''];
  const pixels = Number(found?.[1]) * (unit ?? Number.NaN);
  return found && pixels > 0 && Number.isFinite(pixels) ? pixels : undefined;
}

export interface ViewBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Undefined if there is none that shows anything. */
export function readViewBox(text: string | undefined): ViewBox | undefined {
  const numbers =
    text
      ?.trim()
      .split(/[\s,]+/)
      .map(Number) ?? [];
  const [left = 0, top = 0, width = 0, height = 0] = numbers;
  const isValid = numbers.length === 4 && numbers.every(Number.isFinite);
  return isValid && width > 0 && height > 0 ? { left, top, width, height } : undefined;
}

/** The declarations of a `style` attribute, by lower-case name. */
export function declarationsIn(style: string | undefined): ReadonlyMap<string, string> {
  const declarations = new Map<string, string>();
  for (const declaration of (style ?? '').split(';')) {
    const colon = declaration.indexOf(':');
    if (colon < 0) continue;
    const value = declaration.slice(colon + 1).replace(/!\s*important/i, '');
    declarations.set(declaration.slice(0, colon).trim().toLowerCase(), value.trim());
  }
  return declarations;
}

/**
 * The drawing with other attributes of its root; `undefined` takes one away.
 *
 * @param inside comes first in the root.
 */
export function withRoot(
  text: string,
  { from, to, name, attributes, isEmpty }: SvgRoot,
  changes: Readonly<Record<string, string | undefined>>,
  inside = '',
): string {
  const changed = new Map<string, string | undefined>([...attributes, ...Object.entries(changes)]);
  const written = [...changed].flatMap(([key, value]) => {
    if (value === undefined) return [];
    const quote = value.includes('"') ? "'" : '"';
    return [` ${key}=${quote}${value}${quote}`];
  });
  // The loader looks for this mark near the beginning, and finds none where the name has a prefix, or a
  // long list of entities comes first.
  const mark = text.slice(0, from).startsWith('<?xml') ? text.indexOf('?>') + 2 : 0;
  const end = isEmpty ? `</${name}>` : '';
  return `${text.slice(0, mark)}<!--<svg -->${text.slice(mark, from)}<${name}${written.join('')}>${inside}${end}${text.slice(to)}`;
}
