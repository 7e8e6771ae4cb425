import { oneLine } from './text.js';

/** Each part ends at the next bracket, so that an open title is not searched to the page's end. */
const TITLE = /<title\b[^<>]*>([^<]*)<\/title>/i;

/**
 * Finds the title of a web page, which proxies, gateways and login portals send instead of an answer.
 *
 * @returns the page's title, which may be empty; undefined if it is no page.
 */
export function pageTitle(contentType: string, body: string): string | undefined {
  if (!/html/i.test(contentType) && !/^\s*<(?:!doctype|html)/i.test(body)) return undefined;
  return oneLine(TITLE.exec(body)?.[1] ?? '');
}

/** How an error names such a page. */
export function webPage(status: number, title: string): string {
  return `a proxy or gateway answered with a web page (HTTP ${status}${title && `: ${title}`})`;
}
