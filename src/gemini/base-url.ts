import { type GeminiImageError, usageError } from '../domain/error.js';

export const DEFAULT_BASE_URL = 'https://generativelanguage.googleapis.com';

/**
 * Checks the address that requests, and with them the key, go to: https, or http on loopback only.
 *
 * @returns the URL without a trailing slash. A path, as gateways have, is kept; an API version at
 *   the end is removed, since every request adds its own.
 * @throws GeminiImageError of kind `usage`.
 */
export function parseBaseUrl(raw: string): string {
  const text = raw.trim();
  // Parsers accept \ for / and any number of slashes, and a reader cannot see where that leads.
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
  // `href` would keep an empty query or fragment.
  return withoutSlashes(withoutSlashes(`${url.origin}${url.pathname}`).replace(VERSION, ''));
}

const VERSION = /(?<=[^/])\/+v1beta$/;

/** The URL without slashes at its end. */
function withoutSlashes(url: string): string {
  let end = url.length;
  while (url[end - 1] === '/') end -= 1;
  return url.slice(0, end);
}

/** Whether the server is on this machine: the emulator, or that of a test. */
export function isLocalService(baseUrl: string): boolean {
  return isLoopback(new URL(baseUrl).hostname);
}

/** Whether a host name can only mean this machine. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function unusable(why: string): GeminiImageError {
  return usageError(
    `the base URL ${why}`,
    'Use https://…, or http://127.0.0.1:PORT for a server on this machine (--base-url, GOOGLE_GEMINI_BASE_URL).',
  );
}
