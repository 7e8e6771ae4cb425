import { type GeminiImageError, usageError } from '../domain/error.js';

export const DEFAULT_BASE_URL = 'https://generativelanguage.googleapis.com';

/**
 * Checks where requests, and with them the key, may go: https, or http on loopback only.
 *
 * @returns the URL without a trailing slash; a path, as gateways have, is kept. The version that
 *   every request names is no part of it, though examples of other programs end with one.
 * @throws GeminiImageError of kind `usage`.
 */
export function parseBaseUrl(raw: string): string {
  const text = raw.trim();
  // Parsers forgive \ for / and any number of slashes; a reader does not see where that leads.
  if (/^https?:/i.test(text) && !/^https?:\/\/[^/\\]/i.test(text)) {
    throw unusable('must begin https:// or http://, with two slashes');
  }
  if (/[\\\s]/.test(text)) throw unusable('must hold no backslash and no blank');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw unusable('is not a URL');
  if (url.username !== '' || url.password !== '')
    throw unusable('must not hold a user or password');
  if (url.search !== '' || url.hash !== '') throw unusable('must not hold a query or fragment');
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw unusable(
      `${url.origin} would send the key in clear text: http is allowed on loopback only`,
    );
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw unusable('must begin https://');
  // Not `href`, which keeps an empty query or fragment.
  return withoutSlashes(withoutSlashes(`${url.origin}${url.pathname}`).replace(VERSION, ''));
}

const VERSION = /(?<=[^/])\/+v1beta$/;

/** Without those at its end. */
function withoutSlashes(url: string): string {
  let end = url.length;
  while (url[end - 1] === '/') end -= 1;
  return url.slice(0, end);
}

/** Whether it is a server on this machine that is asked: the emulator, or a test's. */
export function isLocalService(baseUrl: string): boolean {
  return isLoopback(new URL(baseUrl).hostname);
}

/** Whether a URL's host name can only be this machine. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function unusable(why: string): GeminiImageError {
  return usageError(
    `the base URL ${why}`,
    'Use https://…, or http://127.0.0.1:PORT for a server on this machine (--base-url, GOOGLE_GEMINI_BASE_URL).',
  );
}
