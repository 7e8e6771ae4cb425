const MAX_LENGTH = 500;

/** Makes a text of the service fit into an error's line: no line breaks or control characters. */
export function oneLine(text: string): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/[\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .trim();
}

/**
 * Cuts a text that is too long for a line. Only for final texts: half a key would no longer be
 * recognised as a key, and errors may differ only at the end of a long message.
 */
export function shorten(line: string): string {
  return line.length <= MAX_LENGTH ? line : `${line.slice(0, MAX_LENGTH - 1).trimEnd()}…`;
}

/** A part of an address with its percent escapes resolved; as it is if they are none. */
export function percentDecoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

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
