import { usageError } from '../../domain/error.js';

/** Which pages are wanted of a file that has several, from 1; `to` is the last one if it is absent. */
export type PageRange = { readonly from: number; readonly to?: number };

/** `first` leaves files whole; the service or the decoder takes their first page. */
export type WantedPages = 'first' | readonly PageRange[];

const EXAMPLES = 'Give first, all, or pages such as 2, 2-5, 3- or 1,4-6.';

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
      throw usageError(`--pages ${text} names no pages`, EXAMPLES);
    }
    return { from, ...(to !== undefined && { to }) };
  });
}
