import { oneLine } from './one-line.js';

/**
 * What proxies, gateways and login portals send in place of an answer.
 *
 * @returns the page's title, which may be empty; undefined where it is no page.
 */
export function pageTitle(contentType: string, body: string): string | undefined {
  if (!/html/i.test(contentType) && !/^\s*<(?:!doctype|html)/i.test(body)) return undefined;
  return oneLine(/<title[^>]*>([^<]*)<\/title>/i.exec(body)?.[1] ?? '');
}
