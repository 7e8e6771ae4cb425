import type { CurrentAlt, ImageContext, PageImage, Splice } from '../../page-image.js';

/** The lines between the dashes at the beginning of a page, and where they stand. */
const BLOCK = /^---[ \t]*\r?\n([\s\S]*?)^---[ \t]*(?:\r?\n|$)/m;

/** The same in TOML, which is not read. */
const TOML_BLOCK = /^\+\+\+[ \t]*\r?\n[\s\S]*?^\+\+\+[ \t]*(?:\r?\n|$)/m;

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

/** A line `key: value`, and where its parts stand. */
interface Entry {
  readonly key: string;
  readonly indent: number;
  readonly start: number;
  readonly end: number;
  readonly valueStart: number;
  /** As it is written, without blanks and a comment behind it. */
  readonly written: string;
}

const LINE = /^([ ]*)("?)([\w-]+)\2:(?=[ \t\r]|$)[ \t]*(.*?)[ \t]*$/;

/** The YAML of a page, read line by line. What is not a plain key and value is passed over. */
function entriesOf(text: string): Entry[] {
  const [whole, block = ''] = BLOCK.exec(text) ?? [];
  if (whole === undefined || !text.startsWith(whole)) return [];
  const entries: Entry[] = [];
  let start = whole.indexOf('\n') + 1;
  for (const line of block.split('\n')) {
    const bare = line.replace(/\r$/, '');
    const [, blanks = '', , key = '', value = ''] = LINE.exec(bare) ?? [];
    if (key !== '') {
      const valueStart = start + (value === '' ? bare.length : bare.lastIndexOf(value));
      const written = value === '' ? '' : withoutComment(value);
      entries.push({
        key,
        indent: blanks.length,
        start,
        end: start + bare.length,
        valueStart,
        written,
      });
    }
    start += line.length + 1;
  }
  return entries;
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
    const entry = entries.find((one) => one.indent === 0 && one.key === key);
    const value = entry && plainValue(entry);
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

/** Undefined for a list, a block, an anchor and the like. */
function plainValue({ written }: Entry): string | undefined {
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
 * `image:` with `src` and `alt` below it. The same for `cover`.
 */
function frontMatterImages(text: string): Found[] {
  const entries = entriesOf(text);
  const top = entries.filter(({ indent }) => indent === 0);
  return IMAGES.flatMap((key) => {
    const entry = top.find((one) => one.key === key);
    if (!entry) return [];
    if (entry.written !== '') return [flat(text, entry, top)];
    const next = top[top.indexOf(entry) + 1];
    const below = entries.filter(
      ({ start, indent }) => start > entry.start && indent > 0 && (!next || start < next.start),
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
    form: `${key}:`,
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
  // In double quotes YAML reads what JSON writes.
  const value = JSON.stringify(words);
  if (alt) {
    const gap = alt.valueStart === alt.end && text[alt.end - 1] === ':' ? ' ' : '';
    return [{ start: alt.valueStart, end: alt.valueStart + alt.written.length, text: gap + value }];
  }
  const lineBreak = text.startsWith('\r\n', address.end) ? '\r\n' : '\n';
  const line = `${lineBreak}${' '.repeat(address.indent)}${newKey}: ${value}`;
  return [{ start: address.end, end: address.end, text: line }];
}
