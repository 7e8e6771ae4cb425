// Lists that are answered page by page.
import { invalidArgument } from './errors.js';

/** `label` names the kind of list: a token of one kind is not valid for another. */
export interface PageRules {
  readonly label: string;
  /** The request message, for complaints. */
  readonly request: string;
  readonly defaultSize: number;
  readonly largestSize: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextPageToken?: string;
}

/**
 * The page that a query asks for. A token is the offset of the next page, opaque as Google's are.
 * Throws 400 for an invalid size or token.
 */
export function pageOf<Item>(
  all: readonly Item[],
  query: URLSearchParams,
  rules: PageRules,
): Page<Item> {
  const start = readPageToken(query.get('pageToken'), all.length, rules);
  const end = start + readPageSize(query.get('pageSize'), rules);
  const items = all.slice(start, end);
  if (end >= all.length) return { items };
  return { items, nextPageToken: Buffer.from(`${rules.label} ${end}`).toString('base64url') };
}

function readPageSize(text: string | null, rules: PageRules): number {
  if (text === null) return rules.defaultSize;
  if (!/^-?\d{1,9}$/.test(text)) {
    throw invalidArgument(`Invalid value at 'page_size' (TYPE_INT32), ${JSON.stringify(text)}`);
  }
  const size = Number(text);
  if (size < 0) throw invalidArgument(`* ${rules.request}.page_size: page_size is negative.\n`);
  return size === 0 ? rules.defaultSize : Math.min(size, rules.largestSize);
}

function readPageToken(token: string | null, count: number, { label }: PageRules): number {
  if (token === null || token === '') return 0;
  const [, of, offset] = /^(\w+) (\d+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  const start = Number(offset);
  if (of !== label || start >= count) {
    throw invalidArgument('Request contains an invalid argument.');
  }
  return start;
}
