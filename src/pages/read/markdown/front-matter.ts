import type { CurrentAlt, ImageContext, PageImage, Splice } from '../../page-image.js';

/** The lines between the dashes at the beginning of a page, and where they stand. */
const BLOCK = /^---[ \t]*\r?\n([\s\S]*?)^---[ \t]*(?:\r?\n|$)/m;

/** The same in TOML. */
const TOML_BLOCK = /^\+\+\+[ \t]*\r?\n([\s\S]*?)^\+\+\+[ \t]*(?:\r?\n|$)/m;

/** The page with blanks for its front matter, so that all places stay the same. */
export function withoutFrontMatter(text: string): string {
  for (const block of [BLOCK, TOML_BLOCK]) {
    const [whole = ''] = block.exec(text) ?? [];
    if (whole !== '' && text.startsWith(whole)) {
      return whole.replace(/[^\r\n]/g, ' ') + text.slice(whole.length);
    }
  }
  return text;
}

/** A line `key: value` or `key = "value"`, and where its parts stand. */
interface Entry {
  readonly key: string;
  /** Whether it belongs to the page itself, and not to what a key above it holds. */
  readonly isTop: boolean;
  readonly indent: number;
  readonly start: number;
  readonly end: number;
  readonly valueStart: number;
  /** As it is written, without blanks and a comment behind it. */
  readonly written: string;
  readonly language: Language;
}

type Language = 'yaml' | 'toml';

