// What is asked about: pages of a file, as `--pages` names them, and groups of files, as `--group` does.
import { usageError } from '../../domain/error.js';

/** Which pages are wanted of a file that has several, from 1; `to` is the last one if it is absent. */
export type PageRange = { readonly from: number; readonly to?: number };

/** `first` leaves files whole; the service or the decoder takes their first page. */
export type WantedPages = 'first' | readonly PageRange[];

const PAGE_EXAMPLES = 'Give first, all, or pages such as 2, 2-5, 3- or 1,4-6.';

/** Whether all pages are wanted, however many there are. */
export function isEveryPage(wanted: WantedPages): boolean {
  return wanted !== 'first' && wanted.some(({ from, to }) => from === 1 && to === undefined);
}

/**
 * Reads `first`, `all`, or pages such as `2-5`.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export function parsePages(text: string): WantedPages {
  if (text === 'first') return text;
  if (text === 'all') return [{ from: 1 }];
  return text.split(',').map((part) => {
    const [, first = '', dash, last] = /^(\d{1,6})(?:(-)(\d{1,6})?)?$/.exec(part.trim()) ?? [];
    const from = Number(first);
    const to = last === undefined ? (dash === undefined ? from : undefined) : Number(last);
    if (from < 1 || (to !== undefined && to < from)) {
      throw usageError(`--pages ${text} names no pages`, PAGE_EXAMPLES);
    }
    return { from, ...(to !== undefined && { to }) };
  });
}

/** How pictures are put together. */
export type Grouping =
  /** Those of one folder. */
  | { readonly by: 'folder' }
  /** Those whose paths fit one of these parts with the same stem. */
  | { readonly by: 'pattern'; readonly parts: readonly GroupPart[] };

/** One part of a pattern, such as `{stem}-front`. */
interface GroupPart {
  readonly text: string;
  /** How many folders above the name it speaks of. */
  readonly folders: number;
  readonly matches: RegExp;
}

const STEM = '{stem}';
const GROUP_EXAMPLES = 'Such as "{stem}-front,{stem}-back", "{stem}-*", or folder.';

/**
 * Reads `folder`, or a pattern: parts with `{stem}` in them, separated by commas. A `*` stands for any
 * characters but a slash, and the endings of names do not count.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export function parseGrouping(pattern: string): Grouping {
  if (pattern === 'folder') return { by: 'folder' };
  return { by: 'pattern', parts: partsOf(pattern).map(groupPart) };
}

/** `{stem}-front/{stem}-back` is read as well: a slash between two stems separates. */
function partsOf(pattern: string): readonly string[] {
  const isList = (part: string) => part.split('/').every((piece) => piece.includes(STEM));
  return pattern.split(',').flatMap((part) => (isList(part) ? part.split('/') : [part]));
}

function groupPart(given: string): GroupPart {
  const text = given.trim();
  const [before, after, ...more] = text.split(STEM);
  if (before === undefined || after === undefined || more.length > 0) {
    throw usageError(
      `--group needs {stem} once in each part, and "${text}" has not`,
      GROUP_EXAMPLES,
    );
  }
  const source = `^${literal(before)}(?<stem>[^/]+?)${literal(after)}$`;
  return { text, folders: text.split('/').length - 1, matches: new RegExp(source, 'iu') };
}

/** The part of an expression that stands for a text; `*` is any characters but a slash. */
function literal(text: string): string {
  return text
    .split('*')
    .map((piece) => piece.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('[^/]*');
}