const LINE = /^([ ]*)("?)([\w-]+)\2:(?=[ \t\r]|$)[ \t]*(.*?)[ \t]*$/;
const TOML_LINE = /^([ \t]*)("?)([\w-]+)\2[ \t]*=[ \t]*(.*?)[ \t]*$/;
const TOML_TABLE = /^[ \t]*(\[\[?)[ \t]*([^\]]+?)[ \t]*\]/;
const TOML_TEXT = /"""|'''/g;

/** The front matter of a page, read line by line. What is not a plain key and value is passed over. */
function entriesOf(text: string): Entry[] {
  for (const [block, language] of [[BLOCK, 'yaml'] as const, [TOML_BLOCK, 'toml'] as const]) {
    const [whole, lines = ''] = block.exec(text) ?? [];
    if (whole === undefined || !text.startsWith(whole)) continue;
    const start = whole.indexOf('\n') + 1;
    return language === 'yaml' ? yamlEntries(lines, start) : tomlEntries(lines, start);
  }
  return [];
}

function yamlEntries(block: string, from: number): Entry[] {
  return eachLine(block, from, (line, start) => {
    const [, blanks = '', , key = '', value = ''] = LINE.exec(line) ?? [];
    return entryOf({ line, start, indent: blanks.length, key, value, language: 'yaml' });
  });
}

function tomlEntries(block: string, from: number): Entry[] {
  let isTop = true;
  let isInText = false;
  return eachLine(block, from, (line, start) => {
    const wasInText = isInText;
    for (const _ of line.matchAll(TOML_TEXT)) isInText = !isInText;
    if (wasInText) return [];
    const [, opening, table] = TOML_TABLE.exec(line) ?? [];
    if (table !== undefined) {
      isTop = false;
      // Entries of a list of tables belong to no key.
      const key = opening === '[' ? table : `[${table}]`;
      return entryOf({ line, start, indent: 0, key, value: '', language: 'toml' });
    }
    const [, blanks = '', , key = '', value = ''] = TOML_LINE.exec(line) ?? [];
    const indent = blanks.length;
    return entryOf({ line, start, indent, key, value, language: 'toml', isTop });
  });
}

function eachLine(
  block: string,
  from: number,
  read: (line: string, start: number) => Entry[],
): Entry[] {
  let next = from;
  return block.split('\n').flatMap((line) => {
    const start = next;
    next += line.length + 1;
    return read(line.replace(/\r$/, ''), start);
  });
}

function entryOf(found: {
  line: string;
  start: number;
  indent: number;
  key: string;
  value: string;
  language: Language;
  isTop?: boolean;
}): Entry[] {
  const { line, start, indent, key, value, language, isTop = indent === 0 } = found;
  if (key === '') return [];
  const valueStart = start + (value === '' ? line.length : line.lastIndexOf(value));
  // A text on several lines is not read.
  const isLong = language === 'toml' && /^(?:"""|''')/.test(value);
  const written = isLong ? value : withoutComment(value);
  const end = start + line.length;
  return [{ key, isTop, indent, start, end, valueStart, written, language }];
}

function withoutComment(value: string): string {
  const [quoted] = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/.exec(value) ?? [];
  if (quoted !== undefined) return quoted;
  return value.startsWith('#') ? '' : value.replace(/\s+#.*$/, '');
}

/** The value of a key of the page itself, if it is a text on one line. */
function frontMatterOf(text: string, ...keys: readonly string[]): string | undefined {
  const entries = entriesOf(text);
  for (const key of keys) {
    const entry = entries.find((one) => one.isTop && one.key === key);
    const value = entry && plainValue(entry);
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

/** Undefined for a list, a block, an anchor and the like. */
function plainValue({ written, language }: Entry): string | undefined {
  if (language === 'toml') return tomlValue(written);
  if (/^[[{&*!|>%@`]/.test(written)) return undefined;
  if (/^".*"$/.test(written)) {
    try {
      return String(JSON.parse(written));
    } catch {
      return undefined;
    }
  }
  if (/^'.*'$/.test(written)) return written.slice(1, -1).replaceAll("''", "'");
  return written;
}

/** A text on one line, in either kind of quotes; undefined for everything else. */
function tomlValue(written: string): string | undefined {
  if (/^'[^']*'$/.test(written)) return written.slice(1, -1);
  if (!/^"(?:[^"\\]|\\.)*"$/.test(written)) return undefined;
  try {
    return String(JSON.parse(written));
  } catch {
    return undefined;
  }
}

/** The images that the front matter of a page names. */
export function namedImages(text: string): PageImage[] {
  if (!MAY_NAME.test(text)) return [];
  const context = { ...pageContext(text), headings: [] };
  return frontMatterImages(text).map((one) => ({
    ...one,
    ...{ context, isIgnored: false, tellsEmpty: true },
  }));
}

/** What the front matter says of a page. */
export function pageContext(text: string): Pick<ImageContext, 'title' | 'lang'> {
  const title = frontMatterOf(text, 'title');
  const lang = frontMatterOf(text, 'lang', 'language', 'locale');
  return { ...(title !== undefined && { title }), ...(lang !== undefined && { lang }) };
}

/** What a page without these names no image. */
const MAY_NAME = /^(?:image|cover)\b/m;
const IMAGES = ['image', 'cover'];
const ADDRESSES = ['src', 'url', 'image', 'path'];

type Found = Pick<PageImage, 'form' | 'start' | 'end' | 'source' | 'alt' | 'edits'>;

/**
 * The images that the front matter names: `image: x.png` with its text in `image_alt` or `imageAlt`, and
 * `image:` with `src` and `alt` below it; `[image]` in TOML. The same for `cover`.
 */
function frontMatterImages(text: string): Found[] {
  const entries = entriesOf(text);
  const top = entries.filter(({ isTop }) => isTop);
  return IMAGES.flatMap((key) => {
    const entry = top.find((one) => one.key === key);
    if (!entry) return [];
    if (entry.written !== '') return [flat(text, entry, top)];
    const next = top[top.indexOf(entry) + 1];
    const below = entries.filter(
      ({ start, isTop }) => start > entry.start && !isTop && (!next || start < next.start),
    );
    const address = below.find((one) => ADDRESSES.includes(one.key));
    return address ? [nested(text, entry, address, below)] : [];
  });
}

function flat(text: string, entry: Entry, top: readonly Entry[]): Found {
  const { key } = entry;
  const alt = top.find((one) => [`${key}_alt`, `${key}Alt`, `${key}-alt`].includes(one.key));
  return foundIn(text, key, entry, alt, `${key}_alt`);
}

function nested(text: string, { key }: Entry, address: Entry, below: readonly Entry[]): Found {
  const alt = below.find((one) => one.key === 'alt' && one.indent === address.indent);
  return foundIn(text, key, address, alt, 'alt');
}

function foundIn(
  text: string,
  key: string,
  address: Entry,
  alt: Entry | undefined,
  newKey: string,
): Found {
  const source = plainValue(address);
  return {
    form: address.language === 'toml' ? `${key} =` : `${key}:`,
    start: address.start + address.indent,
    end: address.end,
    source:
      source === undefined
        ? { kind: 'computed' }
        : source === ''
          ? { kind: 'none' }
          : { kind: 'address', choices: [source] },
    alt: altIn(alt),
    edits: (words) => editsOf(text, address, alt, newKey, words),
  };
}

function altIn(alt: Entry | undefined): CurrentAlt {
  if (!alt) return { kind: 'absent' };
  const text = plainValue(alt);
  return text === undefined ? { kind: 'computed' } : { kind: 'text', text };
}

function editsOf(
  text: string,
  address: Entry,
  alt: Entry | undefined,
  newKey: string,
  words: string,
): readonly Splice[] {
  // In double quotes YAML and TOML read what JSON writes.
  const value = JSON.stringify(words).replaceAll('\u007f', '\\u007f');
  if (alt) {
    const gap = alt.valueStart === alt.end && /[:=]/.test(text[alt.end - 1] ?? '') ? ' ' : '';
    return [{ start: alt.valueStart, end: alt.valueStart + alt.written.length, text: gap + value }];
  }
  const lineBreak = text.startsWith('\r\n', address.end) ? '\r\n' : '\n';
  const blanks = text.slice(address.start, address.start + address.indent);
  const sign = address.language === 'toml' ? ' = ' : ': ';
  const line = lineBreak + blanks + newKey + sign + value;
  return [{ start: address.end, end: address.end, text: line }];
}
